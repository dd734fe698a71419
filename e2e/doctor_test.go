//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// diagnosis is what doctor reports about a container, as "severity rule".
func diagnosis(t testing.TB, b *Box, options ...string) []string {
	t.Helper()
	var words []string
	for _, f := range Findings(t, Ask(t, append(append([]string{"doctor", "--format", "json"}, options...), b.Name)...)) {
		if f.Container != b.Name || f.Verdict != "yes" || len(f.Evidence) == 0 {
			t.Errorf("got %+v", f)
		}
		words = append(words, f.Severity+" "+f.Rule)
	}
	slices.Sort(words)
	return words
}

// sickness is a container with one problem, and a healthy twin.
type sickness struct {
	rule  string
	sick  func(t *testing.T) *Box
	twin  func(t *testing.T) *Box
	worst string
}

// ready runs a container and waits for a process in it.
func ready(t *testing.T, process string, options []string, words ...string) *Box {
	t.Helper()
	b := Run(t, append(append(append([]string{"--stop-timeout", "2"}, options...), "--"), words...)...)
	b.EventuallyWith(process)
	return b
}

// enter starts a process in the container's PID namespace whose parent and control groups are
// the host's, so that only the namespace shows it. It returns the PIDs of the parent and of the
// process.
func enter(t *testing.T, b *Box) (parent *os.Process, child int) {
	t.Helper()
	cmd := exec.Command("nsenter", "-t", strconv.Itoa(b.PID()), "-p", Suite.Busybox, "sleep", "933")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		if child > 0 {
			_ = syscall.Kill(child, syscall.SIGKILL)
		}
		_ = cmd.Wait()
	})
	Eventually(t, "a process to have entered", func() bool {
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid))
		child, _ = strconv.Atoi(strings.TrimSpace(string(data)))
		return child > 0
	})
	return cmd.Process, child
}

// cannotFinish is a container whose PID 1 was killed while a zombie of its PID
// namespace has a stopped parent outside.
func cannotFinish(t *testing.T) *Box {
	t.Helper()
	b := Run(t)
	parent, child := enter(t, b)
	if err := parent.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "the parent to be stopped, which could reap until then", func() bool {
		p, lives := ReadProcess(parent.Pid)
		return lives && p.State == "T"
	})
	for _, pid := range []int{child, b.PID()} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	Eventually(t, "its end to hang", func() bool {
		data, err := os.ReadFile("/proc/" + strconv.Itoa(b.PID()) + "/wchan")
		return err == nil && string(data) == "zap_pid_ns_processes"
	})
	return b
}

// diagnose creates each sickness and its healthy twin. doctor reports the first by its rule, as
// the commands do, and not the second.
func diagnose(t *testing.T, all map[string]sickness) {
	t.Helper()
	for name, s := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sick := s.sick(t)
			if got := diagnosis(t, sick, "--timeout", "2s"); !slices.Contains(got, s.worst+" "+s.rule) {
				t.Errorf("the sick one: %v, want %s %s", got, s.worst, s.rule)
			}
			Agrees(t, sick)
			for _, got := range diagnosis(t, s.twin(t)) {
				if strings.HasSuffix(got, " "+s.rule) {
					t.Errorf("the healthy twin: %s", got)
				}
			}
		})
	}
}

var withInit = []string{"--init"}

// A healthy host is reported as healthy, with how much was looked at.
func TestDoctorOfTheHealthy(t *testing.T) {
	t.Parallel()
	b := Run(t, "--init")
	settled(t, b, 2)
	a := Ask(t, "doctor", "--fail-on", "note", b.Name)
	if !strings.HasPrefix(a.Stdout, "✓ Nothing wrong in 1 container, 2 processes, ") || a.Stderr != "" {
		t.Errorf("got\n%s", a)
	}
}

// For a gate, found, not found and unknown are three exit statuses.
func TestDoctorFailOn(t *testing.T) {
	t.Parallel()
	b := Run(t)
	PIDNS(t, "doctor", "--fail-on", "warning", b.Name).WantStatus(t, 3)
	PIDNS(t, "doctor", "--fail-on", "stop-ignored", b.Name).WantStatus(t, 3)
	PIDNS(t, "doctor", "--fail-on", "error", b.Name).WantStatus(t, 0)
	PIDNS(t, "doctor", "--fail-on", "warning", "--skip", "stop-ignored", b.Name).WantStatus(t, 0)
	silenced := Run(t, "--label", "pidns.skip=stop-ignored, stale-join")
	PIDNS(t, "doctor", "--fail-on", "warning", silenced.Name).WantStatus(t, 0).Want(t, "1 finding silenced by labels")
	user := Call{Through: append(nobody(t), "docker", "pidns")}
	user.Run(t, "doctor", "--fail-on", "error", b.Name).WantStatus(t, 4).WantError(t, "a full check needs root: sudo ", "docker-pidns doctor")
	PIDNS(t, "doctor", "--fail-on", "nonsense").WantStatus(t, 125).WantNothing(t).WantOneError(t, `--fail-on "nonsense" is not a severity`)
	PIDNS(t, "doctor", "--rule", "nonsense").WantStatus(t, 125).WantNothing(t).WantOneError(t, `no rule "nonsense"; try: docker pidns doctor --list`)
}

// Replicas with the same finding are one entry.
func TestDoctorGroupsReplicas(t *testing.T) {
	t.Parallel()
	one, two, three := Run(t), Run(t), Run(t)
	var a Answer
	Eventually(t, "all to be old enough to have installed handlers", func() bool {
		a = Ask(t, "doctor", "--rule", "stop-ignored", one.Name, two.Name, three.Name)
		return !strings.Contains(a.Stdout, "(likely)")
	})
	if strings.Count(a.Stdout, "stop-ignored") != 1 || strings.Count(a.Stdout, "PID 1 (sleep) has no SIGTERM handler.") != 1 {
		t.Errorf("want one entry for three\n%s", a)
	}
	a.Want(t, "No errors, 3 warnings in 3 containers, 3 processes.")
}

// With two looks, growth is reported.
func TestDoctorWatches(t *testing.T) {
	t.Parallel()
	b := Run(t, "--pids-limit", "100")
	b.Leave("exit 5")
	b.Zombies(1)
	growing := Call{During: func(*os.Process) {
		for range 8 {
			b.Leave("exit 5")
		}
	}}
	Eventually(t, "a finding that grows", func() bool {
		a := growing.Run(t, "doctor", "--watch-for", "3s", "--settle", "100ms", "--rule", "zombies-unreaped", "--format", "json", b.Name).WantStatus(t, 0)
		return moreThanBefore.MatchString(a.Stdout)
	})
	still := Ask(t, "doctor", "--watch-for", "100ms", "--settle", "100ms", "--rule", "zombies-unreaped", b.Name)
	if !asManyAsBefore.MatchString(still.Stdout) {
		t.Errorf("nothing grows\n%s", still)
	}
}

// On a busy machine the time between the looks is longer than asked for.
var (
	moreThanBefore = regexp.MustCompile(`\d+ more than \d+s before`)
	asManyAsBefore = regexp.MustCompile(`as many as \d+s before`)
)

// One sleep that lasts from one look to the next is a warning. A program that uses the disk, and
// sleeps again and again, is not.
func TestDoctorOfUninterruptibleSleep(t *testing.T) {
	t.Parallel()
	waits := Run(t, "--init", "--", "workload", "vfork")
	busy := Run(t, "--init", "--", "sh", "-c", "while :; do dd if=/dev/zero of=/tmp/x bs=4k count=200 conv=fsync 2>/dev/null; sync; done")
	Eventually(t, "a process in state D", func() bool {
		for _, p := range waits.Processes() {
			if p.State == "D" {
				return true
			}
		}
		return false
	})
	for range 3 {
		got := Findings(t, Ask(t, "doctor", "--watch-for", "300ms", "--settle", "0", "--rule", "uninterruptible-sleep", "--format", "json", waits.Name, busy.Name))
		if len(got) != 1 || got[0].Container != waits.Name || got[0].Severity != "warning" {
			t.Errorf("%s waits in vfork: %+v", waits.Name, got)
		}
	}
}

// What still runs of a container whose shim was killed is found, and the recommended command
// ends it. Processes of running containers are never reported as leftovers.
func TestDoctorOfLeftovers(t *testing.T) {
	t.Parallel()
	b, healthy := Run(t, "--", "workload", "main-thread-ends"), Run(t)
	main := b.PID()
	var p Process
	Eventually(t, "the main thread to end", func() bool { p, _ = ReadProcess(main); return p.State == "Z" })
	if _, err := Command("kill", "-9", strconv.Itoa(p.PPID)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = Command("kill", "-9", strconv.Itoa(main)) })
	b.Ended()
	if now, alive := ReadProcess(main); !alive || now.Threads < 2 {
		t.Fatal("the main process died with its shim")
	}
	var found Finding
	Eventually(t, "the leftover to be found", func() bool {
		for _, f := range Findings(t, Ask(t, "doctor", "--rule", "leftovers", "--format", "json")) {
			if f.Container == healthy.Name {
				t.Errorf("a running container: %+v", f)
			}
			if f.Container == b.Name {
				found = f
			}
		}
		return found.Rule != ""
	})
	if found.HostPID == nil || *found.HostPID != main || found.Severity != "error" || found.Now != "kill -9 "+strconv.Itoa(main) {
		t.Errorf("got %+v, want %d", found, main)
	}
	if !slices.ContainsFunc(found.Evidence, func(s string) bool { return strings.HasPrefix(s, "They hold ") && strings.HasSuffix(s, " of memory") }) {
		t.Errorf("what it holds is not said: %q", found.Evidence)
	}
	if rows := Explained(t, b); !Says(rows, "leftovers", "certain", "still running") {
		t.Errorf("explain does not say what is left: %+v", rows)
	}
}
