package inspect_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestParseContainerPID(t *testing.T) {
	for text, want := range map[string]string{"7": "7", "9>3>1": "9>3>1", "9/3": "9>3"} {
		chain, err := inspect.ParseContainerPID(text)
		if err != nil || inspect.ChainString(chain) != want {
			t.Errorf("%q: got %v, %v; want %s", text, chain, err, want)
		}
	}
	for _, text := range []string{"", "x", "0", "-1", ">", "1>x", "1 2", "1//", ">1", "+1", "1>", "99999999999999999999"} {
		if chain, err := inspect.ParseContainerPID(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, chain)
		}
	}
}

func FuzzParseContainerPID(f *testing.F) {
	for _, seed := range []string{"7", "9>3>1", "9/3", "", "-1", "1>x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		chain, err := inspect.ParseContainerPID(text)
		if (err == nil) != (len(chain) > 0) {
			t.Fatalf("%q: got %v and %v", text, chain, err)
		}
		if err != nil {
			return
		}
		again, err := inspect.ParseContainerPID(inspect.ChainString(chain))
		if err != nil || !slices.Equal(again, chain) {
			t.Errorf("%q: read %v, then %v, %v", text, chain, again, err)
		}
	})
}

func TestFindContainerPID(t *testing.T) {
	// demo, a container that joined it, and two namespaces nested inside demo, one of them two
	// levels deep.
	w := Demo().Container("demo-x", "b", 201, JoinedTo(ID("a"))).
		Process(200, 1, "containerd-shim", ShimOf("b")).
		Process(201, 200, "sleep", In("b", 50), NS(7)).
		Process(210, 101, "sh", In("b", 51), NS(7)).
		Process(401, 101, "init", In("a", 61, 1), NS(8)).
		Process(402, 401, "x", In("a", 62, 2), NS(8)).
		Process(403, 402, "init", In("a", 63, 3, 1), NS(9)).
		Process(404, 403, "y", In("a", 64, 4, 5), NS(9)).
		Process(501, 101, "init", In("a", 71, 1), NS(10)).
		Container("other", "c", 601).
		Process(600, 1, "containerd-shim", ShimOf("c")).
		Process(601, 600, "sleep", In("c", 1), NS(11)).
		Process(602, 601, "sleep", In("c", 61), NS(11)).
		Process(701, 1, "sleep", func(p *procfs.Process) { p.NSPIDs = []int{701, 81} }, NS(7)).
		Process(702, 1, "sleep", In("a", 82), NS(12)).
		Process(703, 1, "sleep", In("a"))
	tests := map[string]struct {
		container, pid string
		want           int
	}{
		"init":                                {"demo", "1", 101},
		"zombie":                              {"demo", "7", 110},
		"exec":                                {"demo", "21", 120},
		"process of a joiner":                 {"demo", "50", 201},
		"the owner's, by the joiner":          {"demo-x", "1", 101},
		"orphan of the joiner":                {"demo-x", "51", 210},
		"nested, by its outer PID":            {"demo", "62", 402},
		"nested, by chain":                    {"demo", "62>2", 402},
		"nested two deep":                     {"demo", "64>4>5", 404},
		"nested, innermost":                   {"demo", "5", 404},
		"same number elsewhere":               {"other", "61", 602},
		"entered by nsenter":                  {"demo", "81", 701},
		"in its cgroup, not in its namespace": {"demo", "82", 0},
		"in its cgroup, not in any":           {"demo", "703", 0},
		"not there":                           {"demo", "99", 0},
		"no such chain":                       {"demo", "62>9", 0},
		"a number of the other":               {"other", "7", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := w.Index()
			c, _ := Find(t, ix, test.container, 0)
			chain, err := inspect.ParseContainerPID(test.pid)
			if err != nil {
				t.Fatal(err)
			}
			p, err := ix.FindContainerPID(c, chain)
			if err != nil {
				t.Fatal(err)
			}
			if got := hostPIDOf(p); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func hostPIDOf(p *procfs.Process) int {
	if p == nil {
		return 0
	}
	return p.PID
}

// The namespace of a process that was not read completely is unknown.
func TestFindContainerPIDOfASurvey(t *testing.T) {
	ix := NewWorld().Container("agent", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "sh", In("a")).
		Process(7, 1, "cron", func(p *procfs.Process) { p.StatOnly, p.NSPIDs = true, nil }).Index()
	if p, err := ix.FindContainerPID(ix.Container(ID("a")), []int{99}); p != nil || err != nil {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestFindContainerPIDAmbiguous(t *testing.T) {
	w := Demo().
		Process(401, 101, "init", In("a", 61, 1), NS(8)).Process(402, 401, "x", In("a", 62, 2), NS(8)).
		Process(501, 101, "init", In("a", 71, 1), NS(10)).Process(502, 501, "x", In("a", 72, 2), NS(10))
	ix := w.Index()
	c, _ := Find(t, ix, "demo", 0)
	_, err := ix.FindContainerPID(c, []int{2})
	var ambiguous *inspect.AmbiguousPIDError
	if !errors.As(err, &ambiguous) || err.Error() != "one of '62>2', '72>2'" {
		t.Errorf("got %v, want both chains", err)
	}
}

// A PID that is shown for the inside finds the same process from the outside.
func TestContainerPIDsRoundTrip(t *testing.T) {
	ix := Demo().Process(401, 101, "init", In("a", 61, 1), NS(8)).Process(402, 401, "x", In("a", 62, 2), NS(8)).Index()
	c, _ := Find(t, ix, "demo", 0)
	for _, p := range ix.ProcessesOf(c) {
		got, err := ix.FindContainerPID(c, ix.ContainerPIDs(c, p))
		if err != nil || got != p {
			t.Errorf("process %d: found %v, %v", p.PID, hostPIDOf(got), err)
		}
	}
}

// A thread has its own number in the container. It is found by that number, and belongs to a
// process of the host. A thread outside of the container's namespace has no number there.
func TestFindContainerTID(t *testing.T) {
	w := nested().Container("agent", "c", 301).Process(301, 1, "sh", In("c")).Container("ended", "d", 0)
	w.Threads = map[int]procfs.Thread{
		112: {PID: 111, NSPIDs: []int{112, 9}}, 404: {PID: 403, NSPIDs: []int{404, 64, 4}}, 203: {PID: 202, NSPIDs: []int{203, 52}},
		302: {PID: 301, NSPIDs: []int{302}}, 901: {PID: 900, NSPIDs: []int{901, 77}}, 113: {PID: 111, NSPIDs: []int{113}}, 114: {PID: 111},
	}
	ix := w.Index()
	for name, test := range map[string]struct {
		container string
		chain     []int
		tid, pid  int
	}{
		"its number":                 {"demo", []int{9}, 112, 111},
		"as a chain":                 {"demo", []int{64, 4}, 404, 403},
		"the outer number of nested": {"demo", []int{64}, 404, 403},
		"the inner one alone":        {"demo", []int{4}, 0, 0},
		"of a joiner's, by either":   {"demo", []int{52}, 203, 202},
		"of the owner's, by joiner":  {"joiner", []int{9}, 112, 111},
		"by the host's numbers":      {"agent", []int{302}, 302, 301},
		"a process's is no thread's": {"demo", []int{8}, 0, 0},
		"of a process that is gone":  {"demo", []int{77}, 0, 0},
		"nobody's":                   {"demo", []int{5000}, 0, 0},
		"half a chain":               {"demo", []int{64, 5}, 0, 0},
		"no main process":            {"ended", []int{9}, 0, 0},
	} {
		tid, thread, p := ix.FindContainerTID(ix.ContainerNamed(test.container), test.chain)
		if tid != test.tid || hostPIDOf(p) != test.pid || thread.PID != test.pid {
			t.Errorf("%s: got %d of %d (%+v), want %d of %d", name, tid, hostPIDOf(p), thread, test.tid, test.pid)
		}
	}
	w.Threads = nil
	ix = w.Index()
	if tid, _, p := ix.FindContainerTID(ix.ContainerNamed("demo"), []int{9}); tid != 0 || p != nil {
		t.Errorf("no thread was looked for: got %d", tid)
	}
}

// The processes that a container sees are ordered by their PIDs in the container. A container
// with the host's namespace sees all processes, and one that has exited sees none.
func TestVisible(t *testing.T) {
	ix := nested().Process(99, 1, "nsenter", func(p *procfs.Process) { p.NSPIDs = []int{99, 70} }, NS(7)).
		Container("agent", "c", 301).Process(301, 1, "sh", In("c")).Container("ended", "d", 0).Index()
	for name, want := range map[string]string{
		"demo":   "101 110 111 120 121 201 202 401 402 403 99 ",
		"joiner": "101 110 111 120 121 201 202 401 402 403 99 ",
		"agent":  pidsOf(ix.Processes()),
		"ended":  "",
	} {
		if got := pidsOf(ix.Visible(ix.ContainerNamed(name))); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	ix = blind(nested()).Index()
	if got, want := pidsOf(ix.Visible(ix.ContainerNamed("demo"))), "101 110 111 120 121 201 202 401 402 403 "; got != want {
		t.Errorf("without namespaces: got %q, want %q", got, want)
	}
}

// A container that joined another one sees the processes of that owner, even if the owner is
// stopping and is no longer listed as a sharer.
func TestVisibleOfAnOwnerThatStops(t *testing.T) {
	w := blind(NewWorld().Container("demo", "a", 101, func(c *inspect.Container) { c.Status = "removing" }).
		Process(101, 1, "app", In("a", 1)).Process(102, 101, "worker", In("a", 2)).
		Container("joiner", "b", 201, JoinedTo("demo")).Process(201, 1, "sh", In("b", 50)))
	ix := w.Index()
	if got := pidsOf(ix.Visible(ix.ContainerNamed("joiner"))); got != "101 102 201 " {
		t.Errorf("got %q", got)
	}
}
