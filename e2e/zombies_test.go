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

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

func TestZombieEndings(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Leave("exit 0")
	b.Leave("exit 7")
	b.Leave("kill -KILL $(sh -c 'echo $PPID')")
	b.Leave("kill -TERM $(sh -c 'echo $PPID')")
	zombies := b.Zombies(4)

	rows := AskRows(t, "zombies", b.Name)
	if len(rows) != len(zombies) {
		t.Fatalf("%d rows for %d zombies", len(rows), len(zombies))
	}
	seen := []string{}
	for _, r := range rows {
		z, ok := zombies[r.HostPID]
		if !ok {
			t.Fatalf("host PID %d is no zombie of %s: %+v", r.HostPID, b.Name, r)
		}
		wantEnding(t, r, z)
		if r.Container != b.Name || r.ContainerID != b.ID || !r.Zombie || r.State != "Z" {
			t.Errorf("whose zombie: %+v", r)
		}
		if Value(r.ContainerPID) != z.Inside[1] || r.ParentHostPID != b.PID() || Value(r.ParentContainerPID) != 1 {
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
	Ask(t, "zombies", b.Name).Want(t, "exit 0", "exit 7", "SIGKILL", "sleep (1)", b.Name+"  4 zombies", "docker restart "+b.Name, "--init", "4 zombies in 1 of 1 container.")
}

// wantEnding compares a zombie's row with its wait status.
func wantEnding(t *testing.T, r Row, z Process) {
	t.Helper()
	status := syscall.WaitStatus(z.Status)
	if status.Exited() {
		if Value(r.ExitCode) != status.ExitStatus() || r.Signal != nil || r.Absent["Signal"] != "not-held" || Value(r.Exit) != fmt.Sprint("exit ", status.ExitStatus()) {
			t.Errorf("exit status %d, row %+v", status.ExitStatus(), r)
		}
		return
	}
	name := map[syscall.Signal]string{syscall.SIGKILL: "SIGKILL", syscall.SIGTERM: "SIGTERM"}[status.Signal()]
	if Value(r.Signal) != name || r.ExitCode != nil || r.Absent["ExitCode"] != "not-held" || Value(r.Exit) != name {
		t.Errorf("killed by %v, row %+v", status.Signal(), r)
	}
}

// The engine's report and the session prove from which exec a zombie came. While the exec runs,
// docker inspect names it.
func TestZombieOfAKnownExecSession(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Start(nil, "sleep", "1111")
	Docker(t, "exec", "-d", b.Name, "sh", "-c", "(sh -c 'exit 5' &); exec sleep 2222")
	zombie := onlyKey(t, b.Zombies(1))
	var ids []string
	Eventually(t, "two exec sessions", func() bool {
		ids = strings.Fields(strings.Trim(b.Inspect("{{.ExecIDs}}"), "[]"))
		return len(ids) == 2
	})
	session := ByArgs(t, b.Processes(), "sleep 2222")

	r := RowOf(t, AskRows(t, "zombies", b.Name), zombie)
	tree := AskRows(t, "tree", b.Name)
	if leader := RowOf(t, tree, session.PID); leader.Role != "exec" || r.ExecID == nil || Value(leader.ExecID) != *r.ExecID {
		t.Errorf("the zombie's session is %v, the session's first process %+v", Value(r.ExecID), leader)
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
	b := Run(t, "--init")
	b.Leave("exit 0")
	b.Leave("exit 7")
	b.Leave("kill -KILL $(sh -c 'echo $PPID')")
	Eventually(t, "docker-init has reaped all", func() bool { return len(b.Processes()) == 2 })

	Ask(t, "zombies", b.Name).WantLine(t, "No zombies in 1 container, 2 processes.")
	Ask(t, "zombies", "--exit-code", b.Name)
	Ask(t, "zombies", "-q", b.Name).WantNothing(t)
	Ask(t, "zombies", "--format", "json", b.Name).WantNothing(t)
}

// A single look at a fork loop shows a zombie, but that is not a finding.
func TestHealthyForkLoops(t *testing.T) {
	t.Parallel()
	group := "e2e-loops=" + Random()
	for _, loop := range []string{"/bin/true", "date >/dev/null", "/bin/true & /bin/true & /bin/true & wait"} {
		Run(t, "--label", group, "--", "sh", "-c", "while :; do "+loop+"; done")
	}
	filter := "label=" + group
	for i := range 20 {
		settle := "300ms"
		if i%10 == 0 {
			settle = "1s"
		}
		a := Ask(t, "zombies", "--exit-code", "--settle", settle, "--filter", filter)
		if !strings.HasPrefix(a.Stdout, "No zombies in 3 containers, ") {
			t.Errorf("run %d: a false accusation\n%s", i, a)
		}
	}
	Eventually(t, "a zombie in a single look, without which this proves nothing", func() bool {
		return Ask(t, "zombies", "-q", "--settle", "0", "--filter", filter).Stdout != ""
	})
	Eventually(t, "one that was passing", func() bool {
		return strings.Contains(Ask(t, "zombies", "--settle", "300ms", "--filter", filter).Stdout, "passing")
	})
}

func TestZombiesOfAHealthCheck(t *testing.T) {
	t.Parallel()
	b := Run(t, "--health-interval", "1s", "--health-cmd", "(sh -c 'exit 9' >/dev/null 2>&1 &)")
	b.Leave("exit 4")
	var zombies map[int]Process
	Eventually(t, "zombies of three health checks and one exec", func() bool {
		zombies = b.Processes()
		maps.DeleteFunc(zombies, func(_ int, p Process) bool { return p.State != "Z" || p.PPID != b.PID() })
		return len(zombies) >= 4
	})

	rows := AskRows(t, "zombies", b.Name)
	if len(rows) < len(zombies) {
		t.Fatalf("%d rows for %d zombies", len(rows), len(zombies))
	}
	for _, r := range rows {
		want := "healthcheck"
		if Value(r.ExitCode) == 4 {
			want = "exec"
		}
		if r.Origin != want || r.OriginCertainty == "unknown" || r.Cause != "init-does-not-reap" {
			t.Errorf("%v from %s (%s), want %s: %+v", Value(r.Exit), r.Origin, r.OriginCertainty, want, r)
		}
	}
	Ask(t, "zombies", b.Name).Want(t, "  health")
}

// busybox timeout leads a session of its own when it is an orphan, as a child of PID 1 may. The
// command of the check shows the origin, and with --init there are none.
func TestZombiesOfOwnSessions(t *testing.T) {
	t.Parallel()
	checked := []string{"--health-interval", "1s", "--health-cmd", "timeout 5 true"}
	b, twin := Run(t, checked...), Run(t, append(checked, "--init")...)
	Eventually(t, "zombies of three health checks", func() bool { return len(zombiesIn(b.Processes())) >= 3 })
	for _, r := range AskRows(t, "zombies", b.Name) {
		if r.Origin != "healthcheck" || r.OriginCertainty != "likely" {
			t.Errorf("from %s (%s): %+v", r.Origin, r.OriginCertainty, r)
		}
	}
	Ask(t, "zombies", b.Name).Want(t, "recreate the container with --init (compose: init: true). --init probably fixes this")
	if rows := AskRows(t, "zombies", twin.Name); len(rows) != 0 {
		t.Errorf("with --init: %+v", rows)
	}
}

// A joined container's orphans are reparented to PID 1 of the container that it joined.
func TestZombiesOfAJoiner(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	joiner := Run(t, "--pid", "container:"+owner.Name)
	joiner.Leave("exit 6")
	zombie := onlyKey(t, joiner.Zombies(1))

	rows := AskRows(t, "zombies", owner.Name, joiner.Name)
	if len(rows) != 1 {
		t.Errorf("want the zombie once: %+v", rows)
	}
	for _, rows := range [][]Row{rows, AskRows(t, "zombies", joiner.Name)} {
		r := RowOf(t, rows, zombie)
		if r.Container != joiner.Name || Value(r.ParentContainer) != owner.Name || Value(r.ParentContainerPID) != 1 {
			t.Errorf("whose zombie is it: %+v", r)
		}
		if r.Cause != "init-does-not-reap" || r.Origin != "exec" || r.InitCures != "yes" {
			t.Errorf("verdict on %+v", r)
		}
	}
	a := Ask(t, "zombies", joiner.Name)
	a.Want(t, owner.Name+"  1 zombie of "+joiner.Name, "docker restart "+owner.Name)
	if strings.Contains(a.Stdout, "docker restart "+joiner.Name) {
		t.Errorf("a restart of the joiner does not help\n%s", a)
	}
}

func TestParentHasNotWaited(t *testing.T) {
	t.Parallel()
	b := Run(t, "--init")
	parent := b.Start(nil, "workload", "never-waits", "0", "3")
	b.Zombies(2)
	for _, r := range AskRows(t, "zombies", b.Name) {
		if r.Cause != "parent-has-not-waited" || r.InitCures != "no" || r.ParentHostPID != parent || Value(r.ParentContainer) != b.Name {
			t.Errorf("verdict on %+v", r)
		}
	}
	followAdvice(t, b, 1, 0)
}

// If PID 1 does not reap either, the advice may take two steps.
func TestParentHasNotWaitedBelowABadInit(t *testing.T) {
	t.Parallel()
	b := Run(t, "--stop-timeout", "0")
	b.Start(nil, "workload", "never-waits", "3")
	b.Zombies(1)
	followAdvice(t, b, 2, 0)
}

func TestRestartRelieves(t *testing.T) {
	t.Parallel()
	b := Run(t, "--stop-timeout", "0")
	b.Leave("exit 1")
	b.Zombies(1)
	followAdvice(t, b, 1, 0)
}

// A parent that exits between the two looks is not the culprit. Its zombies are then PID 1's.
func TestParentEndsBetweenTheLooks(t *testing.T) {
	t.Parallel()
	b := Run(t)
	Docker(t, "exec", "-d", b.Name, "sh", "-c", "sh -c 'exit 9' & exec sleep 3")
	zombies := b.Zombies(1)
	zombie := onlyKey(t, zombies)
	parent := zombies[zombie].PPID
	a := Ask(t, "zombies", "--settle", "5s", b.Name, "--format", "json")
	if p, ok := ReadProcess(zombie); !ok || p.PPID != b.PID() {
		t.Fatalf("PID 1 has not adopted the zombie: %+v", p)
	}
	if r := RowOf(t, a.Rows(t), zombie); r.Cause == "parent-has-not-waited" || r.ParentHostPID == parent || r.InitCures == "no" {
		t.Errorf("accuses a parent that has ended: %+v", r)
	}
}

// The child of docker-init is the container's program. When it exits, so does the container, and
// advice to kill it has to say so.
func TestProgramBelowInitHasNotWaited(t *testing.T) {
	t.Parallel()
	b := Run(t, "--init", "--", "workload", "never-waits", "3")
	zombie := onlyKey(t, b.Zombies(1))
	a := Ask(t, "zombies", b.Name).Want(t, "workload (", "has not waited for it", "--init does not fix this")
	advice := adviceIn(t, a)[0]
	obey(t, advice)
	Eventually(t, "an effect of "+advice.command, func() bool { _, there := b.Processes()[zombie]; return !there })
	if !strings.Contains(advice.effect, b.Name) {
		t.Errorf("the advice interrupts %s and does not say so: %q", b.Name, advice)
	}
	Eventually(t, b.Name+" to run", func() bool { return b.Inspect("{{.State.Running}}") == "true" })
}

// PID 1's own children and orphans look the same to the kernel. --init would not reap what PID 1
// started itself, so "yes" would be wrong.
func TestInitHasNotWaitedForItsOwnChildren(t *testing.T) {
	t.Parallel()
	b := Run(t, "--", "workload", "never-waits", "0", "7")
	b.Zombies(2)
	b.Leave("exit 9")
	b.Zombies(3)
	for _, r := range AskRows(t, "zombies", b.Name) {
		adopted := Value(r.ExitCode) == 9
		cause := "parent-has-not-waited" // PID 1 may only be slow to wait for its own
		if adopted {
			cause = "init-does-not-reap"
		}
		if adopted != (r.InitCures == "yes") || r.InitCures == "no" || r.Cause != cause {
			t.Errorf("verdict on %+v", r)
		}
	}
	if a := Ask(t, "zombies", b.Name); strings.Contains(a.Stdout, "recreate the container with --init") {
		t.Errorf("--init would not reap them all\n%s", a)
	}
	followAdvice(t, b, 1, 2)
}

func TestDaemonWithASessionOfItsOwn(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Leave("setsid sh -c 'exit 8'")
	zombie := onlyKey(t, b.Zombies(1))
	r := RowOf(t, AskRows(t, "zombies", b.Name), zombie)
	if Value(r.ExitCode) != 8 || r.Cause != "parent-has-not-waited" || r.InitCures == "no" || r.Origin == "healthcheck" {
		t.Errorf("verdict on %+v", r)
	}
}

func TestZombiesOfThePausedAreNobodysFault(t *testing.T) {
	t.Parallel()
	b := Run(t, "--init")
	parent := b.Start(nil, "sh", "-c", "sleep 1000 & wait; exec sleep 2000")
	child := ByArgs(t, b.EventuallyWith("sleep 1000"), "sleep 1000")
	// It is stopped first, because the parent would reap at once, and on cgroup v1 a frozen
	// process cannot even be killed.
	stopProcess(t, parent)
	if err := syscall.Kill(child.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.Zombies(1)
	Docker(t, "pause", b.Name)
	t.Cleanup(func() { _, _ = Command("docker", "unpause", b.Name) })
	if err := syscall.Kill(parent, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	r := RowOf(t, AskRows(t, "zombies", b.Name), child.PID)
	if r.Cause != "unknown" || r.InitCures == "yes" {
		t.Errorf("a paused parent cannot wait: %+v", r)
	}
	a := Ask(t, "zombies", b.Name).Want(t, "paused", "docker unpause "+b.Name)
	if strings.Contains(a.Stdout, "does not reap") || strings.Contains(a.Stdout, "has not waited") {
		t.Errorf("a false accusation\n%s", a)
	}
	followAdvice(t, b, 1, 0)
}

func TestPausedInitIsNotAccused(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Leave("exit 3")
	zombie := onlyKey(t, b.Zombies(1))
	Docker(t, "pause", b.Name)
	t.Cleanup(func() { _, _ = Command("docker", "unpause", b.Name) })
	if r := RowOf(t, AskRows(t, "zombies", b.Name), zombie); r.Cause != "unknown" {
		t.Errorf("a paused PID 1 cannot wait: %+v", r)
	}
	if a := Ask(t, "zombies", b.Name).Want(t, "docker unpause "+b.Name); strings.Contains(a.Stdout, "does not reap") {
		t.Errorf("a false accusation\n%s", a)
	}
}

func TestStoppedParentIsNotAccused(t *testing.T) {
	t.Parallel()
	b := Run(t, "--init")
	parent := b.Start(nil, "sh", "-c", "sleep 1000 & wait; exec sleep 2000")
	child := ByArgs(t, b.EventuallyWith("sleep 1000"), "sleep 1000")
	stopProcess(t, parent)
	if err := syscall.Kill(child.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.Zombies(1)
	if r := RowOf(t, AskRows(t, "zombies", b.Name), child.PID); r.Cause != "unknown" {
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
	Eventually(t, fmt.Sprintf("process %d to stop", pid), func() bool { p, ok := ReadProcess(pid); return ok && p.State == "T" })
}

// holdsSoon reports whether something becomes true within a second.
func holdsSoon(holds func() bool) bool {
	for until := time.Now().Add(time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}

// The shim must reap the main process as a zombie, and a stopped shim cannot. This is not
// parallel, because the engine may be slow for others until the shim continues.
func TestStoppedShim(t *testing.T) {
	b := Run(t)
	main := b.PID()
	shim := stopShim(t, b)
	if err := syscall.Kill(main, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.Zombies(1)

	a := PIDNS(t, "zombies", "--format", "json", b.Name).Within(t, 15*time.Second)
	r := RowOf(t, a.Rows(t), main)
	if r.Cause != "shim-hung" || r.InitCures != "no" || r.ParentHostPID != shim || r.ParentContainer != nil || r.Role != "main" {
		t.Errorf("verdict on %+v", r)
	}
	a = Ask(t, "zombies", b.Name).Want(t, fmt.Sprintf("The shim (%d) is stopped", shim), fmt.Sprintf("kill -CONT %d", shim))
	obey(t, adviceIn(t, a)[0])
	Eventually(t, "the container's end", func() bool { return b.Inspect("{{.State.Running}}") == "false" })
}

// After somebody has tried an exec, the engine no longer answers about the container of a
// stopped shim (docker inspect hangs). /proc still does.
func TestEngineIsSilentAboutTheContainerOfAStoppedShim(t *testing.T) {
	b := Run(t)
	main := b.PID()
	b.Leave("exit 3")
	zombie := onlyKey(t, b.Zombies(1))
	stopShim(t, b)
	hanging := exec.Command("docker", "exec", b.Name, "true")
	if err := hanging.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = hanging.Process.Kill()
		_ = hanging.Wait()
	})
	silent := fallsSilent(b)
	wantSilence := func(a Answer) {
		t.Helper()
		if silent {
			a.WantError(t, "did not answer")
		}
	}

	a := PIDNS(t, "host-pid", "--timeout", "1s", b.Name).Within(t, 15*time.Second)
	if a.Stdout != fmt.Sprintln(main) {
		t.Errorf("want %d\n%s", main, a)
	}
	wantSilence(a)
	a = PIDNS(t, "zombies", "--format", "json", b.Name).Within(t, 15*time.Second)
	RowOf(t, a.Rows(t), zombie)
	wantSilence(a)
	a = PIDNS(t, "tree", "--timeout", "1s", "--format", "json", b.Name).Within(t, 15*time.Second)
	RowOf(t, a.Rows(t), main)
}

// fallsSilent reports whether the engine no longer answers about the container when a client
// waits for its stopped shim. Docker from 29 on still answers.
func fallsSilent(b *Box) bool {
	b.T.Helper()
	for range 50 {
		if exec.Command("timeout", "1", "docker", "inspect", b.ID).Run() != nil {
			return true
		}
		time.Sleep(200 * time.Millisecond)
	}
	if major, _, _ := strings.Cut(Docker(b.T, "version", "--format", "{{.Server.Version}}"), "."); Atoi(major) < 29 {
		b.T.Fatal("the engine answers, though it did not before 29")
	}
	return false
}

// stopShim stops the container's shim until the test ends, and returns its PID: the parent of
// the main process, which names the container.
func stopShim(t *testing.T, b *Box) int {
	t.Helper()
	main, ok := ReadProcess(b.PID())
	if !ok {
		t.Fatalf("%s has no main process", b.Name)
	}
	shim, ok := ReadProcess(main.PPID)
	if !ok || !slices.Contains(shim.Args, b.ID) {
		t.Fatalf("the parent of %s's main process is not its shim: %+v", b.Name, shim)
	}
	t.Cleanup(func() { _ = syscall.Kill(shim.PID, syscall.SIGCONT) })
	if err := syscall.Kill(shim.PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	return shim.PID
}

// With --pid=host the shim adopts and reaps, and --init is ignored.
func TestZombiesInTheHostsNamespace(t *testing.T) {
	t.Parallel()
	b := Run(t, "--pid", "host", "--", "workload", "never-waits", "2")
	b.Leave("exit 3")
	zombie := onlyKey(t, b.Zombies(1))
	r := RowOf(t, AskRows(t, "zombies", b.Name), zombie)
	if r.Cause != "parent-has-not-waited" || r.InitCures != "no" || Value(r.ExitCode) != 2 || r.NSInit {
		t.Errorf("verdict on %+v", r)
	}
}

func TestZombiesInANestedNamespace(t *testing.T) {
	t.Parallel()
	b := Run(t, "--init", "--cap-add", "SYS_ADMIN", "--", "sh", "-c", "unshare -p -f workload never-waits 5; sleep infinity")
	zombie := onlyKey(t, b.Zombies(1))
	r := RowOf(t, AskRows(t, "zombies", b.Name), zombie)
	if r.Cause != "parent-has-not-waited" || r.InitCures != "no" || len(r.PIDs) != 3 {
		t.Errorf("verdict on %+v", r)
	}
	Ask(t, "zombies", b.Name).Want(t, "init of a nested PID namespace")
	followAdvice(t, b, 1, 0)
}

func TestZombiesExitCode(t *testing.T) {
	t.Parallel()
	sick, healthy := Run(t), Run(t)
	sick.Leave("exit 1")
	zombie := onlyKey(t, sick.Zombies(1))
	Ask(t, "zombies", sick.Name)
	PIDNS(t, "zombies", "--exit-code", sick.Name, healthy.Name).WantStatus(t, 3)
	Ask(t, "zombies", "--exit-code", healthy.Name)
	if a := PIDNS(t, "zombies", "--exit-code", "-q", sick.Name).WantStatus(t, 3); a.Stdout != fmt.Sprintln(zombie) {
		t.Errorf("want %d alone\n%s", zombie, a)
	}
	// There is no all-clear if something could not be looked at.
	PIDNS(t, "zombies", "--exit-code", healthy.Name, "e2e-"+Random()).WantStatus(t, 4).Want(t, "No zombies in 1 container")
	PIDNS(t, "zombies", "--exit-code", sick.Name, "e2e-"+Random()).WantStatus(t, 3)
}

func TestOneLookAccusesNobody(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Leave("exit 1")
	zombie := onlyKey(t, b.Zombies(1))
	if r := RowOf(t, AskRows(t, "zombies", "--settle", "0", b.Name), zombie); r.Cause != "unknown" || !r.SeenFirst.Equal(r.SeenLast) {
		t.Errorf("seen once: %+v", r)
	}
	if a := Ask(t, "zombies", "--settle", "0", b.Name).Want(t, "Seen once"); strings.Contains(a.Stdout, "does not reap") {
		t.Errorf("an accusation after one look\n%s", a)
	}
	if r := RowOf(t, AskRows(t, "zombies", b.Name), zombie); r.SeenLast.Sub(r.SeenFirst) < time.Second {
		t.Errorf("want a second between the looks: %+v", r)
	}
}

func TestZombiesHoldPIDsOfTheLimit(t *testing.T) {
	t.Parallel()
	b := Run(t, "--pids-limit", "50")
	b.Sh("for i in $(seq 30); do (sh -c 'exit 2' &); done")
	b.Zombies(30)
	a := Ask(t, "zombies", b.Name).Want(t, "30 zombies hold 30 of 50 PIDs", "x 29 more")
	if n := strings.Count(a.Stdout, "exit 2"); n != 2 {
		t.Errorf("30 equal zombies in %d lines, want 2\n%s", n, a)
	}
	if a := Ask(t, "zombies", "--no-trunc", b.Name); strings.Count(a.Stdout, "exit 2") != 30 {
		t.Errorf("--no-trunc folds\n%s", a)
	}
	if rows := AskRows(t, "zombies", b.Name); len(rows) != 30 {
		t.Errorf("%d rows, want 30", len(rows))
	}
}

// ---- advice ----

// advice is a command that the verdict recommends now, and what it says that the command does.
type advice struct{ command, effect string }

var adviceLine = regexp.MustCompile(`(?m)^.*\bFix now: (\S.*?)   \((\S.*)\)$`)

func adviceIn(t *testing.T, a Answer) []advice {
	t.Helper()
	var list []advice
	for _, match := range adviceLine.FindAllStringSubmatch(a.Stdout, -1) {
		list = append(list, advice{match[1], match[2]})
	}
	if len(list) == 0 {
		t.Fatalf("no advice\n%s", a)
	}
	return list
}

func obey(t *testing.T, a advice) {
	t.Helper()
	// These tests run as root, on a machine that may lack sudo.
	if out, err := Command("sh", "-c", strings.TrimPrefix(a.command, "sudo ")); err != nil {
		t.Fatalf("%q: %v: %s", a.command, err, out)
	}
}

// followAdvice types what the verdicts recommend until only those zombies are left that the
// program makes again after a restart. It fails if that takes more steps than allowed.
func followAdvice(t *testing.T, b *Box, steps, anew int) {
	t.Helper()
	var said []Answer
	for range steps {
		a := Ask(t, "zombies", b.Name)
		said = append(said, a)
		for _, advice := range adviceIn(t, a) {
			obey(t, advice)
		}
		if holdsSoon(func() bool { return b.CountZombies() == anew && b.Inspect("{{.State.Running}}") == "true" }) {
			return
		}
	}
	t.Errorf("%d zombies are left, want %d, after all advice was followed: %v", b.CountZombies(), anew, said)
}

// Zombies that disappeared with their container were not reaped by their parent.
func TestContainerThatEndsBetweenTheLooks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		words  []string
		status int
		error  string
	}{
		"killed":    {[]string{"kill"}, 4, "is not running: exited (137, SIGKILL)"},
		"removed":   {[]string{"rm", "-f"}, 4, "no such container"},
		"restarted": {[]string{"restart", "-t", "0"}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := Run(t, "--", "sleep", "961")
			b.Leave("sleep 0")
			b.Zombies(1)
			dying := Call{During: func(*os.Process) {
				time.Sleep(1500 * time.Millisecond)
				Docker(t, append(test.words, b.Name)...)
			}}
			a := dying.Run(t, "zombies", "--exit-code", "--settle", "3s", b.Name).WantStatus(t, test.status)
			if test.error != "" {
				a.WantError(t, test.error)
			} else {
				a.Want(t, "No zombies in 1 container, 1 process.")
			}
		})
	}
}
