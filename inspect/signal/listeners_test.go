package signal_test

import (
	"fmt"
	"slices"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The signal handling of every process in the namespace is read, those that receive the signal
// first. In the host's namespace that would be all processes.
func TestListeners(t *testing.T) {
	w := TwoContainers().Container("agent", "d", 60).Process(60, 1, "agent", In("d"), NS(1)).Process(61, 60, "helper", In("d"), NS(1)).
		Process(24, 21, "dead", In("a", 11), NS(7), Exited(0)).
		Process(52, 10, "entered", NS(7), func(p *procfs.Process) { p.NSPIDs = []int{52, 12} })
	ix := w.Index()
	for name, want := range map[string]struct{ first, others []int }{
		"demo":   {[]int{21, 22, 32, 23}, []int{31, 33, 52}},
		"joiner": {[]int{31, 21}, []int{22, 32, 33, 52}},
		"agent":  {[]int{60, 61}, []int{}},
	} {
		c, _ := Find(t, ix, name, 0)
		var got []int
		for _, p := range signal.Listeners(ix, c) {
			got = append(got, p.PID)
		}
		first, others := got[:min(len(want.first), len(got))], got[min(len(want.first), len(got)):]
		slices.Sort(others)
		if !slices.Equal(first, want.first) || !slices.Equal(others, want.others) {
			t.Errorf("%s: got %v, want %v and then %v", name, got, want.first, want.others)
		}
	}
}

// Processes that receive no signal are named: all except PID 1 and the program of an init.
func TestUnheard(t *testing.T) {
	w := Alone("tini").Process(102, 101, "app", In("a", 2), NS(7)).Process(103, 102, "worker", In("a", 3), NS(7)).
		Process(104, 101, "orphan", In("a", 4), NS(7)).Process(105, 101, "dead", In("a", 5), NS(7), Exited(0)).
		Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term)))
	ix := w.Index()
	c, _ := Find(t, ix, "demo", 0)
	var got []int
	for _, p := range signal.ForecastOf(ix, c).Unheard {
		got = append(got, p.PID)
	}
	if fmt.Sprint(got) != "[103 104]" {
		t.Errorf("got %v, want [103 104]", got)
	}
}

// Nothing is read for a container without a main process, and each process is read once.
func TestListenersOfNobody(t *testing.T) {
	w := Alone("x").Process(102, 101, "y", inside(2)).Container("gone", "b", 999)
	ix := w.Index()
	if got := signal.Listeners(ix, ix.Container(ID("b"))); got != nil {
		t.Errorf("got %v", pids(got))
	}
	if got := pids(signal.Listeners(ix, ix.Container(ID("a")))); !slices.Equal(got, []int{101, 102}) {
		t.Errorf("got %v, want [101 102]", got)
	}
}

// Lost are the processes with a handler that do not receive the signal, because a shell receives
// it and exits without forwarding it.
func TestLost(t *testing.T) {
	const ends, passes = "trap 'exit' TERM; srv & wait", "trap 'kill $!; wait $!' TERM; srv & wait"
	// shell is a shell as PID 1, with a server and other processes in the background.
	shell := func(text string, pid1 ...Change) *World {
		return Alone("sh", append([]Change{Caught(Term), Args("sh", "-c", text)}, pid1...)...).Process(102, 101, "srv", inside(2), Caught(Term)).
			Process(103, 101, "deaf", inside(3)).Process(104, 101, "sh", inside(4), Caught(Term)).Process(105, 102, "worker", inside(5), Caught(Term)).
			Process(106, 101, "dead", inside(6), Exited(0), Caught(Term)).
			Attend(101, Runs(DashMarks...), Asleep(Sleeping("rt_sigsuspend"))).Attend(102, Runs()).Attend(104, Runs(DashMarks...))
	}
	behindTini := func(args string, shell ...Change) *World {
		return Alone("tini", Args("tini", args)).Process(102, 101, "sh", append([]Change{inside(2), Args("sh", "-c", ends)}, shell...)...).
			Process(103, 102, "srv", inside(3), Caught(Term)).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs(DashMarks...), Asleep(Sleeping("rt_sigsuspend"))).Attend(103, Runs())
	}
	npm := func(args ...string) *World {
		return Alone("tini").Process(102, 101, "npm start", inside(2), Caught(Term), Args(args...)).Process(103, 102, "srv", inside(3), Caught(Term)).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs(NodeMarks...)).Attend(103, Runs())
	}
	for name, test := range map[string]struct {
		world *World
		want  []int
	}{
		"a shell that ends":               {shell(ends), []int{102, 105}},
		"a shell that tells them":         {shell(passes), []int{}},
		"one that waits again behind":     {shell("trap 'kill $!' TERM; srv & wait $!; wait $!"), []int{}},
		"by a function that waits":        {shell("stop(){ kill $!; wait $!; }\ntrap 'stop' TERM\nsrv & wait"), []int{}},
		"one that does not wait for them": {shell("trap 'kill $!; exit' TERM; srv & wait"), []int{102, 105}},
		"that comes to its end then":      {shell("trap 'kill $!' TERM; srv & wait $!"), []int{102, 105}},
		"a shell that may, by pkill":      {shell("trap 'pkill srv; wait' TERM; srv & wait"), []int{}},
		"killed is no command":            {shell("trap 'killed; exit' TERM; srv & wait"), []int{102, 105}},
		"its script is unread":            {shell(ends, Args("sh", "/x.sh")), []int{}},
		"a shell that goes on":            {shell("trap 'echo heard' TERM; while x; do srv & wait; done"), []int{}},
		"a shell behind tini":             {behindTini("--", Caught(Term)), []int{103}},
		"one that dies by it behind tini": {behindTini("--"), []int{103}},
		"the same, unread script":         {behindTini("--", Args("sh", "/x.sh")), []int{103}},
		"behind tini -g":                  {behindTini("-g", Caught(Term)), []int{103}},
		"npm behind tini":                 {npm("npm start"), []int{103}},
		"npm by its script":               {npm("node", "/usr/bin/npm", "start"), []int{103}},
		"another program of node":         {npm("node", "/app/npm.js"), []int{}},
		"no shell":                        {Alone("srv", Caught(Term)).Process(102, 101, "worker", inside(2), Caught(Term)).Attend(101, Runs()), []int{}},
		"no init":                         {shell(ends, noInit), []int{}},
	} {
		f := forecast(t, test.world)
		if got := pids(f.Lost.Processes); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v: %s (%s)", name, got, test.want, short(f.Judgement), because(f.Judgement))
		}
	}
}

// The exit of a process that is not an init kills no other process. Only the processes from PID
// 1 to the program of an init receive the signal.
func TestUnheardOf(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		want  []int
	}{
		"alone":            {Alone("x"), []int{}},
		"no init":          {Alone("x", noInit).Process(102, 101, "y", inside(2)), []int{}},
		"a child":          {Alone("x").Process(102, 101, "y", inside(2)).Attend(101, Runs()), []int{102}},
		"behind two inits": {Alone("x").Process(102, 101, "y", inside(2)).Process(103, 102, "z", inside(3)).Process(104, 103, "a", inside(4)).Attend(101, Runs(TiniMarks...)).Attend(102, Runs(dumbMarks...)), []int{104}},
		"who has joined":   {Alone("x").Container("joiner", "b", 201, JoinedTo("demo")).Process(201, 100, "y", In("b", 8), NS(7)), []int{201}},
	} {
		if f := forecast(t, test.world); !slices.Equal(pids(f.Unheard), test.want) {
			t.Errorf("%s: got %v, want %v", name, pids(f.Unheard), test.want)
		}
	}
}

// Other processes in a PID namespace are only visible to a reader who may read all processes.
// What could not be read is unknown, not none.
func TestEnteredUnread(t *testing.T) {
	host := func(p *procfs.Process) { p.NSPIDs = []int{101} }
	for name, test := range map[string]struct {
		main       []Change
		can        bool
		entered    procfs.Absence
		othersRead procfs.Absence
	}{
		"root":                         {nil, true, "", ""},
		"a user":                       {nil, false, procfs.Denied, procfs.Denied},
		"its namespace was not read":   {[]Change{func(p *procfs.Process) { p.Namespaces[procfs.PIDNamespace] = procfs.None[uint64](procfs.Gone) }}, true, procfs.Gone, procfs.Gone},
		"its namespace is denied":      {[]Change{NSDenied}, true, procfs.Denied, procfs.Denied},
		"no init, and a user":          {[]Change{noInit}, false, procfs.Denied, ""},
		"the host's, and a user":       {[]Change{host}, false, "", ""},
		"the host's, and it is denied": {[]Change{host, NSDenied}, true, "", ""},
	} {
		w := Alone("x", test.main...)
		w.Host.CanPtrace = test.can
		ix := w.Index()
		c, _ := Find(t, ix, "demo", 0)
		if got := signal.EnteredUnread(ix, c); got != test.entered {
			t.Errorf("%s: entered: got %q, want %q", name, got, test.entered)
		}
		if got := signal.ForecastOf(ix, c).OthersUnread; got != test.othersRead {
			t.Errorf("%s: others: got %q, want %q", name, got, test.othersRead)
		}
	}
	w := Alone("x").Container("gone", "b", 999)
	if got := signal.EnteredUnread(w.Index(), &w.Containers[1]); got != "" {
		t.Errorf("without a main process: got %q", got)
	}
}
