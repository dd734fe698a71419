package rule_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A PID namespace inside is a note about its init, with the number of processes in it, including
// those nested deeper. An engine inside is distinguished from a sandbox.
func TestNestedNamespace(t *testing.T) {
	sandbox := func() *World {
		return Alone("app").Process(104, 101, "box", In("a", 4, 1), NS(8)).Process(105, 104, "job", In("a", 5, 2), NS(8))
	}
	inner := func(p *procfs.Process) {
		p.NSPIDs = []int{p.PID, p.PID - 100, 1}
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + ID("a") + "/docker/" + ID("e")}})
	}
	const said = "note demo 104: Nested PID namespace: init box (host PID 104, container PID 4>1), "
	hosts{
		"a sandbox": {now: sandbox(), want: []string{said + "2 processes."}},
		"alone":     {now: Alone("app").Process(104, 101, "box", In("a", 4, 1), NS(8)), want: []string{said + "1 process."}},
		"one more inside of it": {now: sandbox().Process(106, 105, "deep", In("a", 6, 3, 1), NS(9)), want: []string{
			said + "3 processes.", "note demo 106: Nested PID namespace: init deep (host PID 106, container PID 6>3>1), 1 process."}},
		"who entered it":                 {now: sandbox().Process(107, 101, "nsenter", In("a", 7, 3), NS(8)), want: []string{said + "3 processes."}},
		"a container of an engine":       {now: Alone("app").Process(104, 101, "nginx", inner, NS(8)), want: []string{"note demo 104: Container of an inner engine: init nginx (host PID 104, container PID 4>1), 1 process."}},
		"none":                           {now: Alone("app").Process(104, 101, "box", In("a", 4), NS(7))},
		"entered without an init to see": {now: Alone("app").Process(104, 101, "nsenter", In("a", 4, 9), NS(8))},
		"of another container":           {now: Alone("app").Container("other", "b", 0).Process(204, 1, "box", In("b", 4, 1), NS(8))},
	}.hold(t, "nested-namespace")
}
