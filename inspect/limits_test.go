package inspect

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// withLimits makes it a host with a kernel thread, in whose namespaces the
// reader is, and with 32,768 numbers and 1,000 tasks of at most 190,000.
func (w *world) withLimits(groups ...procfs.PIDsGroup) *world {
	w.Host.KernelRelease = procfs.Some("6.18.44-fc")
	w.process(2, 0, "kthreadd", func(p *procfs.Process) { p.KernelThread = true })
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
	w.Limits = &LimitFacts{
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

func own(letter string) string { return "/docker/" + id(letter) }

func uid(real int) change {
	return func(p *procfs.Process) { p.UIDs = procfs.UIDs{Real: real, Effective: real, Saved: real, FS: real} }
}

func nproc(most int) change {
	return func(p *procfs.Process) { p.MaxProcesses = procfs.Some(most) }
}

func threads(n int) change { return func(p *procfs.Process) { p.Threads = n } }

func caps(n int) change {
	return func(p *procfs.Process) { p.Effective = procfs.Some(procfs.Capabilities(1) << n) }
}

func userNS(inode procfs.Opt[uint64]) change {
	return func(p *procfs.Process) { p.Namespaces[procfs.UserNamespace] = inode }
}

// subgroup puts the process into a group below that of its container.
func subgroup(letter, path string) change {
	return func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: own(letter) + path}, {Path: own(letter) + path}})
	}
}

// api is a container of user 1000 with two processes, three further threads
// and a zombie, beside another of the same user.
func api(change ...change) *world {
	both := func(pid int, change2 ...func(*procfs.Process)) []func(*procfs.Process) {
		return append(append([]func(*procfs.Process){in("a", pid), ns(7), uid(1000)}, change2...), change...)
	}
	return newWorld().
		container("api", "a", 1001).container("jobs", "b", 2001).
		process(1, 0, "systemd").
		process(1000, 1, "containerd-shim", shimOf("a")).process(2000, 1, "containerd-shim", shimOf("b")).
		process(1001, 1000, "node", both(1, threads(4))...).
		process(1002, 1001, "sh", both(2)...).
		process(1003, 1001, "curl", append(both(3), zombie(0), leftItsGroup)...).
		process(2001, 2000, "job", in("b", 1), ns(8), uid(1000), threads(2))
}

// leftItsGroup has left its group in the lines of cgroup v1.
func leftItsGroup(p *procfs.Process) {
	lines := p.Cgroups.Or(nil)
	p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/"}, lines[1]})
}

// A zombie that came from outside (nsenter) is in its parent's container, and counts
// where it came from.
func TestZombieFromOutsideIsNotCharged(t *testing.T) {
	outside := func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/"}, {Path: "/"}})
	}
	ix := api().process(1004, 1001, "sh", in("a", 4), ns(7), uid(1000), zombie(0), outside).withLimits(group(own("a"), 6, 10), group("/docker", 8, "max")).index()
	for _, l := range ix.Limits([]*Container{ix.Container(id("a"))})[0].Limits {
		want := 2
		if l.Kind == LimitPIDs && l.Scope == ScopeContainer {
			want = 1
		}
		if (l.Scope == ScopeContainer || l.Scope == ScopeHost) && l.Zombies != want {
			t.Errorf("%s (%s): %d zombies, want %d", l.Kind, l.Scope, l.Zombies, want)
		}
	}
	for outsiders, want := range map[int]string{0: "1 zombie holds 1 of 4 PIDs", 1: "2 zombies, 1 of which holds 1 of 4 PIDs"} {
		w := api()
		w.PIDs = map[string]PIDsUse{id("a"): {Max: procfs.Some(4)}}
		for i := range outsiders {
			w.process(1010+i, 1001, "sh", in("a", 10+i), ns(7), zombie(0), outside)
		}
		ix := w.again().index()
		if got := ix.Zombies(choose(t, ix, "api")).Culprits[0].Holding(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// limits are those of one container, held against what holds for all.
func (w *world) limits(t *testing.T, name string) ContainerLimits {
	t.Helper()
	ix := w.index()
	c, problem := ix.Resolve(name)
	if problem != nil {
		t.Fatal(problem)
	}
	got := ix.Limits([]*Container{c})[0]
	firsts := 0
	for i := range got.Limits {
		l := &got.Limits[i]
		if l.First {
			firsts++
		}
		left, ok := l.Left().Get()
		if ok && (left < 0 || left < got.First().Left().Or(0)) {
			t.Errorf("%s (%s) has %d left, the first has %d", l.Kind, l.Path, left, got.First().Left().Or(0))
		}
		if l.Unseen == "" && holdersSum(l) != l.Tasks() {
			t.Errorf("%s (%s): %d tasks are held by %v", l.Kind, l.Path, l.Tasks(), l.Holders)
		}
	}
	if firsts > 1 || firsts == 0 && got.Certain() {
		t.Errorf("%d limits are first", firsts)
	}
	return got
}

func holdersSum(l *Limit) int {
	sum := 0
	for _, h := range l.Holders {
		sum += h.Tasks
	}
	return sum
}

// say writes the limits that there are, the first with a star.
func say(c ContainerLimits) string {
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
		w    *world
		want string
	}{
		"none but the host's": {
			api().withLimits(group(own("a"), 6, "max"), group("/docker", 8, "max")),
			"*" + hosts,
		},
		"its own": {
			api().withLimits(group(own("a"), 6, 10), group("/docker", 8, "max")),
			"*pids.max/container 6 of 10; " + hosts,
		},
		"a parent's is nearer": {
			api().withLimits(group(own("a"), 6, 10), group("/docker", 8, 11)),
			"pids.max/container 6 of 10; *pids.max/parent 8 of 11; " + hosts,
		},
		"equals: the nearest": {
			api().withLimits(group(own("a"), 6, 10), group("/docker", 8, 12)),
			"*pids.max/container 6 of 10; pids.max/parent 8 of 12; " + hosts,
		},
		"more than the limit": {
			api().withLimits(group(own("a"), 6, 3), group("/docker", 8, "max")),
			"*pids.max/container 6 of 3; " + hosts,
		},
		"a group inside": {
			api(subgroup("a", "/sub/leaf")).withLimits(group(own("a"), 6, 10), group(own("a")+"/sub", 4, "max"), group(own("a")+"/sub/leaf", 4, 5), group("/docker", 8, "max")),
			"pids.max/container 6 of 10; *pids.max/inside 4 of 5; " + hosts,
		},
		"its own is not mounted": {
			api().withLimits(),
			"pids.max/container unread of unread; pids.max/parent unread of unread; *" + hosts + "; uncertain",
		},
		"its own is gone": {
			api().withLimits(group(own("a"), 0, procfs.Gone), group("/docker", 8, "max")),
			"pids.max/container gone of gone; *" + hosts + "; uncertain",
		},
		"a user's, over all containers": {
			api(nproc(12)).withLimits(group(own("a"), 6, 50), group("/docker", 8, "max")),
			"pids.max/container 6 of 50; *nproc/user 8 of 12; " + hosts,
		},
		"a sandbox that forbids itself to fork": {
			api(nproc(12)).process(1020, 1001, "haproxy", in("a", 20), ns(7), uid(1020), nproc(0)).withLimits(group(own("a"), 6, 50), group("/docker", 8, "max")),
			"pids.max/container 6 of 50; *nproc/user 8 of 12; pid_max/host 311 of 32768; threads-max/host 1000 of 190000",
		},
		"a container that was given 0": {
			api(nproc(0)).withLimits(group(own("a"), 6, 50), group("/docker", 8, "max")),
			"pids.max/container 6 of 50; *nproc/user 8 of 0; " + hosts,
		},
		"root is exempt": {
			api(nproc(3), uid(0)).withLimits(group(own("a"), 6, 50), group("/docker", 8, "max")),
			"*pids.max/container 6 of 50; " + hosts,
		},
		"CAP_SYS_ADMIN is exempt, and may change its pid_max": {
			api(nproc(3), caps(procfs.CapSysAdmin)).withLimits(group(own("a"), 6, 50), group("/docker", 8, "max")),
			"*pids.max/container 6 of 50; pid_max/inside unread of unsupported; " + hosts + "; uncertain",
		},
		"CAP_SYS_RESOURCE is exempt": {
			api(nproc(3), caps(procfs.CapSysResource)).withLimits(group(own("a"), 6, 50), group("/docker", 8, "max")),
			"*pids.max/container 6 of 50; " + hosts,
		},
		"another capability is not": {
			api(nproc(9), caps(19)).withLimits(group(own("a"), 6, 50), group("/docker", 8, "max")),
			"pids.max/container 6 of 50; *nproc/user 8 of 9; " + hosts,
		},
		"namespaces are denied, and the user's could come first": {
			api(nproc(1049), userNS(denied)).withLimits(group(own("a"), 6, 60), group("/docker", 8, "max")),
			"*pids.max/container 6 of 60; nproc/user denied of 1049; " + hosts + "; uncertain",
		},
		"namespaces are denied, and the user's comes later whoever counts": {
			api(nproc(1054), userNS(denied)).withLimits(group(own("a"), 6, 60), group("/docker", 8, "max")),
			"*pids.max/container 6 of 60; nproc/user denied of 1054; " + hosts,
		},
		"in a user namespace that root made, capabilities are no exemption": {
			api(nproc(9), caps(procfs.CapSysResource), userNS(procfs.Some[uint64](nested))).
				withLimits(group(own("a"), 6, 60), group("/docker", 8, "max")).origin(nested, procfs.InitialUserNamespace, 0),
			"pids.max/container 6 of 60; *nproc/user 6 of 9; " + hosts,
		},
		"in a user namespace that a user made": {
			api(nproc(30), userNS(procfs.Some[uint64](nested))).
				withLimits(group(own("a"), 6, 60), group("/docker", 8, "max")).origin(nested, procfs.InitialUserNamespace, 1000),
			"pids.max/container 6 of 60; *nproc/user 6 of 30; nproc/creator 8 of unsupported; " + hosts + "; uncertain",
		},
		"in the host's and in one that the same user made": {
			api(nproc(30)).process(1010, 1001, "sandbox", in("a", 9), ns(7), uid(1000), nproc(30), userNS(procfs.Some[uint64](nested))).
				withLimits(group(own("a"), 7, 60), group("/docker", 9, "max")).origin(nested, procfs.InitialUserNamespace, 1000),
			"pids.max/container 7 of 60; *nproc/user 9 of 30; nproc/user 1 of 30; nproc/creator 9 of unsupported; " +
				"pid_max/host 311 of 32768; threads-max/host 1000 of 190000; uncertain",
		},
		"the host's first process is the host's, though it may not be read": {
			denyFirst(api(nproc(12))).withLimits(group(own("a"), 6, 50), group("/docker", 8, "max")),
			"pids.max/container 6 of 50; *nproc/user 8 of 12; " + hosts,
		},
		"whose user namespace it is cannot be read": {
			api(nproc(30), userNS(procfs.Some[uint64](nested))).withLimits(group(own("a"), 6, 60), group("/docker", 8, "max")),
			"*pids.max/container 6 of 60; nproc/user unread of 30; " + hosts + "; uncertain",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := say(test.w.limits(t, "api")); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// denyFirst keeps the namespaces of the host's first process from the reader.
func denyFirst(w *world) *world {
	userNS(procfs.None[uint64](procfs.Denied))(&w.Snapshot.Processes[0])
	return w
}

func (w *world) origin(inode, parent uint64, owner int) *world {
	w.Limits.UserNamespaces[inode] = procfs.UserNSOrigin{Parent: procfs.Some(parent), Owner: procfs.Some(owner)}
	return w
}

// Whatever keeps the reader from seeing all takes away what was counted, and
// never becomes a smaller number.
func TestLimitsOfWhatIsNotSeen(t *testing.T) {
	const of = "*pids.max/container 6 of 60; nproc/user %s of 70; pid_max/host %s of 32768; threads-max/host 1000 of 190000; uncertain"
	for name, test := range map[string]struct {
		change         func(*world)
		user, pidsUsed string
	}{
		"a family alone":              {func(w *world) { w.Snapshot.Whole = false }, "unread", "unread"},
		"hidden processes":            {func(w *world) { w.Host.HidePID, w.Host.EUID = "2", 1000 }, "denied", "denied"},
		"a process cannot be read":    {func(w *world) { w.Snapshot.Missed = []procfs.Missed{{PID: 5, Why: procfs.Malformed}} }, "malformed", "malformed"},
		"a nested PID namespace":      {func(w *world) { w.Snapshot.Processes[len(w.Snapshot.Processes)-1].KernelThread = false }, "unsupported", "unsupported"},
		"the reader's user namespace": {func(w *world) { w.Limits.ReaderUserNamespace = procfs.Some[uint64](5) }, "unsupported", "310"},
	} {
		t.Run(name, func(t *testing.T) {
			w := api(nproc(70)).withLimits(group(own("a"), 6, 60), group("/docker", 8, "max"))
			test.change(w)
			got := w.limits(t, "api")
			if say(got) != fmt.Sprintf(of, test.user, test.pidsUsed) {
				t.Errorf("got %s", say(got))
			}
			for i := range got.Limits {
				if l := &got.Limits[i]; l.Kind == LimitUser && l.Unseen == "" {
					t.Errorf("%s is said to be held by %v", l.Path, l.Fill)
				}
			}
		})
	}
	gone := api(nproc(70)).withLimits(group(own("a"), 6, 60), group("/docker", 8, "max"))
	gone.Snapshot.Missed = []procfs.Missed{{PID: 5, Why: procfs.Gone}}
	if got := gone.limits(t, "api"); !got.Certain() {
		t.Errorf("that a process has ended is ordinary: %s", say(got))
	}
}

// A reader in a cgroup namespace of its own has groups above its root.
func TestLimitsAboveTheReader(t *testing.T) {
	w := api().withLimits(group(own("a"), 6, 60), group("/docker", 8, "max"), group("/", 9, 10))
	w.Limits.ReaderCgroupNamespace = procfs.Some[uint64](5)
	if got, want := say(w.limits(t, "api")), "*pids.max/container 6 of 60; pids.max/parent unread of unread; "+hosts+"; uncertain"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What holds a limit: the container's own, and whose tasks a shared one's.
func TestLimitsAreHeldBy(t *testing.T) {
	got := api(nproc(70)).withLimits(group(own("a"), 6, 60), group("/docker", 8, 100)).limits(t, "api")
	for _, l := range got.Limits {
		var names []string
		for _, h := range l.Holders {
			name := ""
			if h.Container != nil {
				name = h.Container.Name
			}
			names = append(names, fmt.Sprintf("%s %d", name, h.Tasks))
		}
		want := map[LimitScope]struct {
			Fill
			names []string
		}{
			ScopeContainer: {Fill{2, 3, 1}, []string{"api 6"}},
			ScopeParent:    {Fill{3, 4, 1}, []string{"api 6", "jobs 2"}},
			ScopeUser:      {Fill{3, 4, 1}, []string{"api 6", "jobs 2"}},
			ScopeHost:      {Fill{7, 4, 1}, []string{"api 6", " 4", "jobs 2"}},
		}[l.Scope]
		if l.Fill != want.Fill || !reflect.DeepEqual(names, want.names) {
			t.Errorf("%s: %+v held by %q, want %+v by %q", l.Scope, l.Fill, names, want.Fill, want.names)
		}
	}
}

// Numbers live on as the names of sessions and process groups.
func TestLimitsCountNumbers(t *testing.T) {
	w := newWorld().container("api", "a", 1001).process(1, 0, "systemd").
		process(1001, 1, "node", in("a", 1), sid(900), func(p *procfs.Process) { p.PGID = 950 }).
		process(1002, 1001, "sh", in("a", 2), sid(900), func(p *procfs.Process) { p.PGID = 1002 }, threads(3)).
		process(40, 1, "low", sid(30)).withLimits()
	// 1001, 900, 950, 1002 and two further threads, above the 300 lowest
	if got := w.limits(t, "api"); !strings.Contains(say(got), "pid_max/host 306 of 32768") {
		t.Errorf("got %s", say(got))
	}
}

// Before Linux 5.14 the kernel told user namespaces not apart.
func TestLimitsOfOldKernels(t *testing.T) {
	w := api(nproc(9), userNS(procfs.None[uint64](procfs.Denied))).withLimits(group(own("a"), 6, 60), group("/docker", 8, "max"))
	w.Host.KernelRelease = procfs.Some("5.10.0-28-amd64")
	if got, want := say(w.limits(t, "api")), "pids.max/container 6 of 60; *nproc/user 8 of 9; "+hosts; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The lowest limit of a user's processes is hit first, and the order in which
// they are read does not matter.
func TestLimitsDoNotDependOnOrder(t *testing.T) {
	var want string
	for seed := range uint64(20) {
		w := api(nproc(40)).process(1010, 1001, "low", in("a", 9), ns(7), uid(1000), nproc(20)).withLimits(group(own("a"), 6, 60), group("/docker", 8, 90))
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(w.Snapshot.Processes), func(i, j int) {
			w.Snapshot.Processes[i], w.Snapshot.Processes[j] = w.Snapshot.Processes[j], w.Snapshot.Processes[i]
		})
		got := say(w.limits(t, "api"))
		if want == "" {
			want = got
		}
		if got != want || !strings.Contains(got, "*nproc/user 9 of 20") {
			t.Fatalf("seed %d: got %s, want %s", seed, got, want)
		}
	}
}

func TestNextForLimit(t *testing.T) {
	c := &Container{Name: "api"}
	some := func(used, most int) (procfs.Opt[int], procfs.Opt[int]) { return procfs.Some(used), procfs.Some(most) }
	limit := func(kind LimitKind, scope LimitScope, used, most int, change ...func(*Limit)) *Limit {
		l := &Limit{Container: c, Kind: kind, Scope: scope, Path: "/batch", Dir: "/sys/fs/cgroup/pids/batch", Fill: Fill{Processes: used}}
		l.Used, l.Max = some(used, most)
		for _, f := range change {
			f(l)
		}
		return l
	}
	zombies := func(l *Limit) { l.Fill = Fill{Processes: 1, Zombies: 90} }
	path := func(path string) func(*Limit) { return func(l *Limit) { l.Path = path } }
	for want, l := range map[string]*Limit{
		"":                                   limit(LimitPIDs, ScopeContainer, 50, 100),
		"docker pidns zombies api":           limit(LimitPIDs, ScopeContainer, 50, 100, zombies),
		"docker pidns zombies":               limit(LimitPIDs, ScopeParent, 50, 100, zombies),
		"docker update --pids-limit 200 api": limit(LimitPIDs, ScopeContainer, 90, 100),
		"docker pidns tree api":              limit(LimitPIDs, ScopeInside, 90, 100),
		"echo 200 > /sys/fs/cgroup/pids/batch/pids.max":   limit(LimitPIDs, ScopeParent, 90, 100),
		"systemctl set-property batch.slice TasksMax=200": limit(LimitPIDs, ScopeParent, 90, 100, path("/a.slice/batch.slice")),
		"docker run --ulimit nproc=200 ...":               limit(LimitUser, ScopeUser, 90, 100),
		"sysctl -w kernel.pid_max=200":                    limit(LimitNumbers, ScopeHost, 90, 100),
		"sysctl -w kernel.pid_max=4194304":                limit(LimitNumbers, ScopeHost, 3900000, 4000000),
		"sysctl -w kernel.threads-max=200":                limit(LimitTasks, ScopeHost, 90, 100, zombies),
	} {
		if got, _ := NextForLimit(l); got != want {
			t.Errorf("%s of the %s, %d of %d: got %q, want %q", l.Kind, l.Scope, l.Used.Or(0), l.Max.Or(0), got, want)
		}
	}
}
