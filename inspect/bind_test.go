package inspect_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestBind(t *testing.T) {
	noCgroup := func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Denied) }
	tests := map[string]struct {
		world *World
		want  inspect.BindOutcome
		by    inspect.Via
	}{
		"by cgroup": {
			NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", In("a", 1)), inspect.Bound, "cgroup",
		},
		"by the systemd driver's scope": {
			NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", func(p *procfs.Process) {
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/system.slice/docker-" + ID("a") + ".scope"}})
			}), inspect.Bound, "cgroup",
		},
		"by podman's scope, seen from inside another cgroup namespace": {
			NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", func(p *procfs.Process) {
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/../../machine.slice/libpod-" + ID("a") + ".scope"}})
			}), inspect.Bound, "cgroup",
		},
		"rootless: no cgroup has the ID, the shim's argument does": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a")).
				Process(101, 100, "sleep"), inspect.Bound, "shim",
		},
		"the shim of another container proves nothing": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("b")).
				Process(101, 100, "sleep"), inspect.Contradicted, "",
		},
		"a process of the same number that is somebody else's": {
			NewWorld().Container("demo", "a", 101).Process(101, 1, "sshd"), inspect.Contradicted, "",
		},
		"another container's process": {
			NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", In("b", 1)), inspect.Contradicted, "",
		},
		"a later process of the container, by an engine in another PID namespace": {
			NewWorld().Container("demo", "a", 102).Process(101, 1, "sleep", In("a", 1)).
				Process(102, 101, "sh", In("a", 5)), inspect.Contradicted, "",
		},
		"started after the answer": {
			NewWorld().Container("demo", "a", 101, func(c *inspect.Container) { c.AnsweredAt = Booted.Add(500 * time.Second) }).
				Process(101, 1, "sleep", In("a", 1), StartedAt(501)), inspect.Contradicted, "",
		},
		"no such process":   {NewWorld().Container("demo", "a", 101), inspect.Vanished, ""},
		"no process named":  {NewWorld().Container("demo", "a", 0), inspect.NoProcess, ""},
		"cgroup unreadable": {NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", noCgroup), inspect.Unproven, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			got := ix.Binding(&ix.Capture.Containers[0])
			if got.Outcome != test.want || got.By != test.by {
				t.Errorf("got %s by %q (%s), want %s by %q", got.Outcome, got.By, got.Why, test.want, test.by)
			}
			if (got.Main != nil) != (test.want == inspect.Bound) {
				t.Errorf("main process %v with outcome %s", got.Main, got.Outcome)
			}
		})
	}
}

// A process that hidepid hides is not evidence that the engine is elsewhere.
func TestHiddenProcessesDisproveNothing(t *testing.T) {
	w := NewWorld().Container("x", "a", 5).Container("y", "b", 6)
	w.Proof, w.Host = inspect.HostProof{Verdict: inspect.Unknown}, procfs.Host{HidePID: "2", EUID: 1000}
	ix := w.Index()
	if got := ix.HostProof(); got.Verdict != inspect.Unknown {
		t.Errorf("got %+v", got)
	}
	if _, problems := ix.Choose([]string{"x"}, inspect.Filter{}); len(problems) != 1 || problems[0].Kind != inspect.Hidden {
		t.Errorf("got %+v", problems)
	}
}

// Inside the container itself, the number can be that of an exec session.
func TestBindWhereTheHostIsDisproved(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101).Process(101, 0, "sh", In("a"))
	w.Proof = inspect.HostProof{Verdict: inspect.No}
	ix := w.Index()
	if got := ix.Binding(&ix.Capture.Containers[0]); got.Outcome != inspect.Contradicted {
		t.Errorf("got %s by %s", got.Outcome, got.By)
	}
}

func TestBindDeniedProcessIsUnproven(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101)
	w.Snapshot.Missed = []procfs.Missed{{PID: 101, Why: procfs.Denied}}
	ix := w.Index()
	if got := ix.Binding(&ix.Capture.Containers[0]).Outcome; got != inspect.Unproven {
		t.Errorf("got %s, want %s: a process that cannot be read is not a process that is gone", got, inspect.Unproven)
	}
}

func TestHostProof(t *testing.T) {
	tests := map[string]struct {
		proof inspect.HostProof
		world *World
		want  inspect.Verdict
	}{
		"peer and container":                      {inspect.HostProof{Verdict: inspect.Yes}, Demo(), inspect.Yes},
		"container alone":                         {inspect.HostProof{Verdict: inspect.Unknown}, Demo(), inspect.Yes},
		"peer alone":                              {inspect.HostProof{Verdict: inspect.Yes}, NewWorld(), inspect.Yes},
		"nothing to go by":                        {inspect.HostProof{Verdict: inspect.Unknown}, NewWorld(), inspect.Unknown},
		"one container that vanished":             {inspect.HostProof{Verdict: inspect.Unknown}, NewWorld().Container("x", "a", 5), inspect.Unknown},
		"none of several containers' processes":   {inspect.HostProof{Verdict: inspect.Unknown}, NewWorld().Container("x", "a", 5).Container("y", "b", 6), inspect.No},
		"disproved by the socket":                 {inspect.HostProof{Verdict: inspect.No}, NewWorld(), inspect.No},
		"a stopped container says nothing either": {inspect.HostProof{Verdict: inspect.Unknown}, NewWorld().Container("x", "a", 0), inspect.Unknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.world.Proof = test.proof
			if got := test.world.Index().HostProof(); got.Verdict != test.want {
				t.Errorf("got %s (%s), want %s", got.Verdict, got.By, test.want)
			}
		})
	}
}

// A start is compared by two clocks, so a small difference disproves nothing. Neither does an
// answer whose time is not known.
func TestBindAllowsForTwoClocks(t *testing.T) {
	answered := func(at time.Time) *World {
		return NewWorld().Container("demo", "a", 101, func(c *inspect.Container) { c.AnsweredAt = at }).
			Process(101, 1, "sleep", In("a", 1), StartedAt(500))
	}
	for name, test := range map[string]struct {
		at   time.Time
		want inspect.BindOutcome
	}{
		"just before the start": {Booted.Add(500*time.Second - inspect.StartSlack), inspect.Bound},
		"too long before":       {Booted.Add(500*time.Second - inspect.StartSlack - 1), inspect.Contradicted},
		"not known":             {time.Time{}, inspect.Bound},
	} {
		ix := answered(test.at).Index()
		if got := ix.Binding(&ix.Capture.Containers[0]); got.Outcome != test.want {
			t.Errorf("%s: got %s (%s), want %s", name, got.Outcome, got.Why, test.want)
		}
	}
}

// Each outcome except the proof says in words what was found.
func TestBindSaysWhy(t *testing.T) {
	missed := func(why procfs.Absence) *World {
		w := NewWorld().Container("demo", "a", 101)
		w.Snapshot.Missed = []procfs.Missed{{PID: 102, Why: procfs.Denied}, {PID: 101, Why: why}}
		return w
	}
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"no process":    {NewWorld().Container("demo", "a", 0), "the engine names no process for it"},
		"vanished":      {NewWorld().Container("demo", "a", 101), "/proc has no process 101"},
		"gone":          {missed(procfs.Gone), "/proc has no process 101"},
		"denied":        {missed(procfs.Denied), "process 101 cannot be read (denied)"},
		"malformed":     {missed(procfs.Malformed), "process 101 cannot be read (malformed)"},
		"a stranger":    {NewWorld().Container("demo", "a", 101).Process(101, 1, "sshd"), "process 101 (sshd) does not have the container's ID in its cgroup"},
		"not the first": {Alone("app").Container("late", "b", 130).Process(129, 1, "app", In("b", 1)).Process(130, 129, "sh", In("b", 2)), "process 130 is in its cgroup but not the first there"},
		"too late":      {NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", In("a", 1), StartedAt(1001)), "process 101 started after the engine named it"},
		"unread":        {NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Unread) }), "the cgroup of process 101 cannot be read (unread)"},
		"proved":        {Alone("app"), ""},
	} {
		ix := test.world.Index()
		last := &ix.Capture.Containers[len(ix.Capture.Containers)-1]
		if got := ix.Binding(last).Why; got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The shim is the main process's parent, however the container was proved. A process of the
// container that calls itself a shim is not one.
func TestBindFindsTheShim(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		want  int
		by    inspect.Via
	}{
		"by both":                  {Alone("app"), 100, inspect.ViaCgroup},
		"by the shim alone":        {NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).Process(101, 100, "app"), 100, inspect.ViaShim},
		"a shim that names nobody": {NewWorld().Container("demo", "a", 101).Process(100, 1, "s", Args("containerd-shim", "-workdir", "x")).Process(101, 100, "app", In("a", 1)), 100, inspect.ViaCgroup},
		"its parent is no shim":    {NewWorld().Container("demo", "a", 101).Process(100, 1, "sh").Process(101, 100, "app", In("a", 1)), 0, inspect.ViaCgroup},
		"its parent is not there":  {NewWorld().Container("demo", "a", 101).Process(101, 100, "app", In("a", 1)), 0, inspect.ViaCgroup},
		"an impostor is no proof":  {NewWorld().Container("demo", "a", 102).Process(101, 1, "s", ShimOf("a"), In("a", 1)).Process(102, 101, "app"), 0, ""},
	} {
		ix := test.world.Index()
		c := &ix.Capture.Containers[0]
		b := ix.Binding(c)
		if hostPIDOf(b.Shim) != test.want || b.By != test.by {
			t.Errorf("%s: got %d by %q, want %d by %q", name, hostPIDOf(b.Shim), b.By, test.want, test.by)
		}
		if b.Shim != nil && ix.RoleOf(c, b.Shim) != inspect.RoleShim {
			t.Errorf("%s: its role is %s", name, ix.RoleOf(c, b.Shim))
		}
	}
}

// An ID in a path has the form of the cgroup driver, and the innermost one counts. A name with
// as many characters as an ID is not an ID.
func TestCgroupID(t *testing.T) {
	group := func(paths ...string) Change {
		return func(p *procfs.Process) {
			var list []procfs.Cgroup
			for i, path := range paths {
				list = append(list, procfs.Cgroup{Hierarchy: len(paths) - i - 1, Path: path})
			}
			p.Cgroups = procfs.Some(list)
		}
	}
	for name, test := range map[string]struct {
		change Change
		want   string
	}{
		"cgroupfs":                     {group("/docker/" + ID("a")), "a"},
		"systemd":                      {group("/system.slice/docker-" + ID("a") + ".scope"), "a"},
		"nested":                       {group("/docker/" + ID("a") + "/docker/" + ID("b")), "b"},
		"below the container's":        {group("/docker/" + ID("a") + "/system.slice/x.service"), "a"},
		"kubernetes":                   {group("/kubepods/burstable/pod-1/" + ID("a")), "a"},
		"another hierarchy has it":     {group("/", "/docker/"+ID("a")), "a"},
		"the first that has one":       {group("/", "/docker/"+ID("a"), "/docker/"+ID("b")), "a"},
		"conmon's":                     {group("/machine.slice/libpod-conmon-" + ID("a") + ".scope"), ""},
		"a long word that is no ID":    {group("/docker/" + ID("g")), ""},
		"two components make no ID":    {group("/" + ID("a")[:32] + "/" + ID("a")[:32]), ""},
		"the host's":                   {group("/"), ""},
		"a group without a name":       {group(""), ""},
		"what could not be read":       {func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Gone) }, ""},
		"of no hierarchy":              {group(), ""},
		"from another cgroup's inside": {group("/../../" + ID("a")), "a"},
	} {
		w := NewWorld().Process(100, 1, "x", test.change)
		want := test.want
		if want != "" {
			want = ID(want)
		}
		if got := inspect.CgroupID(&w.Snapshot.Processes[0]); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// The proof names its evidence. Containers about which the engine did not answer prove nothing,
// and one proven container outweighs the socket.
func TestHostProofSaysBy(t *testing.T) {
	silent := func(c *inspect.Container) { c.Silent = true }
	strangers := func() *World {
		return NewWorld().Container("x", "a", 5).Container("y", "b", 6).Process(5, 1, "sh").Process(6, 1, "sh")
	}
	socket := "the socket says so"
	for name, test := range map[string]struct {
		world   *World
		verdict inspect.Verdict
		want    inspect.HostProof
	}{
		"both":                        {TwoContainers(), inspect.Yes, inspect.HostProof{Verdict: inspect.Yes, By: socket + ". The main processes of 3 containers carry their IDs"}},
		"containers alone":            {TwoContainers(), inspect.Unknown, inspect.HostProof{Verdict: inspect.Yes, By: "the main processes of 3 containers carry their IDs here"}},
		"against the socket":          {TwoContainers(), inspect.No, inspect.HostProof{Verdict: inspect.Yes, By: "the main processes of 3 containers carry their IDs here"}},
		"strangers at the numbers":    {strangers(), inspect.Unknown, inspect.HostProof{Verdict: inspect.No, By: "none of 2 containers' main processes is here; " + socket}},
		"strangers, and the socket":   {strangers(), inspect.Yes, inspect.HostProof{Verdict: inspect.Yes, By: socket}},
		"one stranger":                {NewWorld().Container("x", "a", 5).Process(5, 1, "sh"), inspect.Unknown, inspect.HostProof{Verdict: inspect.Unknown, By: socket}},
		"silent ones that are bound":  {NewWorld().Container("x", "a", 5, silent).Process(5, 1, "sh", In("a", 1)), inspect.Unknown, inspect.HostProof{Verdict: inspect.Unknown, By: socket}},
		"silent ones that are not":    {NewWorld().Container("x", "a", 5, silent).Container("y", "b", 6, silent), inspect.Unknown, inspect.HostProof{Verdict: inspect.Unknown, By: socket}},
		"two bound and two strangers": {strangers().Container("z", "c", 7).Process(7, 1, "sh", In("c", 1)).Container("zz", "d", 8).Process(8, 1, "sh", In("d", 1)), inspect.Unknown, inspect.HostProof{Verdict: inspect.Yes, By: "the main processes of 2 containers carry their IDs here"}},
	} {
		test.world.Proof = inspect.HostProof{Verdict: test.verdict, By: socket}
		if got := test.world.Index().HostProof(); got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}
