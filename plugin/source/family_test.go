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

// Which containers are read completely, and which only by their main process.
func TestIsReadWhole(t *testing.T) {
	containers := []inspect.Container{
		{ID: "owner-id", Name: "owner"},
		{ID: "a-id", Name: "a", PIDMode: "container:owner-id"},
		{ID: "b-id", Name: "b", PIDMode: "container:owner"},
		{ID: "c-id", Name: "c", PIDMode: "container:a-id"},
		{ID: "other-id", Name: "other"},
		{ID: "loop-id", Name: "loop", PIDMode: "container:loop-id"},
		{ID: "host-id", Name: "host", PIDMode: "host"},
		{ID: "lost-id", Name: "lost", PIDMode: "container:silent-id"},
		{ID: "too-id", Name: "lost-too", PIDMode: "container:silent-id"},
	}
	one, members := need.Tree([]string{"x"}), need.ContainerPIDs("x", true)
	for name, test := range map[string]struct {
		selected string
		question need.Question
		want     string
	}{
		"the owner":                         {"owner-id", one, "owner "},
		"a member, and the owner's orphans": {"a-id", one, "owner a "},
		"a member of a member":              {"c-id", one, "owner c "},
		"all members":                       {"owner-id", members, "owner a b c "},
		"all members, by one of them":       {"b-id", members, "owner a b c "},
		"one that shares with nobody":       {"other-id", members, "other "},
		"one that names itself":             {"loop-id", members, "loop "},
		"--pid=host":                        {"host-id", members, "host "},
		"all members of one without answer": {"lost-id", members, "lost lost-too "},
		"one that is not known":             {"nobody", members, ""},
		"the main process suffices":         {"owner-id", need.MainPID("x", true), ""},
		"numbers":                           {"owner-id", need.Who([]int{1}), ""},
	} {
		r := &reading{question: &test.question, scene: scene{capture: &inspect.Capture{Containers: containers}}, selected: []string{test.selected}}
		got := ""
		for i := range containers {
			if r.isReadWhole(&containers[i]) {
				got += containers[i].Name + " "
			}
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// A family begins at the shim, or at the main process if its parent is not a shim. It has the
// control group. It has the PID namespace if processes that entered it are wanted and it is not
// the host's. Of other containers it has only the main process.
func TestFamily(t *testing.T) {
	demo := []string{"demo"}
	hosts := func() *World {
		w := one()
		return w.Alter(101, NS(w.Host.Namespaces[procfs.PIDNamespace].Or(0)))
	}
	unknown := func() *World { w := one(); w.Host.Namespaces = nil; return w }
	joined := func() *World { return two().Declared("demo", JoinedTo(ID("b"))) }
	for name, test := range map[string]struct {
		world    *World
		question need.Question
		want     string
	}{
		"one":                  {one(), need.Tree(demo), "trees [100] groups a namespaces [1010] known 100 101"},
		"beside another":       {two(), need.Namespaces(demo), "trees [100] groups a known 100 101 200 201 only"},
		"its main process":     {one(), need.MainPID("demo", false), "trees [] known 100 101"},
		"no shim":              {one().Alter(101, Below(1)), need.Tree(demo), "trees [101] groups a namespaces [1010] known 1 101"},
		"a parent unread":      {one().Without(100), need.Tree(demo), "trees [101] groups a namespaces [1010] known 101"},
		"no group":             {one().Alter(101, In("c", 1)), need.Tree(demo), "trees [100] namespaces [1010] known 100 101"},
		"no main process":      {one().Without(101), need.Tree(demo), "trees [] alone [101]"},
		"it does not run":      {one().Declared("demo", hasExited), need.Tree(demo), "trees []"},
		"who entered":          {one(), need.Signals(demo, 0, false), "trees [100] groups a namespaces [1010] known 100 101"},
		"who entered the host": {hosts(), need.Signals(demo, 0, false), "trees [100] groups a known 100 101"},
		"the host's unknown":   {unknown(), need.Signals(demo, 0, false), "trees [100] groups a known 100 101"},
		"whom it joined":       {joined(), need.Tree(demo), "trees [100 200] groups a b namespaces [1010 2010] known 100 101 200 201"},
		"what suffices":        {one(), need.Zombies(demo, 0), "trees [100] groups a known 100 101 only"},
		"numbers":              {two(), need.Who([]int{101}), "trees [] alone [101 100 1] known 100 101"},
	} {
		r := newRig(test.world)
		r.record(t, test.question)
		of := r.processes.families[0]
		got := fmt.Sprint("trees ", of.Trees)
		if len(of.Alone) > 0 {
			got += fmt.Sprint(" alone ", of.Alone)
		}
		if len(of.Groups) > 0 {
			got += " groups"
		}
		for _, dir := range of.Groups {
			got += " " + strings.TrimPrefix(dir, mounted+"/docker/")[:1]
		}
		if len(of.PIDNamespaces) > 0 {
			got += fmt.Sprint(" namespaces ", of.PIDNamespaces)
		}
		if known := pidsOf(of.Known); len(known) > 0 {
			slices.Sort(known)
			got += " known " + strings.Trim(fmt.Sprint(known), "[]")
		}
		if of.Only != nil {
			got += " only"
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// Some processes of a container are neither below its shim nor children of its main process, and
// are read all the same: those in its group, its orphans in the container whose namespace it
// joined, and those that entered its namespace. No others are read.
func TestReadFamily(t *testing.T) {
	base := func() *World {
		return two().Process(102, 101, "child", inside(2)).
			Process(103, 1, "moved", inside(3)). // adopted by the host's init, still in the group
			Process(104, 1, "nsenter", NS(1010)).
			Process(60, 1, "cron")
	}
	for name, test := range map[string]struct {
		world    *World
		question need.Question
		want     []int
	}{
		"a tree":      {base(), need.Tree([]string{"demo"}), []int{100, 101, 102, 103, 104}},
		"who entered": {base(), need.Signals([]string{"demo"}, 0, false), []int{100, 101, 102, 103, 104, 200, 201}},
		"its main":    {base(), need.MainPID("demo", false), []int{100, 101}},
		"another":     {base(), need.Tree([]string{"other"}), []int{200, 201}},
	} {
		c := newRig(test.world).record(t, test.question)
		if got := pidsOf(c.Snapshot.Processes); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}

// Each exec session of podman has a conmon of its own, which is only found by its child. It is
// read, and the session is then recognised, instead of being a child without a parent. The
// parent of a shim is not read.
func TestReadFamilyOfPodman(t *testing.T) {
	conmon := func(p *procfs.Process) {
		Args("/usr/bin/conmon", "--api-version", "1", "-c", ID("a"), "-u", ID("e"))(p)
	}
	w := one().Alter(100, func(p *procfs.Process) { p.Comm = "conmon" }, conmon, Below(60)).Process(60, 1, "podman").
		Process(110, 60, "conmon", conmon).Process(111, 110, "job", inside(5)).Exec("session", "a", 111, true).
		Declared("demo", func(c *inspect.Container) { c.ExecIDs = []string{"session"} })
	for name, q := range map[string]need.Question{"tree": need.Tree([]string{"demo"}), "zombies": need.Zombies([]string{"demo"}, 0)} {
		c := newRig(w).record(t, q)
		if got := pidsOf(c.Snapshot.Processes); !slices.Equal(got, []int{100, 101, 110, 111}) {
			t.Errorf("%s: read %v", name, got)
		}
	}
	ix := inspect.NewIndex(newRig(w).record(t, need.Tree([]string{"demo"})))
	demo, job := Find(t, ix, "demo", 111)
	if row := ix.RowOf(demo, job); row.Role != inspect.RoleExec || row.ExecID != "session" {
		t.Errorf("the session is %s %q", row.Role, row.ExecID)
	}
	roots := []int{}
	for _, root := range ix.Tree(demo).Roots {
		roots = append(roots, root.Process.PID)
	}
	if !slices.Equal(roots, []int{100, 110}) {
		t.Errorf("drawn below %v", roots)
	}
}

// If the answer needs few processes of a family, only those are read completely: zombies, the
// processes that show their owners, and what a shim has started.
func TestReadFamilyOfZombies(t *testing.T) {
	w := one().Process(102, 101, "worker", inside(2)).Process(103, 102, "job", inside(3), Exited(0)).Process(104, 101, "idle", inside(4)).
		Process(105, 104, "idle", inside(5)).Process(110, 100, "sh", In("a", 9), EveryNamespace(1010, nil))
	c := newRig(w).record(t, need.Zombies([]string{"demo"}, 0))
	var whole []int
	for i := range c.Snapshot.Processes {
		if p := &c.Snapshot.Processes[i]; !p.StatOnly {
			whole = append(whole, p.PID)
		}
	}
	if want := []int{100, 101, 102, 103, 110}; !slices.Equal(whole, want) {
		t.Errorf("read whole %v, want %v", whole, want)
	}
}

// If a kernel lists no children, the whole host is read, even if little of a family would have
// been enough.
func TestNoChildren(t *testing.T) {
	for name, q := range map[string]need.Question{"tree": need.Tree([]string{"demo"}), "zombies": need.Zombies([]string{"demo"}, 0)} {
		r := newRig(littered())
		r.processes.noChildren = true
		c := r.record(t, q)
		if !c.Snapshot.Whole || r.processes.times("Scan") != 1 || r.processes.times("Survey") != 0 {
			t.Errorf("%s: %+v", name, c.Snapshot)
		}
		if p := inspect.NewIndex(c).ProcessAt(102); p == nil || p.StatOnly {
			t.Errorf("%s: the zombie is %+v", name, p)
		}
	}
}

// PIDs that no process has, and those that are already listed, are not listed.
func TestAppendPID(t *testing.T) {
	if got := appendPID([]int{1, 2}, 0, 3, 2, -1, 3); !slices.Equal(got, []int{1, 2, 3}) {
		t.Errorf("got %v", got)
	}
}
