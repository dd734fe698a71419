//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// whoRow is a row of who: the published keys.
type whoRow struct {
	Host                   string
	Container, ContainerID *string

	HostPID      int
	ContainerPID *int
	PIDs         []int
	Role         string
	ThreadOf     *int
	Zombie       bool
	Command      string
	Unit         *string
	Via          string
	Absent       map[string]string
}

func (r whoRow) String() string {
	return fmt.Sprintf("%d of %v: CTR PID %v %v, %s, thread of %v, zombie %v, unit %v, %q", r.HostPID, Value(r.Container), Value(r.ContainerPID), r.PIDs,
		r.Role, Value(r.ThreadOf), r.Zombie, Value(r.Unit), r.Command)
}

func whoRows(t testing.TB, a Answer) map[int]whoRow {
	t.Helper()
	rows := map[int]whoRow{}
	for _, r := range Decoded[whoRow](t, a) {
		rows[r.HostPID] = r
	}
	return rows
}

// who asks for the numbers, whatever the exit status.
func who(t testing.TB, c Call, numbers []int, args ...string) Answer {
	t.Helper()
	words := append([]string{"who"}, args...)
	for _, n := range numbers {
		words = append(words, fmt.Sprint(n))
	}
	return c.Run(t, words...)
}

// whoIs asks for one number that has an answer.
func whoIs(t testing.TB, number int) whoRow {
	t.Helper()
	return whoRows(t, who(t, Call{}, []int{number}, "--format", "json").WantStatus(t, 0))[number]
}

// task is what the kernel shows of a process or thread, and what is known of how it was made.
type task struct {
	box *Box
	Process
	// role is empty if several would be right.
	role     string
	threadOf int
}

var ids = regexp.MustCompile(`[0-9a-f]{64}`)

// innermost is the last of the container IDs in a process's cgroup paths, ""
// if there is none.
func innermost(pid int) string {
	groups, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	found := ids.FindAllString(string(groups), -1)
	if len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

// tasksOf are the processes, zombies, threads and shims of the boxes. roles are the known ones,
// including those of the main processes.
func tasksOf(t testing.TB, roles map[int]string, boxes ...*Box) map[int]task {
	t.Helper()
	tasks := map[int]task{}
	for _, b := range boxes {
		for pid, p := range b.Processes() {
			if innermost(pid) != b.ID {
				continue // of a container whose cgroup is below this one
			}
			role := roles[pid]
			switch {
			case role == "main":
				shim, _ := ReadProcess(p.PPID)
				tasks[p.PPID] = task{box: b, Process: shim, role: "shim"}
			case p.State == "Z" && p.Threads <= 1:
				role = "zombie"
			}
			tasks[pid] = task{box: b, Process: p, role: role}
			for _, tid := range threadsOf(pid) {
				tasks[tid] = task{box: b, Process: p, role: "thread", threadOf: pid}
			}
		}
	}
	return tasks
}

// threadsOf are a process's threads except the main one.
func threadsOf(pid int) []int {
	dirs, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/[0-9]*", pid))
	var tids []int
	for _, dir := range dirs {
		if tid := Atoi(filepath.Base(dir)); tid != pid {
			tids = append(tids, tid)
		}
	}
	return tids
}

// wantWho compares a row with the kernel.
func wantWho(t testing.TB, r whoRow, number int, want task) {
	t.Helper()
	if r.HostPID != number || Value(r.Container) != want.box.Name || Value(r.ContainerID) != want.box.ID {
		t.Errorf("%v\nis of %s: %d %+v", r, want.box.Name, number, want.Process)
	}
	roles := []string{want.role}
	if want.role == "" {
		roles = []string{"child", "orphan", "exec"}
	}
	if !slices.Contains(roles, r.Role) || r.Zombie != (want.role == "zombie") {
		t.Errorf("%v\nis %s: %+v", r, roles, want.Process)
	}
	switch want.role {
	case "thread":
		if Value(r.ThreadOf) != want.threadOf {
			t.Errorf("%v\nis a thread of %d", r, want.threadOf)
		}
	case "shim":
		if r.ContainerPID != nil || r.ThreadOf != nil {
			t.Errorf("a shim is in no container: %v", r)
		}
	default:
		inside := want.Inside[min(1, len(want.Inside)-1)]
		if !slices.Equal(r.PIDs, want.Inside) || Value(r.ContainerPID) != inside || r.ThreadOf != nil {
			t.Errorf("%v\nhas the PIDs %v", r, want.Inside)
		}
	}
}

// underGroup are options of docker run that put the container's cgroup below another one, in the
// form of the driver.
func underGroup(t testing.TB) []string {
	t.Helper()
	name := "e2e-" + Random()
	if Docker(t, "info", "--format", "{{.CgroupDriver}}") == "systemd" {
		return []string{"--cgroup-parent", name + ".slice"}
	}
	t.Cleanup(func() {
		// Docker leaves the parent, which is empty, in each hierarchy.
		one, _ := filepath.Glob("/sys/fs/cgroup/" + name)
		each, _ := filepath.Glob("/sys/fs/cgroup/*/" + name)
		for _, dir := range append(one, each...) {
			_ = os.Remove(dir)
		}
	})
	return []string{"--cgroup-parent", "/" + name}
}

func TestWhoOfEverything(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	joiner := Run(t, "--pid", "container:"+owner.Name)
	hostly := Run(t, "--pid", "host")
	threaded := Run(t, "--", "workload", "child-of-thread", "never-waits", "4")
	headless := Run(t, "--", "workload", "main-thread-ends")
	main := headless.PID()
	t.Cleanup(func() { _ = syscall.Kill(main, syscall.SIGKILL) })
	nested := runNested(t)
	apart := Run(t, append(underGroup(t), "--init")...)
	boxes := []*Box{owner, joiner, hostly, threaded, headless, nested, apart}
	if Docker(t, "info", "--format", "{{.CgroupDriver}}") == "cgroupfs" {
		// Below another container, whose ID is then in the path too.
		boxes = append(boxes, Run(t, "--cgroup-parent", "/docker/"+joiner.ID))
	}
	roles := map[int]string{
		owner.Start([]string{"-u", "33"}, "sleep", "2222"): "exec", hostly.Start(nil, "sleep", "2223"): "exec", apart.Start(nil, "sleep", "2224"): "exec",
	}
	for _, b := range boxes {
		roles[b.PID()] = "main"
	}
	owner.Leave("exit 7")
	owner.Leave("sleep 3333")
	joiner.Leave("sleep 4444")
	joiner.Leave("exit 5")
	hostly.Leave("sleep 5555")
	owner.Zombies(1)
	joiner.Zombies(1)
	threaded.Zombies(1)
	for b, args := range map[*Box]string{owner: "sleep 3333", joiner: "sleep 4444", hostly: "sleep 5555"} {
		roles[ByArgs(t, b.EventuallyWith(args), args).PID] = "orphan"
	}
	settled(t, owner, 4)
	settled(t, hostly, 3)
	settled(t, apart, 3)

	// Go's runtime starts threads at any time.
	var tasks map[int]task
	var rows map[int]whoRow
	Eventually(t, "all stand still while they are asked for", func() bool {
		tasks = tasksOf(t, roles, boxes...)
		rows = whoRows(t, who(t, Call{}, slices.Sorted(maps.Keys(tasks)), "--format", "json"))
		return maps.EqualFunc(tasks, tasksOf(t, roles, boxes...), func(a, b task) bool { return a.threadOf == b.threadOf && a.State == b.State })
	})
	kinds := map[string]int{}
	for number, want := range tasks {
		wantWho(t, rows[number], number, want)
		kinds[want.role]++
	}
	t.Logf("%d numbers: %v", len(tasks), kinds)
	if kinds["zombie"] != 3 || kinds["thread"] < 4 || kinds["shim"] != len(boxes) || kinds["main"] != len(boxes) || kinds["exec"] != 3 || kinds["orphan"] != 3 {
		t.Errorf("not every kind is there: %v", kinds)
	}

	// A few numbers are looked up one by one, and many are found in a scan.
	for few := range slices.Chunk(slices.Sorted(maps.Keys(tasks)), 12) {
		for number, r := range whoRows(t, who(t, Call{}, few, "--format", "json").WantStatus(t, 0)) {
			wantWho(t, r, number, tasks[number])
		}
	}
	alone := map[string]bool{}
	for number, want := range tasks {
		// One of each kind, and those that are deep or in a group of their own.
		if key := fmt.Sprint(want.role, len(want.Inside)); !alone[key] {
			alone[key] = true
			wantWho(t, whoIs(t, number), number, want)
		}
	}
	wantBack(t, tasks, boxes)
	wantWhoTable(t, tasks)
	wantOrdinaryUserKnows(t, tasks, rows)
}

// wantBack checks that host-pid returns the number for what who reports, of threads too.
func wantBack(t *testing.T, tasks map[int]task, boxes []*Box) {
	t.Helper()
	for _, b := range boxes {
		args, want := []string{"host-pid", b.Name}, []int{}
		for number, task := range tasks {
			if task.box != b || task.role == "shim" {
				continue
			}
			inside := task.Process
			if task.role == "thread" {
				if inside, _ = ReadProcess(number); len(inside.Inside) == 0 {
					continue // Go's runtime has ended it
				}
			}
			args, want = append(args, chain(inside)), append(want, number)
		}
		wantPIDs(t, Ask(t, args...), want...)
	}
}

// wantWhoTable checks the lines that people read.
func wantWhoTable(t *testing.T, tasks map[int]task) {
	t.Helper()
	numbers := slices.Sorted(maps.Keys(tasks))
	a := who(t, Call{}, numbers).WantStatus(t, 0)
	lines := strings.Split(strings.TrimSuffix(a.Stdout, "\n"), "\n")
	if len(lines) != len(numbers)+1 {
		t.Fatalf("%d lines for %d numbers\n%s", len(lines), len(numbers), a)
	}
	for i, number := range numbers {
		want := tasks[number]
		inside, role, command := regexp.QuoteMeta(chain(want.Process)), want.role, ".*"
		switch role {
		case "":
			role = `\w+`
		case "shim":
			inside = "-"
		case "thread":
			inside, command = `\S+`, fmt.Sprintf("of %d \\(.*\\)", want.threadOf)
		case "zombie":
			command = fmt.Sprintf(`\[.*\] exit %d, parent .*`, syscall.WaitStatus(want.Status).ExitStatus())
		}
		if line := fmt.Sprintf(`^ *%d +%s +%s +%s +%s$`, number, want.box.Name, inside, role, command); !regexp.MustCompile(line).MatchString(lines[i+1]) {
			t.Errorf("want %s: %q", line, lines[i+1])
		}
	}
	var owners strings.Builder
	for _, number := range numbers {
		fmt.Fprintln(&owners, tasks[number].box.Name)
	}
	if quiet := who(t, Call{}, numbers, "-q").WantStatus(t, 0); quiet.Stdout != owners.String() {
		t.Errorf("-q: want\n%s\n%s", owners.String(), quiet)
	}
}

// wantOrdinaryUserKnows checks that the owner of a process is found without rights.
func wantOrdinaryUserKnows(t *testing.T, tasks map[int]task, rows map[int]whoRow) {
	t.Helper()
	user := Call{Through: append(nobody(t), "docker", "pidns")}
	answers := whoRows(t, who(t, user, slices.Sorted(maps.Keys(tasks)), "--format", "json").WantStatus(t, 0))
	for number, want := range tasks {
		wantWho(t, answers[number], number, want)
		if answers[number].Role != rows[number].Role {
			t.Errorf("%v\nand to root %v", answers[number], rows[number])
		}
	}
}

// inGroup starts a process in a cgroup that this test creates, and returns its PID. The
// processes of a container that was removed, or of a systemd unit, look like this.
func inGroup(t *testing.T, path string) int {
	t.Helper()
	root := "/sys/fs/cgroup/pids" // version 1
	if _, err := os.Stat(root); err != nil {
		root = "/sys/fs/cgroup"
	}
	dir := filepath.Join(root, path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	pid := stays(t, "sleep", "6666")
	t.Cleanup(func() {
		// Only empty folders, and only those of this test.
		for ; dir != root && strings.Contains(dir, "e2e-"); dir = filepath.Dir(dir) {
			_ = os.Remove(dir)
		}
	})
	t.Cleanup(func() { Kill(pid) })
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(fmt.Sprint(pid)), 0); err != nil {
		t.Fatal(err)
	}
	return pid
}

// stays starts a process of this host, which is waited for only when the test has ended. If it
// exits sooner, it is a zombie.
func stays(t *testing.T, words ...string) int {
	t.Helper()
	cmd := exec.Command(words[0], words[1:]...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

// freePort is a port of the loopback interface on which nothing listens.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

// nobodys is the PID of a process that has exited and was waited for.
func nobodys(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func TestWhoOfTheHosts(t *testing.T) {
	t.Parallel()
	b := Run(t)
	// It is a zombie for the kernel, before it is asked for.
	zombie := stays(t, "true")
	Eventually(t, "its end", func() bool { p, _ := ReadProcess(zombie); return p.State == "Z" })
	unit := "e2e-" + Random() + ".service"
	served := inGroup(t, "e2e-"+Random()+".slice/"+unit)
	removed := strings.Repeat("e2e0", 15) + "0e2e"
	left := inGroup(t, "e2e-"+Random()+"/"+removed)
	self, none := os.Getpid(), nobodys(t)
	threads := threadsOf(self)
	if kthread, _ := ReadProcess(2); kthread.Comm != "kthreadd" {
		t.Fatalf("process 2 is %+v", kthread)
	}

	want := map[int]string{b.PID(): "main", 2: "kernel", self: "host", threads[0]: "thread", zombie: "zombie", served: "host", left: "other-engine", none: "none"}
	numbers := slices.Collect(maps.Keys(want))
	a := who(t, Call{}, numbers, "--format", "json").WantStatus(t, 1)
	rows := whoRows(t, a)
	for number, role := range want {
		r := rows[number]
		if r.HostPID != number || r.Role != role || r.Zombie != (number == zombie) {
			t.Errorf("want %d %s: %v", number, role, r)
		}
		if number != b.PID() && (r.Container != nil || r.ContainerPID != nil || r.Via != "") {
			t.Errorf("of no container: %v", r)
		}
	}
	if r := rows[threads[0]]; Value(r.ThreadOf) != self {
		t.Errorf("a thread of %d: %v", self, r)
	}
	if r := rows[served]; Value(r.Unit) != unit {
		t.Errorf("unit %s: %v", unit, r)
	}
	if r := rows[left]; Value(r.ContainerID) != removed {
		t.Errorf("of a container that the engine does not know, %s: %v", removed, r)
	}

	a = who(t, Call{}, numbers).WantStatus(t, 1).Want(t, unit, removed[:12]+"?", "no such process now", "kthreadd", "sleep infinity")
	if strings.Count(a.Stdout, "\n") != len(numbers)+1 {
		t.Errorf("a line for each number\n%s", a)
	}
	for number, role := range want {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^ *%d +\S+ +\S+ +%s +`, number, role)).MatchString(a.Stdout) {
			t.Errorf("want %d %s\n%s", number, role, a)
		}
	}
	quiet := who(t, Call{}, []int{b.PID(), 2, none, self}, "-q").WantStatus(t, 1)
	if quiet.Stdout != b.Name+"\n-\n-\n-\n" {
		t.Errorf("the names alone, in the order asked for\n%s", quiet)
	}
	if a := who(t, Call{}, []int{none}).WantStatus(t, 1); a.Stderr != "" {
		t.Errorf("the row says it\n%s", a)
	}
}

func TestWhoOfWhatIsNoPID(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"0", "abc", "1.5", "99999999999999999999", "e2e-nobody", ""} {
		PIDNS(t, "who", word).WantStatus(t, 125).WantNothing(t).WantOneError(t, fmt.Sprintf("%q", word), "not a host PID")
		// The others are answered.
		PIDNS(t, "who", word, "2").WantStatus(t, 1).Want(t, "kthreadd").WantOneError(t, fmt.Sprintf("%q", word))
	}
	if a := PIDNS(t, "who").WantNothing(t); a.Status == 0 {
		t.Errorf("who of what?\n%s", a)
	}
	PIDNS(t, "who", "99999999").WantStatus(t, 1).Want(t, "99999999", "none")
}

func TestWhoKeys(t *testing.T) {
	t.Parallel()
	b := Run(t)
	for line := range strings.Lines(who(t, Call{}, []int{b.PID(), 2, os.Getpid(), nobodys(t)}, "--format", "json").Stdout) {
		var keys map[string]any
		if err := json.Unmarshal([]byte(line), &keys); err != nil {
			t.Fatal(err)
		}
		absent, _ := keys["Absent"].(map[string]any)
		for _, key := range []string{"Host", "Container", "ContainerID", "HostPID", "ContainerPID", "PIDs", "Role", "ThreadOf", "Zombie", "Command", "Unit", "Via", "Absent"} {
			held, ok := keys[key]
			if !ok {
				t.Errorf("lacks %s: %s", key, line)
			}
			if _, said := absent[key]; said != (held == nil) {
				t.Errorf("%s is %v, and Absent says %v: %s", key, held, said, line)
			}
		}
	}
	a := Ask(t, "who", fmt.Sprint(b.PID()), "--format", "{{.Container}} {{.ContainerPID}} {{.Role}} {{.Via}}")
	a.WantLine(t, b.Name+" 1 main cgroup")
}

// Whatever state a container is in, no process is ever reported as another container's or as the
// host's.
func TestWhoWhileContainersComeAndGo(t *testing.T) {
	t.Parallel()
	const busy = "sleep 1111 & (exit 9) & (while :; do sleep 0.02; done) & exec sleep infinity"
	stable := Run(t, "--", "sh", "-c", busy)
	flapping := Run(t, "--", "sh", "-c", busy)
	boxes := map[string]*Box{stable.ID: stable, flapping.ID: flapping}
	stop := flap(t, flapping)
	kinds := map[string]int{}
	for until := time.Now().Add(4 * time.Second); time.Now().Before(until); {
		before := map[int]task{}
		for id, b := range boxes {
			for pid, p := range ProcessesOf(t, id) {
				before[pid] = task{box: b, Process: p}
				// While runc has not exited yet, the parent is not a shim.
				if shim, ok := ReadProcess(p.PPID); ok && strings.HasPrefix(shim.Comm, "containerd-shim") && slices.Contains(shim.Args, id) {
					before[p.PPID] = task{box: b, Process: shim, role: "shim"}
				}
			}
		}
		if len(before) == 0 {
			continue
		}
		a := who(t, Call{}, slices.Sorted(maps.Keys(before)), "--format", "json")
		rows := whoRows(t, a)
		for number, was := range before {
			r := rows[number]
			kinds[r.Role]++
			now, lives := ReadProcess(number)
			lives = lives && now.State != "Z"
			switch {
			case r.Role == "none" || r.Role == "unknown":
				if lives && now.PPID == was.PPID && slices.Equal(now.Args, was.Args) {
					t.Errorf("there before and after: %v\n%+v", r, now)
				}
			case was.role == "shim" && r.Zombie:
				// It no longer names its container.
			case Value(r.Container) != was.box.Name || Value(r.ContainerID) != was.box.ID:
				t.Errorf("%v\nis of %s: %+v, now %+v", r, was.box.Name, was.Process, now)
			case was.role == "shim":
			case !slices.Equal(r.PIDs, was.Inside) || r.Role != "thread" && Value(r.ContainerPID) != was.Inside[len(was.Inside)-1]:
				t.Errorf("%v\nhas the PIDs %v", r, was.Inside)
			}
		}
		if a.Stderr != "" {
			t.Errorf("nothing to complain of\n%s", a)
		}
		// And back, for those that stay.
		sleeper := ByArgs(t, stable.Processes(), "sleep 1111")
		r := whoIs(t, sleeper.PID)
		wantPIDs(t, Ask(t, "host-pid", Value(r.Container).(string), fmt.Sprint(Value(r.ContainerPID))), sleeper.PID)
	}
	stop()
	t.Logf("roles told: %v", kinds)
	if kinds["none"] == 0 || kinds["main"] == 0 || kinds["zombie"] == 0 {
		t.Errorf("nothing came and went: %v", kinds)
	}
}

// whoLines passes lines to who - and splits the output into the first column and the rest, which
// must be the input.
func whoLines(t *testing.T, c Call, input string, args ...string) (column []string, a Answer) {
	t.Helper()
	c.Stdin = input
	a = c.Run(t, append([]string{"who", "-"}, args...)...).WantStatus(t, 0)
	want := strings.Split(strings.TrimSuffix(input, "\n"), "\n")
	got := strings.Split(strings.TrimSuffix(a.Stdout, "\n"), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d lines from %d\n%s", len(got), len(want), a)
	}
	width := -1
	for i, line := range got {
		at := len(line) - len(want[i])
		if at <= 0 || line[at:] != want[i] {
			t.Fatalf("line %d is changed: %.300q\nwas %.300q", i, line, want[i])
		}
		if width >= 0 && at != width {
			t.Errorf("line %d begins in column %d, others in %d: %.300q", i, at, width, line)
		}
		width = at
		column = append(column, strings.TrimSpace(line[:at]))
	}
	return column, a
}

func TestWhoOfPS(t *testing.T) {
	t.Parallel()
	// This one, which sleeps most of the time, is not asked for.
	Run(t, "--restart", "always", "--", "sh", "-c", "exit 3")
	b := Run(t)
	joiner := Run(t, "--pid", "container:"+b.Name)
	session := b.Start(nil, "sleep", "2222")
	b.Leave("exit 7")
	zombie := onlyKey(t, b.Zombies(1))
	shim, _ := ReadProcess(b.PID())
	want := map[int]string{b.PID(): b.Name, session: b.Name, zombie: b.Name, shim.PPID: b.Name, joiner.PID(): joiner.Name, 2: "-", os.Getpid(): "-"}
	for _, ps := range []struct {
		words []string
		field int
	}{
		{[]string{"ps", "aux"}, 1}, {[]string{"ps", "-ef"}, 1}, {[]string{"ps", "axo", "stat,ppid,pid,args"}, 2}, {[]string{"docker", "top", b.Name}, 1},
		{[]string{"ps", "axo", "lstart,stat,pid,args"}, 6}, // a date has five words
	} {
		before := map[int]string{}
		for _, pid := range AllPIDs(t) {
			before[pid] = innermost(pid)
		}
		input, err := exec.Command(ps.words[0], ps.words[1:]...).Output()
		if err != nil {
			t.Fatal(err)
		}
		column, a := whoLines(t, Call{}, string(input))
		if a.Stderr != "" || column[0] != "CONTAINER" {
			t.Errorf("%q has a heading, and nothing to complain of: first %q, stderr %s", ps.words, column[0], a.Stderr)
		}
		seen := map[int]string{}
		for i, line := range strings.Split(strings.TrimSuffix(string(input), "\n"), "\n") {
			if i > 0 {
				seen[Atoi(strings.Fields(line)[ps.field])] = column[i]
			}
		}
		found := 0
		for pid, name := range want {
			if got, listed := seen[pid]; listed && got != name {
				t.Errorf("%q: %d is of %q, want %q", ps.words, pid, got, name)
			} else if listed {
				found++
			}
		}
		if found < 2 {
			t.Errorf("%q lists %d of %v", ps.words, found, want)
		}
		wantEveryOwner(t, seen, before)
	}
}

// The tables of pidns itself have the headings HOST PID and CTR PID, of which only the first is
// a number of the host.
func TestWhoOfTables(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Start(nil, "sleep", "2222")
	b.Leave("exit 7")
	b.Zombies(1)
	for _, args := range [][]string{{"tree", b.Name, "--format", "table"}, {"zombies", b.Name, "--format", "table"}, {"host-pid", b.Name, "1", "--format", "table"}, {"who", fmt.Sprint(b.PID())}} {
		input := Ask(t, args...).Stdout
		column, a := whoLines(t, Call{}, input)
		for i, name := range column {
			if want := map[bool]string{true: "CONTAINER", false: b.Name}[i == 0]; name != want {
				t.Errorf("%q: line %d is of %q, want %q\n%s", args, i, name, want, a)
			}
		}
	}
	number := b.Start(nil, "sleep", "3333")
	input := fmt.Sprintf("%-13s%7s\n%-13s%7d\n%-13s%7d\n", "COMMAND", "PID", "sleep 1", number, fmt.Sprint("sleep ", os.Getpid()), number)
	if column, a := whoLines(t, Call{}, input); !slices.Equal(column, []string{"CONTAINER", b.Name, b.Name}) {
		t.Errorf("commands in front: %q\n%s", column, a)
	}
}

// wantEveryOwner compares the names for all processes of the host, whoever started them, with
// their cgroups and the engine's list. before are the IDs in their cgroups at first. Processes
// that came, moved or went since are left out.
func wantEveryOwner(t *testing.T, seen, before map[int]string) {
	t.Helper()
	known := map[string]string{}
	for line := range strings.Lines(Docker(t, "ps", "--no-trunc", "--format", "{{.ID}} {{.Names}}")) {
		fields := strings.Fields(line)
		known[fields[0]] = fields[1]
	}
	checked := 0
	for pid, name := range seen {
		id := innermost(pid)
		p, lives := ReadProcess(pid)
		switch {
		case !lives || name == "(gone)" || before[pid] != id:
		case known[id] != "":
			checked++
			if name != known[id] {
				t.Errorf("%d is of %s, not of %q: %+v", pid, known[id], name, p)
			}
		case id == "" && p.PPID == 2:
			checked++
			if name != "-" {
				t.Errorf("a kernel thread of %q: %+v", name, p)
			}
		}
	}
	if len(seen) > 50 && checked < 20 {
		t.Errorf("only %d of %d were checked", checked, len(seen))
	}
}

func TestWhoOfLines(t *testing.T) {
	t.Parallel()
	b := Run(t)
	main := b.PID()
	none := nobodys(t)
	text := func(format string) string {
		return strings.NewReplacer("MAIN", fmt.Sprint(main), "SELF", fmt.Sprint(os.Getpid()), "NONE", fmt.Sprint(none)).Replace(format)
	}
	for what, c := range map[string]struct {
		input string
		args  []string
		want  []string
	}{
		"pid=N":                         {"oom: pid=MAIN, uid=33\nusers:((\"sshd\",pid=SELF,fd=3))\npid=NONE\nno number\nppid=MAIN\n", nil, []string{b.Name, "-", "(gone)", "", ""}},
		"a number alone":                {"MAIN\n  SELF\n\nMAIN 17\n", nil, []string{b.Name, "-", "", ""}},
		"a heading":                     {"load 3 MAIN\nUSER PID PPID\nroot MAIN 1\nroot 1 MAIN\nroot SELF MAIN pid=MAIN\n", nil, []string{"", "CONTAINER", b.Name, "-", "-"}},
		"a sentence is no heading":      {"x.service: Can't open PID file\npid=MAIN\n", nil, []string{"", b.Name}},
		"a field":                       {"x 1 MAIN\ny MAIN SELF\nshort\n", []string{"--field", "3"}, []string{b.Name, "-", ""}},
		"a field, not the heading":      {"UID PID LWP\nx SELF MAIN\n", []string{"--field", "3"}, []string{"CONTAINER", b.Name}},
		"no line end":                   {"MAIN\nSELF", nil, []string{b.Name, "-"}},
		"what would move the cursor":    {"pid=MAIN \x1b[2J\x07\u202e\xff\tx\u00e4\n", nil, []string{b.Name}},
		"blanks in front and behind":    {"  MAIN  \n\t SELF\t\n", nil, []string{b.Name, "-"}},
		"line ends of another system":   {"MAIN\r\npid=SELF\r\n", nil, []string{b.Name, "-"}},
		"as long as they come":          {"pid=MAIN " + strings.Repeat("x", 200000) + "\n", nil, []string{b.Name}},
		"longer than any line of /proc": {"pid=MAIN " + strings.Repeat("x", 3<<20) + "\n", nil, []string{b.Name}},
	} {
		t.Run(what, func(t *testing.T) {
			column, a := whoLines(t, Call{}, text(c.input), c.args...)
			if !slices.Equal(column, c.want) {
				t.Errorf("want %q, got %q\n%.2000s", c.want, column, a)
			}
			if a.Stderr != "" {
				t.Errorf("%.2000s", a)
			}
		})
	}
	for _, input := range []string{"", "\n", text("users MAIN and SELF\nroot MAIN\n"), "PID\n", "USER PID\n", "pid=abc\n-5\n0\n"} {
		a := Call{Stdin: input}.Run(t, "who", "-").WantStatus(t, 1).WantNothing(t)
		a.WantOneError(t, "no PID in the input", "--field")
	}
	Call{Stdin: text("MAIN\n")}.Run(t, "who", "-", "--field", "-1").WantStatus(t, 125).WantNothing(t).WantOneError(t, "field")
}

// A capture has the same answers as the host had.
func TestWhoFrom(t *testing.T) {
	t.Parallel()
	b := Run(t, "--", "workload", "child-of-thread", "never-waits", "4")
	joiner := Run(t, "--pid", "container:"+b.Name)
	joiner.Leave("sleep 4444")
	joiner.EventuallyWith("sleep 4444")
	session := b.Start(nil, "sleep", "2222")
	b.Zombies(1)
	settled(t, joiner, 2)
	path := snapshotNow(t)

	shim, _ := ReadProcess(b.PID())
	numbers := append(slices.Collect(maps.Keys(b.Processes())), slices.Collect(maps.Keys(joiner.Processes()))...)
	numbers = append(numbers, session, shim.PPID, 2, os.Getpid(), threadsOf(b.PID())[0])
	for _, options := range [][]string{{"--format", "json"}, {"-q"}, {}} {
		live := who(t, Call{}, numbers, options...)
		saved := who(t, nowhere, numbers, append(options, "--from", path)...)
		if live.Stdout != saved.Stdout || live.Status != saved.Status || live.Stderr != saved.Stderr {
			t.Errorf("%q: not the same\n%s\n%s", options, live, saved)
		}
	}
	input := fmt.Sprintf("x pid=%d\nnothing\npid=2\n", session)
	column, _ := whoLines(t, nowhere, input, "--from", path)
	if !slices.Equal(column, []string{b.Name, "", "-"}) {
		t.Errorf("lines held against a capture: %q", column)
	}
	// What the capture does not have is not reported as the host's.
	const other = 99999999
	r := whoRows(t, who(t, nowhere, []int{other}, "--from", path, "--format", "json").WantStatus(t, 1))[other]
	if r.Role != "none" && r.Role != "unknown" || r.Container != nil || r.Absent["Container"] == "not-held" {
		t.Errorf("not in the capture: %v, absent %v", r, r.Absent)
	}
	if column, _ := whoLines(t, nowhere, fmt.Sprintln(other), "--from", path); column[0] == "-" {
		t.Errorf("%d is said to be of no container", other)
	}
}

// Another engine's containers and shims are reported as such.
func TestWhoOfPodman(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("podman"); err != nil {
		t.Skip("podman is not installed")
	}
	dir := ShortDir(t)
	for _, name := range []string{"bin", "proc", "dev", "sys", "etc"} {
		if err := os.MkdirAll(filepath.Join(dir, "fs", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := Command("cp", Suite.Busybox, filepath.Join(dir, "fs/bin/sleep")); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	name := "e2e-" + Random()
	podman := func(args ...string) (string, error) {
		options := []string{"--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--cgroup-manager", "cgroupfs", "--runtime", "runc"}
		// It uses the suite's folder of docker's configuration.
		return Command("env", append(append([]string{"-u", "DOCKER_CONFIG", "podman"}, options...), args...)...)
	}
	t.Cleanup(func() { _, _ = podman("rm", "-f", "-t", "0", name) })
	limits := []string{"--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"}
	args := append([]string{"run", "-d", "--network", "none", "--name", name}, limits...)
	id, err := podman(append(args, "--rootfs", filepath.Join(dir, "fs"), "sleep", "7777")...)
	if err != nil {
		t.Skipf("podman runs no container here: %v", err)
	}
	pid, err := podman("inspect", "--format", "{{.State.Pid}}", name)
	if err != nil {
		t.Fatal(err)
	}
	main, ok := ReadProcess(Atoi(pid))
	conmon, ok2 := ReadProcess(main.PPID)
	if !ok || !ok2 || conmon.Comm != "conmon" {
		t.Fatalf("%s is %+v, below %+v", pid, main, conmon)
	}
	numbers := []int{main.PID, conmon.PID}
	for _, number := range numbers {
		r := whoIs(t, number)
		if r.Role != "other-engine" || r.Container != nil || Value(r.ContainerID) != id {
			t.Errorf("of %s, which this engine does not know: %v", id, r)
		}
	}
	a := who(t, Call{}, numbers, "-q").WantStatus(t, 0)
	if a.Stdout != strings.Repeat(id[:12]+"?\n", 2) {
		t.Errorf("-q\n%s", a)
	}
	column, _ := whoLines(t, Call{}, fmt.Sprintf("%d\n%d\n", main.PID, conmon.PID))
	if !slices.Equal(column, []string{id[:12] + "?", id[:12] + "?"}) {
		t.Errorf("lines: %q", column)
	}
}
