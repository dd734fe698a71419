//go:build e2e && linux

package e2e

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestZombieEndings(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.leave("exit 0")
	b.leave("exit 7")
	b.leave("kill -KILL $(sh -c 'echo $PPID')")
	b.leave("kill -TERM $(sh -c 'echo $PPID')")
	zombies := b.zombies(4)

	rows := askRows(t, "zombies", b.name)
	if len(rows) != len(zombies) {
		t.Fatalf("%d rows for %d zombies", len(rows), len(zombies))
	}
	seen := []string{}
	for _, r := range rows {
		z, ok := zombies[r.HostPID]
		if !ok {
			t.Fatalf("host PID %d is no zombie of %s: %+v", r.HostPID, b.name, r)
		}
		wantEnding(t, r, z)
		if r.Container != b.name || r.ContainerID != b.id || !r.Zombie || r.State != "Z" {
			t.Errorf("whose zombie: %+v", r)
		}
		if value(r.ContainerPID) != z.inside[1] || r.ParentHostPID != b.pid() || value(r.ParentContainerPID) != 1 {
			t.Errorf("PIDs of %+v, by the kernel %+v", r, z)
		}
		if r.Cause != "init-does-not-reap" || r.InitCures != "yes" || r.Origin != "exec" || r.OriginCertainty != "certain" {
			t.Errorf("verdict on %+v", r)
		}
		seen = append(seen, *r.Exit)
	}
	slices.Sort(seen)
	if want := []string{"SIGKILL", "SIGTERM", "exit 0", "exit 7"}; !slices.Equal(seen, want) {
		t.Errorf("endings %q, want %q", seen, want)
	}
	ask(t, "zombies", b.name).want(t, "exit 0", "exit 7", "SIGKILL", "sleep (1)", b.name+"  4 zombies", "docker restart "+b.name, "--init", "4 zombies, in 1 of 1 container.")
}

// wantEnding holds a zombie's row against its wait status.
func wantEnding(t *testing.T, r row, z process) {
	t.Helper()
	status := syscall.WaitStatus(z.status)
	if status.Exited() {
		if value(r.ExitCode) != status.ExitStatus() || r.Signal != nil || r.Absent["Signal"] != "not-held" || value(r.Exit) != fmt.Sprint("exit ", status.ExitStatus()) {
			t.Errorf("exit status %d, row %+v", status.ExitStatus(), r)
		}
		return
	}
	name := map[syscall.Signal]string{syscall.SIGKILL: "SIGKILL", syscall.SIGTERM: "SIGTERM"}[status.Signal()]
	if value(r.Signal) != name || r.ExitCode != nil || r.Absent["ExitCode"] != "not-held" || value(r.Exit) != name {
		t.Errorf("killed by %v, row %+v", status.Signal(), r)
	}
}

// The engine's word and the session prove which exec a zombie came from, and
// while that lives docker inspect names it.
func TestZombieOfAKnownExecSession(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.start(nil, "sleep", "1111")
	docker(t, "exec", "-d", b.name, "sh", "-c", "(sh -c 'exit 5' &); exec sleep 2222")
	zombie := onlyKey(t, b.zombies(1))
	var ids []string
	eventually(t, "two exec sessions", func() bool {
		ids = strings.Fields(strings.Trim(b.inspect("{{.ExecIDs}}"), "[]"))
		return len(ids) == 2
	})
	session := byArgs(t, b.processes(), "sleep 2222")

	r := rowOf(t, askRows(t, "zombies", b.name), zombie)
	tree := askRows(t, "tree", b.name)
	if leader := rowOf(t, tree, session.pid); leader.Role != "exec" || r.ExecID == nil || value(leader.ExecID) != *r.ExecID {
		t.Errorf("the zombie's session is %v, the session's first process %+v", value(r.ExecID), leader)
	}
	if r.Origin != "exec" || r.OriginCertainty != "certain" || r.ExecID == nil || !slices.Contains(ids, *r.ExecID) {
		t.Errorf("origin of %+v, want an exec of %q", r, ids)
	}
}

func onlyKey[V any](t *testing.T, m map[int]V) int {
	t.Helper()
	keys := slices.Collect(maps.Keys(m))
	if len(keys) != 1 {
		t.Fatalf("want one, got %v", keys)
	}
	return keys[0]
}

func TestInitHasNoZombies(t *testing.T) {
	t.Parallel()
	b := run(t, "--init")
	b.leave("exit 0")
	b.leave("exit 7")
	b.leave("kill -KILL $(sh -c 'echo $PPID')")
	eventually(t, "docker-init has reaped all", func() bool { return len(b.processes()) == 2 })

	ask(t, "zombies", b.name).wantLine(t, "No zombies in 1 container, 2 processes.")
	ask(t, "zombies", "--exit-code", b.name)
	ask(t, "zombies", "-q", b.name).wantNothing(t)
	ask(t, "zombies", "--format", "json", b.name).wantNothing(t)
}

func (a answer) wantLine(t *testing.T, want string) {
	t.Helper()
	if a.stdout != want+"\n" {
		t.Errorf("want the line %q\n%s", want, a)
	}
}

// A single look at a fork loop shows a zombie, which is no finding.
func TestHealthyForkLoops(t *testing.T) {
	t.Parallel()
	group := "e2e-loops=" + random()
	for _, loop := range []string{"/bin/true", "date >/dev/null", "/bin/true & /bin/true & /bin/true & wait"} {
		run(t, "--label", group, "--", "sh", "-c", "while :; do "+loop+"; done")
	}
	filter := "label=" + group
	for i := range 20 {
		settle := "300ms"
		if i%10 == 0 {
			settle = "1s"
		}
		a := ask(t, "zombies", "--exit-code", "--settle", settle, "--filter", filter)
		if !strings.HasPrefix(a.stdout, "No zombies in 3 containers, ") {
			t.Errorf("run %d: a false accusation\n%s", i, a)
		}
	}
	eventually(t, "a zombie in a single look, without which this proves nothing", func() bool {
		return ask(t, "zombies", "-q", "--settle", "0", "--filter", filter).stdout != ""
	})
	eventually(t, "one that was passing", func() bool {
		return strings.Contains(ask(t, "zombies", "--settle", "300ms", "--filter", filter).stdout, "passing")
	})
}

func TestZombiesOfAHealthCheck(t *testing.T) {
	t.Parallel()
	b := run(t, "--health-interval", "1s", "--health-cmd", "(sh -c 'exit 9' >/dev/null 2>&1 &)")
	b.leave("exit 4")
	var zombies map[int]process
	eventually(t, "zombies of three health checks and one exec", func() bool {
		zombies = b.processes()
		maps.DeleteFunc(zombies, func(_ int, p process) bool { return p.state != "Z" || p.ppid != b.pid() })
		return len(zombies) >= 4
	})

	rows := askRows(t, "zombies", b.name)
	if len(rows) < len(zombies) {
		t.Fatalf("%d rows for %d zombies", len(rows), len(zombies))
	}
	for _, r := range rows {
		want := "healthcheck"
		if value(r.ExitCode) == 4 {
			want = "exec"
		}
		if r.Origin != want || r.OriginCertainty == "unknown" || r.Cause != "init-does-not-reap" {
			t.Errorf("%v from %s (%s), want %s: %+v", value(r.Exit), r.Origin, r.OriginCertainty, want, r)
		}
	}
	ask(t, "zombies", b.name).want(t, "  health")
}

// A joined container's orphans go to the PID 1 of the container it joined.
func TestZombiesOfAJoiner(t *testing.T) {
	t.Parallel()
	owner := run(t)
	joiner := run(t, "--pid", "container:"+owner.name)
	joiner.leave("exit 6")
	zombie := onlyKey(t, joiner.zombies(1))

	rows := askRows(t, "zombies", owner.name, joiner.name)
	if len(rows) != 1 {
		t.Errorf("want the zombie once: %+v", rows)
	}
	for _, rows := range [][]row{rows, askRows(t, "zombies", joiner.name)} {
		r := rowOf(t, rows, zombie)
		if r.Container != joiner.name || value(r.ParentContainer) != owner.name || value(r.ParentContainerPID) != 1 {
			t.Errorf("whose zombie is it: %+v", r)
		}
		if r.Cause != "init-does-not-reap" || r.Origin != "exec" || r.InitCures != "yes" {
			t.Errorf("verdict on %+v", r)
		}
	}
	a := ask(t, "zombies", joiner.name)
	a.want(t, owner.name+"  1 zombie of "+joiner.name, "docker restart "+owner.name)
	if strings.Contains(a.stdout, "docker restart "+joiner.name) {
		t.Errorf("a restart of the joiner does not help\n%s", a)
	}
}

func TestParentHasNotWaited(t *testing.T) {
	t.Parallel()
	b := run(t, "--init")
	parent := b.start(nil, "workload", "never-waits", "0", "3")
	b.zombies(2)
	for _, r := range askRows(t, "zombies", b.name) {
		if r.Cause != "parent-has-not-waited" || r.InitCures != "no" || r.ParentHostPID != parent || value(r.ParentContainer) != b.name {
			t.Errorf("verdict on %+v", r)
		}
	}
	followAdvice(t, b, 1, 0)
}

// Where PID 1 does not reap either, the advice may take two steps.
func TestParentHasNotWaitedBelowABadInit(t *testing.T) {
	t.Parallel()
	b := run(t, "--stop-timeout", "0")
	b.start(nil, "workload", "never-waits", "3")
	b.zombies(1)
	followAdvice(t, b, 2, 0)
}

func TestRestartRelieves(t *testing.T) {
	t.Parallel()
	b := run(t, "--stop-timeout", "0")
	b.leave("exit 1")
	b.zombies(1)
	followAdvice(t, b, 1, 0)
}

// A parent that ends between the two looks is not the culprit: its zombies are
// PID 1's by then.
func TestParentEndsBetweenTheLooks(t *testing.T) {
	t.Parallel()
	b := run(t)
	docker(t, "exec", "-d", b.name, "sh", "-c", "sh -c 'exit 9' & exec sleep 3")
	zombies := b.zombies(1)
	zombie := onlyKey(t, zombies)
	parent := zombies[zombie].ppid
	a := ask(t, "zombies", "--settle", "5s", b.name, "--format", "json")
	if p, ok := readProcess(zombie); !ok || p.ppid != b.pid() {
		t.Fatalf("PID 1 has not adopted the zombie: %+v", p)
	}
	if r := rowOf(t, a.rows(t), zombie); r.Cause == "parent-has-not-waited" || r.ParentHostPID == parent || r.InitCures == "no" {
		t.Errorf("accuses a parent that has ended: %+v", r)
	}
}

// The child of docker-init is the container's program: when it ends, so does
// the container, which advice to kill it has to say.
func TestProgramBelowInitHasNotWaited(t *testing.T) {
	t.Parallel()
	b := run(t, "--init", "--", "workload", "never-waits", "3")
	zombie := onlyKey(t, b.zombies(1))
	a := ask(t, "zombies", b.name).want(t, "workload (", "has not waited for it", "--init no")
	advice := adviceIn(t, a)[0]
	obey(t, advice)
	eventually(t, "an effect of "+advice.command, func() bool { _, there := b.processes()[zombie]; return !there })
	if !strings.Contains(advice.effect, b.name) {
		t.Errorf("the advice interrupts %s and does not say so: %q", b.name, advice)
	}
	eventually(t, b.name+" to run", func() bool { return b.inspect("{{.State.Running}}") == "true" })
}

// PID 1's own children and orphans look alike to the kernel. What it started
// itself --init would not reap, so "yes" would be false.
func TestInitHasNotWaitedForItsOwnChildren(t *testing.T) {
	t.Parallel()
	b := run(t, "--", "workload", "never-waits", "0", "7")
	b.zombies(2)
	b.leave("exit 9")
	b.zombies(3)
	for _, r := range askRows(t, "zombies", b.name) {
		adopted := value(r.ExitCode) == 9
		cause := "parent-has-not-waited" // PID 1 may only be slow to wait for its own
		if adopted {
			cause = "init-does-not-reap"
		}
		if adopted != (r.InitCures == "yes") || r.InitCures == "no" || r.Cause != cause {
			t.Errorf("verdict on %+v", r)
		}
	}
	if a := ask(t, "zombies", b.name); strings.Contains(a.stdout, "(compose: init: true) yes") {
		t.Errorf("--init would not reap them all\n%s", a)
	}
	followAdvice(t, b, 1, 2)
}

func TestDaemonWithASessionOfItsOwn(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.leave("setsid sh -c 'exit 8'")
	zombie := onlyKey(t, b.zombies(1))
	r := rowOf(t, askRows(t, "zombies", b.name), zombie)
	if value(r.ExitCode) != 8 || r.Cause != "parent-has-not-waited" || r.InitCures == "no" || r.Origin == "healthcheck" {
		t.Errorf("verdict on %+v", r)
	}
}

func TestZombiesOfThePausedAreNobodysFault(t *testing.T) {
	t.Parallel()
	b := run(t, "--init")
	parent := b.start(nil, "sh", "-c", "sleep 1000 & wait; exec sleep 2000")
	child := byArgs(t, b.eventuallyWith("sleep 1000"), "sleep 1000")
	// Stopped first, for the parent would reap at once, and on cgroup v1 a
	// frozen process does not even die.
	stopProcess(t, parent)
	if err := syscall.Kill(child.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.zombies(1)
	docker(t, "pause", b.name)
	t.Cleanup(func() { _, _ = command("docker", "unpause", b.name) })
	if err := syscall.Kill(parent, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	r := rowOf(t, askRows(t, "zombies", b.name), child.pid)
	if r.Cause != "unknown" || r.InitCures == "yes" {
		t.Errorf("a paused parent cannot wait: %+v", r)
	}
	a := ask(t, "zombies", b.name).want(t, "paused", "docker unpause "+b.name)
	if strings.Contains(a.stdout, "does not reap") || strings.Contains(a.stdout, "has not waited") {
		t.Errorf("a false accusation\n%s", a)
	}
	followAdvice(t, b, 1, 0)
}

func TestPausedInitIsNotAccused(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.leave("exit 3")
	zombie := onlyKey(t, b.zombies(1))
	docker(t, "pause", b.name)
	t.Cleanup(func() { _, _ = command("docker", "unpause", b.name) })
	if r := rowOf(t, askRows(t, "zombies", b.name), zombie); r.Cause != "unknown" {
		t.Errorf("a paused PID 1 cannot wait: %+v", r)
	}
	if a := ask(t, "zombies", b.name).want(t, "docker unpause "+b.name); strings.Contains(a.stdout, "does not reap") {
		t.Errorf("a false accusation\n%s", a)
	}
}

func TestStoppedParentIsNotAccused(t *testing.T) {
	t.Parallel()
	b := run(t, "--init")
	parent := b.start(nil, "sh", "-c", "sleep 1000 & wait; exec sleep 2000")
	child := byArgs(t, b.eventuallyWith("sleep 1000"), "sleep 1000")
	stopProcess(t, parent)
	if err := syscall.Kill(child.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.zombies(1)
	if r := rowOf(t, askRows(t, "zombies", b.name), child.pid); r.Cause != "unknown" {
		t.Errorf("a stopped parent cannot wait: %+v", r)
	}
	followAdvice(t, b, 1, 0)
}

// stopProcess stops a process and waits until it has stopped.
func stopProcess(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, fmt.Sprintf("process %d to stop", pid), func() bool { p, ok := readProcess(pid); return ok && p.state == "T" })
}

// eventuallyWith waits for a process with these arguments.
func (b *box) eventuallyWith(args string) map[int]process {
	b.t.Helper()
	var all map[int]process
	eventually(b.t, args, func() bool {
		all = b.processes()
		for _, p := range all {
			if strings.Join(p.args, " ") == args {
				return true
			}
		}
		return false
	})
	return all
}

// holdsSoon reports whether something comes true within a second.
func holdsSoon(holds func() bool) bool {
	for until := time.Now().Add(time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}

// The main process's own zombie is the shim's to reap, which a stopped shim
// cannot. Not parallel: until it goes on, the engine may be slow for others.
func TestStoppedShim(t *testing.T) {
	b := run(t)
	main := b.pid()
	shim := stopShim(t, b)
	if err := syscall.Kill(main, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.zombies(1)

	a := pidns(t, "zombies", "--format", "json", b.name).within(t, 15*time.Second)
	r := rowOf(t, a.rows(t), main)
	if r.Cause != "shim-hung" || r.InitCures != "no" || r.ParentHostPID != shim || r.ParentContainer != nil || r.Role != "main" {
		t.Errorf("verdict on %+v", r)
	}
	a = ask(t, "zombies", b.name).want(t, fmt.Sprintf("the shim (%d) is stopped", shim), fmt.Sprintf("kill -CONT %d", shim))
	obey(t, adviceIn(t, a)[0])
	eventually(t, "the container's end", func() bool { return b.inspect("{{.State.Running}}") == "false" })
}

// Once somebody has tried an exec, the engine no longer answers about the
// container of a stopped shim (docker inspect hangs). /proc still does.
func TestEngineIsSilentAboutTheContainerOfAStoppedShim(t *testing.T) {
	b := run(t)
	main := b.pid()
	b.leave("exit 3")
	zombie := onlyKey(t, b.zombies(1))
	stopShim(t, b)
	hanging := exec.Command("docker", "exec", b.name, "true")
	if err := hanging.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = hanging.Process.Kill()
		_ = hanging.Wait()
	})
	eventually(t, "the engine's silence", func() bool {
		cmd := exec.Command("timeout", "1", "docker", "inspect", b.id)
		return cmd.Run() != nil
	})

	a := pidns(t, "host-pid", "--timeout", "1s", b.name).within(t, 15*time.Second)
	if a.stdout != fmt.Sprintln(main) {
		t.Errorf("want %d\n%s", main, a)
	}
	a.wantError(t, "did not answer")
	a = pidns(t, "zombies", "--format", "json", b.name).within(t, 15*time.Second)
	rowOf(t, a.rows(t), zombie)
	a.wantError(t, "did not answer")
	a = pidns(t, "tree", "--timeout", "1s", "--format", "json", b.name).within(t, 15*time.Second)
	rowOf(t, a.rows(t), main)
}

// stopShim stops the container's shim until the test ends, and returns its
// PID: the parent of the main process, which names the container.
func stopShim(t *testing.T, b *box) int {
	t.Helper()
	main, ok := readProcess(b.pid())
	if !ok {
		t.Fatalf("%s has no main process", b.name)
	}
	shim, ok := readProcess(main.ppid)
	if !ok || !slices.Contains(shim.args, b.id) {
		t.Fatalf("the parent of %s's main process is not its shim: %+v", b.name, shim)
	}
	t.Cleanup(func() { _ = syscall.Kill(shim.pid, syscall.SIGCONT) })
	if err := syscall.Kill(shim.pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	return shim.pid
}

func (a answer) within(t *testing.T, limit time.Duration) answer {
	t.Helper()
	if a.took > limit {
		t.Errorf("took %s, want less than %s\n%s", a.took, limit, a)
	}
	return a
}

// With --pid=host the shim adopts and reaps, and --init is dropped.
func TestZombiesInTheHostsNamespace(t *testing.T) {
	t.Parallel()
	b := run(t, "--pid", "host", "--", "workload", "never-waits", "2")
	b.leave("exit 3")
	zombie := onlyKey(t, b.zombies(1))
	r := rowOf(t, askRows(t, "zombies", b.name), zombie)
	if r.Cause != "parent-has-not-waited" || r.InitCures != "no" || value(r.ExitCode) != 2 || r.NSInit {
		t.Errorf("verdict on %+v", r)
	}
}

func TestZombiesInANestedNamespace(t *testing.T) {
	t.Parallel()
	b := run(t, "--init", "--cap-add", "SYS_ADMIN", "--", "sh", "-c", "unshare -p -f workload never-waits 5; sleep infinity")
	zombie := onlyKey(t, b.zombies(1))
	r := rowOf(t, askRows(t, "zombies", b.name), zombie)
	if r.Cause != "parent-has-not-waited" || r.InitCures != "no" || len(r.PIDs) != 3 {
		t.Errorf("verdict on %+v", r)
	}
	ask(t, "zombies", b.name).want(t, "a PID namespace inside the container")
	followAdvice(t, b, 1, 0)
}

func TestZombiesExitCode(t *testing.T) {
	t.Parallel()
	sick, healthy := run(t), run(t)
	sick.leave("exit 1")
	zombie := onlyKey(t, sick.zombies(1))
	ask(t, "zombies", sick.name)
	pidns(t, "zombies", "--exit-code", sick.name, healthy.name).wantStatus(t, 3)
	ask(t, "zombies", "--exit-code", healthy.name)
	if a := pidns(t, "zombies", "--exit-code", "-q", sick.name).wantStatus(t, 3); a.stdout != fmt.Sprintln(zombie) {
		t.Errorf("want %d alone\n%s", zombie, a)
	}
	// What could not be looked at takes the all-clear away.
	pidns(t, "zombies", "--exit-code", healthy.name, "e2e-"+random()).wantStatus(t, 4).want(t, "No zombies in 1 container")
	pidns(t, "zombies", "--exit-code", sick.name, "e2e-"+random()).wantStatus(t, 3)
}

func TestOneLookAccusesNobody(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.leave("exit 1")
	zombie := onlyKey(t, b.zombies(1))
	if r := rowOf(t, askRows(t, "zombies", "--settle", "0", b.name), zombie); r.Cause != "unknown" || !r.SeenFirst.Equal(r.SeenLast) {
		t.Errorf("seen once: %+v", r)
	}
	if a := ask(t, "zombies", "--settle", "0", b.name).want(t, "seen once"); strings.Contains(a.stdout, "does not reap") {
		t.Errorf("an accusation after one look\n%s", a)
	}
	if r := rowOf(t, askRows(t, "zombies", b.name), zombie); r.SeenLast.Sub(r.SeenFirst) < time.Second {
		t.Errorf("want a second between the looks: %+v", r)
	}
}

func TestZombiesHoldPIDsOfTheLimit(t *testing.T) {
	t.Parallel()
	b := run(t, "--pids-limit", "50")
	b.sh("for i in $(seq 30); do (sh -c 'exit 2' &); done")
	b.zombies(30)
	a := ask(t, "zombies", b.name).want(t, "30 zombies hold 30 of 50 PIDs", "x 29 more")
	if n := strings.Count(a.stdout, "exit 2"); n != 2 {
		t.Errorf("30 equal zombies in %d lines, want 2\n%s", n, a)
	}
	if a := ask(t, "zombies", "--no-trunc", b.name); strings.Count(a.stdout, "exit 2") != 30 {
		t.Errorf("--no-trunc folds\n%s", a)
	}
	if rows := askRows(t, "zombies", b.name); len(rows) != 30 {
		t.Errorf("%d rows, want 30", len(rows))
	}
}

// ---- advice ----

// advice is a command that the verdict tells the reader to type now, and what
// it says that this does.
type advice struct{ command, effect string }

var adviceLine = regexp.MustCompile(`(?m)^.*\bnow   (\S.*?)   (\S.*)$`)

func adviceIn(t *testing.T, a answer) []advice {
	t.Helper()
	var list []advice
	for _, match := range adviceLine.FindAllStringSubmatch(a.stdout, -1) {
		list = append(list, advice{match[1], match[2]})
	}
	if len(list) == 0 {
		t.Fatalf("no advice\n%s", a)
	}
	return list
}

func obey(t *testing.T, a advice) {
	t.Helper()
	// These tests are root, who may lack sudo.
	if out, err := command("sh", "-c", strings.TrimPrefix(a.command, "sudo ")); err != nil {
		t.Fatalf("%q: %v: %s", a.command, err, out)
	}
}

// followAdvice types what the verdicts say until no more zombies are left than
// the program makes anew when it is restarted, and fails if that takes more
// steps than allowed.
func followAdvice(t *testing.T, b *box, steps, anew int) {
	t.Helper()
	var said []answer
	for range steps {
		a := ask(t, "zombies", b.name)
		said = append(said, a)
		for _, advice := range adviceIn(t, a) {
			obey(t, advice)
		}
		if holdsSoon(func() bool { return b.countZombies() == anew && b.inspect("{{.State.Running}}") == "true" }) {
			return
		}
	}
	t.Errorf("%d zombies are left, want %d, after all advice was followed: %v", b.countZombies(), anew, said)
}

func (b *box) countZombies() int {
	n := 0
	for _, p := range b.processes() {
		if p.state == "Z" && p.threads <= 1 {
			n++
		}
	}
	return n
}

// Zombies that went with their container were reaped by nobody.
func TestContainerThatEndsBetweenTheLooks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		words  []string
		status int
		error  string
	}{
		"killed":    {[]string{"kill"}, 4, "is not running: exited (137)"},
		"removed":   {[]string{"rm", "-f"}, 4, "no such container"},
		"restarted": {[]string{"restart", "-t", "0"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, "--", "sleep", "961")
			b.leave("sleep 0")
			b.zombies(1)
			dying := call{during: func(*os.Process) {
				time.Sleep(1500 * time.Millisecond)
				docker(t, append(test.words, b.name)...)
			}}
			a := dying.run(t, "zombies", "--exit-code", "--settle", "3s", b.name).wantStatus(t, test.status)
			if test.error != "" {
				a.wantError(t, test.error)
			} else {
				a.want(t, "No zombies in 1 container, 1 process.")
			}
		})
	}
}
