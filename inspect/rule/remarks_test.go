package rule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// neighbours is the host of one container and a second one, which has joined its network unless
// change makes it different. Namespaces are known: those of the host are 1 to 8 in the order of
// procfs.NamespaceTypes.
func neighbours(change func(other *inspect.Container, main *procfs.Process)) *inspect.Capture {
	c := host(process(101, 100, listens(procfs.SIGTERM)))
	id := strings.Repeat("b", 64)
	other := inspect.Container{ID: id, Name: "other", Status: "running", HostPID: 201, AnsweredAt: c.Snapshot.TakenAt, StopTimeout: time.Second, NetworkMode: "container:demo"}
	main := process(201, 1, listens(procfs.SIGTERM))
	main.NSPIDs, main.Cgroups = []int{201, 1}, procfs.Some([]procfs.Cgroup{{Path: "/docker/" + id}})
	c.Snapshot.Processes = append(c.Snapshot.Processes, main)
	c.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
	for i, t := range procfs.NamespaceTypes {
		c.Host.Namespaces[t] = procfs.Some(uint64(1 + i))
		for j := range c.Snapshot.Processes {
			p := &c.Snapshot.Processes[j]
			if p.Namespaces == nil {
				p.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
			}
			p.Namespaces[t] = procfs.Some(uint64(1 + i))
			if p.PID != 100 { // the shim
				p.Namespaces[t] = procfs.Some(uint64(10*p.PID + i))
			}
		}
	}
	last := &c.Snapshot.Processes[len(c.Snapshot.Processes)-1]
	last.Namespaces[procfs.NetNamespace] = c.Snapshot.Processes[1].Namespaces[procfs.NetNamespace]
	change(&other, last)
	c.Containers = append(c.Containers, other)
	return c
}

// What ns reports about joins, about the host's namespaces, and about nested ones.
func TestRulesOfNamespaces(t *testing.T) {
	parted := func(_ *inspect.Container, main *procfs.Process) {
		main.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](77)
	}
	for name, test := range map[string]struct {
		capture *inspect.Capture
		want    []string
	}{
		"joined":     {neighbours(func(*inspect.Container, *procfs.Process) {}), nil},
		"left by it": {neighbours(parted), []string{"note namespace-left"}},
		"the owner is younger": {neighbours(func(other *inspect.Container, main *procfs.Process) {
			parted(other, main)
			main.StartTicks = 50
		}), []string{"error stale-join"}},
		"the owner does not run": {neighbours(func(other *inspect.Container, _ *procfs.Process) { other.NetworkMode = "container:gone" }), []string{"error owner-gone"}},
		"--network=host": {neighbours(func(other *inspect.Container, main *procfs.Process) {
			other.NetworkMode, main.Namespaces[procfs.NetNamespace] = "host", procfs.Some(uint64(1+slices.Index(procfs.NamespaceTypes, procfs.NetNamespace)))
		}), []string{"note host-namespace"}},
		"the host's, undeclared": {neighbours(func(other *inspect.Container, main *procfs.Process) {
			other.NetworkMode, main.Namespaces[procfs.NetNamespace] = "none", procfs.Some(uint64(1+slices.Index(procfs.NamespaceTypes, procfs.NetNamespace)))
		}), []string{"warning undeclared-host-namespace"}},
	} {
		ix := inspect.NewIndex(test.capture)
		chosen, _ := ix.Choose([]string{"other"}, inspect.Filter{})
		var got []string
		for _, f := range Findings(NewLook(ix, nil, chosen, false), "ns") {
			got = append(got, string(f.Severity)+" "+f.Rule)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A PID namespace inside the container is a note about its init.
func TestNestedNamespace(t *testing.T) {
	c := host(process(101, 100, listens(procfs.SIGTERM)), process(102, 101), process(103, 102))
	c.Snapshot.Processes[3].NSPIDs = []int{103, 3, 1}
	ix := inspect.NewIndex(c)
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	got := Findings(NewLook(ix, nil, chosen, false), "ns")
	if len(got) != 1 || got[0].Rule != "nested-namespace" || got[0].Process.PID != 103 || !strings.Contains(got[0].Evidence[0], "host PID 103, container PID 3>1") {
		t.Errorf("got %+v", got)
	}
}

// The rules of a command name an existing one, and a label does not silence them.
func TestRulesOfCommands(t *testing.T) {
	for _, r := range All() {
		if !slices.Contains([]string{"", "zombies", "ns", "signals", "limits"}, r.Command) {
			t.Errorf("%s: no command %q", r.ID, r.Command)
		}
	}
	c := host(process(101, 100))
	c.Containers[0].Labels = map[string]string{SkipLabel: "stop-ignored"}
	ix := inspect.NewIndex(c)
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	if got := Findings(NewLook(ix, nil, chosen, false), "signals"); len(got) != 1 || got[0].Rule != "stop-ignored" {
		t.Errorf("got %+v", got)
	}
}
