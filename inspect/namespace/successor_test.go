package namespace

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// The container that replaced a removed one has its name, or is of the service that the member's
// service depends on, whatever its name.
func TestSuccessor(t *testing.T) {
	service := func(name string, started time.Duration, more ...string) func(*inspect.Container) {
		return func(c *inspect.Container) {
			c.StartedAt = TakenAt.Add(started)
			c.Labels = map[string]string{"com.docker.compose.project": "shop", "com.docker.compose.service": name}
			for _, services := range more {
				c.Labels["com.docker.compose.depends_on"] = services
			}
		}
	}
	for name, test := range map[string]struct {
		events *inspect.EventLog
		want   string
	}{
		"no events":             {nil, "new"},
		"by its name":           {&inspect.EventLog{Events: []inspect.Event{{ContainerID: ID("9"), Action: "destroy", Name: "named"}}}, "named"},
		"nobody has that name":  {&inspect.EventLog{Events: []inspect.Event{{ContainerID: ID("9"), Action: "destroy", Name: "old"}}}, "new"},
		"of another container":  {&inspect.EventLog{Events: []inspect.Event{{ContainerID: ID("8"), Action: "destroy", Name: "named"}}}, "new"},
		"it was only forgotten": {&inspect.EventLog{}, "new"},
	} {
		w := NewWorld().Container("app", "a", 0, service("app", -time.Minute, "vpn:service_started:false")).
			Container("new", "b", 0, service("vpn", 0)).Container("named", "c", 0)
		w.Events = test.events
		ix := w.Index()
		c := successorOf(ix, ID("9"), ix.Container(ID("a")))
		if c == nil || c.Name != test.want {
			t.Errorf("%s: got %+v, want %s", name, c, test.want)
		}
	}
}
