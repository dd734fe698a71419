//go:build e2e && linux

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// What an engine inside a container runs is of that container, which alone this
// engine knows, wherever the inner engine has put the inner one's cgroup. Asked
// itself, the inner engine knows it as its own.
func TestEngineInAContainer(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]string{
		"in the container's cgroups":  nil,
		"in the host's cgroups":       {"-v", "/sys/fs/cgroup:/sys/fs/cgroup", "--cgroupns", "host"},
		"in the host's PID namespace": {"--pid", "host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outer, e := startInnerEngine(t, options...)
			inner := e.run("inner-"+random(), append([]string{"--network", "none", "--cap-drop", "ALL", "--"}, oneOfEach...)...)
			e.docker("exec", "-d", inner.name, "sleep", "2222")
			if slices.Contains(options, "--pid") {
				wantOwnOfInner(t, e.pidns(), outer, inner, e.pidOf(inner), 0)
				askNS(t, outer).wantRemark(t, outer, "a container of an engine inside", "4 processes")
				return
			}
			wantInnerEngine(t, outer, inner, e.pidOf(inner))
			wantOwnOfInner(t, insideOf(outer), outer, inner, e.pidOf(inner), 1)
		})
	}
}

// wantOwnOfInner holds what the inner engine's containers are by its own word
// against the kernel. pid is its main process, at the depth in which that engine
// counts.
func wantOwnOfInner(t *testing.T, c call, outer, inner *box, pid, depth int) {
	t.Helper()
	var main process
	for _, p := range below(t, outer.pid()) {
		if p.inside[depth] == pid {
			main = p
		}
	}
	if depth == 0 {
		main, _ = readProcess(pid)
	}
	if !hasID(main.pid, inner.id) {
		t.Fatalf("%d is not the main process: %+v", pid, main)
	}
	family := standing(t, main.ppid, 5)
	rows := c.run(t, "tree", "--format", "json").wantStatus(t, 0).rows(t)
	if len(rows) != len(family) {
		t.Errorf("%d rows for %d processes: %v", len(rows), len(family), rows)
	}
	for _, p := range family {
		if r := rowOf(t, rows, p.inside[depth]); r.ContainerID != inner.id || !slices.Equal(r.PIDs, p.inside[depth:]) {
			t.Errorf("%v\nis not %+v", r, p)
		}
	}
	zombie := family[zombiesIn(family)[0]].inside[depth]
	zombies := c.run(t, "zombies", "--format", "json").wantStatus(t, 0).rows(t)
	if r := rowOf(t, zombies, zombie); len(zombies) != 1 || value(r.ExitCode) != 6 || r.ContainerID != inner.id || r.ParentHostPID != pid {
		t.Errorf("one zombie, exit 6: %v", zombies)
	}
	r := who(t, c, []int{zombie}, "--format", "json").wantStatus(t, 0).whoRows(t)[zombie]
	if r.Role != "zombie" || value(r.ContainerID) != inner.id {
		t.Errorf("the zombie: %v", r)
	}
}

// wantInnerEngine: pid is the inner main process's number in the outer
// container.
func wantInnerEngine(t *testing.T, outer, inner *box, pid int) {
	t.Helper()
	main, _ := readProcess(outer.pid())
	// The shell, dockerd, containerd, the shim, and main process, child, zombie and exec session.
	all := standing(t, main.pid, 8)
	var shim, init process
	for _, p := range all {
		if len(p.inside) == 3 && p.inside[1] == pid && p.inside[2] == 1 {
			init = p
			shim = all[p.ppid]
		}
	}
	if !strings.HasPrefix(shim.comm, "containerd-shim") || len(shim.inside) != 2 || !hasID(init.pid, inner.id) || !hasID(shim.pid, outer.id) {
		t.Fatalf("%+v\nbelow %+v\nis not the inner main process, %d", init, shim, pid)
	}
	zombie := zombiesIn(all)[0]

	tasks := map[int]task{main.ppid: {box: outer, process: below(t, main.ppid)[main.ppid], role: "shim"}}
	for pid, p := range all {
		tasks[pid] = task{box: outer, process: p}
	}
	tasks[main.pid] = task{box: outer, process: main, role: "main"}
	tasks[zombie] = task{box: outer, process: all[zombie], role: "zombie"}
	for pid, r := range who(t, call{}, slices.Collect(maps.Keys(tasks)), "--format", "json").wantStatus(t, 0).whoRows(t) {
		wantWho(t, r, pid, tasks[pid])
	}
	wantWho(t, whoIs(t, zombie), zombie, tasks[zombie])
	wantWho(t, whoIs(t, init.pid), init.pid, tasks[init.pid])
	wantBack(t, tasks, []*box{outer})

	drawn := maps.Clone(all)
	drawn[main.ppid] = tasks[main.ppid].process
	rows := askRows(t, "tree", outer.name)
	wantRows(t, rows, outer, drawn)
	if r := rowOf(t, rows, init.pid); !r.NSInit || r.ParentHostPID != shim.pid || r.Role != "child" {
		t.Errorf("the init of the inner container: %v", r)
	}
	ask(t, "tree", outer.name).want(t, chain(init), chain(all[zombie]), "nested init", inner.id, "[sh] exit 6")
	// In a scan of all it is the same as by its family.
	wantRows(t, slices.DeleteFunc(pidns(t, "tree", "--format", "json").rows(t), func(r row) bool { return r.ContainerID != outer.id }), outer, drawn)

	text := fmt.Sprintf("init is sleep (%d, inside %s), 4 processes", init.pid, chain(init))
	a := askNS(t, outer)
	a.wantRemark(t, outer, "a container of an engine inside", text)
	if n := len(a.remarks(outer.name)); n != 1 {
		t.Errorf("%d remarks on one inner container\n%s", n, a)
	}

	zombies := askRows(t, "zombies", outer.name)
	if r := rowOf(t, zombies, zombie); len(zombies) != 1 || r.ParentHostPID != init.pid || value(r.ExitCode) != 6 || r.InitCures != "no" || !slices.Equal(r.PIDs, all[zombie].inside) {
		t.Errorf("the inner zombie: %v", zombies)
	}
	ask(t, "zombies", outer.name).want(t, fmt.Sprintf("sleep (%d, inside %s)", init.pid, chain(init)), "ask that engine for its zombies")
}
