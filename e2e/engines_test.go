//go:build e2e && linux

package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// below are a process and all of its descendants.
func below(t testing.TB, root int) map[int]process {
	t.Helper()
	all, found := map[int]process{}, map[int]process{}
	for _, pid := range allPIDs(t) {
		if p, ok := readProcess(pid); ok {
			all[pid] = p
		}
	}
	for pid, p := range all {
		for at, ok := p, true; ok; at, ok = all[at.ppid] {
			if at.pid == root {
				found[pid] = p
				break
			}
		}
	}
	return found
}

// standing waits until as many processes are below root, each with a program of
// its own and one a zombie, which stay.
func standing(t testing.TB, root, want int) map[int]process {
	t.Helper()
	var found map[int]process
	eventually(t, fmt.Sprintf("%d processes below %d, one a zombie", want, root), func() bool {
		found = below(t, root)
		return len(found) == want && len(zombiesIn(found)) == 1 && haveStarted(found)
	})
	return found
}

// haveStarted: none is a runc that is about to be the container's process, and
// none the copy of its parent that a child is at first.
func haveStarted(processes map[int]process) bool {
	for _, p := range processes {
		parent, ok := processes[p.ppid]
		if strings.HasPrefix(p.comm, "runc") || ok && len(p.args) > 0 && slices.Equal(p.args, parent.args) {
			return false
		}
	}
	return true
}

func zombiesIn(processes map[int]process) []int {
	var list []int
	for pid, p := range processes {
		if p.state == "Z" && p.threads <= 1 {
			list = append(list, pid)
		}
	}
	return list
}

// wantRows checks that the rows of tree are those processes, each once.
func wantRows(t *testing.T, rows []row, b *box, processes map[int]process) {
	t.Helper()
	if len(rows) != len(processes) {
		t.Errorf("%d rows for %d processes: %v", len(rows), len(processes), rows)
	}
	for pid, p := range processes {
		wantAsInProc(t, rowOf(t, rows, pid), p, b)
	}
}

// wantStrangers checks that who says of each process that it is of a container
// which the engine does not know.
func wantStrangers(t *testing.T, c call, id string, processes map[int]process) {
	t.Helper()
	numbers := slices.Sorted(maps.Keys(processes))
	rows := who(t, c, numbers, "--format", "json").wantStatus(t, 0).whoRows(t)
	owners := ""
	for _, number := range numbers {
		p, r, role := processes[number], rows[number], "other-engine"
		switch {
		case p.pid != number:
			role = "thread"
		case p.state == "Z" && p.threads <= 1:
			role = "zombie"
		}
		if r.HostPID != number || r.Role != role || r.Container != nil || value(r.ContainerID) != id || r.ContainerPID != nil {
			t.Errorf("of %s, which this engine does not know, want %s: %v, %v\n%+v", id[:12], role, r, value(r.ContainerID), p)
		}
		owners += id[:12] + "?\n"
	}
	if a := who(t, c, numbers, "-q").wantStatus(t, 0); a.stdout != owners {
		t.Errorf("want\n%s\n%s", owners, a)
	}
}

// Two engines share a host, one PID namespace and a container's name. Each
// knows its own, and knows that the other's are the other's.
func TestTwoEnginesOnOneHost(t *testing.T) {
	t.Parallel()
	other := startOtherEngine(t)
	e := engine{t: t, host: other.host}
	first := run(t, append([]string{"--"}, oneOfEach...)...)
	second := e.run(first.name, append([]string{"--network", "none", "--"}, oneOfEach...)...)
	hostly := e.run("hostly-"+random(), "--network", "host", "--", "sleep", "infinity")
	mains := map[*box]int{first: first.pid(), second: e.pidOf(second)}
	calls := map[*box]call{first: {}, second: e.pidns()}
	families := map[*box]map[int]process{}
	for b, main := range mains {
		p, _ := readProcess(main)
		families[b] = standing(t, p.ppid, 4)
	}
	for b, theirs := range map[*box]*box{first: second, second: first} {
		c := calls[b]
		tasks := tasksOf(t, map[int]string{mains[b]: "main"}, b)
		if len(tasks) != len(families[b]) {
			t.Errorf("%v\nare not %v", tasks, families[b])
		}
		for number, r := range who(t, c, slices.Collect(maps.Keys(tasks)), "--format", "json").wantStatus(t, 0).whoRows(t) {
			wantWho(t, r, number, tasks[number])
		}
		wantStrangers(t, c, theirs.id, families[theirs])
		// Among many, which a scan finds.
		wantStrangersInAScan(t, c, theirs.id, families[theirs])

		wantPIDs(t, c.run(t, "host-pid", b.name).wantStatus(t, 0), mains[b])
		wantRows(t, c.run(t, "tree", b.name, "--format", "json").wantStatus(t, 0).rows(t), b, families[b])
		rows := c.run(t, "zombies", b.name, "--format", "json").wantStatus(t, 0).rows(t)
		if zombie := zombiesIn(families[b])[0]; len(rows) != 1 || rowOf(t, rows, zombie).ContainerID != b.id {
			t.Errorf("%s has the zombie %d alone: %v", b.name, zombie, rows)
		}
		for _, args := range [][]string{{"tree"}, {"zombies", "--settle", "0"}, {"host-pid"}} {
			for _, r := range c.run(t, append(args, "--format", "json")...).rows(t) {
				if _, stranger := families[theirs][r.HostPID]; stranger || r.ContainerID == theirs.id {
					t.Errorf("%v shows the other engine's: %v", args, r)
				}
			}
		}
		for _, r := range c.run(t, "ns", "--format", "json").nsRows(t) {
			if r.ContainerID == theirs.id {
				t.Errorf("ns shows the other engine's: %+v", r)
			}
		}
	}

	// The second engine is in a network namespace of its own.
	main := e.pidOf(hostly)
	if namespace(t, main, "net") == namespace(t, 2, "net") {
		t.Fatal("--network host is the host's")
	}
	a := e.pidns().run(t, "ns", hostly.name, second.name).wantStatus(t, 0)
	a.wantCell(t, hostly.name, "NET", "engine")
	a.wantCell(t, second.name, "NET", "own")
	a.wantRemark(t, hostly, "--network=host", "not the host's")
}

// wantStrangersInAScan asks for so many numbers that they are found in a scan.
func wantStrangersInAScan(t *testing.T, c call, id string, processes map[int]process) {
	t.Helper()
	numbers := slices.Collect(maps.Keys(processes))
	for _, pid := range allPIDs(t) {
		if _, ok := processes[pid]; !ok {
			numbers = append(numbers, pid)
		}
	}
	rows := who(t, c, numbers, "--format", "json").whoRows(t)
	for number, p := range processes {
		if r := rows[number]; value(r.ContainerID) != id || r.Container != nil {
			t.Errorf("of %s: %v\n%+v", id[:12], r, p)
		}
	}
}

// Docker forgets a container whose first thread has ended, while its other
// threads live on (FACTS of the kernel: State Z is no zombie then). What is left
// is nobody else's and not the host's.
func TestProcessesOfARemovedContainer(t *testing.T) {
	t.Parallel()
	e := engine{t: t, host: startOtherEngine(t).host}
	for name, end := range map[string]func(b *box, shim int) (left []int){
		"with its shim killed": func(_ *box, shim int) []int {
			kill(shim)
			return nil
		},
		// Docker asks for ten seconds.
		"stopped, with its shim alive": func(b *box, shim int) []int {
			e.docker("stop", "--time", "0", b.name)
			return []int{shim}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := e.run("lost-"+random(), "--network", "none", "--", "workload", "main-thread-ends")
			main := e.pidOf(b)
			t.Cleanup(func() { removeGroups(b.id) })
			t.Cleanup(func() { kill(main) })
			eventually(t, "its main thread's end", func() bool { p, ok := readProcess(main); return ok && p.state == "Z" && p.threads > 1 })
			p, _ := readProcess(main)
			shim, _ := readProcess(p.ppid)
			if !slices.Contains(shim.args, b.id) {
				t.Fatalf("no shim: %+v", shim)
			}
			t.Cleanup(func() {
				if left, ok := readProcess(shim.pid); ok && slices.Contains(left.args, b.id) {
					kill(shim.pid)
				}
			})
			left := end(b, shim.pid)
			eventually(t, "docker says that it has ended", func() bool { return e.docker("inspect", "--format", "{{.State.Running}}", b.id) == "false" })
			numbers := append(threadsOf(main), main)
			for number, r := range who(t, e.pidns(), numbers, "--format", "json").wantStatus(t, 0).whoRows(t) {
				if value(r.ContainerID) != b.id || value(r.Container) != b.name {
					t.Errorf("%d is of %s, ended and not removed: %v", number, b.name, r)
				}
			}
			e.docker("rm", b.name)

			lost := map[int]process{}
			for _, number := range append(numbers, left...) {
				p, ok := readProcess(number)
				if !ok {
					p, _ = readProcess(main)
				}
				lost[number] = p
			}
			if p := lost[main]; p.state != "Z" || p.threads < 2 {
				t.Fatalf("it lives on: %+v", p)
			}
			for _, number := range threadsOf(main) {
				lost[number] = lost[main]
			}
			wantStrangers(t, e.pidns(), b.id, lost)
			wantStrangers(t, call{}, b.id, lost)
			for _, number := range left {
				stopProcess(t, number)
				wantStrangers(t, e.pidns(), b.id, lost)
			}
		})
	}
}

// removeGroups removes what Docker leaves of a container's control groups when
// processes are in them.
func removeGroups(id string) {
	for _, pattern := range []string{"/sys/fs/cgroup/docker/" + id, "/sys/fs/cgroup/*/docker/" + id, "/sys/fs/cgroup/system.slice/docker-" + id + ".scope"} {
		dirs, _ := filepath.Glob(pattern)
		for _, dir := range dirs {
			_ = os.Remove(dir)
		}
	}
}

// The containers of an ordinary user's engine, for root and for that user; and
// the first engine, in whose host their cgroups can say nothing, knows by their
// shims that they are not the host's.
func TestRootlessEngine(t *testing.T) {
	t.Parallel()
	e, as := startRootlessEngine(t)
	b := e.run("rootless-"+random(), append([]string{"--network", "none", "--"}, oneOfEach...)...)
	e.docker("exec", "-d", b.name, "sleep", "2222")
	main, _ := readProcess(e.pidOf(b))
	shim, _ := readProcess(main.ppid)
	if main.uid == 0 || shim.uid == 0 || !slices.Contains(shim.args, b.id) {
		t.Fatalf("not rootless: %+v\nbelow %+v", main, shim)
	}
	family := standing(t, shim.pid, 5)
	session := byArgs(t, family, "sleep 2222")
	zombie := zombiesIn(family)[0]
	tasks := map[int]task{}
	for pid, p := range family {
		tasks[pid] = task{box: b, process: p, role: "child"}
	}
	tasks[shim.pid] = task{box: b, process: shim, role: "shim"}
	tasks[main.pid] = task{box: b, process: main, role: "main"}
	tasks[session.pid] = task{box: b, process: session, role: "exec"}
	tasks[zombie] = task{box: b, process: family[zombie], role: "zombie"}

	for who, c := range map[string]call{
		"root":     e.pidns(),
		"the user": {through: append(slices.Clone(as), "docker", "--host", e.host, "pidns")},
	} {
		t.Run(who, func(t *testing.T) { wantRootless(t, c, b, tasks, who == "root") })
	}
	wantStrangers(t, call{}, b.id, family)
	wantStrangersInAScan(t, call{}, b.id, family)

	// Where it does not answer, its shims tell by ID what it has.
	daemon := mentioning(t, "dockerd", e.host)[0]
	t.Cleanup(func() { _ = syscall.Kill(daemon, syscall.SIGCONT) })
	stopProcess(t, daemon)
	a := e.pidns().run(t, "tree", "--format", "json", "--timeout", "500ms").wantStatus(t, 0).wantError(t, "did not answer")
	wantRows(t, a.rows(t), &box{t: t, name: b.id[:12], id: b.id}, family)
}

// wantRootless holds what is said of a rootless container against the kernel.
func wantRootless(t *testing.T, c call, b *box, tasks map[int]task, root bool) {
	t.Helper()
	family, order := map[int]process{}, []int{}
	var main, shim, zombie process
	back := []string{"host-pid", b.name}
	for number, task := range tasks {
		family[number] = task.process
		switch task.role {
		case "main":
			main = task.process
		case "shim":
			shim = task.process
			continue
		case "zombie":
			zombie = task.process
		}
		back, order = append(back, chain(task.process)), append(order, number)
	}
	for _, command := range []string{"tree", "tree " + b.name} {
		rows := c.run(t, append(strings.Fields(command), "--format", "json")...).wantStatus(t, 0).rows(t)
		wantRows(t, rows, b, family)
		for number, task := range tasks {
			if r := rowOf(t, rows, number); task.role != "zombie" && r.Role != task.role || task.role != "shim" && value(r.UID) != 0 {
				t.Errorf("a %s, root in the container: %v", task.role, r)
			}
		}
	}
	c.run(t, "version").wantStatus(t, 0).want(t, "is the engine's")
	wantPIDs(t, c.run(t, "host-pid", b.name).wantStatus(t, 0), main.pid)
	wantPIDs(t, c.run(t, back...).wantStatus(t, 0), order...)
	for number, r := range who(t, c, slices.Collect(maps.Keys(tasks)), "--format", "json").wantStatus(t, 0).whoRows(t) {
		wantWho(t, r, number, tasks[number])
	}
	rows := c.run(t, "zombies", "--format", "json").wantStatus(t, 0).rows(t)
	if r := rowOf(t, rows, zombie.pid); len(rows) != 1 || value(r.ExitCode) != 6 || r.ParentHostPID != main.pid {
		t.Errorf("one zombie, exit 6: %v", rows)
	}
	a := c.run(t, "ns").wantStatus(t, 0)
	for _, r := range c.run(t, "ns", "--format", "json").wantStatus(t, 0).nsRows(t) {
		inode, mode := namespace(t, main.pid, r.Type), "own"
		switch {
		case root && inode == namespace(t, 2, r.Type):
			mode = "host"
		case inode == namespace(t, shim.pid, r.Type):
			mode = "engine" // whether it is the host's the user may not read
		}
		if value(r.Inode) != inode || r.Mode != mode || r.Verdict != "ok" {
			t.Errorf("%s: want %s, %d: %+v", r.Type, mode, inode, r)
		}
	}
	a.wantCell(t, b.name, "PID", "own")
	a.wantCell(t, b.name, "USER", "engine")
}
