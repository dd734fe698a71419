//go:build e2e && linux

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// The containers of an engine inside a container belong, for the outer engine, to that
// container, wherever the inner engine has put their cgroups. For the inner engine they are its
// own.
func TestEngineInAContainer(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]string{
		"in the container's cgroups":  nil,
		"in the host's cgroups":       {"-v", "/sys/fs/cgroup:/sys/fs/cgroup", "--cgroupns", "host"},
		"in the host's PID namespace": {"--pid", "host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outer, e := StartInnerEngine(t, options...)
			inner := e.Run("inner-"+Random(), append([]string{"--network", "none", "--cap-drop", "ALL", "--"}, OneOfEach...)...)
			e.Docker("exec", "-d", inner.Name, "sleep", "2222")
			if slices.Contains(options, "--pid") {
				wantOwnOfInner(t, e.PIDNS(), outer, inner, e.PIDOf(inner), 0)
				askNS(t, outer).WantRemark(t, outer, "Container of an inner engine", "4 processes")
				return
			}
			wantInnerEngine(t, outer, inner, e.PIDOf(inner))
			wantOwnOfInner(t, InsideOf(outer), outer, inner, e.PIDOf(inner), 1)
		})
	}
}

// wantOwnOfInner compares the containers that the inner engine reports with the kernel. pid is
// the main process's, at the depth of that engine.
func wantOwnOfInner(t *testing.T, c Call, outer, inner *Box, pid, depth int) {
	t.Helper()
	var main Process
	for _, p := range below(t, outer.PID()) {
		if p.Inside[depth] == pid {
			main = p
		}
	}
	if depth == 0 {
		main, _ = ReadProcess(pid)
	}
	if !HasID(main.PID, inner.ID) {
		t.Fatalf("%d is not the main process: %+v", pid, main)
	}
	family := standing(t, main.PPID, 5)
	rows := c.Run(t, "tree", "--format", "json").WantStatus(t, 0).Rows(t)
	if len(rows) != len(family) {
		t.Errorf("%d rows for %d processes: %v", len(rows), len(family), rows)
	}
	for _, p := range family {
		if r := RowOf(t, rows, p.Inside[depth]); r.ContainerID != inner.ID || !slices.Equal(r.PIDs, p.Inside[depth:]) {
			t.Errorf("%v\nis not %+v", r, p)
		}
	}
	zombie := family[zombiesIn(family)[0]].Inside[depth]
	zombies := c.Run(t, "zombies", "--format", "json").WantStatus(t, 0).Rows(t)
	if r := RowOf(t, zombies, zombie); len(zombies) != 1 || Value(r.ExitCode) != 6 || r.ContainerID != inner.ID || r.ParentHostPID != pid {
		t.Errorf("one zombie, exit 6: %v", zombies)
	}
	r := whoRows(t, who(t, c, []int{zombie}, "--format", "json").WantStatus(t, 0))[zombie]
	if r.Role != "zombie" || Value(r.ContainerID) != inner.ID {
		t.Errorf("the zombie: %v", r)
	}
}

// wantInnerEngine: pid is the inner main process's number in the outer
// container.
func wantInnerEngine(t *testing.T, outer, inner *Box, pid int) {
	t.Helper()
	main, _ := ReadProcess(outer.PID())
	// The shell, dockerd, containerd, the shim, and main process, child, zombie and exec session.
	all := standing(t, main.PID, 8)
	var shim, init Process
	for _, p := range all {
		if len(p.Inside) == 3 && p.Inside[1] == pid && p.Inside[2] == 1 {
			init = p
			shim = all[p.PPID]
		}
	}
	if !strings.HasPrefix(shim.Comm, "containerd-shim") || len(shim.Inside) != 2 || !HasID(init.PID, inner.ID) || !HasID(shim.PID, outer.ID) {
		t.Fatalf("%+v\nbelow %+v\nis not the inner main process, %d", init, shim, pid)
	}
	zombie := zombiesIn(all)[0]

	tasks := map[int]task{main.PPID: {box: outer, Process: below(t, main.PPID)[main.PPID], role: "shim"}}
	for pid, p := range all {
		tasks[pid] = task{box: outer, Process: p}
	}
	tasks[main.PID] = task{box: outer, Process: main, role: "main"}
	tasks[zombie] = task{box: outer, Process: all[zombie], role: "zombie"}
	for pid, r := range whoRows(t, who(t, Call{}, slices.Collect(maps.Keys(tasks)), "--format", "json").WantStatus(t, 0)) {
		wantWho(t, r, pid, tasks[pid])
	}
	wantWho(t, whoIs(t, zombie), zombie, tasks[zombie])
	wantWho(t, whoIs(t, init.PID), init.PID, tasks[init.PID])
	wantBack(t, tasks, []*Box{outer})

	drawn := maps.Clone(all)
	drawn[main.PPID] = tasks[main.PPID].Process
	rows := AskRows(t, "tree", outer.Name)
	wantRows(t, rows, outer, drawn)
	if r := RowOf(t, rows, init.PID); !r.NSInit || r.ParentHostPID != shim.PID || r.Role != "child" {
		t.Errorf("the init of the inner container: %v", r)
	}
	Ask(t, "tree", outer.Name).Want(t, chain(init), chain(all[zombie]), "nested init", inner.ID, "[sh] exit 6")
	// In a scan of all it is the same as by its family.
	wantRows(t, slices.DeleteFunc(PIDNS(t, "tree", "--format", "json").Rows(t), func(r Row) bool { return r.ContainerID != outer.ID }), outer, drawn)

	text := fmt.Sprintf("init sleep (host PID %d, container PID %s), 4 processes", init.PID, chain(init))
	a := askNS(t, outer)
	a.WantRemark(t, outer, "Container of an inner engine", text)
	if n := len(a.Remarks(outer.Name)); n != 1 {
		t.Errorf("%d remarks on one inner container\n%s", n, a)
	}

	zombies := AskRows(t, "zombies", outer.Name)
	if r := RowOf(t, zombies, zombie); len(zombies) != 1 || r.ParentHostPID != init.PID || Value(r.ExitCode) != 6 || r.InitCures != "no" || !slices.Equal(r.PIDs, all[zombie].Inside) {
		t.Errorf("the inner zombie: %v", zombies)
	}
	Ask(t, "zombies", outer.Name).Want(t, fmt.Sprintf("sleep (%d, inside %s)", init.PID, chain(init)), "on the engine inside")
}
