package limit_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// withLimits makes it a host with a kernel thread, in whose namespaces the reader is, and with
// 32,768 numbers and 1,000 tasks of at most 190,000.
func withLimits(w *World, groups ...procfs.PIDsGroup) *World {
	w.Host.KernelRelease = procfs.Some("6.18.44-fc")
	w.Process(2, 0, "kthreadd", func(p *procfs.Process) { p.KernelThread = true })
	for i := range w.Snapshot.Processes {
		p := &w.Snapshot.Processes[i]
		if _, set := p.Namespaces[procfs.UserNamespace]; !set {
			p.Namespaces[procfs.UserNamespace] = procfs.Some[uint64](procfs.InitialUserNamespace)
		}
		if p.MaxProcesses.IsZero() {
			p.MaxProcesses = procfs.None[int](procfs.NotHeld)
		}
		if p.Effective.IsZero() {
			p.Effective = procfs.Some[procfs.Capabilities](0)
		}
	}
	w.Limits = &inspect.LimitFacts{
		TaskLimits:            procfs.TaskLimits{PIDMax: procfs.Some(32768), ThreadsMax: procfs.Some(190000), Tasks: procfs.Some(1000)},
		Groups:                groups,
		UserNamespaces:        map[uint64]procfs.UserNSOrigin{},
		ReaderUserNamespace:   procfs.Some[uint64](procfs.InitialUserNamespace),
		ReaderCgroupNamespace: procfs.Some[uint64](procfs.InitialCgroupNamespace),
	}
	return w
}

func group(path string, current int, most any) procfs.PIDsGroup {
	g := procfs.PIDsGroup{Path: path, Dir: "/sys/fs/cgroup/pids" + path, Current: procfs.Some(current), Max: procfs.None[int](procfs.NotHeld), Refused: procfs.Some(0)}
	switch most := most.(type) {
	case int:
		g.Max = procfs.Some(most)
	case procfs.Absence:
		g.Current, g.Max, g.Refused = procfs.None[int](most), procfs.None[int](most), procfs.None[int](most)
	}
	return g
}

func own(letter string) string { return "/docker/" + ID(letter) }

func uid(real int) Change {
	return func(p *procfs.Process) { p.UIDs = procfs.UIDs{Real: real, Effective: real, Saved: real, FS: real} }
}

func nproc(most int) Change {
	return func(p *procfs.Process) { p.MaxProcesses = procfs.Some(most) }
}

func threads(n int) Change { return func(p *procfs.Process) { p.Threads = n } }

func caps(n int) Change {
	return func(p *procfs.Process) { p.Effective = procfs.Some(procfs.Capabilities(1) << n) }
}

func userNS(inode procfs.Opt[uint64]) Change {
	return func(p *procfs.Process) { p.Namespaces[procfs.UserNamespace] = inode }
}

// subgroup puts the process into a group below that of its container.
func subgroup(letter, path string) Change {
	return func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: own(letter) + path}, {Path: own(letter) + path}})
	}
}

// api is a container of user 1000 with two processes, three further threads and a zombie, beside
// another container of the same user.
func api(change ...Change) *World {
	both := func(pid int, change2 ...func(*procfs.Process)) []func(*procfs.Process) {
		return append(append([]func(*procfs.Process){In("a", pid), NS(7), uid(1000)}, change2...), change...)
	}
	return NewWorld().
		Container("api", "a", 1001).Container("jobs", "b", 2001).
		Process(1, 0, "systemd").
		Process(1000, 1, "containerd-shim", ShimOf("a")).Process(2000, 1, "containerd-shim", ShimOf("b")).
		Process(1001, 1000, "node", both(1, threads(4))...).
		Process(1002, 1001, "sh", both(2)...).
		Process(1003, 1001, "curl", append(both(3), Exited(0), leftItsGroup)...).
		Process(2001, 2000, "job", In("b", 1), NS(8), uid(1000), threads(2))
}

// leftItsGroup removes its group from the lines of cgroup v1.
func leftItsGroup(p *procfs.Process) {
	lines := p.Cgroups.Or(nil)
	p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/"}, lines[1]})
}

// A zombie that came from outside (nsenter) is in its parent's container, and counts where it
// came from.
func TestZombieFromOutsideIsNotCharged(t *testing.T) {
	outside := func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/"}, {Path: "/"}})
	}
	ix := withLimits(api().Process(1004, 1001, "sh", In("a", 4), NS(7), uid(1000), Exited(0), outside), group(own("a"), 6, 10), group("/docker", 8, "max")).Index()
	for _, l := range limit.Find(ix, []*inspect.Container{ix.Container(ID("a"))})[0].Limits {
		want := 2
		if l.Kind == limit.PIDs && l.Scope == limit.ScopeContainer {
			want = 1
		}
		if (l.Scope == limit.ScopeContainer || l.Scope == limit.ScopeHost) && l.Zombies != want {
			t.Errorf("%s (%s): %d zombies, want %d", l.Kind, l.Scope, l.Zombies, want)
		}
	}
	for outsiders, want := range map[int]string{0: "1 zombie holds 1 of 4 PIDs", 1: "2 zombies. 1 of them holds 1 of 4 PIDs"} {
		w := api()
		w.PIDs = map[string]inspect.PIDsUse{ID("a"): {Max: procfs.Some(4)}}
		for i := range outsiders {
			w.Process(1010+i, 1001, "sh", In("a", 10+i), NS(7), Exited(0), outside)
		}
		ix := w.Again().Index()
		if got := zombie.Find(ix, Choose(t, ix, "api")).Culprits[0].Holding(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// limits are those of one container, checked against what holds for all containers.
func limits(w *World, t *testing.T, name string) limit.Set {
	t.Helper()
	ix := w.Index()
	c, problem := ix.Resolve(name)
	if problem != nil {
		t.Fatal(problem)
	}
	got := limit.Find(ix, []*inspect.Container{c})[0]
	firsts := 0
	for i := range got.Limits {
		l := &got.Limits[i]
		if l.First {
			firsts++
		}
		left, ok := l.Left().Get()
		if ok && l.Stops() == limit.Forks && (left < 0 || left < got.First().Left().Or(0)) {
			t.Errorf("%s (%s) has %d left, the first has %d", l.Kind, l.Path, left, got.First().Left().Or(0))
		}
		if l.Unseen == "" && holdersSum(l) != l.Tasks() {
			t.Errorf("%s (%s): %d tasks are held by %v", l.Kind, l.Path, l.Tasks(), l.Shares)
		}
	}
	if firsts > 1 || firsts == 0 && got.Certain() {
		t.Errorf("%d limits are first", firsts)
	}
	return got
}

func holdersSum(l *limit.Limit) int {
	sum := 0
	for _, h := range l.Shares {
		sum += h.Tasks
	}
	return sum
}

// say writes the limits, the first with a star.
func say(c limit.Set) string {
	var words []string
	for i := range c.Limits {
		l := &c.Limits[i]
		if l.IsUnlimited() {
			continue
		}
		word := fmt.Sprintf("%s/%s %s of %s", l.Kind, l.Scope, optWord(l.Used), optWord(l.Max))
		if l.First {
			word = "*" + word
		}
		words = append(words, word)
	}
	if !c.Certain() {
		words = append(words, "uncertain")
	}
	return strings.Join(words, "; ")
}

func optWord(n procfs.Opt[int]) string {
	if v, ok := n.Get(); ok {
		return fmt.Sprint(v)
	}
	return string(n.Absence())
}

const hosts = "pid_max/host 310 of 32768; threads-max/host 1000 of 190000"

func TestLimits(t *testing.T) {
	denied := procfs.None[uint64](procfs.Denied)
	const nested = 4026532999
	for name, test := range map[string]struct {
		w    *World
		want string
	}{
		"none but the host's": {
			withLimits(api(), group(own("a"), 6, "max"), group("/docker", 8, "max")),
			"*" + hosts,
		},
		"its own": {
			withLimits(api(), group(own("a"), 6, 10), group("/docker", 8, "max")),
			"*pids.max/container 6 of 10; " + hosts,
		},
		"a parent's is nearer": {
			withLimits(api(), group(own("a"), 6, 10), group("/docker", 8, 11)),
			"pids.max/container 6 of 10; *pids.max/parent 8 of 11; " + hosts,
		},
		"equals: the nearest": {
			withLimits(api(), group(own("a"), 6, 10), group("/docker", 8, 12)),
			"*pids.max/container 6 of 10; pids.max/parent 8 of 12; " + hosts,
		},
		"more than the limit": {
			withLimits(api(), group(own("a"), 6, 3), group("/docker", 8, "max")),
			"*pids.max/container 6 of 3; " + hosts,
		},
		"a group inside": {
			withLimits(api(subgroup("a", "/sub/leaf")), group(own("a"), 6, 10), group(own("a")+"/sub", 4, "max"), group(own("a")+"/sub/leaf", 4, 5), group("/docker", 8, "max")),
			"pids.max/container 6 of 10; *pids.max/inside 4 of 5; " + hosts,
		},
		"its own is not mounted": {
			withLimits(api()),
			"pids.max/container unread of unread; pids.max/parent unread of unread; *" + hosts + "; uncertain",
		},
		"its own is gone": {
			withLimits(api(), group(own("a"), 0, procfs.Gone), group("/docker", 8, "max")),
			"pids.max/container gone of gone; *" + hosts + "; uncertain",
		},
		"a user's, over all containers": {
			withLimits(api(nproc(12)), group(own("a"), 6, 50), group("/docker", 8, "max")),
			"pids.max/container 6 of 50; *nproc/user 8 of 12; " + hosts,
		},
		"a sandbox that forbids itself to fork": {
			withLimits(api(nproc(12)).Process(1020, 1001, "haproxy", In("a", 20), NS(7), uid(1020), nproc(0)), group(own("a"), 6, 50), group("/docker", 8, "max")),
			"pids.max/container 6 of 50; *nproc/user 8 of 12; pid_max/host 311 of 32768; threads-max/host 1000 of 190000",
		},
		"a container that was given 0": {
			withLimits(api(nproc(0)), group(own("a"), 6, 50), group("/docker", 8, "max")),
			"pids.max/container 6 of 50; *nproc/user 8 of 0; " + hosts,
		},
		"root is exempt": {
			withLimits(api(nproc(3), uid(0)), group(own("a"), 6, 50), group("/docker", 8, "max")),
			"*pids.max/container 6 of 50; " + hosts,
		},
		"CAP_SYS_ADMIN is exempt, and may change its pid_max": {
			withLimits(api(nproc(3), caps(procfs.CapSysAdmin)), group(own("a"), 6, 50), group("/docker", 8, "max")),
			"*pids.max/container 6 of 50; pid_max/inside unread of unsupported; " + hosts + "; uncertain",
		},
		"CAP_SYS_RESOURCE is exempt": {
			withLimits(api(nproc(3), caps(procfs.CapSysResource)), group(own("a"), 6, 50), group("/docker", 8, "max")),
			"*pids.max/container 6 of 50; " + hosts,
		},
		"another capability is not": {
			withLimits(api(nproc(9), caps(19)), group(own("a"), 6, 50), group("/docker", 8, "max")),
			"pids.max/container 6 of 50; *nproc/user 8 of 9; " + hosts,
		},
		"namespaces are denied, and the user's could come first": {
			withLimits(api(nproc(1049), userNS(denied)), group(own("a"), 6, 60), group("/docker", 8, "max")),
			"*pids.max/container 6 of 60; nproc/user denied of 1049; " + hosts + "; uncertain",
		},
		"namespaces are denied, and the user's comes later whoever counts": {
			withLimits(api(nproc(1054), userNS(denied)), group(own("a"), 6, 60), group("/docker", 8, "max")),
			"*pids.max/container 6 of 60; nproc/user denied of 1054; " + hosts,
		},
		"in a user namespace that root made, capabilities are no exemption": {
			origin(withLimits(api(nproc(9), caps(procfs.CapSysResource), userNS(procfs.Some[uint64](nested))), group(own("a"), 6, 60), group("/docker", 8, "max")), nested, procfs.InitialUserNamespace, 0),
			"pids.max/container 6 of 60; *nproc/user 6 of 9; " + hosts,
		},
		"in a user namespace that a user made": {
			origin(withLimits(api(nproc(30), userNS(procfs.Some[uint64](nested))), group(own("a"), 6, 60), group("/docker", 8, "max")), nested, procfs.InitialUserNamespace, 1000),
			"pids.max/container 6 of 60; *nproc/user 6 of 30; nproc/creator 8 of unsupported; " + hosts + "; uncertain",
		},
		"in the host's and in one that the same user made": {
			origin(withLimits(api(nproc(30)).Process(1010, 1001, "sandbox", In("a", 9), NS(7), uid(1000), nproc(30), userNS(procfs.Some[uint64](nested))), group(own("a"), 7, 60), group("/docker", 9, "max")), nested, procfs.InitialUserNamespace, 1000),
			"pids.max/container 7 of 60; *nproc/user 9 of 30; nproc/user 1 of 30; nproc/creator 9 of unsupported; " +
				"pid_max/host 311 of 32768; threads-max/host 1000 of 190000; uncertain",
		},
		"the host's first process is the host's, though it may not be read": {
			withLimits(denyFirst(api(nproc(12))), group(own("a"), 6, 50), group("/docker", 8, "max")),
			"pids.max/container 6 of 50; *nproc/user 8 of 12; " + hosts,
		},
		"whose user namespace it is cannot be read": {
			withLimits(api(nproc(30), userNS(procfs.Some[uint64](nested))), group(own("a"), 6, 60), group("/docker", 8, "max")),
			"*pids.max/container 6 of 60; nproc/user unread of 30; " + hosts + "; uncertain",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := say(limits(test.w, t, "api")); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// denyFirst denies the reader the namespaces of the host's first process.
func denyFirst(w *World) *World {
	userNS(procfs.None[uint64](procfs.Denied))(&w.Snapshot.Processes[0])
	return w
}

func origin(w *World, inode, parent uint64, owner int) *World {
	w.Limits.UserNamespaces[inode] = procfs.UserNSOrigin{Parent: procfs.Some(parent), Owner: procfs.Some(owner)}
	return w
}

// If the reader cannot see everything, the counts are absent, and never too small.
func TestLimitsOfWhatIsNotSeen(t *testing.T) {
	const of = "*pids.max/container 6 of 60; nproc/user %s of 70; pid_max/host %s of 32768; threads-max/host 1000 of 190000; uncertain"
	for name, test := range map[string]struct {
		change         func(*World)
		user, pidsUsed string
	}{
		"a family alone":              {func(w *World) { w.Snapshot.Whole = false }, "unread", "unread"},
		"hidden processes":            {func(w *World) { w.Host.HidePID, w.Host.EUID = "2", 1000 }, "denied", "denied"},
		"a process cannot be read":    {func(w *World) { w.Snapshot.Missed = []procfs.Missed{{PID: 5, Why: procfs.Malformed}} }, "malformed", "malformed"},
		"a nested PID namespace":      {func(w *World) { w.Snapshot.Processes[len(w.Snapshot.Processes)-1].KernelThread = false }, "unsupported", "unsupported"},
		"the reader's user namespace": {func(w *World) { w.Limits.ReaderUserNamespace = procfs.Some[uint64](5) }, "unsupported", "310"},
	} {
		t.Run(name, func(t *testing.T) {
			w := withLimits(api(nproc(70)), group(own("a"), 6, 60), group("/docker", 8, "max"))
			test.change(w)
			got := limits(w, t, "api")
			if say(got) != fmt.Sprintf(of, test.user, test.pidsUsed) {
				t.Errorf("got %s", say(got))
			}
			for i := range got.Limits {
				if l := &got.Limits[i]; l.Kind == limit.User && l.Unseen == "" {
					t.Errorf("%s is said to be held by %v", l.Path, l.Fill)
				}
			}
		})
	}
	gone := withLimits(api(nproc(70)), group(own("a"), 6, 60), group("/docker", 8, "max"))
	gone.Snapshot.Missed = []procfs.Missed{{PID: 5, Why: procfs.Gone}}
	if got := limits(gone, t, "api"); !got.Certain() {
		t.Errorf("that a process has ended is ordinary: %s", say(got))
	}
}

// A reader in a cgroup namespace of its own has groups above its root.
func TestLimitsAboveTheReader(t *testing.T) {
	w := withLimits(api(), group(own("a"), 6, 60), group("/docker", 8, "max"), group("/", 9, 10))
	w.Limits.ReaderCgroupNamespace = procfs.Some[uint64](5)
	if got, want := say(limits(w, t, "api")), "*pids.max/container 6 of 60; pids.max/parent unread of unread; "+hosts+"; uncertain"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// These hold a limit: what is in the container's own group, and the containers in a shared one.
func TestLimitsAreHeldBy(t *testing.T) {
	got := limits(withLimits(api(nproc(70)), group(own("a"), 6, 60), group("/docker", 8, 100)), t, "api")
	for _, l := range got.Limits {
		var names []string
		for _, h := range l.Shares {
			name := ""
			if h.Container != nil {
				name = h.Container.Name
			}
			names = append(names, fmt.Sprintf("%s %d", name, h.Tasks))
		}
		want := map[limit.Scope]struct {
			limit.Fill
			names []string
		}{
			limit.ScopeContainer: {limit.Fill{2, 3, 1}, []string{"api 6"}},
			limit.ScopeParent:    {limit.Fill{3, 4, 1}, []string{"api 6", "jobs 2"}},
			limit.ScopeUser:      {limit.Fill{3, 4, 1}, []string{"api 6", "jobs 2"}},
			limit.ScopeHost:      {limit.Fill{7, 4, 1}, []string{"api 6", " 4", "jobs 2"}},
		}[l.Scope]
		if l.Fill != want.Fill || !reflect.DeepEqual(names, want.names) {
			t.Errorf("%s: %+v held by %q, want %+v by %q", l.Scope, l.Fill, names, want.Fill, want.names)
		}
	}
}

// Numbers stay in use as the numbers of sessions and process groups.
func TestLimitsCountNumbers(t *testing.T) {
	w := withLimits(NewWorld().Container("api", "a", 1001).Process(1, 0, "systemd").
		Process(1001, 1, "node", In("a", 1), SID(900), func(p *procfs.Process) { p.PGID = 950 }).
		Process(1002, 1001, "sh", In("a", 2), SID(900), func(p *procfs.Process) { p.PGID = 1002 }, threads(3)).
		Process(40, 1, "low", SID(30)))
	// 1001, 900, 950, 1002 and two further threads, above the 300 lowest
	if got := limits(w, t, "api"); !strings.Contains(say(got), "pid_max/host 306 of 32768") {
		t.Errorf("got %s", say(got))
	}
}

// Before Linux 5.14 the kernel did not distinguish user namespaces.
func TestLimitsOfOldKernels(t *testing.T) {
	w := withLimits(api(nproc(9), userNS(procfs.None[uint64](procfs.Denied))), group(own("a"), 6, 60), group("/docker", 8, "max"))
	w.Host.KernelRelease = procfs.Some("5.10.0-28-amd64")
	if got, want := say(limits(w, t, "api")), "pids.max/container 6 of 60; *nproc/user 8 of 9; "+hosts; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The lowest limit of a user's processes is reached first, in whatever order they are read.
func TestLimitsDoNotDependOnOrder(t *testing.T) {
	var want string
	for seed := range uint64(20) {
		w := withLimits(api(nproc(40)).Process(1010, 1001, "low", In("a", 9), NS(7), uid(1000), nproc(20)), group(own("a"), 6, 60), group("/docker", 8, 90))
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(w.Snapshot.Processes), func(i, j int) {
			w.Snapshot.Processes[i], w.Snapshot.Processes[j] = w.Snapshot.Processes[j], w.Snapshot.Processes[i]
		})
		got := say(limits(w, t, "api"))
		if want == "" {
			want = got
		}
		if got != want || !strings.Contains(got, "*nproc/user 9 of 20") {
			t.Fatalf("seed %d: got %s, want %s", seed, got, want)
		}
	}
}
