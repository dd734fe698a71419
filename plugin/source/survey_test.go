package source

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// peopled is a host with two containers, zombies of both and of neither, and processes of its
// own.
func peopled() *World {
	return two().Process(102, 101, "worker", inside(2)).Process(103, 102, "job", inside(3), Exited(0)).
		Process(202, 201, "idle", In("b", 2), NS(2010)).
		Process(60, 1, "cron", EveryNamespace(1, nil)).Process(61, 60, "job", EveryNamespace(1, nil), Exited(0)).Process(62, 60, "sh", EveryNamespace(1, nil))
}

// byKernel makes the snapshot be read by a collector that uses the kernel's iterator.
func (r *rig) byKernel() *rig {
	r.choice = newChoice(CollectorBPF, r.processes, func() (opened, error) { return opened{r.processes, func() {}}, nil })
	return r
}

// extentsOf are the processes that were read completely, those of which only the stat was read,
// and those of which nothing was.
func extentsOf(c *inspect.Capture) string {
	whole, owned, stat := []int{}, []int{}, []int{}
	for i := range c.Snapshot.Processes {
		switch p := &c.Snapshot.Processes[i]; {
		case p.StatOnly && !p.Cgroups.Held():
			stat = append(stat, p.PID)
		case p.Args.Absence() == procfs.Unread:
			owned = append(owned, p.PID)
		default:
			whole = append(whole, p.PID)
		}
	}
	text := fmt.Sprintf("%v, owners %v, stat %v", whole, owned, stat)
	if len(c.Snapshot.Listed) > 0 {
		text += fmt.Sprintf(", listed %v", c.Snapshot.Listed)
	}
	return text
}

// Of the whole host little is read except what the answer needs, with either collector. The
// lists of the control groups are in the capture too.
func TestSurvey(t *testing.T) {
	kernel := (*rig).byKernel
	proc := func(r *rig) *rig { return r }
	for name, test := range map[string]struct {
		by       func(*rig) *rig
		question need.Question
		want     string
	}{
		"zombies by /proc":      {proc, need.Zombies(nil, 0), "[1 60 61 100 101 102 103 200 201], owners [], stat [50 62], listed [202]"},
		"zombies by the kernel": {kernel, need.Zombies(nil, 0), "[1 60 61 100 101 102 103 200 201], owners [], stat [50 62 202]"},
		"counts by /proc":       {proc, need.HostPIDs(), "[1 60 61 100 101 200 201], owners [103], stat [50 62 102], listed [202]"},
		"overview by /proc":     {proc, need.Overview(0), "[1 60 61 100 101 200 201], owners [103], stat [50 62 102 202]"},
		"counts by the kernel":  {kernel, need.HostPIDs(), "[1 60 61 100 101 200 201], owners [103], stat [50 62 102 202]"},
		"trees by /proc":        {proc, need.Tree(nil), "[1 50 60 61 100 101 102 103 200 201 202], owners [62], stat []"},
		"trees by the kernel":   {kernel, need.Tree(nil), "[1 50 60 61 100 101 102 103 200 201 202], owners [62], stat []"},
		"one of all":            {proc, need.Doctor([]string{"demo"}, 0), "[1 50 60 61 100 101 102 103 200 201], owners [62 202], stat []"},
	} {
		r := test.by(newRig(peopled()))
		c := r.record(t, test.question)
		if got := extentsOf(c); got != test.want {
			t.Errorf("%s: got  %s\nwant %s", name, got, test.want)
		}
		var groups []string
		for _, g := range c.Groups {
			groups = append(groups, fmt.Sprint(g.ContainerID[:1], g.PIDs))
		}
		if !slices.Equal(groups, []string{"a[101 102]", "b[201 202]"}) || !c.Snapshot.Whole {
			t.Errorf("%s: groups %v", name, groups)
		}
		if n := r.processes.times("Scan") + r.processes.times("Family"); n != 0 {
			t.Errorf("%s: %d other looks", name, n)
		}
	}
}

// In /proc, what the groups list is read at once, which costs less than reading it a second
// time. The kernel's iterator reports little of all at once, and the rest is read by PID.
func TestSurveyAhead(t *testing.T) {
	kernel := (*rig).byKernel
	proc := func(r *rig) *rig { return r }
	for name, test := range map[string]struct {
		by       func(*rig) *rig
		question need.Question
		ahead    []int // read with all their threads
		others   bool  // and something of all others
	}{
		"trees by /proc":      {proc, need.Tree(nil), []int{101, 102, 201, 202}, false},
		"one's tree by /proc": {proc, need.Doctor([]string{"demo"}, 0), []int{101, 102}, true},
		"trees by the kernel": {kernel, need.Tree(nil), nil, false},
		"zombies by /proc":    {proc, need.Zombies(nil, 0), nil, false},
	} {
		r := test.by(newRig(peopled()))
		r.record(t, test.question)
		of := r.processes.surveys[0]
		var ahead []int
		others := true
		for _, p := range peopled().Index().Processes() {
			switch d, wanted := of.ahead[p.PID]; {
			case wanted && !d.MainThread:
				ahead = append(ahead, p.PID)
			case !wanted:
				others = false
			}
		}
		if !slices.Equal(ahead, test.ahead) || others != test.others {
			t.Errorf("%s: ahead %v, others %t", name, ahead, others)
		}
		suffices := test.question.Processes.Suffices
		if of.Cgroups != (suffices.Others == need.Owner) || of.PIDNamespaces != suffices.PIDNamespaces {
			t.Errorf("%s: surveyed %+v", name, of)
		}
	}
}

// The first completion can show that more is needed. The owner of a zombie that no group lists
// is only in its control groups. A second completion reads its ancestors.
func TestSurveyIsCompletedTwice(t *testing.T) {
	// This is a process that only its own lines assign to the container. No group lists it, as
	// with groups that are mounted elsewhere, and its parent is in no container.
	w := peopled().Process(70, 60, "hidden", In("a", 9), NS(1010), StateOf("S"))
	r := newRig(w)
	r.processes.script = func(string, int) error { return nil }
	c := r.byKernel().record(t, need.Tree(nil))
	if p := inspect.NewIndex(c).ProcessAt(70); p.StatOnly || p.UIDMap.Absence() == procfs.Unread {
		t.Errorf("read so: %+v", p)
	}
	if n := r.processes.times("Complete"); n != 2 {
		t.Errorf("completed %d times", n)
	}
	r = newRig(w)
	r.record(t, need.Zombies(nil, 0))
	if n := r.processes.times("Complete"); n != 1 {
		t.Errorf("where stats are enough, completed %d times", n)
	}
}

// Zombies are read together with their stat, and not again. A main process that has exited is, for
// the map of its users. A collector that reads only the stat of zombies has them completed.
func TestZombiesAreReadOnce(t *testing.T) {
	w := peopled().Alter(201, Exited(0))
	for name, test := range map[string]struct {
		question need.Question
		thin     bool
		again    []int
	}{
		"zombies":              {need.Zombies(nil, 0), false, []int{201}},
		"trees":                {need.Tree(nil), false, []int{201}},
		"everything":           {need.Doctor(nil, 0), false, []int{201}},
		"limits":               {need.Limits(nil), false, []int{201}},
		"counts":               {need.HostPIDs(), false, []int{61, 201}},
		"zombies, from a stat": {need.Zombies(nil, 0), true, []int{61, 103, 201}},
	} {
		r := newRig(w)
		r.processes.thin = test.thin
		c := r.record(t, test.question)
		again := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(r.processes.completed))), func(pid int) bool { return !w.Index().ProcessAt(pid).IsZombie() })
		if !slices.Equal(again, test.again) {
			t.Errorf("%s: read again %v, want %v", name, again, test.again)
		}
		ix := inspect.NewIndex(c)
		if main := ix.ProcessAt(201); main == nil || !main.UIDMap.Held() {
			t.Errorf("%s: the main process is %+v", name, main)
		}
	}
	r := newRig(w)
	r.record(t, need.Zombies([]string{"demo"}, 0))
	if of := r.processes.families[0]; of.Only == nil || of.Only.Zombies == nil || of.Only.Zombies.UIDMaps {
		t.Errorf("of a family is read %+v", of.Only)
	}
}

// The owners of zombies are those that a complete capture shows, also where their parents belong
// elsewhere.
func TestOwnersOfSurveyedZombies(t *testing.T) {
	w := two().Process(102, 101, "worker", inside(2)).
		// A zombie that was moved to another container's group before it exited, and one in no group.
		Process(110, 102, "moved", In("b", 10), NS(1010), Exited(0)).
		Process(111, 102, "left", inside(11), InGroups("/"), Exited(0)).
		// One of a container that joined the PID namespace, and one of a namespace inside.
		Process(112, 101, "joined", In("b", 12), NS(1010), Exited(0)).
		Process(113, 102, "init", In("a", 13, 1), NS(1050)).
		Process(114, 113, "inner", In("a", 14, 2), NS(1050), Exited(0)).
		Process(115, 102, "entered", In("a", 15, 3), NS(1050), Exited(0)).
		// One whose groups cgroup v1 has forgotten, in the session of a process of another container.
		Process(116, 101, "forgotten", inside(16), V1Zombie, SID(201), Exited(0)).
		// One below the host's init, and one whose parent is not there.
		Process(117, 1, "orphan", Exited(0)).
		Process(118, 999, "lost", In("b", 18), NS(2010), Exited(0))
	whole := w.Index()
	for name, question := range map[string]need.Question{
		"zombies": need.Zombies(nil, 0), "counts": need.HostPIDs(), "trees": need.Tree(nil), "everything": need.Doctor(nil, 0),
	} {
		for _, thin := range []bool{false, true} {
			r := newRig(w)
			r.processes.thin = thin
			ix := inspect.NewIndex(r.record(t, question))
			for pid := 110; pid <= 118; pid++ {
				if pid == 113 {
					continue
				}
				got, want := ix.OwnerOf(ix.ProcessAt(pid)), whole.OwnerOf(whole.ProcessAt(pid))
				if nameOfOwner(got) != nameOfOwner(want) {
					t.Errorf("%s, thin %t: %d belongs to %s, want %s", name, thin, pid, nameOfOwner(got), nameOfOwner(want))
				}
			}
		}
	}
}

func nameOfOwner(o inspect.Owner) string {
	if o.Container == nil {
		return "nobody"
	}
	return o.Container.Name + " by " + string(o.Via)
}

// A process that exits between the survey and its completion is among the missed, and the
// reading continues.
func TestSurveyMissesWhatEnds(t *testing.T) {
	r := newRig(peopled())
	r.processes.script = func(name string, _ int) error {
		if name == "Complete" {
			r.processes.become(peopled().Without(102))
		}
		return nil
	}
	c := r.record(t, need.Zombies(nil, 0))
	if got := c.Snapshot.Missed; len(got) != 1 || got[0].PID != 102 || got[0].Why != procfs.Gone {
		t.Errorf("missed %v", got)
	}
}

// In /proc, reading a namespace costs less than a stat. If only namespaces are in question, only
// the main processes and the processes in namespaces of their own are read.
func TestReadOutside(t *testing.T) {
	nested := peopled().Process(104, 102, "inner", In("a", 4, 1), NS(1050))
	r := newRig(nested)
	c := r.record(t, need.Namespaces(nil))
	if got := pidsOf(c.Snapshot.Processes); !slices.Equal(got, []int{1, 100, 101, 102, 104, 200, 201}) || !c.Snapshot.Whole {
		t.Errorf("read %v", got)
	}
	if n := r.processes.times("Survey") + r.processes.times("GroupPIDs"); n != 0 {
		t.Errorf("surveyed as well")
	}
	r = newRig(nested).byKernel()
	if r.record(t, need.Namespaces(nil)); r.processes.times("Outside") != 0 || r.processes.times("Survey") != 1 {
		t.Error("the kernel was not asked")
	}
	unknown := two()
	unknown.Host.Namespaces = nil
	if got := pidsOf(newRig(unknown).record(t, need.Namespaces(nil)).Snapshot.Processes); len(got) != len(unknown.Snapshot.Processes) {
		t.Errorf("where the host's namespace is not known, read %v", got)
	}
}

// A group below another one comes after it, so that the innermost decides. A container whose
// group is not mounted, or without a process, has none.
func TestListGroups(t *testing.T) {
	below := func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + ID("b") + "/docker/" + ID("a")}})
	}
	w := two().Alter(101, below).Container("past", "c", 0, hasExited).Container("lost", "d", 999).
		Container("odd", "e", 301).Process(301, 1, "odd")
	r := newRig(w).newReading(t, need.Tree(nil))
	r.add(w.Containers...)
	var got []string
	for _, g := range r.listGroups()() {
		got = append(got, fmt.Sprintf("%s%v%d", g.ContainerID[:1], g.PIDs, strings.Count(g.Path, "docker")))
	}
	if !slices.Equal(got, []string{"b[101 201]1", "a[101]2"}) {
		t.Errorf("got %v", got)
	}
}

// If nothing can be read at all, there is no result.
func TestReadingFails(t *testing.T) {
	failed := errors.New("EIO")
	for name, test := range map[string]struct {
		fails    string
		question need.Question
	}{
		"a survey": {"Survey", need.Tree(nil)}, "its completion": {"Complete", need.Tree(nil)}, "a scan": {"Scan", need.Snapshot(0)},
		"a family": {"Family", need.Tree([]string{"demo"})}, "its completion too": {"Complete", need.Zombies([]string{"demo"}, 0)},
		"outside": {"Outside", need.Namespaces(nil)},
	} {
		r := newRig(peopled())
		r.processes.script = func(name string, _ int) error {
			if name == test.fails {
				return failed
			}
			return nil
		}
		if c, err := record(t.Context(), r.host(), test.question); c != nil || !errors.Is(err, failed) {
			t.Errorf("%s: got %v, %v", name, c, err)
		}
	}
}
