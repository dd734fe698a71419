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

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// below are a process and all of its descendants.
func below(t testing.TB, root int) map[int]Process {
	t.Helper()
	all, found := map[int]Process{}, map[int]Process{}
	for _, pid := range AllPIDs(t) {
		if p, ok := ReadProcess(pid); ok {
			all[pid] = p
		}
	}
	for pid, p := range all {
		for at, ok := p, true; ok; at, ok = all[at.PPID] {
			if at.PID == root {
				found[pid] = p
				break
			}
		}
	}
	return found
}

// standing waits until this many processes are below root, each with a program of its own and
// one a zombie, and they stay.
func standing(t testing.TB, root, want int) map[int]Process {
	t.Helper()
	var found map[int]Process
	Eventually(t, fmt.Sprintf("%d processes below %d, one a zombie", want, root), func() bool {
		found = below(t, root)
		return len(found) == want && len(zombiesIn(found)) == 1 && haveStarted(found)
	})
	return found
}

// haveStarted reports whether none of them is a runc that is about to become the container's
// process, or still the copy of its parent.
func haveStarted(processes map[int]Process) bool {
	for _, p := range processes {
		parent, ok := processes[p.PPID]
		if strings.HasPrefix(p.Comm, "runc") || ok && len(p.Args) > 0 && slices.Equal(p.Args, parent.Args) {
			return false
		}
	}
	return true
}

func zombiesIn(processes map[int]Process) []int {
	var list []int
	for pid, p := range processes {
		if p.State == "Z" && p.Threads <= 1 {
			list = append(list, pid)
		}
	}
	return list
}

// wantRows checks that the rows of tree are those processes, each once.
func wantRows(t *testing.T, rows []Row, b *Box, processes map[int]Process) {
	t.Helper()
	if len(rows) != len(processes) {
		t.Errorf("%d rows for %d processes: %v", len(rows), len(processes), rows)
	}
	for pid, p := range processes {
		wantAsInProc(t, RowOf(t, rows, pid), p, b)
	}
}

// wantStrangers checks that who reports each process as belonging to a container that the engine
// does not know.
func wantStrangers(t *testing.T, c Call, id string, processes map[int]Process) {
	t.Helper()
	numbers := slices.Sorted(maps.Keys(processes))
	rows := whoRows(t, who(t, c, numbers, "--format", "json").WantStatus(t, 0))
	owners := ""
	for _, number := range numbers {
		p, r, role := processes[number], rows[number], "other-engine"
		switch {
		case p.PID != number:
			role = "thread"
		case p.State == "Z" && p.Threads <= 1:
			role = "zombie"
		}
		if r.HostPID != number || r.Role != role || r.Container != nil || Value(r.ContainerID) != id || r.ContainerPID != nil {
			t.Errorf("of %s, which this engine does not know, want %s: %v, %v\n%+v", id[:12], role, r, Value(r.ContainerID), p)
		}
		owners += id[:12] + "?\n"
	}
	if a := who(t, c, numbers, "-q").WantStatus(t, 0); a.Stdout != owners {
		t.Errorf("want\n%s\n%s", owners, a)
	}
}

// Two engines share a host, one PID namespace and a container's name. Each knows its own
// containers, and that the others are the other engine's.
func TestTwoEnginesOnOneHost(t *testing.T) {
	t.Parallel()
	other := startOtherEngine(t)
	e := Engine{T: t, Host: other.host}
	first := Run(t, append([]string{"--"}, OneOfEach...)...)
	second := e.Run(first.Name, append([]string{"--network", "none", "--"}, OneOfEach...)...)
	hostly := e.Run("hostly-"+Random(), "--network", "host", "--", "sleep", "infinity")
	mains := map[*Box]int{first: first.PID(), second: e.PIDOf(second)}
	calls := map[*Box]Call{first: {}, second: e.PIDNS()}
	families := map[*Box]map[int]Process{}
	for b, main := range mains {
		p, _ := ReadProcess(main)
		families[b] = standing(t, p.PPID, 4)
	}
	for b, theirs := range map[*Box]*Box{first: second, second: first} {
		c := calls[b]
		tasks := tasksOf(t, map[int]string{mains[b]: "main"}, b)
		if len(tasks) != len(families[b]) {
			t.Errorf("%v\nare not %v", tasks, families[b])
		}
		for number, r := range whoRows(t, who(t, c, slices.Collect(maps.Keys(tasks)), "--format", "json").WantStatus(t, 0)) {
			wantWho(t, r, number, tasks[number])
		}
		wantStrangers(t, c, theirs.ID, families[theirs])
		// Among many, which a scan finds.
		wantStrangersInAScan(t, c, theirs.ID, families[theirs])

		wantPIDs(t, c.Run(t, "host-pid", b.Name).WantStatus(t, 0), mains[b])
		wantRows(t, c.Run(t, "tree", b.Name, "--format", "json").WantStatus(t, 0).Rows(t), b, families[b])
		rows := c.Run(t, "zombies", b.Name, "--format", "json").WantStatus(t, 0).Rows(t)
		if zombie := zombiesIn(families[b])[0]; len(rows) != 1 || RowOf(t, rows, zombie).ContainerID != b.ID {
			t.Errorf("%s has the zombie %d alone: %v", b.Name, zombie, rows)
		}
		for _, args := range [][]string{{"tree"}, {"zombies", "--settle", "0"}, {"host-pid"}} {
			for _, r := range c.Run(t, append(args, "--format", "json")...).Rows(t) {
				if _, stranger := families[theirs][r.HostPID]; stranger || r.ContainerID == theirs.ID {
					t.Errorf("%v shows the other engine's: %v", args, r)
				}
			}
		}
		for _, r := range nsRows(t, c.Run(t, "ns", "--format", "json")) {
			if r.ContainerID == theirs.ID {
				t.Errorf("ns shows the other engine's: %+v", r)
			}
		}
	}

	// The second engine is in a network namespace of its own.
	main := e.PIDOf(hostly)
	if namespace(t, main, "net") == namespace(t, 2, "net") {
		t.Fatal("--network host is the host's")
	}
	a := e.PIDNS().Run(t, "ns", hostly.Name, second.Name).WantStatus(t, 0)
	a.WantCell(t, hostly.Name, "NET", "engine")
	a.WantCell(t, second.Name, "NET", "own")
	a.WantRemark(t, hostly, "--network=host", "not the host's")
}

// wantStrangersInAScan asks for so many numbers that a scan is used.
func wantStrangersInAScan(t *testing.T, c Call, id string, processes map[int]Process) {
	t.Helper()
	numbers := slices.Collect(maps.Keys(processes))
	for _, pid := range AllPIDs(t) {
		if _, ok := processes[pid]; !ok {
			numbers = append(numbers, pid)
		}
	}
	rows := whoRows(t, who(t, c, numbers, "--format", "json"))
	for number, p := range processes {
		if r := rows[number]; Value(r.ContainerID) != id || r.Container != nil {
			t.Errorf("of %s: %v\n%+v", id[:12], r, p)
		}
	}
}

// Docker forgets a container whose first thread has exited, while its other threads run on.
// State Z is not a zombie then. What is left is reported neither as another engine's nor as the
// host's.
func TestProcessesOfARemovedContainer(t *testing.T) {
	t.Parallel()
	e := Engine{T: t, Host: startOtherEngine(t).host}
	for name, end := range map[string]func(b *Box, shim int) (left []int){
		"with its shim killed": func(_ *Box, shim int) []int {
			Kill(shim)
			return nil
		},
		// Docker asks for ten seconds.
		"stopped, with its shim alive": func(b *Box, shim int) []int {
			e.Docker("stop", "--time", "0", b.Name)
			return []int{shim}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := e.Run("lost-"+Random(), "--network", "none", "--", "workload", "main-thread-ends")
			main := e.PIDOf(b)
			t.Cleanup(func() { removeGroups(b.ID) })
			t.Cleanup(func() { Kill(main) })
			Eventually(t, "its main thread's end", func() bool { p, ok := ReadProcess(main); return ok && p.State == "Z" && p.Threads > 1 })
			p, _ := ReadProcess(main)
			shim, _ := ReadProcess(p.PPID)
			if !slices.Contains(shim.Args, b.ID) {
				t.Fatalf("no shim: %+v", shim)
			}
			t.Cleanup(func() {
				if left, ok := ReadProcess(shim.PID); ok && slices.Contains(left.Args, b.ID) {
					Kill(shim.PID)
				}
			})
			left := end(b, shim.PID)
			Eventually(t, "docker says that it has ended", func() bool { return e.Docker("inspect", "--format", "{{.State.Running}}", b.ID) == "false" })
			numbers := append(threadsOf(main), main)
			for number, r := range whoRows(t, who(t, e.PIDNS(), numbers, "--format", "json").WantStatus(t, 0)) {
				if Value(r.ContainerID) != b.ID || Value(r.Container) != b.Name {
					t.Errorf("%d is of %s, ended and not removed: %v", number, b.Name, r)
				}
			}
			e.Docker("rm", b.Name)

			lost := map[int]Process{}
			for _, number := range append(numbers, left...) {
				p, ok := ReadProcess(number)
				if !ok {
					p, _ = ReadProcess(main)
				}
				lost[number] = p
			}
			if p := lost[main]; p.State != "Z" || p.Threads < 2 {
				t.Fatalf("it lives on: %+v", p)
			}
			for _, number := range threadsOf(main) {
				lost[number] = lost[main]
			}
			wantStrangers(t, e.PIDNS(), b.ID, lost)
			wantStrangers(t, Call{}, b.ID, lost)
			for _, number := range left {
				stopProcess(t, number)
				wantStrangers(t, e.PIDNS(), b.ID, lost)
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

// The containers of an ordinary user's engine, for root and for that user. Their cgroups show
// nothing to the first engine, but their shims show that they are not the host's.
func TestRootlessEngine(t *testing.T) {
	t.Parallel()
	e, as := StartRootlessEngine(t)
	b := e.Run("rootless-"+Random(), append([]string{"--network", "none", "--"}, OneOfEach...)...)
	e.Docker("exec", "-d", b.Name, "sleep", "2222")
	main, _ := ReadProcess(e.PIDOf(b))
	shim, _ := ReadProcess(main.PPID)
	if main.UID == 0 || shim.UID == 0 || !slices.Contains(shim.Args, b.ID) {
		t.Fatalf("not rootless: %+v\nbelow %+v", main, shim)
	}
	family := standing(t, shim.PID, 5)
	session := ByArgs(t, family, "sleep 2222")
	zombie := zombiesIn(family)[0]
	tasks := map[int]task{}
	for pid, p := range family {
		tasks[pid] = task{box: b, Process: p, role: "child"}
	}
	tasks[shim.PID] = task{box: b, Process: shim, role: "shim"}
	tasks[main.PID] = task{box: b, Process: main, role: "main"}
	tasks[session.PID] = task{box: b, Process: session, role: "exec"}
	tasks[zombie] = task{box: b, Process: family[zombie], role: "zombie"}

	for who, c := range map[string]Call{
		"root":     e.PIDNS(),
		"the user": {Through: append(slices.Clone(as), "docker", "--host", e.Host, "pidns")},
	} {
		t.Run(who, func(t *testing.T) { wantRootless(t, c, b, tasks, who == "root") })
	}
	wantStrangers(t, Call{}, b.ID, family)
	wantStrangersInAScan(t, Call{}, b.ID, family)

	// Where it does not answer, its shims and its files tell what it has.
	daemon := Mentioning(t, "dockerd", e.Host)[0]
	t.Cleanup(func() { _ = syscall.Kill(daemon, syscall.SIGCONT) })
	stopProcess(t, daemon)
	a := e.PIDNS().Run(t, "tree", "--format", "json", "--timeout", "500ms").WantStatus(t, 0).WantError(t, "did not answer")
	wantRows(t, a.Rows(t), &Box{T: t, Name: b.Name, ID: b.ID}, family)
}

// wantRootless compares what is reported about a rootless container with the kernel.
func wantRootless(t *testing.T, c Call, b *Box, tasks map[int]task, root bool) {
	t.Helper()
	family, order := map[int]Process{}, []int{}
	var main, shim, zombie Process
	back := []string{"host-pid", b.Name}
	for number, task := range tasks {
		family[number] = task.Process
		switch task.role {
		case "main":
			main = task.Process
		case "shim":
			shim = task.Process
			continue
		case "zombie":
			zombie = task.Process
		}
		back, order = append(back, chain(task.Process)), append(order, number)
	}
	for _, command := range []string{"tree", "tree " + b.Name} {
		rows := c.Run(t, append(strings.Fields(command), "--format", "json")...).WantStatus(t, 0).Rows(t)
		wantRows(t, rows, b, family)
		for number, task := range tasks {
			if r := RowOf(t, rows, number); task.role != "zombie" && r.Role != task.role || task.role != "shim" && Value(r.UID) != 0 {
				t.Errorf("a %s, root in the container: %v", task.role, r)
			}
		}
	}
	c.Run(t, "version").WantStatus(t, 0).Want(t, "is the engine's")
	wantPIDs(t, c.Run(t, "host-pid", b.Name).WantStatus(t, 0), main.PID)
	wantPIDs(t, c.Run(t, back...).WantStatus(t, 0), order...)
	for number, r := range whoRows(t, who(t, c, slices.Collect(maps.Keys(tasks)), "--format", "json").WantStatus(t, 0)) {
		wantWho(t, r, number, tasks[number])
	}
	rows := c.Run(t, "zombies", "--format", "json").WantStatus(t, 0).Rows(t)
	if r := RowOf(t, rows, zombie.PID); len(rows) != 1 || Value(r.ExitCode) != 6 || r.ParentHostPID != main.PID {
		t.Errorf("one zombie, exit 6: %v", rows)
	}
	a := c.Run(t, "ns").WantStatus(t, 0)
	for _, r := range nsRows(t, c.Run(t, "ns", "--format", "json").WantStatus(t, 0)) {
		inode, mode := namespace(t, main.PID, r.Type), "own"
		switch {
		case root && inode == namespace(t, 2, r.Type):
			mode = "host"
		case inode == namespace(t, shim.PID, r.Type):
			mode = "engine" // this user may not read whether it is the host's
		}
		if Value(r.Inode) != inode || r.Mode != mode || r.Verdict != "ok" {
			t.Errorf("%s: want %s, %d: %+v", r.Type, mode, inode, r)
		}
	}
	a.WantCell(t, b.Name, "PID", "own")
	a.WantCell(t, b.Name, "USER", "engine")
}
