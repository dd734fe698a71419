package inspect

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Who joined a network by way of another member is to be restarted after that
// one: before, it would join the old namespace again.
func TestIfStoppedSaysWhoIsRestartedFirst(t *testing.T) {
	inNet := func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](113) }
	joins := func(letter string) func(*Container) {
		return func(c *Container) { c.NetworkMode = "container:" + id(letter) }
	}
	w := newWorld().
		container("owner", "a", 101).container("direct", "b", 201, joins("a")).container("by-way", "c", 301, joins("b")).
		process(101, 1, "app", in("a", 1), ns(21), inNet).
		process(201, 1, "app", in("b", 1), ns(22), inNet).
		process(301, 1, "app", in("c", 1), ns(23), inNet)
	ix := w.index()
	got := map[string]string{}
	for _, s := range ix.IfStopped(ix.Container(id("a"))) {
		if s.Other == nil || s.Effect != EffectStale {
			t.Fatalf("got %+v", s)
		}
		got[s.Other.Name] = s.Text
	}
	for name, end := range map[string]string{"direct": "docker restart direct then", "by-way": "docker restart by-way then, after direct"} {
		if !strings.HasSuffix(got[name], end) {
			t.Errorf("%s: got %q, want %q at its end", name, got[name], end)
		}
	}
}

// Who joined by way of a container that is none of the owners goes on when that one
// ends, and cannot be started again without it; so says declaration alone too.
func TestIfStoppedOfWhoIsBetween(t *testing.T) {
	for name, test := range map[string]struct {
		namespaces change
		certainty  Certainty
	}{
		"seen":     {func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](113) }, Certain},
		"declared": {func(p *procfs.Process) { p.Namespaces = nil }, Likely},
	} {
		joins := func(letter string) func(*Container) {
			return func(c *Container) { c.NetworkMode = "container:" + id(letter) }
		}
		w := newWorld().
			container("owner", "a", 101).container("between", "b", 201, joins("a")).container("last", "c", 301, joins("b")).
			process(101, 1, "app", in("a", 1), ns(21), test.namespaces).
			process(201, 1, "app", in("b", 1), ns(22), test.namespaces).
			process(301, 1, "app", in("c", 1), ns(23), test.namespaces)
		ix := w.index()
		got := ix.IfStopped(ix.Container(id("b")))
		if len(got) != 1 || got[0].Other.Name != "last" || got[0].Effect != EffectSurvives || got[0].Certainty != test.certainty || !strings.Contains(got[0].Text, "that of owner") {
			t.Errorf("%s: got %+v", name, got)
		}
		if got := ix.IfStopped(ix.Container(id("a"))); len(got) != 2 || got[0].Effect != EffectStale || got[1].Effect != EffectStale || got[1].Certainty != test.certainty {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// Who has entered a PID namespace dies with its init, whosever it is.
func TestIfStoppedKillsWhoEntered(t *testing.T) {
	foreign := func(p *procfs.Process) { p.NSPIDs = []int{p.PID, p.PID - 100} }
	w := newWorld().container("demo", "a", 101).container("joiner", "b", 201, joined(id("a"))).container("other", "c", 301).
		process(100, 1, "containerd-shim", shimOf("a")).process(101, 100, "app", in("a", 1), ns(7)).process(102, 101, "job", in("a", 2), ns(7)).
		process(200, 1, "containerd-shim", shimOf("b")).process(201, 200, "app", in("b", 3), ns(7)).
		process(300, 1, "containerd-shim", shimOf("c")).process(301, 300, "app", in("c", 1), ns(8)).
		process(302, 301, "nsenter", in("c", 2), ns(8)).process(303, 302, "visitor", in("c", 9), ns(7))
	killed := func(ix *Index, name string) (texts []string) {
		for _, s := range ix.IfStopped(ix.Container(id(name))) {
			if s.Effect == EffectKilled && s.Other == nil {
				texts = append(texts, s.Text)
			}
		}
		return texts
	}
	one := "a process that has entered its PID namespace from outside dies with it, as the kernel kills all of that with its init: visitor (303)"
	if got := killed(w.index(), "a"); len(got) != 1 || got[0] != one {
		t.Errorf("got %q", got)
	}
	for _, name := range []string{"b", "c"} {
		if got := killed(w.index(), name); len(got) > 0 {
			t.Errorf("%s: got %q", name, got)
		}
	}
	for pid := 400; pid < 404; pid++ {
		w.process(pid, 1, "shell", foreign, ns(7))
	}
	many := "5 processes that have entered its PID namespace from outside die with it, as the kernel kills all of that with its init: visitor (303), shell (400), shell (401), ..."
	if got := killed(w.index(), "a"); len(got) != 1 || got[0] != many {
		t.Errorf("got %q", got)
	}
}

// The runtime kills what is in the control group of a container without a PID
// namespace of its own, and only that.
func TestIfStoppedOfItsOwnProcesses(t *testing.T) {
	left := func(p *procfs.Process) { p.NSPIDs = []int{p.PID} }
	with := func(mode string, group func(*procfs.Process)) []Statement {
		w := newWorld().container("demo", "a", 101, func(c *Container) { c.PIDMode = mode }).
			process(1, 0, "systemd").
			process(101, 1, "app", in("a"), group).
			process(102, 101, "inside", in("a"), group).
			process(103, 101, "outside", group).
			process(104, 101, "gone", in("a"), group, zombie(0))
		ix := w.index()
		return ix.IfStopped(ix.Container(id("a")))
	}
	got := with("host", left)
	if len(got) != 3 || got[1].Effect != EffectSurvives || !strings.Contains(got[1].Text, "outside (103) goes on") || !strings.Contains(got[2].Text, "its other processes (1) end with it") {
		t.Errorf("--pid=host: got %+v", got)
	}
	own := with("", func(p *procfs.Process) {
		p.NSPIDs = []int{p.PID, p.PID - 100}
		p.Namespaces[procfs.PIDNamespace] = procfs.Some[uint64](7)
	})
	if len(own) != 1 || own[0].Effect != EffectNone {
		t.Errorf("with a namespace of its own: got %+v", own)
	}
}
