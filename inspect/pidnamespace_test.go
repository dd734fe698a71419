package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// nested is a container with a PID namespace inside, a container that joined it, and processes
// in both.
func nested() *World {
	return Demo().Process(401, 101, "bwrap", In("a", 61, 1), NS(8)).Process(402, 401, "x", In("a", 62, 2), NS(8)).
		Process(403, 402, "y", In("a", 63, 3), NS(8)).
		Container("joiner", "b", 201, JoinedTo("demo")).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sleep", In("b", 50), NS(7)).
		Process(202, 201, "sh", In("b", 51), NS(7))
}

// blind is the same as an ordinary user sees it, who cannot read any namespace.
func blind(w *World) *World {
	for i := range w.Snapshot.Processes {
		NSDenied(&w.Snapshot.Processes[i])
	}
	return w
}

// The init of a process is the one to which it is reparented. A nested init is reparented to the
// init of the namespace around it. If no namespace can be read, the parents, and then the
// declared joins, show the same.
func TestInitAndReaper(t *testing.T) {
	for name, w := range map[string]*World{"with namespaces": nested(), "without": blind(nested())} {
		ix := w.Index()
		for pid, want := range map[int][2]int{
			101: {101, 0}, 111: {101, 101}, 120: {101, 101}, 121: {101, 101}, 110: {101, 101},
			401: {401, 101}, 402: {401, 401}, 403: {401, 401},
			201: {101, 101}, 202: {101, 101}, 1: {0, 0}, 100: {0, 0},
		} {
			p := ix.ProcessAt(pid)
			if got := [2]int{hostPIDOf(ix.InitOf(p)), hostPIDOf(ix.ReaperOf(p))}; got != want {
				t.Errorf("%s: of %d: got init and reaper %v, want %v", name, pid, got, want)
			}
			if got, is := ix.IsNSInit(p), pid == 101 || pid == 401; got != is {
				t.Errorf("%s: %d is an init: got %t", name, pid, got)
			}
		}
	}
}

// A PID 1 proves nothing about a namespace that was read. The init can be gone, or not be in the
// capture, and the PID 1 of another namespace is not it.
func TestInitThatIsNotThere(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		pid   int
		want  int
	}{
		"the namespace's init was missed":       {Alone("app").Process(130, 101, "nsenter", In("a", 5), NS(9)), 130, 0},
		"the parent is in no namespace":         {NewWorld().Container("demo", "a", 130).Process(130, 1, "app", In("a", 5), NSDenied), 130, 0},
		"the parents go round":                  {NewWorld().Process(130, 131, "a", In("a", 5), NSDenied).Process(131, 130, "b", In("a", 6), NSDenied), 130, 0},
		"the parent is deeper":                  {blind(Alone("app").Process(130, 101, "b", In("a", 5, 1)).Process(131, 130, "c", In("a", 6))), 131, 101},
		"nobody's, deeper than anybody":         {NewWorld().Process(131, 1, "c", In("f", 6), NSDenied), 131, 0},
		"the host's first process is no init":   {NewWorld().Process(1, 0, "systemd"), 1, 0},
		"declared, but its owner is as shallow": {blind(NewWorld().Container("host", "a", 101).Process(101, 1, "app", In("a")).Container("joiner", "b", 201, JoinedTo("host")).Process(201, 1, "sh", In("b", 5))), 201, 0},
		"declared, but of another depth":        {blind(NewWorld().Container("demo", "a", 101).Process(101, 1, "app", In("a", 1)).Container("joiner", "b", 201, JoinedTo("demo")).Process(201, 1, "sh", In("b", 5, 6))), 201, 0},
		"declared through another":              {blind(NewWorld().Container("demo", "a", 101).Process(101, 1, "app", In("a", 1)).Container("middle", "b", 0, JoinedTo("demo")).Container("joiner", "c", 301, JoinedTo("middle")).Process(301, 1, "sh", In("c", 5))), 301, 101},
		"declared in a circle":                  {blind(NewWorld().Container("one", "a", 101, JoinedTo("two")).Container("two", "b", 201, JoinedTo("one")).Process(101, 1, "app", In("a", 4)).Process(201, 1, "sh", In("b", 5))), 201, 0},
	} {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			if got := hostPIDOf(ix.InitOf(ix.ProcessAt(test.pid))); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

// An init whose parent is not exactly one namespace further out has entered with setns(2). Which
// process will reap it cannot be determined.
func TestReaperOfAnInitFromElsewhere(t *testing.T) {
	ix := Alone("app").Process(130, 1, "unshare", In("a", 5, 1), NS(9)).Process(131, 999, "stray", In("a", 6, 1), NS(10)).
		Process(132, 101, "two deeper", In("a", 7, 8, 1), NS(11)).Process(133, 101, "as deep", In("b", 1), NS(12)).Index()
	for _, pid := range []int{130, 131, 132, 133} {
		if got := ix.ReaperOf(ix.ProcessAt(pid)); got != nil {
			t.Errorf("of %d: got %d", pid, got.PID)
		}
	}
}

// The chain of a process's PIDs begins in the container, and is empty for a process that is not
// visible there.
func TestContainerPIDs(t *testing.T) {
	ix := nested().Process(301, 1, "sh", In("c", 1), NS(9)).Process(302, 1, "hidden", In("c", 4), NSDenied).Container("ended", "d", 0).Index()
	for _, test := range []struct {
		container string
		pid       int
		want      string
	}{
		{"demo", 101, "1"},
		{"demo", 403, "63>3"},
		{"demo", 202, "51"},
		{"joiner", 101, "1"},
		{"demo", 100, ""},
		{"demo", 1, ""},
		{"demo", 301, ""},
		{"demo", 302, "4"},
		{"ended", 101, ""},
	} {
		if got := inspect.ChainString(ix.ContainerPIDs(ix.ContainerNamed(test.container), ix.ProcessAt(test.pid))); got != test.want {
			t.Errorf("%d in %s: got %q, want %q", test.pid, test.container, got, test.want)
		}
	}
}

// Two containers are together by the inodes of their main processes. If one could not be read,
// that is unknown. The question is symmetric.
func TestSharesPIDs(t *testing.T) {
	ix := nested().Container("other", "c", 301).Process(301, 1, "sh", In("c", 1), NS(9)).
		Container("hidden", "d", 501).Process(501, 1, "sh", In("d", 1), NSDenied).Container("ended", "e", 0).Index()
	for _, test := range []struct {
		a, b string
		want inspect.Verdict
	}{
		{"demo", "joiner", inspect.Yes},
		{"demo", "other", inspect.No},
		{"demo", "hidden", inspect.Unknown},
		{"demo", "ended", inspect.Unknown},
		{"hidden", "ended", inspect.Unknown},
		{"demo", "demo", inspect.Yes},
	} {
		a, b := ix.ContainerNamed(test.a), ix.ContainerNamed(test.b)
		if got := [2]inspect.Verdict{ix.SharesPIDs(a, b), ix.SharesPIDs(b, a)}; got != [2]inspect.Verdict{test.want, test.want} {
			t.Errorf("%s and %s: got %v, want %s", test.a, test.b, got, test.want)
		}
	}
}

// The sharers are proved only if all containers could be asked. A container without a process
// shares nothing. Declared sharers are named if the kernel does not show them.
func TestPIDSharers(t *testing.T) {
	status := func(s string) func(*inspect.Container) { return func(c *inspect.Container) { c.Status = s } }
	silent := func(c *inspect.Container) { c.Silent = true }
	tests := map[string]struct {
		world  *World
		want   string
		proven bool
	}{
		"one":                            {nested(), "joiner", true},
		"nobody else is there":           {Demo(), "", true},
		"another one, in its own":        {Demo().Container("other", "c", 301).Process(301, 1, "sh", In("c", 1), NS(9)), "", true},
		"two, by name":                   {nested().Container("a-first", "c", 301, JoinedTo("demo")).Process(301, 1, "sh", In("c", 70), NS(7)), "a-first, joiner", true},
		"one that has ended":             {Demo().Container("ended", "c", 0, JoinedTo("demo"), status("exited")), "", true},
		"one that is taken for ended":    {Demo().Container("x", "c", 301, JoinedTo("demo"), status("exited")).Process(301, 1, "sh", In("c", 70), NS(7)), "", true},
		"one that is restarting":         {Demo().Container("loop", "c", 0, JoinedTo("demo"), status("restarting")), "", true},
		"one that was declared, unread":  {Demo().Container("x", "c", 301, JoinedTo("demo")).Process(301, 1, "sh", In("c", 70), NSDenied), "x", false},
		"one that was not, unread":       {Demo().Container("x", "c", 301).Process(301, 1, "sh", In("c", 1), NSDenied), "", false},
		"the engine is silent about one": {Demo().Container("x", "c", 0, silent), "", false},
		"without a word on it":           {Demo().Container("x", "c", 301).Process(301, 1, "nsenter", In("c", 70), NS(7)), "x", true},
		"the others could not be listed": {othersUnread(nested()), "joiner", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			list, proven := ix.PIDSharers(ix.Container(ID("a")))
			if got := inspect.ContainerNames(list); got != test.want || proven != test.proven {
				t.Errorf("got %q, proven %t; want %q, %t", got, proven, test.want, test.proven)
			}
		})
	}
}

func othersUnread(w *World) *World {
	w.OthersUnread = true
	return w
}

// A namespace is owned by the container whose main process is its init. A namespace that
// outlived a container's init, or the host's, has no owner.
func TestPIDNamespaceOwner(t *testing.T) {
	ix := nested().Container("agent", "c", 301).Process(301, 1, "sh", In("c")).
		Container("orphan", "d", 501).Process(501, 1, "sh", In("d", 5), NS(70)).
		Container("inside", "e", 502).Process(502, 401, "sh", In("e", 64, 9), NS(8)).
		Container("ended", "f", 0).Index()
	for name, want := range map[string]string{"demo": "demo", "joiner": "demo", "agent": "", "orphan": "", "inside": "", "ended": ""} {
		got := ""
		if owner := ix.PIDNamespaceOwner(ix.ContainerNamed(name)); owner != nil {
			got = owner.Name
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// Two containers with the host's namespace are together, however they got it. Two with the
// default have one each.
func TestDeclaredTogether(t *testing.T) {
	mode := func(pid string) func(*inspect.Container) { return func(c *inspect.Container) { c.PIDMode = pid } }
	ix := NewWorld().Container("one", "a", 0, mode("host")).Container("two", "b", 0, mode("host")).
		Container("alone", "c", 0).Container("other", "d", 0).
		Container("joined", "e", 0, JoinedTo("alone")).Container("by-way", "f", 0, JoinedTo("joined")).
		Container("hosted", "0", 0, JoinedTo("one")).Container("lost", "1", 0, JoinedTo("gone")).Container("lost-too", "2", 0, JoinedTo("gone")).Index()
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"one", "two", true},
		{"one", "alone", false},
		{"alone", "other", false},
		{"alone", "alone", true},
		{"joined", "alone", true},
		{"by-way", "joined", true},
		{"by-way", "other", false},
		{"hosted", "one", true},
		{"hosted", "alone", false},
		{"lost", "alone", false},
	} {
		a, b := ix.ContainerNamed(test.a), ix.ContainerNamed(test.b)
		if got := [2]bool{ix.DeclaredTogether(a, b, procfs.PIDNamespace), ix.DeclaredTogether(b, a, procfs.PIDNamespace)}; got != [2]bool{test.want, test.want} {
			t.Errorf("%s and %s: got %v, want %t", test.a, test.b, got, test.want)
		}
		if got := ix.DeclaredTogether(a, b, procfs.NetNamespace); got != (test.a == test.b) {
			t.Errorf("%s and %s, of the network: got %t", test.a, test.b, got)
		}
	}
}

// A container without a main process is no longer in a namespace. A namespace that could not be
// read stays unread.
func TestInodeOf(t *testing.T) {
	ix := Alone("app").Container("ended", "b", 0).Index()
	for _, test := range []struct {
		container string
		kind      procfs.NamespaceType
		want      procfs.Opt[uint64]
	}{
		{"demo", procfs.PIDNamespace, procfs.Some[uint64](7)},
		{"demo", procfs.NetNamespace, procfs.None[uint64](procfs.Unread)},
		{"ended", procfs.PIDNamespace, procfs.None[uint64](procfs.Gone)},
	} {
		if got := ix.InodeOf(ix.ContainerNamed(test.container), test.kind); got != test.want {
			t.Errorf("%s of %s: got %+v, want %+v", test.kind, test.container, got, test.want)
		}
	}
}
