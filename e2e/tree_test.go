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
)

// Two containers in one PID namespace with all that makes a tree: both shims,
// PID 1, an exec session, a zombie, orphans of both.
func TestTreeOfTwoContainersInOneNamespace(t *testing.T) {
	t.Parallel()
	owner := run(t)
	joiner := run(t, "--pid", "container:"+owner.name)
	session := owner.start([]string{"-u", "33"}, "sleep", "2222")
	owner.leave("exit 7")
	owner.leave("sleep 3333")
	joiner.leave("sleep 4444")
	owner.zombies(1)
	orphan := byArgs(t, owner.eventuallyWith("sleep 3333"), "sleep 3333")
	foreign := byArgs(t, joiner.eventuallyWith("sleep 4444"), "sleep 4444")
	settled(t, owner, 4)
	settled(t, joiner, 2)

	rows := askRows(t, "tree", joiner.name, owner.name)
	wantExactly(t, rows, owner, joiner)
	wantAsPSSays(t, rows)
	roles := map[int]string{owner.pid(): "main", joiner.pid(): "main", session: "exec", orphan.pid: "orphan", foreign.pid: "orphan"}
	for pid, role := range roles {
		if r := rowOf(t, rows, pid); r.Role != role {
			t.Errorf("role %s, want %s: %v", r.Role, role, r)
		}
	}
	if r := rowOf(t, rows, session); value(r.ExecID) != strings.Trim(owner.inspect("{{.ExecIDs}}"), "[]") || value(r.UID) != 33 {
		t.Errorf("the exec session of docker inspect and user 33, not %v", r)
	}
	if r := rowOf(t, rows, joiner.pid()); r.NSInit || value(r.ContainerPID) == 1 {
		t.Errorf("who joined is not PID 1: %v", r)
	}
	if r := rowOf(t, rows, owner.pid()); !r.NSInit || value(r.ContainerPID) != 1 {
		t.Errorf("PID 1 is: %v", r)
	}

	text := ask(t, "tree", joiner.name, owner.name)
	text.want(t, "joined by "+joiner.name, "of "+owner.name, "HOST PID", "CTR PID", "[sh] exit 7", "zombies "+owner.name)
	if headers := headersIn(text, owner, joiner); !slices.IsSorted(headers) || len(headers) != 2 {
		t.Errorf("blocks %q are not one a container by name\n%s", headers, text)
	}
	ours := blockOf(t, text, joiner.name)
	if !strings.Contains(ours, "sleep 4444") || !regexp.MustCompile(`sleep 4444 .*of `+owner.name).MatchString(ours) {
		t.Errorf("the orphan is drawn in its own container with whose child it is\n%s", text)
	}
	for _, p := range []int{session, orphan.pid, foreign.pid, owner.pid(), joiner.pid()} {
		if n := len(regexp.MustCompile(fmt.Sprintf(`(?m)^ *%d `, p)).FindAllString(text.stdout, -1)); n != 1 {
			t.Errorf("process %d is drawn %d times\n%s", p, n, text)
		}
	}
	lines := strings.Count(strings.TrimSpace(ask(t, "tree", "-q", joiner.name, owner.name).stdout), "\n") + 1
	if lines != len(rows) {
		t.Errorf("%d host PIDs with -q, want %d", lines, len(rows))
	}
}

// Asked alone or with all, a process is in one container, once.
func TestTreeOfAllDrawsEachOnce(t *testing.T) {
	owner := run(t)
	joiner := run(t, "--pid", "container:"+owner.name)
	joiner.leave("sleep 4444")
	joiner.eventuallyWith("sleep 4444")
	settled(t, joiner, 2)
	// Others' containers may come and go meanwhile.
	whole := pidns(t, "tree", "--format", "json").rows(t)
	seen := map[int]string{}
	for _, r := range whole {
		if other, ok := seen[r.HostPID]; ok {
			t.Errorf("host PID %d is drawn in %s and in %s", r.HostPID, other, r.Container)
		}
		seen[r.HostPID] = r.Container
	}
	mine := slices.DeleteFunc(whole, func(r row) bool { return r.Container != owner.name && r.Container != joiner.name })
	wantExactly(t, mine, owner, joiner)
}

// settled waits until the container has so many processes: what starts an
// orphan takes a moment to end.
func settled(t *testing.T, b *box, want int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d processes in %s", want, b.name), func() bool { return len(b.processes()) == want })
}

// wantExactly holds rows against the kernel: every process with a container's
// ID in its cgroup, and the containers' shims, each once, and nothing else.
func wantExactly(t *testing.T, rows []row, boxes ...*box) {
	t.Helper()
	left := map[int]row{}
	for _, r := range rows {
		left[r.HostPID] = rowOf(t, rows, r.HostPID)
	}
	for _, b := range boxes {
		want := b.processes()
		for pid, p := range want {
			r, ok := left[pid]
			if !ok {
				t.Errorf("process %d %q of %s is missing", pid, p.args, b.name)
				continue
			}
			delete(left, pid)
			wantAsInProc(t, r, p, b)
		}
		shim := want[b.pid()].ppid
		if r := left[shim]; r.Role != "shim" || r.ContainerPID != nil || r.Container != b.name {
			t.Errorf("process %d is the shim of %s: %v", shim, b.name, r)
		}
		delete(left, shim)
	}
	if len(left) > 0 {
		t.Errorf("rows that are no processes of these containers: %v", left)
	}
}

func wantAsInProc(t *testing.T, r row, p process, b *box) {
	t.Helper()
	state := func(s string) string { return strings.NewReplacer("R", "S").Replace(s) }
	if r.Container != b.name || r.ContainerID != b.id || r.ParentHostPID != p.ppid || state(r.State) != state(p.state) ||
		r.HostUID != p.uid || r.Comm != p.comm || !slices.Equal(r.Args, p.args) && p.state != "Z" || !slices.Equal(r.PIDs, p.inside) {
		t.Errorf("row %v\nis not what /proc says: %+v", r, p)
	}
}

// wantAsPSSays holds rows against ps.
func wantAsPSSays(t *testing.T, rows []row) {
	t.Helper()
	listing, err := command(suite.busybox, "ps", "-o", "pid,ppid,stat,comm")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for line := range strings.Lines(listing) {
		fields := strings.Fields(line)
		said[fields[0]] = fields
	}
	for _, r := range rows {
		fields := said[fmt.Sprint(r.HostPID)]
		if len(fields) < 4 || fields[1] != fmt.Sprint(r.ParentHostPID) || fields[2][:1] != r.State || !strings.HasPrefix(r.Comm, fields[3]) {
			t.Errorf("row %v\nis not what ps says: %q", r, fields)
		}
	}
}

// headersIn are the containers' names in the order of their blocks.
func headersIn(a answer, boxes ...*box) []string {
	var found []string
	for line := range strings.Lines(a.stdout) {
		for _, b := range boxes {
			if strings.HasPrefix(line, b.name+"  "+b.id[:12]) {
				found = append(found, b.name)
			}
		}
	}
	return found
}

// blockOf is the part of the output from a container's header to the next.
func blockOf(t *testing.T, a answer, name string) string {
	t.Helper()
	header := regexp.MustCompile(`(?m)^\S+  [0-9a-f]{12}  `)
	starts := header.FindAllStringIndex(a.stdout, -1)
	for i, start := range starts {
		end := len(a.stdout)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		if block := a.stdout[start[0]:end]; strings.HasPrefix(block, name+"  ") {
			return block
		}
	}
	t.Fatalf("no block of %s\n%s", name, a)
	return ""
}

func TestTreeBelowDockerInit(t *testing.T) {
	t.Parallel()
	b := run(t, "--init")
	settled(t, b, 2)
	rows := askRows(t, "tree", b.name)
	wantExactly(t, rows, b)
	main := rowOf(t, rows, b.pid())
	if main.Role != "main" || !main.NSInit || main.Comm != "docker-init" {
		t.Errorf("PID 1 is docker-init: %v", main)
	}
	ask(t, "tree", b.name).want(t, "docker-init", "sleep infinity", "pid namespace own")
}

func TestTreeInTheHostsNamespace(t *testing.T) {
	t.Parallel()
	b := run(t, "--pid", "host")
	session := b.start(nil, "sleep", "2222")
	b.leave("sleep 3333")
	orphan := byArgs(t, b.eventuallyWith("sleep 3333"), "sleep 3333")
	settled(t, b, 3)
	rows := askRows(t, "tree", b.name)
	wantExactly(t, rows, b)
	if r := rowOf(t, rows, b.pid()); r.Role != "main" || r.NSInit || value(r.ContainerPID) != r.HostPID || len(r.PIDs) != 1 {
		t.Errorf("main process with the host's PIDs: %v", r)
	}
	if r := rowOf(t, rows, session); r.Role != "exec" || value(r.ExecID) != strings.Trim(b.inspect("{{.ExecIDs}}"), "[]") {
		t.Errorf("exec session: %v", r)
	}
	if r := rowOf(t, rows, orphan.pid); r.Role != "orphan" {
		t.Errorf("adopted by the shim: %v", r)
	}
	ask(t, "tree", b.name).want(t, "pid namespace the host's")
}

func TestTreeOfANestedNamespace(t *testing.T) {
	t.Parallel()
	b := run(t, "--cap-add", "SYS_ADMIN", "--", "sh", "-c", "unshare -p -f sleep 5555; sleep infinity")
	nested := byArgs(t, b.eventuallyWith("sleep 5555"), "sleep 5555")
	if len(nested.inside) != 3 || nested.inside[2] != 1 {
		t.Fatalf("not in a nested namespace: %+v", nested)
	}
	rows := askRows(t, "tree", b.name)
	wantExactly(t, rows, b)
	if r := rowOf(t, rows, nested.pid); value(r.ContainerPID) != nested.inside[1] || !r.NSInit || r.Role != "child" {
		t.Errorf("init of a nested namespace: %v", r)
	}
	ask(t, "tree", b.name).want(t, fmt.Sprintf("%d>1", nested.inside[1]))
}

// Users are shown by number as the container has them, root for 0.
func TestTreeUsers(t *testing.T) {
	t.Parallel()
	b := run(t, "--user", "33")
	session := b.start([]string{"-u", "0"}, "sleep", "2222")
	rows := askRows(t, "tree", b.name)
	if r := rowOf(t, rows, b.pid()); value(r.UID) != 33 {
		t.Errorf("user 33: %v", r)
	}
	if r := rowOf(t, rows, session); value(r.UID) != 0 {
		t.Errorf("user 0: %v", r)
	}
	text := ask(t, "tree", b.name)
	for pid, user := range map[int]string{b.pid(): "33", session: "root"} {
		if !regexp.MustCompile(fmt.Sprintf(`(?m)^ *%d +\d+ +%s `, pid, user)).MatchString(text.stdout) {
			t.Errorf("want user %s for %d\n%s", user, pid, text)
		}
	}
}

func TestTreeOfThePaused(t *testing.T) {
	t.Parallel()
	b := run(t)
	docker(t, "pause", b.name)
	t.Cleanup(func() { _, _ = command("docker", "unpause", b.name) })
	wantExactly(t, askRows(t, "tree", b.name), b)
	ask(t, "tree", b.name).want(t, "paused")
	if a := ask(t, "host-pid", b.name); a.stdout != fmt.Sprintln(b.pid()) {
		t.Errorf("want %d\n%s", b.pid(), a)
	}
}

// Between two tries a restarting container has no process.
func TestTreeOfTheRestarting(t *testing.T) {
	t.Parallel()
	b := run(t, "--restart", "always", "--", "sh", "-c", "exit 3")
	eventually(t, "pauses of more than a second", func() bool { return b.inspect("{{ge .RestartCount 4}}") == "true" })
	const state = "{{.RestartCount}} {{.State.Status}} {{.State.StartedAt}}"
	eventually(t, "an answer while it restarts", func() bool {
		before := b.inspect(state)
		a := pidns(t, "tree", b.name)
		if !strings.Contains(before, "restarting") || b.inspect(state) != before {
			return false
		}
		a.wantStatus(t, 1).wantNothing(t).wantOneError(t, b.name+" is restarting", "(3)")
		return true
	})
}

func TestEqualChildrenFold(t *testing.T) {
	t.Parallel()
	b := run(t, "--", "sh", "-c", "for i in $(seq 30); do sleep 777 & done; sleep 778 & wait")
	// A child looks like its parent until it has started its own program.
	eventually(t, "31 that sleep", func() bool {
		sleeping := 0
		for _, p := range b.processes() {
			if p.comm == "sleep" {
				sleeping++
			}
		}
		return sleeping == 31
	})
	a := ask(t, "tree", b.name).want(t, "x 30", "sleep 778")
	if n := strings.Count(a.stdout, "sleep 777"); n != 1+strings.Count(a.stdout, "seq 30") {
		t.Errorf("30 equal children in %d lines\n%s", n, a)
	}
	if a := ask(t, "tree", "--no-trunc", b.name); strings.Count(a.stdout, "- sleep 777")+strings.Count(a.stdout, "─ sleep 777") != 30 || strings.Contains(a.stdout, "x 30") {
		t.Errorf("--no-trunc folds\n%s", a)
	}
	wantExactly(t, askRows(t, "tree", b.name), b)
}

func TestFoldsHideNoOtherEnding(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.sh("for i in 1 1 1 1 1 2 2 2 2 2; do (sh -c \"exit $i\" &); done")
	b.zombies(10)
	ask(t, "tree", b.name).want(t, "exit 1  x 5", "exit 2  x 5")
}

// FACTS of the kernel: State Z with other threads alive is no zombie.
func TestMainThreadExited(t *testing.T) {
	t.Parallel()
	b := run(t, "--", "workload", "main-thread-ends")
	main := b.pid()
	// Docker would ask it to end, and wait.
	t.Cleanup(func() { _ = syscall.Kill(main, syscall.SIGKILL) })
	eventually(t, "its main thread's end", func() bool {
		p, ok := readProcess(main)
		return ok && p.state == "Z" && p.threads > 1
	})
	rows := askRows(t, "tree", b.name)
	wantExactly(t, rows, b)
	if r := rowOf(t, rows, main); r.Zombie || !r.MainThreadExited || r.Role != "main" || r.Exit != nil {
		t.Errorf("main thread exited, others live: %v", r)
	}
	ask(t, "tree", b.name).want(t, "main thread exited", "pid namespace own")
	ask(t, "zombies", b.name).wantLine(t, "No zombies in 1 container, 1 process.")
	if a := ask(t, "host-pid", b.name, "1"); a.stdout != fmt.Sprintln(main) {
		t.Errorf("want %d\n%s", main, a)
	}
}

// Only the starting thread's list of children names the child.
func TestChildOfAThread(t *testing.T) {
	t.Parallel()
	b := run(t, "--", "workload", "child-of-thread", "never-waits", "4")
	zombie := onlyKey(t, b.zombies(1))
	settled(t, b, 3)
	wantExactly(t, askRows(t, "tree", b.name), b)
	rowOf(t, askRows(t, "zombies", b.name), zombie)
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	b := run(t, "--", "workload", "hostile")
	b.leave("workload hostile-zombie")
	zombie := onlyKey(t, b.zombies(1))
	main := b.pid()
	p, ok := readProcess(main)
	if !ok || !strings.Contains(strings.Join(p.args, ""), "\x1b") || !strings.Contains(p.comm, "\n") {
		t.Fatalf("not hostile: %+v", p)
	}

	rows := askRows(t, "tree", b.name)
	r := rowOf(t, rows, main)
	if r.Comm != p.comm || len(r.Args) != len(p.args) || r.Args[0] != p.args[0] || r.Args[2] != p.args[2] || r.Args[3] != p.args[3] {
		t.Errorf("JSON has the text whole: %v\nwant %+v", r, p)
	}
	if z := rowOf(t, askRows(t, "zombies", b.name), zombie); value(z.ExitCode) != 3 || z.Comm != p.comm {
		t.Errorf("a stat line is split at its last parenthesis: %v", z)
	}
	for _, args := range [][]string{
		{"tree", b.name}, {"tree", "--no-trunc", b.name}, {"tree", "--format", "table", b.name},
		{"zombies", b.name}, {"host-pid", "--filter", "name=" + b.name}, {"host-pid", b.name, "999"},
		{"tree", "--format", "table {{.HostPID}}\t{{.Command}}", b.name},
	} {
		wantPlain(t, pidns(t, args...))
	}
}

// wantPlain checks that nothing can move the cursor, turn the direction or
// break a line but our own line ends.
func wantPlain(t *testing.T, a answer) {
	t.Helper()
	for _, text := range []string{a.stdout, a.stderr} {
		if !utf8.ValidString(text) {
			t.Errorf("not UTF-8: %q", text)
		}
		for _, r := range strings.ReplaceAll(text, "\n", "") {
			if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) {
				t.Errorf("%s prints %q raw: %q", a.line, r, text)
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
	project := "e2e-" + random()
	one := run(t, "--label", "com.docker.compose.project="+project, "--label", "com.docker.compose.service=web")
	two := run(t, "--label", "com.docker.compose.project="+project, "--label", "com.docker.compose.service=db")
	names := func(filters ...string) []string {
		args := []string{"tree"}
		for _, f := range filters {
			args = append(args, "--filter", f)
		}
		found := map[string]bool{}
		for _, r := range askRows(t, args...) {
			found[r.Container] = true
		}
		return slices.Sorted(maps.Keys(found))
	}
	both := []string{one.name, two.name}
	slices.Sort(both)
	for _, c := range []struct {
		filters, want []string
	}{
		{[]string{"project=" + project}, both},
		{[]string{"project=" + project, "service=web"}, []string{one.name}},
		{[]string{"name=" + two.name}, []string{two.name}},
		{[]string{"label=com.docker.compose.project=" + project, "service=db"}, []string{two.name}},
		{[]string{"project=" + project, "name=" + random()}, nil},
	} {
		if got := names(c.filters...); !slices.Equal(got, c.want) {
			t.Errorf("%q selects %q, want %q", c.filters, got, c.want)
		}
	}
}

// A container that the filter leaves out still owns its processes, whoever has
// adopted them.
func TestFilterGivesNobodyOthersProcesses(t *testing.T) {
	t.Parallel()
	owner := run(t)
	joiner := run(t, "--pid", "container:"+owner.name)
	owner.leave("exit 7")
	joiner.leave("exit 5")
	joiner.leave("sleep 4444")
	joiner.zombies(1)
	joiner.eventuallyWith("sleep 4444")
	settled(t, joiner, 3)
	settled(t, owner, 2)
	filter := []string{"--filter", "name=" + owner.name}
	wantExactly(t, askRows(t, append([]string{"tree"}, filter...)...), owner)
	ask(t, append([]string{"tree"}, filter...)...).want(t, "joined by "+joiner.name)
	if rows := askRows(t, append([]string{"zombies"}, filter...)...); len(rows) != 1 || value(rows[0].ExitCode) != 7 {
		t.Errorf("%s has one zombie: %v", owner.name, rows)
	}
	r := rowOf(t, askRows(t, append([]string{"host-pid"}, filter...)...), owner.pid())
	if value(r.Processes) != 2 || value(r.Zombies) != 1 {
		t.Errorf("2 processes, 1 zombie: %v", r)
	}
	filter = []string{"--filter", "name=" + joiner.name}
	wantExactly(t, askRows(t, append([]string{"tree"}, filter...)...), joiner)
	ask(t, append([]string{"tree"}, filter...)...).want(t, "pid namespace of "+owner.name)
}
