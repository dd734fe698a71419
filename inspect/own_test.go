package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// ownWorld is the container that the reader is in, as source makes it: each process has the
// number of the namespace around it in front.
func ownWorld() *World {
	chain := func(p *procfs.Process) { p.NSPIDs = []int{p.PID, p.PID} }
	w := NewWorld().Process(1, 0, "app", chain, InGroups("/")).Process(7, 1, "sh", chain, InGroups("/")).
		Process(20, 0, "bash", chain, InGroups("/")).Process(30, 0, "sidecar", chain, InGroups("/../"+ID("e")))
	w.Containers = []inspect.Container{{ID: "this", Name: "this", Status: "running", HostPID: 1, Own: true, Silent: true, Unasked: true}}
	return w
}

// All processes that are seen from inside are the container's; whose parent is outside of its
// PID namespace came by an exec session, or is of another container with that namespace.
func TestOwnContainer(t *testing.T) {
	ix := ownWorld().Index()
	c := ix.Container("this")
	if b := ix.Binding(c); b.Outcome != inspect.Bound || b.Main != ix.ProcessAt(1) || b.Shim != nil {
		t.Errorf("got %+v", b)
	}
	for pid, want := range map[int]inspect.Role{1: inspect.RoleMain, 7: inspect.RoleChild, 20: inspect.RoleExec, 30: inspect.RoleEntered} {
		p := ix.ProcessAt(pid)
		row := ix.RowOf(c, p)
		if ix.OwnerOf(p).Container != c || row.Role != want || len(row.ContainerPIDs) != 1 || row.ContainerPIDs[0] != pid {
			t.Errorf("%d: got %+v of %+v", pid, row, ix.OwnerOf(p))
		}
	}
	if init := ix.InitOf(ix.ProcessAt(7)); init != ix.ProcessAt(1) || !ix.IsNSInit(init) {
		t.Errorf("the init is %+v", init)
	}
	// The kernel protects the init from its own namespace, so no command is offered.
	if command := ix.KillCommand(ix.ProcessAt(1), "-9 "); command != "" || ix.KillCommand(ix.ProcessAt(7), "") == "" {
		t.Errorf("to kill PID 1: %q", command)
	}
}
