package source

import (
	"bytes"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// The unit that runs a container is found among what systemd and those of users have started, on
// the engine's own host. Processes that a daemon or a user has started do not count. A file
// keeps the unit.
func TestUnitsAreNamed(t *testing.T) {
	client := func(pid, parent int, group string) *World {
		w := one().Declared("demo", func(c *inspect.Container) { c.StartedAt = TakenAt })
		return w.Process(60, 1, "systemd", EveryNamespace(1, nil)).Process(61, 1, "cron", EveryNamespace(1, nil)).
			Process(pid, parent, "docker", Args("docker", "run", "--name", "demo", "x"), InGroups(group), EveryNamespace(1, nil))
	}
	const system, user = "/system.slice/web.service", "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service"
	managed := client(70, 1, system).Declared("demo", func(c *inspect.Container) { c.Labels = map[string]string{"com.docker.swarm.service.name": "x"} })
	for name, test := range map[string]struct {
		world    *World
		peer     int
		question need.Question
		want     string
		looks    int
	}{
		"of the host":         {client(70, 1, system), dockerd, need.Doctor(nil, 0), "web.service", 2},
		"of one container":    {client(70, 1, system), dockerd, need.Zombies([]string{"demo"}, 0), "web.service", 2},
		"of a user":           {client(70, 60, user), dockerd, need.Explain("demo"), "web.service", 2},
		"by a daemon":         {client(70, 61, system), dockerd, need.Explain("demo"), "", 2},
		"elsewhere":           {client(70, 1, system), 0, need.Explain("demo"), "", 0},
		"somebody manages it": {managed, dockerd, need.Explain("demo"), "", 0},
		"nobody asks":         {client(70, 1, system), dockerd, need.MainPID("demo", false), "", 0},
		"in its row":          {client(70, 1, system), dockerd, need.MainPID("demo", true), "web.service", 2},
		"in a file":           {client(70, 1, system), dockerd, need.Snapshot(0), "web.service", 2},
	} {
		r := newRig(test.world)
		r.facts.peer = test.peer
		var file bytes.Buffer
		if err := r.record(t, test.question).Encode(&file); err != nil {
			t.Fatal(err)
		}
		c, err := inspect.Decode(&file)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if unit := c.Containers[0].Unit; unit != nil {
			got = unit.Name
		}
		if looks := r.processes.times("ChildrenNamed"); got != test.want || looks != test.looks {
			t.Errorf("%s: got %q after %d looks, want %q", name, got, looks, test.want)
		}
	}
}
