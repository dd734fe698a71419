//go:build linux

package advice

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// scenes are the problems that need more than a container.
func scenes() []Case {
	var all []Case
	for _, list := range [][]Case{zombieScenes(), initScenes(), endScenes(), namespaceScenes(), limitScenes(), hostLimitScenes()} {
		all = append(all, list...)
	}
	return all
}

// comesTrue is how long the effect of a command may take.
const comesTrue = 10 * time.Second

// held runs the command for now, and waits for the promised effect.
func (r *Run) held(ctx context.Context, f finding, promised string, is func() bool) {
	told := "now: " + f.Now
	if f.NowEffect != "" {
		told += " (" + f.NowEffect + ")"
	}
	if f.Now == "" {
		r.promise(false, "now: "+promised, "nothing is told")
		return
	}
	_, err := carryOut(ctx, f.Now)
	came := eventually(ctx, comesTrue, is)
	r.promise(err == nil && came, told, "it ran %s; %s: %v", orFine(err), promised, came)
}

// silent checks that a rule no longer finds anything about the container.
func (r *Run) silent(ctx context.Context, told, rule string, b *box) error {
	list, err := r.findings(ctx, rule, b)
	if err != nil {
		return err
	}
	came := "docker pidns doctor finds nothing of " + rule
	if len(list) > 0 {
		came = "docker pidns doctor still finds: " + list[0].Evidence[0]
	}
	r.promise(len(list) == 0, told, "%s", came)
	return nil
}

// advises checks the advice of a finding, if the wanted advice is known.
func (r *Run) advises(what, got, want string) {
	if !strings.HasPrefix(got, want) {
		r.promise(false, what+": "+want, "%s: %q", what, got)
	}
}

// leave leaves an orphan that exits soon to PID 1.
func leave(ctx context.Context, b *box) error {
	return b.exec(ctx, "busybox", "sh", "-c", "(busybox sleep 0.3; exit 3) >/dev/null 2>&1 &")
}

// leaves leaves an orphan, and waits until it is a zombie or has been reaped.
func leaves(ctx context.Context, b *box, zombies int) error {
	if err := leave(ctx, b); err != nil {
		return err
	}
	realhost.Wait(ctx, time.Second)
	if !eventually(ctx, comesTrue, func() bool { return len(b.zombies()) == zombies }) {
		return fmt.Errorf("%d zombies of %s, want %d", len(b.zombies()), b.name, zombies)
	}
	return nil
}

// zombieScene has zombies, the process that has not reaped them, and what must be reported.
type zombieScene struct {
	name  string
	quick bool
	spec
	// make creates the zombies. It is nil if the container does that itself. It must also work
	// in the fixed container.
	make func(context.Context, *box) error
	// restarts is true if the advice is to restart the container. Otherwise it continues to
	// run.
	restarts bool
	// ends is true if the container exits with the process that the advice kills.
	ends bool
	// init says whether --init helps: yes, no or unknown.
	init string
}

// asCase is the scene as a case.
func (z zombieScene) asCase() Case {
	return Case{Name: z.name, Quick: z.quick, Line: z.line("IMAGE"), hold: z.hold}
}

func (z zombieScene) begin(ctx context.Context, r *Run, s spec) (*box, error) {
	b, err := r.start(ctx, s)
	if err != nil || z.make == nil {
		return b, err
	}
	return b, z.make(ctx, b)
}

func (z zombieScene) hold(ctx context.Context, r *Run) error {
	b, err := z.begin(ctx, r, z.spec)
	if err != nil {
		return err
	}
	if !eventually(ctx, comesTrue, func() bool { return len(b.zombies()) > 0 }) {
		return fmt.Errorf("%s has no zombies", b.name)
	}
	zombies, err := r.zombieRows(ctx, b)
	if err != nil {
		return err
	}
	if len(zombies) == 0 || zombies[0].InitCures != z.init {
		r.promise(false, "--init: "+z.init, "docker pidns zombies: %+v", zombies)
	}
	f, err := r.found(ctx, "zombies-unreaped,nested-init-zombies", b)
	if err != nil {
		return err
	}
	before := b.zombies()
	restart := strings.HasPrefix(f.Now, "docker restart")
	if restart != z.restarts {
		r.promise(false, fmt.Sprintf("now: restart: %v", z.restarts), "now: %q", f.Now)
	}
	r.held(ctx, f, "the zombies are gone, and none came instead", func() bool {
		left := b.zombies()
		if z.make == nil && restart { // the process that made them makes them again
			left = slices.DeleteFunc(left, func(pid int) bool { return !slices.Contains(before, pid) })
		}
		return len(left) == 0 && (z.ends || b.runs(ctx))
	})
	b.remove()
	return z.holdInit(ctx, r, f.Cure)
}

// holdInit creates the same with --init, and checks whether there are zombies again.
func (z zombieScene) holdInit(ctx context.Context, r *Run, cure string) error {
	if z.init == "unknown" {
		return nil
	}
	b, err := r.start(ctx, z.with("--init"))
	if err != nil {
		return err
	}
	if z.make != nil {
		if err := z.make(ctx, b); err != nil {
			return err
		}
	}
	if z.init == "no" {
		there := eventually(ctx, comesTrue, func() bool { return len(b.zombies()) > 0 })
		r.promise(there, "cure: "+cure, "with --init there are zombies: %v", there)
		return nil
	}
	realhost.Wait(ctx, 3*time.Second)
	gone := eventually(ctx, comesTrue, func() bool { return len(b.zombies()) == 0 })
	r.promise(gone, "cure: "+cure, "with --init there are no zombies: %v", gone)
	return r.silent(ctx, "cure: "+cure, "zombies-unreaped", b)
}

// zombieScenes are the kinds of zombies.
func zombieScenes() []Case {
	sleep := words("busybox sleep 1000")
	const forgetful = "import os, time; [os.fork() or os._exit(4) for _ in range(3)]; time.sleep(1000)"
	python := func(prefix ...string) spec { return spec{command: append(prefix, "python3", "-c", forgetful)} }
	background := func(start string) spec {
		return spec{command: []string{"busybox", "sh", "-c", start, "sh", forgetful}}
	}
	const subreaper = "import ctypes, time; ctypes.CDLL(None).prctl(36, 1); time.sleep(1000)"
	const below = "import ctypes, subprocess, time; ctypes.CDLL(None).prctl(36, 1); subprocess.run(['sh', '-c', '(sleep 1; exit 3) &']); time.sleep(1000)"
	ignoring := "import signal; signal.signal(15, signal.SIG_IGN); " + forgetful
	execs := func(ctx context.Context, b *box) error {
		_, err := realhost.Docker(ctx, "exec", "-d", b.name, "python3", "-c", forgetful)
		return err
	}
	nested := spec{command: []string{"unshare", "-pf", "busybox", "sh", "-c", "(busybox sleep 0.5; exit 3) & exec busybox sleep 1000"}}.
		with("--init", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined")
	health := sleep.with("--health-cmd", "(busybox sleep 0.3; exit 3) >/dev/null 2>&1 & true", "--health-interval", "1s")
	var all []Case
	for _, z := range []zombieScene{
		{name: "zombies-of-exec", spec: sleep, make: leave, restarts: true, init: "yes", quick: true},
		{name: "zombies-of-health-check", spec: health, restarts: true, init: "yes"},
		{name: "zombies-of-main-process", spec: python(), restarts: true, init: "unknown"},
		{name: "zombies-below-init", spec: python().with("--init"), restarts: true, init: "no"},
		{name: "zombies-of-child", spec: background(`python3 -c "$1" & wait; wait; busybox sleep 1000; true`), init: "no"},
		{name: "zombies-of-child-below-init", spec: background(`python3 -c "$1" & wait; busybox sleep 1000; true`).with("--init"), init: "no"},
		{name: "zombies-of-child-of-sleep", spec: background(`python3 -c "$1" & exec busybox sleep 1000`), restarts: true, init: "no"},
		{name: "zombies-of-deaf-child", spec: spec{command: []string{"busybox", "sh", "-c", `python3 -c "$1" & while true; do busybox sleep 1; done`, "sh", ignoring}}, init: "no"},
		{name: "zombies-of-exec-process", spec: sleep.with("--init"), make: execs, init: "no"},
		{name: "zombies-of-subreaper", spec: spec{command: []string{"python3", "-c", subreaper}}, make: leave, restarts: true, init: "yes"}, // a process from outside is not below the subreaper
		{name: "zombies-of-subreaper-below", spec: spec{command: []string{"python3", "-c", below}}, restarts: true, init: "unknown"},
		{name: "zombies-of-nested-init", spec: nested, ends: true, init: "no"},
		{name: "zombies-on-host", spec: python().with("--pid", "host"), restarts: true, init: "no"},
	} {
		all = append(all, z.asCase())
	}
	return append(all,
		Case{Name: "zombies-of-joined", hold: joinedZombies},
		Case{Name: "zombies-while-paused", hold: pausedZombies},
		Case{Name: "zombies-while-stopped", hold: stoppedZombies})
}

// joinedZombies has a container that joined a PID namespace and leaves an orphan to the owner's
// PID 1. A restart of the owner kills the joined container.
func joinedZombies(ctx context.Context, r *Run) error {
	s := words("busybox sleep 1000").with("--pid", joinX)
	s.joined = []string{"busybox", "sleep", "1000"}
	joiner, err := r.start(ctx, s)
	if err != nil {
		return err
	}
	owner := r.boxes[0]
	if err := leaves(ctx, joiner, 1); err != nil {
		return err
	}
	f, err := r.found(ctx, "zombies-unreaped", joiner)
	if err != nil {
		return err
	}
	r.advises("now", f.Now, "docker restart "+owner.name)
	zombie := joiner.zombies()[0]
	r.held(ctx, f, "the zombie is gone, the owner runs again, the joiner has died", func() bool {
		return realhost.StartTicks(zombie) == "" && !slices.Contains(joiner.all(), zombie) && owner.runs(ctx) && !joiner.runs(ctx)
	})
	return nil
}

// pausedZombies has zombies of a paused container, which cannot be judged before it runs again.
func pausedZombies(ctx context.Context, r *Run) error {
	b, err := r.start(ctx, words("busybox sleep 1000"))
	if err != nil {
		return err
	}
	if err := leaves(ctx, b, 1); err != nil {
		return err
	}
	if _, err := realhost.Docker(ctx, "pause", b.name); err != nil {
		return err
	}
	f, err := r.found(ctx, "zombies-unreaped", b)
	if err != nil {
		return err
	}
	r.advises("now", f.Now, "docker unpause")
	r.held(ctx, f, "it runs", func() bool { return b.runs(ctx) })
	f, err = r.found(ctx, "zombies-unreaped", b)
	r.promise(err == nil && f.Verdict == "yes", "then look again", "the verdict is %q then: %v", f.Verdict, f.Evidence)
	return nil
}

// stoppedZombies has zombies of a stopped parent, which reaps when it continues.
func stoppedZombies(ctx context.Context, r *Run) error {
	b, err := r.start(ctx, spec{command: []string{"python3", "-c", "import os, time; os.fork() or time.sleep(5) or os._exit(3); os.wait(); time.sleep(1000)"}})
	if err != nil {
		return err
	}
	if err := syscall.Kill(b.pid, syscall.SIGSTOP); err != nil {
		return err
	}
	if !eventually(ctx, comesTrue, func() bool { return len(b.zombies()) == 1 }) {
		return fmt.Errorf("%s has no zombie", b.name)
	}
	f, err := r.found(ctx, "zombies-unreaped", b)
	if err != nil {
		return err
	}
	r.advises("now", f.Now, "kill -CONT")
	r.held(ctx, f, "it runs, and has reaped", func() bool { return len(b.zombies()) == 0 && b.runs(ctx) })
	return nil
}

// initScenes are about the init of a container.
func initScenes() []Case {
	return []Case{
		{Name: "init-does-not-reap", Quick: true, hold: func(ctx context.Context, r *Run) error {
			s := words("busybox sleep 1000").with("--health-cmd", "true", "--health-interval", "1h")
			return r.cures(ctx, "init-does-not-reap", s, "recreate the container with --init", s.with("--init"), func(b *box) error { return leaves(ctx, b, 0) })
		}},
		{Name: "double-init", hold: func(ctx context.Context, r *Run) error {
			s := words("tini -s -- sleep 1000")
			return r.cures(ctx, "double-init", s.with("--init"), "remove one of the two inits", s, func(b *box) error { return leaves(ctx, b, 0) })
		}},
		{Name: "double-init-other", hold: func(ctx context.Context, r *Run) error {
			s := words("dumb-init sleep 1000")
			return r.cures(ctx, "double-init", s.with("--init"), "remove one of the two inits", words("sleep 1000").with("--init"), func(b *box) error { return leaves(ctx, b, 0) })
		}},
		{Name: "init-not-first", hold: func(ctx context.Context, r *Run) error {
			s := words("s6-svscan /forecast/services")
			return r.cures(ctx, "init-not-first", s.with("--init"), "leave --init out", s, func(b *box) error { return leaves(ctx, b, 0) })
		}},
	}
}

// cures creates what a rule finds, and then the container with the fix. That must be healthy:
// the rule finds nothing, docker stop is in time, and check returns no error.
func (r *Run) cures(ctx context.Context, rule string, sick spec, cure string, cured spec, check func(*box) error) error {
	b, err := r.start(ctx, sick)
	if err != nil {
		return err
	}
	f, err := r.found(ctx, rule, b)
	if err != nil {
		return err
	}
	r.advises("cure", f.Cure, cure)
	b.remove()
	if b, err = r.start(ctx, cured); err != nil {
		return err
	}
	told := "cure: " + f.Cure
	if err := r.silent(ctx, told, rule, b); err != nil {
		return err
	}
	err = check(b)
	r.promise(err == nil, told, "an orphan is reaped: %v", orFine(err))
	o, err := stop(ctx, b)
	if err != nil {
		return err
	}
	r.promise(!o.killed, told, "docker stop took %.1f s, exit code %d", o.seconds, o.exit)
	return nil
}

// endScenes are containers that do not exit, or not completely.
func endScenes() []Case {
	return []Case{
		{Name: "shim-stopped", Quick: true, hold: shimStopped},
		{Name: "shim-stopped-zombies", hold: shimStoppedZombies},
		{Name: "main-thread-exited", hold: mainThreadExited},
		{Name: "leftovers", hold: leftovers},
		{Name: "init-cannot-finish", hold: initCannotFinish},
		{Name: "uninterruptible-sleep", hold: uninterruptible},
		{Name: "exec-long-running", hold: func(ctx context.Context, r *Run) error {
			return execLongRunning(ctx, r, nil, "busybox", "sleep", "900")
		}},
		{Name: "exec-long-running-shell", hold: func(ctx context.Context, r *Run) error {
			return execLongRunning(ctx, r, []string{"-t"}, "bash")
		}},
	}
}

// stopShim stops a container's shim until the case is over.
func (r *Run) stopShim(b *box) error {
	shim := b.shim()
	r.cleanups = append(r.cleanups, func() { _ = syscall.Kill(shim, syscall.SIGCONT) })
	return syscall.Kill(shim, syscall.SIGSTOP)
}

func shimStopped(ctx context.Context, r *Run) error {
	b, err := r.start(ctx, words("busybox sleep 1000").with("--init"))
	if err != nil {
		return err
	}
	if err := r.stopShim(b); err != nil {
		return err
	}
	f, err := r.found(ctx, "shim-stopped", b)
	if err != nil {
		return err
	}
	s, err := r.signals(ctx, b)
	if err != nil {
		return err
	}
	r.promise(s.Forecast == "hangs" && s.Now == f.Now, "signals: hangs, and the same advice", "%s, %q", s.Forecast, s.Now)
	r.held(ctx, f, "docker exec works again", func() bool { return b.exec(ctx, "busybox", "true") == nil })
	o, err := stop(ctx, b)
	if err != nil {
		return err
	}
	r.promise(!o.killed, "now: "+f.Now, "docker stop took %.1f s, exit code %d", o.seconds, o.exit)
	return nil
}

// shimStoppedZombies has a stopped shim and a PID 1 that does not reap. So a restart is needed,
// and the shim must continue first.
func shimStoppedZombies(ctx context.Context, r *Run) error {
	b, err := r.start(ctx, words("busybox sleep 1000"))
	if err != nil {
		return err
	}
	if err := leaves(ctx, b, 1); err != nil {
		return err
	}
	if err := r.stopShim(b); err != nil {
		return err
	}
	f, err := r.found(ctx, "zombies-unreaped", b)
	if err != nil {
		return err
	}
	r.held(ctx, f, "its shim goes on", func() bool { return b.exec(ctx, "busybox", "true") == nil })
	if f, err = r.found(ctx, "zombies-unreaped", b); err != nil {
		return err
	}
	r.advises("now", f.Now, "docker restart")
	r.held(ctx, f, "the zombie is gone", func() bool { return len(b.zombies()) == 0 && b.runs(ctx) })
	return nil
}

// halfDead starts a container whose main thread has exited.
func (r *Run) halfDead(ctx context.Context) (*box, error) {
	b, err := r.create(ctx, words("/forecast/behave main-thread-gone"))
	if err != nil {
		return nil, err
	}
	pid := b.pid
	r.cleanups = append(r.cleanups, func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	state := func() bool {
		return strings.HasPrefix(realhost.Keys(fmt.Sprintf("/proc/%d/status", pid))["State"], "Z")
	}
	if !eventually(ctx, comesTrue, state) {
		return nil, fmt.Errorf("the main thread of %s (%d) lives", b.name, pid)
	}
	return b, nil
}

func mainThreadExited(ctx context.Context, r *Run) error {
	b, err := r.halfDead(ctx)
	if err != nil {
		return err
	}
	f, err := r.found(ctx, "main-thread-exited", b)
	if err != nil {
		return err
	}
	r.held(ctx, f, "it is Exited (137)", func() bool { return b.state(ctx) == "exited 137" })
	return nil
}

// leftovers has a container whose main thread has exited, and which docker rm forgets.
func leftovers(ctx context.Context, r *Run) error {
	b, err := r.halfDead(ctx)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	_, _ = realhost.Docker(limited, "rm", "-f", b.name)
	if len(b.all()) == 0 {
		return fmt.Errorf("docker rm has ended all of %s", b.name)
	}
	f, err := r.foundOnHost(ctx, "leftovers", b)
	if err != nil {
		return err
	}
	r.held(ctx, f, "nothing is left", func() bool { return len(b.all()) == 0 })
	return nil
}

// initCannotFinish has an exited process that entered the PID namespace from outside, and whose
// parent outside does not wait.
func initCannotFinish(ctx context.Context, r *Run) error {
	b, err := r.start(ctx, words("busybox sleep 1000"))
	if err != nil {
		return err
	}
	parent := exec.Command("nsenter", "-t", strconv.Itoa(b.pid), "-p", "sleep", "1000")
	if err := parent.Start(); err != nil {
		return err
	}
	r.cleanups = append(r.cleanups, func() { _ = parent.Process.Kill() })
	go func() { _ = parent.Wait() }()
	children := fmt.Sprintf("/proc/%[1]d/task/%[1]d/children", parent.Process.Pid)
	child := 0
	if !eventually(ctx, comesTrue, func() bool {
		text, _ := os.ReadFile(children)
		child, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return child != 0
	}) {
		return fmt.Errorf("nsenter has no child")
	}
	_ = parent.Process.Signal(syscall.SIGSTOP)
	realhost.Wait(ctx, 300*time.Millisecond)
	for _, pid := range []int{child, b.pid} {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	if !eventually(ctx, comesTrue, func() bool {
		channel, _ := os.ReadFile(fmt.Sprintf("/proc/%d/wchan", b.pid))
		return string(channel) == "zap_pid_ns_processes"
	}) {
		return fmt.Errorf("%s has finished", b.name)
	}
	f, err := r.found(ctx, "init-cannot-finish", b)
	if err != nil {
		return err
	}
	r.held(ctx, f, "the container ends", func() bool { return strings.HasPrefix(b.state(ctx), "exited") })
	return nil
}

func uninterruptible(ctx context.Context, r *Run) error {
	b, err := r.create(ctx, words("/forecast/behave vfork-parent"))
	if err != nil {
		return err
	}
	realhost.Wait(ctx, 2*time.Second)
	f, err := r.found(ctx, "uninterruptible-sleep", b)
	if err != nil {
		return err
	}
	out, err := realhost.Command(ctx, r.Environment, "sh", "-c", f.Now+" --rule uninterruptible-sleep --format json")
	r.promise(strings.Contains(out, `"Severity":"warning"`), "now: "+f.Now, "it ran %s and says that it has slept all the time: %v", orFine(err), strings.Contains(out, `"Severity":"warning"`))
	return nil
}

// execLongRunning does not wait for an hour. The doctor runs in a mount namespace in which the
// host has been up for two more hours.
func execLongRunning(ctx context.Context, r *Run, options []string, command ...string) error {
	b, err := r.start(ctx, words("busybox sleep 1000").with("--init"))
	if err != nil {
		return err
	}
	before := b.all()
	line := append(append([]string{"exec", "-d"}, options...), b.name)
	if _, err := realhost.Docker(ctx, append(line, command...)...); err != nil {
		return err
	}
	if err := b.settle(ctx); err != nil {
		return err
	}
	const twoHoursOn = `awk '{ print $1 + 7200, $2 }' /proc/uptime >"$0" && mount --bind "$0" /proc/uptime && exec docker pidns doctor --rule exec-long-running --format json "$1"`
	file, err := os.CreateTemp("", "cures-")
	if err != nil {
		return err
	}
	_ = file.Close()
	r.cleanups = append(r.cleanups, func() { _ = os.Remove(file.Name()) })
	text, err := realhost.Command(ctx, r.Environment, "unshare", "--mount", "sh", "-c", twoHoursOn, file.Name(), b.name)
	if err != nil {
		return err
	}
	list, err := parse[finding](text)
	f, err := single(list, err, "exec-long-running", b)
	if err != nil {
		return err
	}
	r.held(ctx, f, "the session has ended, and the container runs", func() bool { return slices.Equal(b.all(), before) && b.runs(ctx) })
	return nil
}

// namespaceScenes are joins whose namespaces differ now.
func namespaceScenes() []Case {
	join := func(ctx context.Context, r *Run) (x, b *box, err error) {
		s := words("busybox sleep 1000").with("--init", "--network", joinX)
		s.joined = []string{"busybox", "sleep", "1000"}
		b, err = r.start(ctx, s)
		return r.boxes[0], b, err
	}
	together := func(ctx context.Context, boxes ...*box) bool {
		for _, b := range boxes {
			if b.refresh(ctx) != nil || b.pid == 0 || namespace(b.pid, "net") != namespace(boxes[0].pid, "net") {
				return false
			}
		}
		return true
	}
	return []Case{
		{Name: "stale-join", Quick: true, hold: func(ctx context.Context, r *Run) error {
			x, b, err := join(ctx, r)
			if err != nil {
				return err
			}
			if _, err := realhost.Docker(ctx, "restart", "-t", "0", x.name); err != nil {
				return err
			}
			f, err := r.found(ctx, "stale-join", b)
			if err != nil {
				return err
			}
			r.held(ctx, f, "the two share a network again", func() bool { return together(ctx, x, b) })
			return r.silent(ctx, "now: "+f.Now, "stale-join", b)
		}},
		{Name: "stale-chain", hold: func(ctx context.Context, r *Run) error {
			x, b, err := join(ctx, r)
			if err != nil {
				return err
			}
			last, err := r.start(ctx, words("busybox sleep 1000").with("--init", "--network", "container:"+b.name))
			if err != nil {
				return err
			}
			if _, err := realhost.Docker(ctx, "restart", "-t", "0", x.name); err != nil {
				return err
			}
			f, err := r.found(ctx, "stale-join", last)
			if err != nil {
				return err
			}
			r.held(ctx, f, "the three share a network again", func() bool { return together(ctx, x, b, last) })
			return r.silent(ctx, "now: "+f.Now, "stale-join", last)
		}},
		{Name: "owner-gone", hold: func(ctx context.Context, r *Run) error {
			x, b, err := join(ctx, r)
			if err != nil {
				return err
			}
			if _, err := realhost.Docker(ctx, "stop", "-t", "0", x.name); err != nil {
				return err
			}
			f, err := r.found(ctx, "owner-gone", b)
			if err != nil {
				return err
			}
			r.held(ctx, f, "the two share a network again", func() bool { return together(ctx, x, b) })
			return r.silent(ctx, "now: "+f.Now, "owner-gone,stale-join", b)
		}},
		{Name: "owner-removed", hold: func(ctx context.Context, r *Run) error {
			x, b, err := join(ctx, r)
			if err != nil {
				return err
			}
			x.remove()
			f, err := r.found(ctx, "owner-gone", b)
			if err != nil {
				return err
			}
			_, failed := realhost.Docker(ctx, "restart", b.name)
			r.promise(f.Now == "" && failed != nil, "now: nothing, it cannot start again", "now %q; docker restart: %s", f.Now, orFine(failed))
			return nil
		}},
	}
}

// limitScenes are limits that are nearly reached.
func limitScenes() []Case {
	full := func(n int) string {
		return fmt.Sprintf("i=0; while [ $i -lt %d ]; do busybox sleep 1000 & i=$((i+1)); done; echo full; wait", n)
	}
	return []Case{
		{Name: "pids-limit", Quick: true, hold: func(ctx context.Context, r *Run) error {
			s := sh("busybox sh", full(16)).with("--init", "--pids-limit", "20")
			s.ready = "full"
			b, err := r.start(ctx, s)
			if err != nil {
				return err
			}
			f, err := r.found(ctx, "limit-near", b)
			if err != nil {
				return err
			}
			r.held(ctx, f, "six more processes can start", func() bool {
				return b.exec(ctx, "busybox", "sh", "-c", "for i in 1 2 3 4 5; do busybox sleep 2 & done; wait") == nil
			})
			return r.silent(ctx, "now: "+f.Now, "limit-near", b)
		}},
		{Name: "pids-limit-of-zombies", hold: func(ctx context.Context, r *Run) error {
			b, err := r.start(ctx, words("busybox sleep 1000").with("--pids-limit", "50"))
			if err != nil {
				return err
			}
			if err := b.exec(ctx, "busybox", "sh", "-c", "i=0; while [ $i -lt 40 ]; do busybox sleep 0.5 & i=$((i+1)); done >/dev/null 2>&1"); err != nil {
				return err
			}
			if !eventually(ctx, comesTrue, func() bool { return len(b.zombies()) == 40 }) {
				return fmt.Errorf("%d zombies of %s", len(b.zombies()), b.name)
			}
			f, err := r.found(ctx, "limit-near", b)
			if err != nil {
				return err
			}
			r.advises("now", f.Now, "docker pidns zombies")
			out, err := realhost.Command(ctx, r.Environment, "sh", "-c", f.Now)
			r.promise(err == nil && strings.Contains(out, "docker restart "+b.name), "now: "+f.Now, "it ran %s and advises a restart: %v", orFine(err), strings.Contains(out, "docker restart "+b.name))
			return nil
		}},
		{Name: "nproc", hold: func(ctx context.Context, r *Run) error {
			s := sh("busybox sh", full(17)).with("--init", "--user", "51515", "--ulimit", "nproc=20")
			s.ready = "full"
			b, err := r.start(ctx, s)
			if err != nil {
				return err
			}
			f, err := r.found(ctx, "limit-near", b)
			if err != nil {
				return err
			}
			r.advises("cure", f.Cure, "recreate the container with --ulimit nproc=")
			option, _, _ := strings.Cut(strings.TrimPrefix(f.Cure, "recreate the container with "), " or ")
			b.remove()
			if b, err = r.start(ctx, s.with(strings.Fields(option)...)); err != nil {
				return err
			}
			return r.silent(ctx, "cure: "+f.Cure, "limit-near", b)
		}},
	}
}
