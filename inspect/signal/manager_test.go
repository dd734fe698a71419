package signal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

// A Swarm task is not restarted, and not updated alone. Its exit, its replacement and its grace
// period are described as the manager's.
func TestManagedContainer(t *testing.T) {
	w := Alone("x").Attend(101, Runs()).Declared("demo", func(c *inspect.Container) {
		c.Labels = map[string]string{"com.docker.swarm.service.name": "web"}
	})
	ix := w.Index()
	f := signal.ForecastOf(ix, ix.ContainerNamed("demo"))
	if f.Cure.Text != "run docker service update --init web" {
		t.Errorf("got cure %q", f.Cure.Text)
	}
	const own = "Service web (Swarm) stops it with its own grace period, which the container does not show"
	if !slices.Contains(f.Evidence, own) {
		t.Errorf("got %q", f.Evidence)
	}
	if !strings.HasSuffix(f.KillFromHost, "and demo is Exited (137). Service web (Swarm) decides what replaces it") {
		t.Errorf("got %q", f.KillFromHost)
	}
}

// A unit may restart a container that docker does not restart, or has removed.
func TestKillOfAContainerOfAUnit(t *testing.T) {
	const again = ". With Restart=, unit web.service (systemd) may run it again"
	for name, test := range map[string]struct {
		remove bool
		policy string
		want   string
	}{
		"no policy": {false, "", "and demo is Exited (137)" + again},
		"--rm":      {true, "", "show the 137" + again},
		"a policy":  {false, "on-failure", "unless docker kill has cancelled the policy"},
	} {
		w := Alone("x").Attend(101, Runs()).Declared("demo", func(c *inspect.Container) {
			c.AutoRemove, c.RestartPolicy = test.remove, test.policy
			c.Unit = &inspect.Unit{Name: "web.service", ClientPID: 70, Command: "run"}
		})
		ix := w.Index()
		if got := signal.ForecastOf(ix, ix.ContainerNamed("demo")).KillFromHost; !strings.HasSuffix(got, test.want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
