//go:build e2e && linux

package e2e

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// Two containers in one PID namespace with every kind of process in a tree: both shims, PID 1,
// an exec session, a zombie, orphans of both.
func TestTreeOfTwoContainersInOneNamespace(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	joiner := Run(t, "--pid", "container:"+owner.Name)
	session := owner.Start([]string{"-u", "33"}, "sleep", "2222")
	owner.Leave("exit 7")
	owner.Leave("sleep 3333")
	joiner.Leave("sleep 4444")
	owner.Zombies(1)
	orphan := ByArgs(t, owner.EventuallyWith("sleep 3333"), "sleep 3333")
	foreign := ByArgs(t, joiner.EventuallyWith("sleep 4444"), "sleep 4444")
	settled(t, owner, 4)
	settled(t, joiner, 2)

	rows := AskRows(t, "tree", joiner.Name, owner.Name)
	wantExactly(t, rows, owner, joiner)
	wantAsPSSays(t, rows)
	roles := map[int]string{owner.PID(): "main", joiner.PID(): "main", session: "exec", orphan.PID: "orphan", foreign.PID: "orphan"}
	for pid, role := range roles {
		if r := RowOf(t, rows, pid); r.Role != role {
			t.Errorf("role %s, want %s: %v", r.Role, role, r)
		}
	}
	if r := RowOf(t, rows, session); Value(r.ExecID) != strings.Trim(owner.Inspect("{{.ExecIDs}}"), "[]") || Value(r.UID) != 33 {
		t.Errorf("the exec session of docker inspect and user 33, not %v", r)
	}
	if r := RowOf(t, rows, joiner.PID()); r.NSInit || Value(r.ContainerPID) == 1 {
		t.Errorf("who joined is not PID 1: %v", r)
	}
	if r := RowOf(t, rows, owner.PID()); !r.NSInit || Value(r.ContainerPID) != 1 {
		t.Errorf("PID 1 is: %v", r)
	}

	text := Ask(t, "tree", joiner.Name, owner.Name)
	text.Want(t, "joined by "+joiner.Name, "of "+owner.Name, "HOST PID", "CTR PID", "[sh] exit 7", "zombies "+owner.Name)
	if headers := headersIn(text, owner, joiner); !slices.IsSorted(headers) || len(headers) != 2 {
		t.Errorf("blocks %q are not one a container by name\n%s", headers, text)
	}
	ours := blockOf(t, text, joiner.Name)
	if !strings.Contains(ours, "sleep 4444") || !regexp.MustCompile(`sleep 4444 .*of `+owner.Name).MatchString(ours) {
		t.Errorf("the orphan is drawn in its own container with whose child it is\n%s", text)
	}
	for _, p := range []int{session, orphan.PID, foreign.PID, owner.PID(), joiner.PID()} {
		if n := len(regexp.MustCompile(fmt.Sprintf(`(?m)^ *%d `, p)).FindAllString(text.Stdout, -1)); n != 1 {
			t.Errorf("process %d is drawn %d times\n%s", p, n, text)
		}
	}
	lines := strings.Count(strings.TrimSpace(Ask(t, "tree", "-q", joiner.Name, owner.Name).Stdout), "\n") + 1
	if lines != len(rows) {
		t.Errorf("%d host PIDs with -q, want %d", lines, len(rows))
	}
}

// Asked for alone or with all, a process is in one container, once.
func TestTreeOfAllDrawsEachOnce(t *testing.T) {
	owner := Run(t)
	joiner := Run(t, "--pid", "container:"+owner.Name)
	joiner.Leave("sleep 4444")
	joiner.EventuallyWith("sleep 4444")
	settled(t, joiner, 2)
	// Containers of other tests may come and go meanwhile.
	whole := PIDNS(t, "tree", "--format", "json").Rows(t)
	seen := map[int]string{}
	for _, r := range whole {
		if other, ok := seen[r.HostPID]; ok {
			t.Errorf("host PID %d is drawn in %s and in %s", r.HostPID, other, r.Container)
		}
		seen[r.HostPID] = r.Container
	}
	mine := slices.DeleteFunc(whole, func(r Row) bool { return r.Container != owner.Name && r.Container != joiner.Name })
	wantExactly(t, mine, owner, joiner)
}

// settled waits until the container has this many processes, because the parent of an orphan
// takes a moment to exit.
func settled(t *testing.T, b *Box, want int) {
	t.Helper()
	Eventually(t, fmt.Sprintf("%d processes in %s", want, b.Name), func() bool { return len(b.Processes()) == want })
}

// wantExactly compares rows with the kernel: every process with a container's ID in its cgroup,
// and the containers' shims, each once, and nothing else.
func wantExactly(t *testing.T, rows []Row, boxes ...*Box) {
	t.Helper()
	left := map[int]Row{}
	for _, r := range rows {
		left[r.HostPID] = RowOf(t, rows, r.HostPID)
	}
	for _, b := range boxes {
		want := b.Processes()
		for pid, p := range want {
			r, ok := left[pid]
			if !ok {
				t.Errorf("process %d %q of %s is missing", pid, p.Args, b.Name)
				continue
			}
			delete(left, pid)
			wantAsInProc(t, r, p, b)
		}
		shim := want[b.PID()].PPID
		if r := left[shim]; r.Role != "shim" || r.ContainerPID != nil || r.Container != b.Name {
			t.Errorf("process %d is the shim of %s: %v", shim, b.Name, r)
		}
		delete(left, shim)
	}
	if len(left) > 0 {
		t.Errorf("rows that are no processes of these containers: %v", left)
	}
}

func wantAsInProc(t *testing.T, r Row, p Process, b *Box) {
	t.Helper()
	state := func(s string) string { return strings.NewReplacer("R", "S").Replace(s) }
	if r.Container != b.Name || r.ContainerID != b.ID || r.ParentHostPID != p.PPID || state(r.State) != state(p.State) ||
		r.HostUID != p.UID || r.Comm != p.Comm || !slices.Equal(r.Args, p.Args) && p.State != "Z" || !slices.Equal(r.PIDs, p.Inside) {
		t.Errorf("row %v\nis not what /proc says: %+v", r, p)
	}
}

// wantAsPSSays compares rows with ps.
func wantAsPSSays(t *testing.T, rows []Row) {
	t.Helper()
	listing, err := Command(Suite.Busybox, "ps", "-o", "pid,ppid,stat,comm")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for line := range strings.Lines(listing) {
		if fields := strings.Fields(line); len(fields) > 0 {
			said[fields[0]] = fields
		}
	}
	for _, r := range rows {
		fields := said[fmt.Sprint(r.HostPID)]
		if len(fields) < 4 || fields[1] != fmt.Sprint(r.ParentHostPID) || fields[2][:1] != r.State || !strings.HasPrefix(r.Comm, fields[3]) {
			t.Errorf("row %v\nis not what ps says: %q", r, fields)
		}
	}
}

// headersIn are the containers' names in the order of their blocks.
func headersIn(a Answer, boxes ...*Box) []string {
	var found []string
	for line := range strings.Lines(a.Stdout) {
		for _, b := range boxes {
			if strings.HasPrefix(line, b.Name+"  "+b.ID[:12]) {
				found = append(found, b.Name)
			}
		}
	}
	return found
}

// blockOf is the part of the output from a container's header to the next.
func blockOf(t *testing.T, a Answer, name string) string {
	t.Helper()
	header := regexp.MustCompile(`(?m)^\S+  [0-9a-f]{12}  `)
	starts := header.FindAllStringIndex(a.Stdout, -1)
	for i, start := range starts {
		end := len(a.Stdout)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		if block := a.Stdout[start[0]:end]; strings.HasPrefix(block, name+"  ") {
			return block
		}
	}
	t.Fatalf("no block of %s\n%s", name, a)
	return ""
}

func TestTreeBelowDockerInit(t *testing.T) {
	t.Parallel()
	b := Run(t, "--init")
	settled(t, b, 2)
	rows := AskRows(t, "tree", b.Name)
	wantExactly(t, rows, b)
	main := RowOf(t, rows, b.PID())
	if main.Role != "main" || !main.NSInit || main.Comm != "docker-init" {
		t.Errorf("PID 1 is docker-init: %v", main)
	}
	Ask(t, "tree", b.Name).Want(t, "docker-init", "sleep infinity", "pid namespace own")
}

func TestTreeInTheHostsNamespace(t *testing.T) {
	t.Parallel()
	b := Run(t, "--pid", "host")
	session := b.Start(nil, "sleep", "2222")
	b.Leave("sleep 3333")
	orphan := ByArgs(t, b.EventuallyWith("sleep 3333"), "sleep 3333")
	settled(t, b, 3)
	rows := AskRows(t, "tree", b.Name)
	wantExactly(t, rows, b)
	if r := RowOf(t, rows, b.PID()); r.Role != "main" || r.NSInit || Value(r.ContainerPID) != r.HostPID || len(r.PIDs) != 1 {
		t.Errorf("main process with the host's PIDs: %v", r)
	}
	if r := RowOf(t, rows, session); r.Role != "exec" || Value(r.ExecID) != strings.Trim(b.Inspect("{{.ExecIDs}}"), "[]") {
		t.Errorf("exec session: %v", r)
	}
	if r := RowOf(t, rows, orphan.PID); r.Role != "orphan" {
		t.Errorf("adopted by the shim: %v", r)
	}
	Ask(t, "tree", b.Name).Want(t, "pid namespace the host's")
}

func TestTreeOfANestedNamespace(t *testing.T) {
	t.Parallel()
	b := Run(t, "--cap-add", "SYS_ADMIN", "--", "sh", "-c", "unshare -p -f sleep 5555; sleep infinity")
	nested := ByArgs(t, b.EventuallyWith("sleep 5555"), "sleep 5555")
	if len(nested.Inside) != 3 || nested.Inside[2] != 1 {
		t.Fatalf("not in a nested namespace: %+v", nested)
	}
	rows := AskRows(t, "tree", b.Name)
	wantExactly(t, rows, b)
	if r := RowOf(t, rows, nested.PID); Value(r.ContainerPID) != nested.Inside[1] || !r.NSInit || r.Role != "child" {
		t.Errorf("init of a nested namespace: %v", r)
	}
	Ask(t, "tree", b.Name).Want(t, fmt.Sprintf("%d>1", nested.Inside[1]))
}

// Users are shown by number as inside the container, root for 0.
func TestTreeUsers(t *testing.T) {
	t.Parallel()
	b := Run(t, "--user", "33")
	session := b.Start([]string{"-u", "0"}, "sleep", "2222")
	rows := AskRows(t, "tree", b.Name)
	if r := RowOf(t, rows, b.PID()); Value(r.UID) != 33 {
		t.Errorf("user 33: %v", r)
	}
	if r := RowOf(t, rows, session); Value(r.UID) != 0 {
		t.Errorf("user 0: %v", r)
	}
	text := Ask(t, "tree", b.Name)
	for pid, user := range map[int]string{b.PID(): "33", session: "root"} {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^ *%d +\d+ +%s `, pid, user)).MatchString(text.Stdout) {
			t.Errorf("want user %s for %d\n%s", user, pid, text)
		}
	}
}

func TestTreeOfThePaused(t *testing.T) {
	t.Parallel()
	b := Run(t)
	Docker(t, "pause", b.Name)
	t.Cleanup(func() { _, _ = Command("docker", "unpause", b.Name) })
	wantExactly(t, AskRows(t, "tree", b.Name), b)
	Ask(t, "tree", b.Name).Want(t, "paused")
	if a := Ask(t, "host-pid", b.Name); a.Stdout != fmt.Sprintln(b.PID()) {
		t.Errorf("want %d\n%s", b.PID(), a)
	}
}

// Between two tries a restarting container has no process.
func TestTreeOfTheRestarting(t *testing.T) {
	t.Parallel()
	b := Run(t, "--restart", "always", "--", "sh", "-c", "exit 3")
	Eventually(t, "pauses of more than a second", func() bool { return b.Inspect("{{ge .RestartCount 4}}") == "true" })
	const state = "{{.RestartCount}} {{.State.Status}} {{.State.StartedAt}}"
	Eventually(t, "an answer while it restarts", func() bool {
		before := b.Inspect(state)
		a := PIDNS(t, "tree", b.Name)
		if !strings.Contains(before, "restarting") || b.Inspect(state) != before {
			return false
		}
		a.WantStatus(t, 1).WantNothing(t).WantOneError(t, b.Name+" is restarting", "(3)")
		return true
	})
}

func TestEqualChildrenFold(t *testing.T) {
	t.Parallel()
	b := Run(t, "--", "sh", "-c", "for i in $(seq 30); do sleep 777 & done; sleep 778 & wait")
	// A child looks like its parent until it has started its own program.
	Eventually(t, "31 that sleep", func() bool {
		sleeping := 0
		for _, p := range b.Processes() {
			if p.Comm == "sleep" {
				sleeping++
			}
		}
		return sleeping == 31
	})
	a := Ask(t, "tree", b.Name).Want(t, "x 30", "sleep 778")
	if n := strings.Count(a.Stdout, "sleep 777"); n != 1+strings.Count(a.Stdout, "seq 30") {
		t.Errorf("30 equal children in %d lines\n%s", n, a)
	}
	if a := Ask(t, "tree", "--no-trunc", b.Name); strings.Count(a.Stdout, "- sleep 777")+strings.Count(a.Stdout, "─ sleep 777") != 30 || strings.Contains(a.Stdout, "x 30") {
		t.Errorf("--no-trunc folds\n%s", a)
	}
	wantExactly(t, AskRows(t, "tree", b.Name), b)
}

func TestFoldsHideNoOtherEnding(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Sh("for i in 1 1 1 1 1 2 2 2 2 2; do (sh -c \"exit $i\" &); done")
	b.Zombies(10)
	Ask(t, "tree", b.Name).Want(t, "exit 1  x 5", "exit 2  x 5")
}

// State Z with other threads alive is not a zombie.
func TestMainThreadExited(t *testing.T) {
	t.Parallel()
	b := Run(t, "--", "workload", "main-thread-ends")
	main := b.PID()
	// Docker would ask it to exit, and wait.
	t.Cleanup(func() { _ = syscall.Kill(main, syscall.SIGKILL) })
	Eventually(t, "its main thread's end", func() bool {
		p, ok := ReadProcess(main)
		return ok && p.State == "Z" && p.Threads > 1
	})
	rows := AskRows(t, "tree", b.Name)
	wantExactly(t, rows, b)
	if r := RowOf(t, rows, main); r.Zombie || !r.MainThreadExited || r.Role != "main" || r.Exit != nil {
		t.Errorf("main thread exited, others live: %v", r)
	}
	Ask(t, "tree", b.Name).Want(t, "main thread exited", "pid namespace own")
	Ask(t, "zombies", b.Name).WantLine(t, "No zombies in 1 container, 1 process.")
	if a := Ask(t, "host-pid", b.Name, "1"); a.Stdout != fmt.Sprintln(main) {
		t.Errorf("want %d\n%s", main, a)
	}
}

// Only the list of children of the starting thread has the child.
func TestChildOfAThread(t *testing.T) {
	t.Parallel()
	b := Run(t, "--", "workload", "child-of-thread", "never-waits", "4")
	zombie := onlyKey(t, b.Zombies(1))
	settled(t, b, 3)
	wantExactly(t, AskRows(t, "tree", b.Name), b)
	RowOf(t, AskRows(t, "zombies", b.Name), zombie)
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	b := Run(t, "--", "workload", "hostile")
	b.Leave("workload hostile-zombie")
	zombie := onlyKey(t, b.Zombies(1))
	main := b.PID()
	p, ok := ReadProcess(main)
	if !ok || !strings.Contains(strings.Join(p.Args, ""), "\x1b") || !strings.Contains(p.Comm, "\n") {
		t.Fatalf("not hostile: %+v", p)
	}

	rows := AskRows(t, "tree", b.Name)
	r := RowOf(t, rows, main)
	if r.Comm != p.Comm || len(r.Args) != len(p.Args) || r.Args[0] != p.Args[0] || r.Args[2] != p.Args[2] || r.Args[3] != p.Args[3] {
		t.Errorf("JSON has the text whole: %v\nwant %+v", r, p)
	}
	if z := RowOf(t, AskRows(t, "zombies", b.Name), zombie); Value(z.ExitCode) != 3 || z.Comm != p.Comm {
		t.Errorf("a stat line is split at its last parenthesis: %v", z)
	}
	for _, args := range [][]string{
		{"tree", b.Name}, {"tree", "--no-trunc", b.Name}, {"tree", "--format", "table", b.Name},
		{"zombies", b.Name}, {"host-pid", "--filter", "name=" + b.Name}, {"host-pid", b.Name, "999"},
		{"tree", "--format", "table {{.HostPID}}\t{{.Command}}", b.Name},
	} {
		wantPlain(t, PIDNS(t, args...))
	}
}

// wantPlain checks that nothing can move the cursor, change the direction or break a line,
// except our own line ends.
func wantPlain(t *testing.T, a Answer) {
	t.Helper()
	for _, text := range []string{a.Stdout, a.Stderr} {
		if !utf8.ValidString(text) {
			t.Errorf("not UTF-8: %q", text)
		}
		for _, r := range strings.ReplaceAll(text, "\n", "") {
			if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) {
				t.Errorf("%s prints %q raw: %q", a.Line, r, text)
				return
			}
		}
		if strings.Contains(text, "\nlines") || strings.Contains(text, "\nx") {
			t.Errorf("a process's text breaks a line: %q", text)
		}
	}
}

func TestFilters(t *testing.T) {
	t.Parallel()
	project := "e2e-" + Random()
	one := Run(t, "--label", "com.docker.compose.project="+project, "--label", "com.docker.compose.service=web")
	two := Run(t, "--label", "com.docker.compose.project="+project, "--label", "com.docker.compose.service=db")
	names := func(filters ...string) []string {
		args := []string{"tree"}
		for _, f := range filters {
			args = append(args, "--filter", f)
		}
		found := map[string]bool{}
		for _, r := range AskRows(t, args...) {
			found[r.Container] = true
		}
		return slices.Sorted(maps.Keys(found))
	}
	both := []string{one.Name, two.Name}
	slices.Sort(both)
	for _, c := range []struct {
		filters, want []string
	}{
		{[]string{"project=" + project}, both},
		{[]string{"project=" + project, "service=web"}, []string{one.Name}},
		{[]string{"name=" + two.Name}, []string{two.Name}},
		{[]string{"label=com.docker.compose.project=" + project, "service=db"}, []string{two.Name}},
		{[]string{"project=" + project, "name=" + Random()}, nil},
	} {
		if got := names(c.filters...); !slices.Equal(got, c.want) {
			t.Errorf("%q selects %q, want %q", c.filters, got, c.want)
		}
	}
}

// A container that the filter leaves out still owns its processes, whichever container's PID 1
// has adopted them.
func TestFilterGivesNobodyOthersProcesses(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	joiner := Run(t, "--pid", "container:"+owner.Name)
	owner.Leave("exit 7")
	joiner.Leave("exit 5")
	joiner.Leave("sleep 4444")
	joiner.Zombies(1)
	joiner.EventuallyWith("sleep 4444")
	settled(t, joiner, 3)
	settled(t, owner, 2)
	filter := []string{"--filter", "name=" + owner.Name}
	wantExactly(t, AskRows(t, append([]string{"tree"}, filter...)...), owner)
	Ask(t, append([]string{"tree"}, filter...)...).Want(t, "joined by "+joiner.Name)
	if rows := AskRows(t, append([]string{"zombies"}, filter...)...); len(rows) != 1 || Value(rows[0].ExitCode) != 7 {
		t.Errorf("%s has one zombie: %v", owner.Name, rows)
	}
	r := RowOf(t, AskRows(t, append([]string{"host-pid"}, filter...)...), owner.PID())
	if Value(r.Processes) != 2 || Value(r.Zombies) != 1 {
		t.Errorf("2 processes, 1 zombie: %v", r)
	}
	filter = []string{"--filter", "name=" + joiner.Name}
	wantExactly(t, AskRows(t, append([]string{"tree"}, filter...)...), joiner)
	Ask(t, append([]string{"tree"}, filter...)...).Want(t, "pid namespace of "+owner.Name)
}
