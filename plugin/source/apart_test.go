package source

import (
	"context"
	"errors"
	"fmt"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A container is left out only if it is proved that it shares nothing: by its control group, its
// shim, its PID and all its namespaces. If any of these is missing, it is asked for.
func TestDropApart(t *testing.T) {
	types := func(change map[procfs.NamespaceType]procfs.Opt[uint64]) Change {
		return func(p *procfs.Process) {
			for t, inode := range change {
				p.Namespaces[t] = inode
			}
		}
	}
	shares := func(t procfs.NamespaceType) *World {
		w := two()
		return w.Alter(201, types(map[procfs.NamespaceType]procfs.Opt[uint64]{t: procfs.Some(namespaceOf(w, 101, t))}))
	}
	denied := map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.NetNamespace: procfs.None[uint64](procfs.Denied)}
	hosts := map[procfs.NamespaceType]procfs.Opt[uint64]{}
	v1 := func(letter string) Change {
		return func(p *procfs.Process) {
			p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/docker/" + ID(letter)}, {Path: "/"}})
		}
	}
	hostsNet := types(map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.NetNamespace: engineHost().Host.Namespaces[procfs.NetNamespace]})
	tests := map[string]struct {
		world *World
		asked bool
	}{
		"apart":                        {two(), false},
		"both in the host's network":   {two().Alter(101, hostsNet).Alter(201, hostsNet), false},
		"no group of that name":        {two().Alter(201, In("c", 1)), true},
		"its first is not PID 1":       {two().Alter(201, In("b", 7)), true},
		"its first is in no namespace": {two().Alter(201, In("b")), true},
		"its first is an exec session": {two().Process(199, 200, "sh", In("b", 20), EveryNamespace(2010, nil)), true},
		"no shim":                      {two().Without(200), true},
		"the shim of another":          {two().Alter(200, ShimOf("c")), true},
		"a shim of its own inside":     {two().Alter(200, In("b")), true},
		"one of its namespaces denied": {two().Alter(201, types(denied)), true},
		"one of the named one's":       {two().Alter(101, types(denied)), true},
		"the host's are not known":     {func() *World { w := two(); w.Host.Namespaces = hosts; return w }(), true},
		"the named one is not there":   {two().Without(101), true},
		"the named one is elsewhere":   {two().Alter(101, In("c", 1)), true},
		"the named one does not run":   {two().Declared("demo", hasExited), true},
		"groups of version 1":          {two().Alter(101, v1("a")).Alter(201, v1("b")), true},
	}
	for _, namespace := range procfs.NamespaceTypes {
		tests["they share "+string(namespace)] = struct {
			world *World
			asked bool
		}{shares(namespace), true}
	}
	for name, test := range tests {
		r := newRig(test.world)
		reading, err := askedFor(t, r, need.Tree([]string{"demo"}))
		if asked := r.facts.times("Inspect", ID("b")) == 1; err != nil || asked != test.asked || (reading.containerNamed("other") != nil) != test.asked {
			t.Errorf("%s: asked for %t, %v", name, asked, err)
		}
		if reading.capture.OthersUnread {
			t.Errorf("%s: said not to be read", name)
		}
	}
}

// If a process of a container that was left out is found, all containers are asked for, and that
// does not count as one of the rounds. Its processes do not matter if it was asked for as an
// owner.
func TestSkippedTurnsUp(t *testing.T) {
	for name, test := range map[string]struct {
		world  *World
		rounds int
		want   string
	}{
		"nobody turns up":          {two(), 1, "demo"},
		"in the tree":              {two().Process(202, 101, "guest", In("b", 2), EveryNamespace(2010, nil)), 2, "demo other"},
		"one of a third container": {two().Process(202, 101, "guest", In("c", 2), EveryNamespace(2010, nil)), 1, "demo"},
		"its owner, as declared":   {two().Declared("demo", JoinedTo(ID("b"))), 1, "demo other"},
	} {
		r := newRig(test.world)
		c := r.record(t, need.Tree([]string{"demo"}))
		if n := r.facts.times("Inspect", "demo"); names(c) != test.want || n != test.rounds {
			t.Errorf("%s: %s in %d rounds", name, names(c), n)
		}
	}
}

// After that, there are still three rounds for restarts.
func TestSkippedCostsNoRound(t *testing.T) {
	w := two().Process(202, 100, "guest", In("b", 2), EveryNamespace(2010, nil)).Without(101)
	r := newRig(w)
	r.processes.become(two().Process(202, 100, "guest", In("b", 2), EveryNamespace(2010, nil)))
	r.processes.script = func(name string, _ int) error {
		if name == "Family" {
			r.processes.become(w)
		}
		return nil
	}
	nth := 0
	r.facts.script = func(_ context.Context, c call) error {
		if c.name == "Inspect" && c.ref == ID("a") {
			nth++
			r.facts.change(ID("a"), hasPID(500+nth))
		}
		return nil
	}
	r.record(t, need.Tree([]string{"demo"}))
	if n := r.facts.times("Inspect", "demo"); n != 1+rounds {
		t.Errorf("%d rounds", n)
	}
}

// A question about all containers leaves none out, and does not look at control groups.
func TestAllSharersAreAskedFor(t *testing.T) {
	r := newRig(two())
	reading, err := askedFor(t, r, need.Namespaces([]string{"demo"}))
	if err != nil || names(reading.capture) != "demo other" || r.processes.times("GroupPIDs") != 0 || reading.namesSkipped() {
		t.Errorf("got %s, %v", names(reading.capture), err)
	}
}

// A process that cannot be read proves nothing.
func TestApartWithoutRights(t *testing.T) {
	for _, pid := range []int{101, 200, 201} {
		r := newRig(two())
		r.processes.script = func(_ string, asked int) error {
			if asked == pid {
				return errors.New("EACCES")
			}
			return nil
		}
		reading, err := askedFor(t, r, need.Tree([]string{"demo"}))
		if err != nil || names(reading.capture) != "demo other" {
			t.Errorf("without %d: %s", pid, fmt.Sprint(names(reading.capture), err))
		}
	}
	a := apart{folders: map[string]string{ID("a"): ""}}
	if a.proves(ID("b")) {
		t.Error("proved by nothing")
	}
}

// If the engine does not answer about a container, it is unknown which others share with it, so
// all are asked for.
func TestApartFromASilentOne(t *testing.T) {
	w := runs(two(), "joiner", "c", 301)
	pidOfDemo := procfs.Some(namespaceOf(w, 101, procfs.PIDNamespace))
	w.Alter(301, func(p *procfs.Process) { p.Namespaces[procfs.PIDNamespace] = pidOfDemo })
	r := newRig(w)
	r.facts.script = on("Inspect", "demo", ErrSilent)
	reading, err := askedFor(t, r, need.Tree([]string{"demo", "other"}))
	if got := names(reading.capture); err != nil || got != "demo other joiner" || reading.capture.OthersUnread {
		t.Errorf("got %s, %v", got, err)
	}
}
