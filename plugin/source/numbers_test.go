package source

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// crowd is a host with two containers, a job of the host's own whose session leader is
// elsewhere, a thread, and a process of a container that does not run.
func crowd() *World {
	w := two().Process(102, 101, "worker", inside(2)).Process(103, 102, "job", inside(3)).
		Process(60, 1, "cron").Process(61, 60, "sh").Process(62, 1, "job", SID(61)).
		Container("past", "c", 0, hasExited).Process(301, 1, "left", In("c", 4)).
		Process(401, 1, "stranger", In("d", 1))
	w.Capture.Threads = map[int]procfs.Thread{105: {PID: 102, NSPIDs: []int{105, 5}}, 106: {PID: 60, NSPIDs: []int{106}}}
	return w
}

// For a few numbers the processes are read with their ancestors and session leaders, and only
// the containers that these name are asked for.
func TestFewNumbers(t *testing.T) {
	for name, test := range map[string]struct {
		numbers []int
		pids    []int
		owners  string
		threads int
	}{
		"a container's":            {[]int{103}, []int{1, 100, 101, 102, 103}, "demo", 0},
		"of two containers":        {[]int{102, 201}, []int{1, 100, 101, 102, 200, 201}, "demo other", 0},
		"a shim":                   {[]int{100}, []int{1, 100, 101}, "demo", 0},
		"the host's, of a session": {[]int{62}, []int{1, 60, 61, 62}, "", 0},
		"a thread":                 {[]int{105}, []int{1, 100, 101, 102}, "demo", 1},
		"a thread of the host's":   {[]int{106}, []int{1, 60}, "", 1},
		"one that does not run":    {[]int{301}, []int{1, 301}, "past", 0},
		"one that nobody knows":    {[]int{401}, []int{1, 401}, "", 0},
		"no process":               {[]int{999}, nil, "", 0},
		"one twice":                {[]int{60, 60}, []int{1, 60}, "", 0},
	} {
		r := newRig(crowd())
		c := r.record(t, need.Who(test.numbers))
		if got := pidsOf(c.Snapshot.Processes); !slices.Equal(got, test.pids) || c.Snapshot.Whole {
			t.Errorf("%s: read %v, want %v", name, got, test.pids)
		}
		if names(c) != test.owners || c.Threads == nil || len(c.Threads) != test.threads {
			t.Errorf("%s: owners %s, threads %v", name, names(c), c.Threads)
		}
		if n := r.processes.times("Scan"); n != 0 {
			t.Errorf("%s: the whole host was read", name)
		}
	}
}

// For a process in a mount namespace that no container has, what is mounted over the files of
// /etc is read, and the container that it names is asked for. For other processes nothing is.
func TestNumbersOfKeptNamespaces(t *testing.T) {
	in := func(inode uint64, letter string) Change {
		return func(p *procfs.Process) {
			EveryNamespace(1, nil)(p)
			p.Namespaces[procfs.MountNamespace] = procfs.Some(inode)
			p.EtcMounts = procfs.Some([]string{"/containers/" + ID(letter) + "/hosts"})
		}
	}
	w := two().Container("past", "c", 0, hasExited).Process(60, 1, "sh", in(900, "c")).Process(61, 1, "sh", EveryNamespace(1, nil), in(1, "c"))
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.MountNamespace: procfs.Some[uint64](1)}
	for number, want := range map[int]string{60: "past", 61: ""} {
		c := newRig(w).record(t, need.Who([]int{number}))
		if p := inspect.NewIndex(c).ProcessAt(number); p.EtcMounts.Held() != (want != "") {
			t.Errorf("%d: mounts %v", number, p.EtcMounts)
		}
		if got := names(c); !strings.Contains(got, want) || want == "" && strings.Contains(got, "past") {
			t.Errorf("%d: asked for %q", number, got)
		}
	}
	saved := inspect.NewIndex(newRig(w).record(t, need.Snapshot(0)))
	if !saved.ProcessAt(60).EtcMounts.Held() || saved.ProcessAt(61).EtcMounts.Held() {
		t.Error("a snapshot has not the mounts of the one process that left the host's namespace")
	}
}

// If looking up each number would take longer, they are found in a look at the whole host, and
// every container is asked for.
func TestManyNumbers(t *testing.T) {
	var numbers []int
	for i := range 51 {
		numbers = append(numbers, 1000+i)
	}
	r := newRig(crowd())
	c := r.record(t, need.Who(append(numbers[1:], 103)))
	if names(c) != "demo other" || !c.Snapshot.Whole || r.processes.times("Scan") != 1 || r.processes.times("Family") != 0 {
		t.Errorf("%s, read %v", names(c), c.Snapshot.Whole)
	}
	r = newRig(crowd())
	if c = r.record(t, need.Who(append(numbers[2:], 103))); names(c) != "demo" || c.Snapshot.Whole {
		t.Errorf("fifty: %s, whole %t", names(c), c.Snapshot.Whole)
	}
}

// A container that is not in the list, because it is just starting or has just ended, is asked
// for by the ID that its process names, once. Without an answer its process belongs to another
// engine.
func TestUnlisted(t *testing.T) {
	for name, test := range map[string]struct {
		numbers []int
		fails   script
		want    string
		asked   int
	}{
		"just ended":         {[]int{301}, nil, "past", 1},
		"two of one":         {[]int{301, 302}, nil, "past", 1},
		"no answer":          {[]int{301}, on("Inspect", ID("c"), ErrSilent), "", 1},
		"one that was asked": {[]int{103}, nil, "demo", 0},
		"of its thread":      {[]int{305}, nil, "past", 1},
	} {
		w := crowd().Process(302, 301, "left too", In("c", 5))
		w.Capture.Threads[305] = procfs.Thread{PID: 301}
		r := newRig(w)
		r.facts.script = test.fails
		c := r.record(t, need.Owners(test.numbers, false))
		if n := r.facts.times("Inspect", ID("c")); names(c) != test.want || n != test.asked {
			t.Errorf("%s: %s, asked %d times", name, names(c), n)
		}
	}
}

// Numbers are looked up without the engine too, if it is on this host.
func TestNumbersOfASilentEngine(t *testing.T) {
	r := newRig(crowd()).scripted(on("List", "", ErrSilent))
	c := r.record(t, need.Who([]int{103}))
	ix := inspect.NewIndex(c)
	if w := ix.Who(103); w.Owner.Container == nil || w.Owner.Container.ID != ID("a") {
		t.Errorf("got %+v", w)
	}
	if n := r.facts.times("Inspect", "*"); n != 0 {
		t.Errorf("asked %d times", n)
	}
}

// The climb ends at a process that is its own ancestor, as reused PIDs can make it seem.
func TestClimbEnds(t *testing.T) {
	w := NewWorld().Process(7, 8, "a").Process(8, 7, "b", SID(9)).Process(9, 8, "c")
	r := newRig(w).newReading(t, need.Who([]int{7}))
	r.climb(7, procfs.Detail{})
	if fmt.Sprint(r.lineage) != "[7 8 9]" || len(r.capture.Snapshot.Processes) != 3 {
		t.Errorf("climbed %v", r.lineage)
	}
}

// For IDs alone, the engine's list is read, but no container and no process.
func TestIDsAlone(t *testing.T) {
	r := newRig(crowd())
	c := r.record(t, need.Owners(nil, true))
	if len(c.Snapshot.Processes) != 0 || r.facts.times("Inspect", "*") != 0 || r.facts.times("ListAll", "*") != 1 || r.facts.times("List", "*") != 0 {
		t.Errorf("read %v, asked for %d containers", pidsOf(c.Snapshot.Processes), r.facts.times("Inspect", "*"))
	}
	ix := inspect.NewIndex(c)
	for id, want := range map[string]string{ID("a"): "demo", ID("c"): "past", ID("c")[:12]: "past", ID("f"): "", ID("a")[:11] + "b": ""} {
		if got := ix.NameOfID(id); got != want {
			t.Errorf("%s is %q", id, got)
		}
	}
	r = newRig(crowd())
	if c = r.record(t, need.Owners([]int{103}, true)); names(c) != "demo" || inspect.NewIndex(c).NameOfID(ID("c")) != "past" {
		t.Errorf("with a number: %s", names(c))
	}
}

// For a number of no container, every container is asked for if the process has left the host's
// namespaces, because it may be in theirs. If it forwards a port, only the container of the port
// is needed. Otherwise none is asked for.
func TestNumbersOutside(t *testing.T) {
	proxy := Args("docker-proxy", "-proto", "tcp", "-host-port", "8080", "-container-ip", "172.17.0.4", "-container-port", "80")
	w := crowd().Process(70, 1, "tcpdump", EveryNamespace(1, map[procfs.NamespaceType]uint64{procfs.NetNamespace: 77})).
		Process(71, 1, "plain", EveryNamespace(1, nil)).Process(72, 1, "docker-proxy", proxy, EveryNamespace(1, nil)).
		Declared("other", func(c *inspect.Container) {
			c.Addresses, c.Published = []string{"172.17.0.4"}, []inspect.Published{{Protocol: "tcp", Port: 80, HostPort: 8080}}
		})
	w.Alter(70, func(p *procfs.Process) {
		p.Namespaces[procfs.NetNamespace] = procfs.Some(namespaceOf(w, 101, procfs.NetNamespace))
	})
	for number, want := range map[int]string{70: "demo other", 71: "", 72: "other"} {
		r := newRig(w)
		if c := r.record(t, need.Who([]int{number})); names(c) != want {
			t.Errorf("%d: asked for %q, want %q", number, names(c), want)
		}
	}
	ix := inspect.NewIndex(newRig(w).record(t, need.Who([]int{70, 72})))
	if got := ix.Who(70).Entered; len(got) != 1 || inspect.ContainerNames(got[0].Containers) != "demo" {
		t.Errorf("entered %+v", got)
	}
	if got := ix.Who(72).Proxy; got == nil || got.Container == nil || got.Container.Name != "other" {
		t.Errorf("forwards %+v", got)
	}
	if c := newRig(w).record(t, need.Owners([]int{70}, false)); names(c) != "" {
		t.Errorf("of whom a line is no namespace tells: asked for %q", names(c))
	}
}

// An engine that is not reached through a socket of this host is proved to be here, or not, by
// its containers, although a number names none of them.
func TestNumbersOfAnEngineElsewhere(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		want  inspect.Verdict
	}{
		"here":          {two(), inspect.Yes},
		"elsewhere":     {two().Without(101, 201), inspect.No},
		"nobody knows":  {engineHost(), inspect.Unknown},
		"one, not here": {one().Without(101), inspect.Unknown},
	} {
		r := newRig(test.world).scripted(on("PeerPID", "", ErrNoPeer))
		c := r.record(t, need.Who([]int{1}))
		if got := inspect.NewIndex(c).HostProof(); got.Verdict != test.want {
			t.Errorf("%s: %s by %s", name, got.Verdict, got.By)
		}
	}
}
