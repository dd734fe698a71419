package explain_test

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Who joined a network by way of another member is to be restarted after that
// one: before, it would join the old namespace again.
func TestIfStoppedSaysWhoIsRestartedFirst(t *testing.T) {
	inNet := func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](113) }
	joins := func(letter string) func(*inspect.Container) {
		return func(c *inspect.Container) { c.NetworkMode = "container:" + ID(letter) }
	}
	w := NewWorld().
		Container("owner", "a", 101).Container("direct", "b", 201, joins("a")).Container("by-way", "c", 301, joins("b")).
		Process(101, 1, "app", In("a", 1), NS(21), inNet).
		Process(201, 1, "app", In("b", 1), NS(22), inNet).
		Process(301, 1, "app", In("c", 1), NS(23), inNet)
	ix := w.Index()
	got := map[string]string{}
	for _, s := range explain.IfStopped(ix, ix.Container(ID("a"))) {
		if s.Other == nil || s.Effect != explain.EffectStale {
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
		namespaces Change
		certainty  inspect.Certainty
	}{
		"seen":     {func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](113) }, inspect.Certain},
		"declared": {func(p *procfs.Process) { p.Namespaces = nil }, inspect.Likely},
	} {
		joins := func(letter string) func(*inspect.Container) {
			return func(c *inspect.Container) { c.NetworkMode = "container:" + ID(letter) }
		}
		w := NewWorld().
			Container("owner", "a", 101).Container("between", "b", 201, joins("a")).Container("last", "c", 301, joins("b")).
			Process(101, 1, "app", In("a", 1), NS(21), test.namespaces).
			Process(201, 1, "app", In("b", 1), NS(22), test.namespaces).
			Process(301, 1, "app", In("c", 1), NS(23), test.namespaces)
		ix := w.Index()
		got := explain.IfStopped(ix, ix.Container(ID("b")))
		if len(got) != 1 || got[0].Other.Name != "last" || got[0].Effect != explain.EffectSurvives || got[0].Certainty != test.certainty || !strings.Contains(got[0].Text, "that of owner") {
			t.Errorf("%s: got %+v", name, got)
		}
		if got := explain.IfStopped(ix, ix.Container(ID("a"))); len(got) != 2 || got[0].Effect != explain.EffectStale || got[1].Effect != explain.EffectStale || got[1].Certainty != test.certainty {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// Who has entered a PID namespace dies with its init, whosever it is.
func TestIfStoppedKillsWhoEntered(t *testing.T) {
	foreign := func(p *procfs.Process) { p.NSPIDs = []int{p.PID, p.PID - 100} }
	w := NewWorld().Container("demo", "a", 101).Container("joiner", "b", 201, JoinedTo(ID("a"))).Container("other", "c", 301).
		Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "app", In("a", 1), NS(7)).Process(102, 101, "job", In("a", 2), NS(7)).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "app", In("b", 3), NS(7)).
		Process(300, 1, "containerd-shim", ShimOf("c")).Process(301, 300, "app", In("c", 1), NS(8)).
		Process(302, 301, "nsenter", In("c", 2), NS(8)).Process(303, 302, "visitor", In("c", 9), NS(7))
	killed := func(ix *inspect.Index, name string) (texts []string) {
		for _, s := range explain.IfStopped(ix, ix.Container(ID(name))) {
			if s.Effect == explain.EffectKilled && s.Other == nil {
				texts = append(texts, s.Text)
			}
		}
		return texts
	}
	one := "a process that has entered its PID namespace from outside dies with it, as the kernel kills all of that with its init: visitor (303)"
	if got := killed(w.Index(), "a"); len(got) != 1 || got[0] != one {
		t.Errorf("got %q", got)
	}
	for _, name := range []string{"b", "c"} {
		if got := killed(w.Index(), name); len(got) > 0 {
			t.Errorf("%s: got %q", name, got)
		}
	}
	for pid := 400; pid < 404; pid++ {
		w.Process(pid, 1, "shell", foreign, NS(7))
	}
	many := "5 processes that have entered its PID namespace from outside die with it, as the kernel kills all of that with its init: visitor (303), shell (400), shell (401), ..."
	if got := killed(w.Index(), "a"); len(got) != 1 || got[0] != many {
		t.Errorf("got %q", got)
	}
}

// The runtime kills what is in the control group of a container without a PID
// namespace of its own, and only that.
func TestIfStoppedOfItsOwnProcesses(t *testing.T) {
	left := func(p *procfs.Process) { p.NSPIDs = []int{p.PID} }
	with := func(mode string, group func(*procfs.Process)) []explain.Statement {
		w := NewWorld().Container("demo", "a", 101, func(c *inspect.Container) { c.PIDMode = mode }).
			Process(1, 0, "systemd").
			Process(101, 1, "app", In("a"), group).
			Process(102, 101, "inside", In("a"), group).
			Process(103, 101, "outside", group).
			Process(104, 101, "gone", In("a"), group, Exited(0))
		ix := w.Index()
		return explain.IfStopped(ix, ix.Container(ID("a")))
	}
	got := with("host", left)
	if len(got) != 3 || got[1].Effect != explain.EffectSurvives || !strings.Contains(got[1].Text, "outside (103) goes on") || !strings.Contains(got[2].Text, "its other processes (1) end with it") {
		t.Errorf("--pid=host: got %+v", got)
	}
	own := with("", func(p *procfs.Process) {
		p.NSPIDs = []int{p.PID, p.PID - 100}
		p.Namespaces[procfs.PIDNamespace] = procfs.Some[uint64](7)
	})
	if len(own) != 1 || own[0].Effect != explain.EffectNone {
		t.Errorf("with a namespace of its own: got %+v", own)
	}
}
