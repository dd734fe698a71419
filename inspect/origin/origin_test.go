package origin_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A living orphan has the same origins as a zombie: a health check or an exec session. Processes
// that PID 1 has started, and zombies, are not marked.
func TestMark(t *testing.T) {
	w := Alone("init").Declared("demo", func(c *inspect.Container) {
		start := Booted.Add(900 * time.Second)
		c.Health = &inspect.HealthCheck{Command: []string{"/bin/sh", "-c", "sleep 300; true"}, Interval: time.Second, Log: []inspect.Probe{{Start: start, End: start.Add(time.Second)}}}
	})
	orphan := func(pid, sid, start int, change ...Change) {
		w.Process(pid, 101, "sleep", append([]func(*procfs.Process){In("a", pid), NS(7), SID(sid), StartedAt(start)}, change...)...)
	}
	orphan(500, 400, 900)
	orphan(501, 401, 800)
	orphan(502, 402, 700)
	orphan(503, 101, 900)
	orphan(504, 404, 900, Exited(0))
	w.Exec("e", "a", 401, false).Exec("f", "a", 402, false, func(e *inspect.Exec) { e.Command = "/bin/sh -c sleep 300; true" })
	ix := w.Index()
	tree := ix.Tree(ix.ContainerNamed("demo"))
	origin.Mark(ix, &tree)
	want := map[int][2]string{500: {"healthcheck", "likely"}, 501: {"exec", "certain"}, 502: {"healthcheck", "likely"}}
	var check func(nodes []*inspect.Node)
	check = func(nodes []*inspect.Node) {
		for _, n := range nodes {
			if got := [2]string{n.Origin, string(n.OriginCertainty)}; got != want[n.Process.PID] {
				t.Errorf("%d: got %q, want %q", n.Process.PID, got, want[n.Process.PID])
			}
			check(n.Children)
		}
	}
	check(tree.Roots)
}

// The log shows how many of the runs exceeded their timeout.
func TestTimedOut(t *testing.T) {
	h := inspect.HealthCheck{Log: []inspect.Probe{{TimedOut: true}, {ExitCode: 1}, {TimedOut: true}}}
	if got := origin.TimedOut(&h); got != 2 {
		t.Errorf("got %d, want 2", got)
	}
}
