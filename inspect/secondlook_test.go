package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A zombie is recognised by its key. A process that got its PID meanwhile is another one, and
// its parent is the one at the later look.
func TestSeenAgain(t *testing.T) {
	w := Demo().Process(112, 111, "reaped", In("a", 9), NS(7), Exited(0)).Process(113, 111, "moved", In("a", 10), NS(7), Exited(0)).
		Process(114, 111, "number", In("a", 11), NS(7), Exited(0))
	key := func(pid int, ticks uint64) procfs.Key { return procfs.Key{PID: pid, StartTicks: ticks} }
	w.SecondLook.Zombies = []procfs.ZombieSeen{
		{Key: key(110, 110), ParentPID: 101}, {Key: key(113, 113), ParentPID: 101}, {Key: key(114, 9999), ParentPID: 1}, {Key: key(900, 900), ParentPID: 1},
	}
	ix := w.Index()
	for pid, want := range map[int]int{110: 101, 112: 0, 113: 101, 114: 0, 111: 0} {
		parent, seen := ix.SeenAgain(ix.ProcessAt(pid))
		if parent != want || seen != (want != 0) {
			t.Errorf("process %d: got %d, %t; want %d", pid, parent, seen, want)
		}
	}
	w.SecondLook = nil
	ix = w.Index()
	if _, seen := ix.SeenAgain(ix.ProcessAt(110)); seen {
		t.Error("nobody looked again, and yet it was seen")
	}
}

// A container that exited between the two looks is no longer shown, although its process existed
// at the first. Without a second look it is shown.
func TestEndedBetweenTheLooks(t *testing.T) {
	w := Demo().Container("other", "b", 201).Process(201, 1, "sh", In("b", 1), NS(8))
	w.SecondLook.Ended = []string{ID("a"), ID("f")}
	ix := w.Index()
	c := ix.Container(ID("a"))
	if b := ix.Binding(c); b.Outcome != inspect.Vanished || b.Main != nil || b.Shim != nil || b.Why != "it exited while it was read" {
		t.Errorf("got %+v", b)
	}
	if p := ix.ProcessAt(101); ix.Main(c) != nil || ix.MainOf(p) != nil {
		t.Error("it still has a main process")
	}
	_, problems := ix.Choose([]string{"demo", "other"}, inspect.Filter{})
	if len(problems) != 1 || problems[0].Kind != inspect.Ended || problems[0].Text != "demo exited while it was read" || problems[0].Next != "docker ps -a --filter name=demo" {
		t.Errorf("got %+v", problems)
	}
	w.SecondLook = nil
	ix = w.Index()
	if ix.Main(ix.Container(ID("a"))) != ix.ProcessAt(101) {
		t.Error("nobody looked again, and yet it has ended")
	}
}

// If the engine reports a container as running although its process is gone, it has missed the
// exit, if both looks show this. One look is not enough, because the engine may just be noticing
// it.
func TestStillUnserved(t *testing.T) {
	w := Demo().Container("lost", "b", 999)
	for name, test := range map[string]struct {
		look *inspect.Look
		want bool
		text string
	}{
		"at both looks":          {&inspect.Look{Unserved: []string{ID("c"), ID("b")}}, true, "lost has exited, but the engine still shows it as running"},
		"another one":            {&inspect.Look{Unserved: []string{ID("c")}}, false, "lost exited while it was read"},
		"at the first look only": {&inspect.Look{}, false, "lost exited while it was read"},
		"nobody looked again":    {nil, false, "lost exited while it was read"},
	} {
		w.SecondLook = test.look
		ix := w.Index()
		if got := ix.StillUnserved(ix.Container(ID("b"))); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
		_, problems := ix.Choose([]string{"lost"}, inspect.Filter{})
		if len(problems) != 1 || problems[0].Kind != inspect.Ended || problems[0].Text != test.text {
			t.Errorf("%s: got %+v, want %q", name, problems, test.text)
		}
	}
}
