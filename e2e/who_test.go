//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
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
	return fmt.Sprintf("%d of %v: CTR PID %v %v, %s, thread of %v, zombie %v, unit %v, %q", r.HostPID, value(r.Container), value(r.ContainerPID), r.PIDs,
		r.Role, value(r.ThreadOf), r.Zombie, value(r.Unit), r.Command)
}

func (a answer) whoRows(t testing.TB) map[int]whoRow {
	t.Helper()
	rows := map[int]whoRow{}
	for _, r := range decoded[whoRow](t, a) {
		rows[r.HostPID] = r
	}
	return rows
}

// who asks for the numbers, whatever the exit status.
func who(t testing.TB, c call, numbers []int, args ...string) answer {
	t.Helper()
	words := append([]string{"who"}, args...)
	for _, n := range numbers {
		words = append(words, fmt.Sprint(n))
	}
	return c.run(t, words...)
}

// whoIs asks for one number that has an answer.
func whoIs(t testing.TB, number int) whoRow {
	t.Helper()
	return who(t, call{}, []int{number}, "--format", "json").wantStatus(t, 0).whoRows(t)[number]
}

// task is what the kernel says of a process or thread, and what is known of
// its making.
type task struct {
	box *box
	process
	// role is empty where several would be right.
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

// tasksOf are the processes, zombies, threads and shims of the boxes. roles
// are those that are known, the main processes' among them.
func tasksOf(t testing.TB, roles map[int]string, boxes ...*box) map[int]task {
	t.Helper()
	tasks := map[int]task{}
	for _, b := range boxes {
		for pid, p := range b.processes() {
			if innermost(pid) != b.id {
				continue // of a container whose cgroup is below this one
			}
			role := roles[pid]
			switch {
			case role == "main":
				shim, _ := readProcess(p.ppid)
				tasks[p.ppid] = task{box: b, process: shim, role: "shim"}
			case p.state == "Z" && p.threads <= 1:
				role = "zombie"
			}
			tasks[pid] = task{box: b, process: p, role: role}
			for _, tid := range threadsOf(pid) {
				tasks[tid] = task{box: b, process: p, role: "thread", threadOf: pid}
			}
		}
	}
	return tasks
}

// threadsOf are a process's threads but the main one.
func threadsOf(pid int) []int {
	dirs, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/[0-9]*", pid))
	var tids []int
	for _, dir := range dirs {
		if tid := atoi(filepath.Base(dir)); tid != pid {
			tids = append(tids, tid)
		}
	}
	return tids
}

// wantWho holds a row against the kernel.
func wantWho(t testing.TB, r whoRow, number int, want task) {
	t.Helper()
	if r.HostPID != number || value(r.Container) != want.box.name || value(r.ContainerID) != want.box.id {
		t.Errorf("%v\nis of %s: %d %+v", r, want.box.name, number, want.process)
	}
	roles := []string{want.role}
	if want.role == "" {
		roles = []string{"child", "orphan", "exec"}
	}
	if !slices.Contains(roles, r.Role) || r.Zombie != (want.role == "zombie") {
		t.Errorf("%v\nis %s: %+v", r, roles, want.process)
	}
	switch want.role {
	case "thread":
		if value(r.ThreadOf) != want.threadOf {
			t.Errorf("%v\nis a thread of %d", r, want.threadOf)
		}
	case "shim":
		if r.ContainerPID != nil || r.ThreadOf != nil {
			t.Errorf("a shim is in no container: %v", r)
		}
	default:
		inside := want.inside[min(1, len(want.inside)-1)]
		if !slices.Equal(r.PIDs, want.inside) || value(r.ContainerPID) != inside || r.ThreadOf != nil {
			t.Errorf("%v\nhas the PIDs %v", r, want.inside)
		}
	}
}

// underGroup is options of docker run that put the container's cgroup below
// another one, in the driver's own form.
func underGroup(t testing.TB) []string {
	t.Helper()
	name := "e2e-" + random()
	if docker(t, "info", "--format", "{{.CgroupDriver}}") == "systemd" {
		return []string{"--cgroup-parent", name + ".slice"}
	}
	t.Cleanup(func() {
		// Docker leaves the parent behind, empty, in each hierarchy.
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
	owner := run(t)
	joiner := run(t, "--pid", "container:"+owner.name)
	hostly := run(t, "--pid", "host")
	threaded := run(t, "--", "workload", "child-of-thread", "never-waits", "4")
	headless := run(t, "--", "workload", "main-thread-ends")
	main := headless.pid()
	t.Cleanup(func() { _ = syscall.Kill(main, syscall.SIGKILL) })
	nested := runNested(t)
	apart := run(t, append(underGroup(t), "--init")...)
	boxes := []*box{owner, joiner, hostly, threaded, headless, nested, apart}
	if docker(t, "info", "--format", "{{.CgroupDriver}}") == "cgroupfs" {
		// Below another container: whose ID stands in the path too.
		boxes = append(boxes, run(t, "--cgroup-parent", "/docker/"+joiner.id))
	}
	roles := map[int]string{
		owner.start([]string{"-u", "33"}, "sleep", "2222"): "exec", hostly.start(nil, "sleep", "2223"): "exec", apart.start(nil, "sleep", "2224"): "exec",
	}
	for _, b := range boxes {
		roles[b.pid()] = "main"
	}
	owner.leave("exit 7")
	owner.leave("sleep 3333")
	joiner.leave("sleep 4444")
	joiner.leave("exit 5")
	hostly.leave("sleep 5555")
	owner.zombies(1)
	joiner.zombies(1)
	threaded.zombies(1)
	for b, args := range map[*box]string{owner: "sleep 3333", joiner: "sleep 4444", hostly: "sleep 5555"} {
		roles[byArgs(t, b.eventuallyWith(args), args).pid] = "orphan"
	}
	settled(t, owner, 4)
	settled(t, hostly, 3)
	settled(t, apart, 3)

	// Go's runtime starts threads when it likes.
	var tasks map[int]task
	var rows map[int]whoRow
	eventually(t, "all stand still while they are asked for", func() bool {
		tasks = tasksOf(t, roles, boxes...)
		rows = who(t, call{}, slices.Sorted(maps.Keys(tasks)), "--format", "json").whoRows(t)
		return maps.EqualFunc(tasks, tasksOf(t, roles, boxes...), func(a, b task) bool { return a.threadOf == b.threadOf && a.state == b.state })
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

	// A few at once are looked up one by one, where many are found in a scan.
	for few := range slices.Chunk(slices.Sorted(maps.Keys(tasks)), 12) {
		for number, r := range who(t, call{}, few, "--format", "json").wantStatus(t, 0).whoRows(t) {
			wantWho(t, r, number, tasks[number])
		}
	}
	alone := map[string]bool{}
	for number, want := range tasks {
		// One of each kind, and whatever is deep or is in a group of its own.
		if key := fmt.Sprint(want.role, len(want.inside)); !alone[key] {
			alone[key] = true
			wantWho(t, whoIs(t, number), number, want)
		}
	}
	wantBack(t, tasks, boxes)
	wantWhoTable(t, tasks)
	wantOrdinaryUserKnows(t, tasks, rows)
}

// wantBack: host-pid of what who says is the number again, of threads too.
func wantBack(t *testing.T, tasks map[int]task, boxes []*box) {
	t.Helper()
	for _, b := range boxes {
		args, want := []string{"host-pid", b.name}, []int{}
		for number, task := range tasks {
			if task.box != b || task.role == "shim" {
				continue
			}
			inside := task.process
			if task.role == "thread" {
				if inside, _ = readProcess(number); len(inside.inside) == 0 {
					continue // Go's runtime has ended it
				}
			}
			args, want = append(args, chain(inside)), append(want, number)
		}
		wantPIDs(t, ask(t, args...), want...)
	}
}

// wantWhoTable checks the lines that people read.
func wantWhoTable(t *testing.T, tasks map[int]task) {
	t.Helper()
	numbers := slices.Sorted(maps.Keys(tasks))
	a := who(t, call{}, numbers).wantStatus(t, 0)
	lines := strings.Split(strings.TrimSuffix(a.stdout, "\n"), "\n")
	if len(lines) != len(numbers)+1 {
		t.Fatalf("%d lines for %d numbers\n%s", len(lines), len(numbers), a)
	}
	for i, number := range numbers {
		want := tasks[number]
		inside, role, command := regexp.QuoteMeta(chain(want.process)), want.role, ".*"
		switch role {
		case "":
			role = `\w+`
		case "shim":
			inside = "-"
		case "thread":
			inside, command = `\S+`, fmt.Sprintf("of %d \\(.*\\)", want.threadOf)
		case "zombie":
			command = fmt.Sprintf(`\[.*\] exit %d, parent .*`, syscall.WaitStatus(want.status).ExitStatus())
		}
		if line := fmt.Sprintf(`^ *%d +%s +%s +%s +%s$`, number, want.box.name, inside, role, command); !regexp.MustCompile(line).MatchString(lines[i+1]) {
			t.Errorf("want %s: %q", line, lines[i+1])
		}
	}
	var owners strings.Builder
	for _, number := range numbers {
		fmt.Fprintln(&owners, tasks[number].box.name)
	}
	if quiet := who(t, call{}, numbers, "-q").wantStatus(t, 0); quiet.stdout != owners.String() {
		t.Errorf("-q: want\n%s\n%s", owners.String(), quiet)
	}
}

// wantOrdinaryUserKnows: whose a process is takes no rights.
func wantOrdinaryUserKnows(t *testing.T, tasks map[int]task, rows map[int]whoRow) {
	t.Helper()
	user := call{through: append(nobody(t), "docker", "pidns")}
	answers := who(t, user, slices.Sorted(maps.Keys(tasks)), "--format", "json").wantStatus(t, 0).whoRows(t)
	for number, want := range tasks {
		wantWho(t, answers[number], number, want)
		if answers[number].Role != rows[number].Role {
			t.Errorf("%v\nand to root %v", answers[number], rows[number])
		}
	}
}

// inGroup starts a process in a cgroup that this test makes, and returns its
// PID. The processes of a container that was removed, or of a systemd unit,
// look like this.
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
		// Empty folders alone, and those of this test.
		for ; dir != root && strings.Contains(dir, "e2e-"); dir = filepath.Dir(dir) {
			_ = os.Remove(dir)
		}
	})
	t.Cleanup(func() { kill(pid) })
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(fmt.Sprint(pid)), 0); err != nil {
		t.Fatal(err)
	}
	return pid
}

// stays starts a process of this host, which is waited for only when the test
// has ended: if it ends sooner, it is a zombie.
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

// kill ends a process and waits until it has left its cgroup.
func kill(pid int) {
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for range 100 {
		if p, ok := readProcess(pid); !ok || p.state == "Z" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// nobodys is the PID of a process that has ended and was waited for.
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
	b := run(t)
	// Known to be a zombie by the kernel, before it is asked for.
	zombie := stays(t, "true")
	eventually(t, "its end", func() bool { p, _ := readProcess(zombie); return p.state == "Z" })
	unit := "e2e-" + random() + ".service"
	served := inGroup(t, "e2e-"+random()+".slice/"+unit)
	removed := strings.Repeat("e2e0", 15) + "0e2e"
	left := inGroup(t, "e2e-"+random()+"/"+removed)
	self, none := os.Getpid(), nobodys(t)
	threads := threadsOf(self)
	if kthread, _ := readProcess(2); kthread.comm != "kthreadd" {
		t.Fatalf("process 2 is %+v", kthread)
	}

	want := map[int]string{b.pid(): "main", 2: "kernel", self: "host", threads[0]: "thread", zombie: "zombie", served: "host", left: "other-engine", none: "none"}
	numbers := slices.Collect(maps.Keys(want))
	a := who(t, call{}, numbers, "--format", "json").wantStatus(t, 1)
	rows := a.whoRows(t)
	for number, role := range want {
		r := rows[number]
		if r.HostPID != number || r.Role != role || r.Zombie != (number == zombie) {
			t.Errorf("want %d %s: %v", number, role, r)
		}
		if number != b.pid() && (r.Container != nil || r.ContainerPID != nil || r.Via != "") {
			t.Errorf("of no container: %v", r)
		}
	}
	if r := rows[threads[0]]; value(r.ThreadOf) != self {
		t.Errorf("a thread of %d: %v", self, r)
	}
	if r := rows[served]; value(r.Unit) != unit {
		t.Errorf("unit %s: %v", unit, r)
	}
	if r := rows[left]; value(r.ContainerID) != removed {
		t.Errorf("of a container that the engine does not know, %s: %v", removed, r)
	}

	a = who(t, call{}, numbers).wantStatus(t, 1).want(t, unit, removed[:12]+"?", "no such process now", "kthreadd", "sleep infinity")
	if strings.Count(a.stdout, "\n") != len(numbers)+1 {
		t.Errorf("a line for each number\n%s", a)
	}
	for number, role := range want {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^ *%d +\S+ +\S+ +%s +`, number, role)).MatchString(a.stdout) {
			t.Errorf("want %d %s\n%s", number, role, a)
		}
	}
	quiet := who(t, call{}, []int{b.pid(), 2, none, self}, "-q").wantStatus(t, 1)
	if quiet.stdout != b.name+"\n-\n-\n-\n" {
		t.Errorf("the names alone, in the order asked for\n%s", quiet)
	}
	if a := who(t, call{}, []int{none}).wantStatus(t, 1); a.stderr != "" {
		t.Errorf("the row says it\n%s", a)
	}
}

func TestWhoOfWhatIsNoPID(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"0", "abc", "1.5", "99999999999999999999", "e2e-nobody", ""} {
		pidns(t, "who", word).wantStatus(t, 1).wantNothing(t).wantOneError(t, fmt.Sprintf("%q", word), "not a host PID")
		// The others are answered.
		pidns(t, "who", word, "2").wantStatus(t, 1).want(t, "kthreadd").wantOneError(t, fmt.Sprintf("%q", word))
	}
	if a := pidns(t, "who").wantNothing(t); a.status == 0 {
		t.Errorf("who of what?\n%s", a)
	}
	pidns(t, "who", "99999999").wantStatus(t, 1).want(t, "99999999", "none")
}

func TestWhoKeys(t *testing.T) {
	t.Parallel()
	b := run(t)
	for line := range strings.Lines(who(t, call{}, []int{b.pid(), 2, os.Getpid(), nobodys(t)}, "--format", "json").stdout) {
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
	a := ask(t, "who", fmt.Sprint(b.pid()), "--format", "{{.Container}} {{.ContainerPID}} {{.Role}} {{.Via}}")
	a.wantLine(t, b.name+" 1 main cgroup")
}

// Whatever a container is about to do, no process is ever said to be another's
// or nobody's.
func TestWhoWhileContainersComeAndGo(t *testing.T) {
	t.Parallel()
	const busy = "sleep 1111 & (exit 9) & (while :; do sleep 0.02; done) & exec sleep infinity"
	stable := run(t, "--", "sh", "-c", busy)
	flapping := run(t, "--", "sh", "-c", busy)
	boxes := map[string]*box{stable.id: stable, flapping.id: flapping}
	stop := flap(t, flapping)
	kinds := map[string]int{}
	for until := time.Now().Add(4 * time.Second); time.Now().Before(until); {
		before := map[int]task{}
		for id, b := range boxes {
			for pid, p := range processesOf(t, id) {
				before[pid] = task{box: b, process: p}
				// Where runc has not ended yet, the parent is no shim.
				if shim, ok := readProcess(p.ppid); ok && strings.HasPrefix(shim.comm, "containerd-shim") && slices.Contains(shim.args, id) {
					before[p.ppid] = task{box: b, process: shim, role: "shim"}
				}
			}
		}
		if len(before) == 0 {
			continue
		}
		a := who(t, call{}, slices.Sorted(maps.Keys(before)), "--format", "json")
		rows := a.whoRows(t)
		for number, was := range before {
			r := rows[number]
			kinds[r.Role]++
			now, lives := readProcess(number)
			lives = lives && now.state != "Z"
			switch {
			case r.Role == "none" || r.Role == "unknown":
				if lives && now.ppid == was.ppid && slices.Equal(now.args, was.args) {
					t.Errorf("there before and after: %v\n%+v", r, now)
				}
			case was.role == "shim" && r.Zombie:
				// It names its container no more.
			case value(r.Container) != was.box.name || value(r.ContainerID) != was.box.id:
				t.Errorf("%v\nis of %s: %+v, now %+v", r, was.box.name, was.process, now)
			case was.role == "shim":
			case !slices.Equal(r.PIDs, was.inside) || r.Role != "thread" && value(r.ContainerPID) != was.inside[len(was.inside)-1]:
				t.Errorf("%v\nhas the PIDs %v", r, was.inside)
			}
		}
		if a.stderr != "" {
			t.Errorf("nothing to complain of\n%s", a)
		}
		// And back, for what stays.
		sleeper := byArgs(t, stable.processes(), "sleep 1111")
		r := whoIs(t, sleeper.pid)
		wantPIDs(t, ask(t, "host-pid", value(r.Container).(string), fmt.Sprint(value(r.ContainerPID))), sleeper.pid)
	}
	stop()
	t.Logf("roles told: %v", kinds)
	if kinds["none"] == 0 || kinds["main"] == 0 || kinds["zombie"] == 0 {
		t.Errorf("nothing came and went: %v", kinds)
	}
}

// whoLines passes lines to who - and splits what comes back into the first
// column and the rest, which has to be what went in.
func whoLines(t *testing.T, c call, input string, args ...string) (column []string, a answer) {
	t.Helper()
	c.stdin = input
	a = c.run(t, append([]string{"who", "-"}, args...)...).wantStatus(t, 0)
	want := strings.Split(strings.TrimSuffix(input, "\n"), "\n")
	got := strings.Split(strings.TrimSuffix(a.stdout, "\n"), "\n")
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
	// Nobody asks for this one, which rests most of the time.
	run(t, "--restart", "always", "--", "sh", "-c", "exit 3")
	b := run(t)
	joiner := run(t, "--pid", "container:"+b.name)
	session := b.start(nil, "sleep", "2222")
	b.leave("exit 7")
	zombie := onlyKey(t, b.zombies(1))
	shim, _ := readProcess(b.pid())
	want := map[int]string{b.pid(): b.name, session: b.name, zombie: b.name, shim.ppid: b.name, joiner.pid(): joiner.name, 2: "-", os.Getpid(): "-"}
	for _, ps := range []struct {
		words []string
		field int
	}{
		{[]string{"ps", "aux"}, 1}, {[]string{"ps", "-ef"}, 1}, {[]string{"ps", "axo", "stat,ppid,pid,args"}, 2}, {[]string{"docker", "top", b.name}, 1},
		{[]string{"ps", "axo", "lstart,stat,pid,args"}, 6}, // a date has five words
	} {
		before := map[int]string{}
		for _, pid := range allPIDs(t) {
			before[pid] = innermost(pid)
		}
		input, err := exec.Command(ps.words[0], ps.words[1:]...).Output()
		if err != nil {
			t.Fatal(err)
		}
		column, a := whoLines(t, call{}, string(input))
		if a.stderr != "" || column[0] != "CONTAINER" {
			t.Errorf("%q has a heading, and nothing to complain of: first %q, stderr %s", ps.words, column[0], a.stderr)
		}
		seen := map[int]string{}
		for i, line := range strings.Split(strings.TrimSuffix(string(input), "\n"), "\n") {
			if i > 0 {
				seen[atoi(strings.Fields(line)[ps.field])] = column[i]
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

// The tables of pidns itself have HOST PID and CTR PID for headings, of which only
// the first is a number of the host.
func TestWhoOfTables(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.start(nil, "sleep", "2222")
	b.leave("exit 7")
	b.zombies(1)
	for _, args := range [][]string{{"tree", b.name, "--format", "table"}, {"zombies", b.name, "--format", "table"}, {"host-pid", b.name, "1", "--format", "table"}, {"who", fmt.Sprint(b.pid())}} {
		input := ask(t, args...).stdout
		column, a := whoLines(t, call{}, input)
		for i, name := range column {
			if want := map[bool]string{true: "CONTAINER", false: b.name}[i == 0]; name != want {
				t.Errorf("%q: line %d is of %q, want %q\n%s", args, i, name, want, a)
			}
		}
	}
	number := b.start(nil, "sleep", "3333")
	input := fmt.Sprintf("%-13s%7s\n%-13s%7d\n%-13s%7d\n", "COMMAND", "PID", "sleep 1", number, fmt.Sprint("sleep ", os.Getpid()), number)
	if column, a := whoLines(t, call{}, input); !slices.Equal(column, []string{"CONTAINER", b.name, b.name}) {
		t.Errorf("commands in front: %q\n%s", column, a)
	}
}

// wantEveryOwner holds the names of all processes of the host, whoever started
// them, against their cgroups and the engine's list. before are the IDs in their
// cgroups at first: what came, moved or went since is left out.
func wantEveryOwner(t *testing.T, seen, before map[int]string) {
	t.Helper()
	known := map[string]string{}
	for line := range strings.Lines(docker(t, "ps", "--no-trunc", "--format", "{{.ID}} {{.Names}}")) {
		fields := strings.Fields(line)
		known[fields[0]] = fields[1]
	}
	checked := 0
	for pid, name := range seen {
		id := innermost(pid)
		p, lives := readProcess(pid)
		switch {
		case !lives || name == "(gone)" || before[pid] != id:
		case known[id] != "":
			checked++
			if name != known[id] {
				t.Errorf("%d is of %s, not of %q: %+v", pid, known[id], name, p)
			}
		case id == "" && p.ppid == 2:
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
	b := run(t)
	main := b.pid()
	none := nobodys(t)
	text := func(format string) string {
		return strings.NewReplacer("MAIN", fmt.Sprint(main), "SELF", fmt.Sprint(os.Getpid()), "NONE", fmt.Sprint(none)).Replace(format)
	}
	for what, c := range map[string]struct {
		input string
		args  []string
		want  []string
	}{
		"pid=N":                         {"oom: pid=MAIN, uid=33\nusers:((\"sshd\",pid=SELF,fd=3))\npid=NONE\nno number\nppid=MAIN\n", nil, []string{b.name, "-", "(gone)", "", ""}},
		"a number alone":                {"MAIN\n  SELF\n\nMAIN 17\n", nil, []string{b.name, "-", "", ""}},
		"a heading":                     {"load 3 MAIN\nUSER PID PPID\nroot MAIN 1\nroot 1 MAIN\nroot SELF MAIN pid=MAIN\n", nil, []string{"", "CONTAINER", b.name, "-", "-"}},
		"a sentence is no heading":      {"x.service: Can't open PID file\npid=MAIN\n", nil, []string{"", b.name}},
		"a field":                       {"x 1 MAIN\ny MAIN SELF\nshort\n", []string{"--field", "3"}, []string{b.name, "-", ""}},
		"a field, not the heading":      {"UID PID LWP\nx SELF MAIN\n", []string{"--field", "3"}, []string{"CONTAINER", b.name}},
		"no line end":                   {"MAIN\nSELF", nil, []string{b.name, "-"}},
		"what would move the cursor":    {"pid=MAIN \x1b[2J\x07\u202e\xff\tx\u00e4\n", nil, []string{b.name}},
		"blanks in front and behind":    {"  MAIN  \n\t SELF\t\n", nil, []string{b.name, "-"}},
		"line ends of another system":   {"MAIN\r\npid=SELF\r\n", nil, []string{b.name, "-"}},
		"as long as they come":          {"pid=MAIN " + strings.Repeat("x", 200000) + "\n", nil, []string{b.name}},
		"longer than any line of /proc": {"pid=MAIN " + strings.Repeat("x", 3<<20) + "\n", nil, []string{b.name}},
	} {
		t.Run(what, func(t *testing.T) {
			column, a := whoLines(t, call{}, text(c.input), c.args...)
			if !slices.Equal(column, c.want) {
				t.Errorf("want %q, got %q\n%.2000s", c.want, column, a)
			}
			if a.stderr != "" {
				t.Errorf("%.2000s", a)
			}
		})
	}
	for _, input := range []string{"", "\n", text("users MAIN and SELF\nroot MAIN\n"), "PID\n", "USER PID\n", "pid=abc\n-5\n0\n"} {
		a := call{stdin: input}.run(t, "who", "-").wantStatus(t, 1).wantNothing(t)
		a.wantOneError(t, "no PID in the input", "--field")
	}
	call{stdin: text("MAIN\n")}.run(t, "who", "-", "--field", "-1").wantStatus(t, 1).wantNothing(t).wantOneError(t, "field")
}

// A capture answers as the host did.
func TestWhoFrom(t *testing.T) {
	t.Parallel()
	b := run(t, "--", "workload", "child-of-thread", "never-waits", "4")
	joiner := run(t, "--pid", "container:"+b.name)
	joiner.leave("sleep 4444")
	joiner.eventuallyWith("sleep 4444")
	session := b.start(nil, "sleep", "2222")
	b.zombies(1)
	settled(t, joiner, 2)
	path := snapshotNow(t)

	shim, _ := readProcess(b.pid())
	numbers := append(slices.Collect(maps.Keys(b.processes())), slices.Collect(maps.Keys(joiner.processes()))...)
	numbers = append(numbers, session, shim.ppid, 2, os.Getpid(), threadsOf(b.pid())[0])
	for _, options := range [][]string{{"--format", "json"}, {"-q"}, {}} {
		live := who(t, call{}, numbers, options...)
		saved := who(t, nowhere, numbers, append(options, "--from", path)...)
		if live.stdout != saved.stdout || live.status != saved.status || live.stderr != saved.stderr {
			t.Errorf("%q: not the same\n%s\n%s", options, live, saved)
		}
	}
	input := fmt.Sprintf("x pid=%d\nnothing\npid=2\n", session)
	column, _ := whoLines(t, nowhere, input, "--from", path)
	if !slices.Equal(column, []string{b.name, "", "-"}) {
		t.Errorf("lines held against a capture: %q", column)
	}
	// What the capture does not have is not said to be the host's.
	const other = 99999999
	r := who(t, nowhere, []int{other}, "--from", path, "--format", "json").wantStatus(t, 1).whoRows(t)[other]
	if r.Role != "none" && r.Role != "unknown" || r.Container != nil || r.Absent["Container"] == "not-held" {
		t.Errorf("not in the capture: %v, absent %v", r, r.Absent)
	}
	if column, _ := whoLines(t, nowhere, fmt.Sprintln(other), "--from", path); column[0] == "-" {
		t.Errorf("%d is said to be of no container", other)
	}
}

// Another engine's containers and shims are said to be that.
func TestWhoOfPodman(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("podman"); err != nil {
		t.Skip("podman is not installed")
	}
	dir := shortDir(t)
	for _, name := range []string{"bin", "proc", "dev", "sys", "etc"} {
		if err := os.MkdirAll(filepath.Join(dir, "fs", name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := command("cp", suite.busybox, filepath.Join(dir, "fs/bin/sleep")); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	name := "e2e-" + random()
	podman := func(args ...string) (string, error) {
		options := []string{"--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--cgroup-manager", "cgroupfs", "--runtime", "runc"}
		return command("podman", append(options, args...)...)
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
	main, ok := readProcess(atoi(pid))
	conmon, ok2 := readProcess(main.ppid)
	if !ok || !ok2 || conmon.comm != "conmon" {
		t.Fatalf("%s is %+v, below %+v", pid, main, conmon)
	}
	numbers := []int{main.pid, conmon.pid}
	for _, number := range numbers {
		r := whoIs(t, number)
		if r.Role != "other-engine" || r.Container != nil || value(r.ContainerID) != id {
			t.Errorf("of %s, which this engine does not know: %v", id, r)
		}
	}
	a := who(t, call{}, numbers, "-q").wantStatus(t, 0)
	if a.stdout != strings.Repeat(id[:12]+"?\n", 2) {
		t.Errorf("-q\n%s", a)
	}
	column, _ := whoLines(t, call{}, fmt.Sprintf("%d\n%d\n", main.pid, conmon.pid))
	if !slices.Equal(column, []string{id[:12] + "?", id[:12] + "?"}) {
		t.Errorf("lines: %q", column)
	}
}
