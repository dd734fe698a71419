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
)

// finding is a row of doctor: the published keys.
type finding struct {
	Container, Rule, Severity, Verdict string
	HostPID                            *int
	Evidence                           []string
	Now, Cure                          string
}

func findings(t testing.TB, a answer) []finding { return decoded[finding](t, a) }

// diagnosis is what the doctor says of a container, as "severity rule".
func diagnosis(t testing.TB, b *box, options ...string) []string {
	t.Helper()
	var words []string
	for _, f := range findings(t, ask(t, append(append([]string{"doctor", "--format", "json"}, options...), b.name)...)) {
		if f.Container != b.name || f.Verdict != "yes" || len(f.Evidence) == 0 {
			t.Errorf("got %+v", f)
		}
		words = append(words, f.Severity+" "+f.Rule)
	}
	slices.Sort(words)
	return words
}

// sickness is a container with one thing wrong, and a healthy twin.
type sickness struct {
	rule  string
	sick  func(t *testing.T) *box
	twin  func(t *testing.T) *box
	worst string
}

// ready runs a container and waits for a process in it.
func ready(t *testing.T, process string, options []string, words ...string) *box {
	t.Helper()
	b := run(t, append(append(append([]string{"--stop-timeout", "2"}, options...), "--"), words...)...)
	b.eventuallyWith(process)
	return b
}

// enter starts a process in the container's PID namespace that only its namespace shows
// to be there: its parent and its control groups are the host's. It returns the parent
// and the PID of the process.
func enter(t *testing.T, b *box) (parent *os.Process, child int) {
	t.Helper()
	cmd := exec.Command("nsenter", "-t", strconv.Itoa(b.pid()), "-p", suite.busybox, "sleep", "933")
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
	eventually(t, "a process to have entered", func() bool {
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid))
		child, _ = strconv.Atoi(strings.TrimSpace(string(data)))
		return child > 0
	})
	return cmd.Process, child
}

// cannotFinish is a container whose PID 1 was killed while a zombie of its PID
// namespace has a stopped parent outside.
func cannotFinish(t *testing.T) *box {
	t.Helper()
	b := run(t)
	parent, child := enter(t, b)
	if err := parent.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the parent to be stopped, which could reap until then", func() bool {
		p, lives := readProcess(parent.Pid)
		return lives && p.state == "T"
	})
	for _, pid := range []int{child, b.pid()} {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "its end to hang", func() bool {
		data, err := os.ReadFile("/proc/" + strconv.Itoa(b.pid()) + "/wchan")
		return err == nil && string(data) == "zap_pid_ns_processes"
	})
	return b
}

// Each rule finds its sickness, and is silent about the healthy twin.
func TestDoctorRules(t *testing.T) {
	withInit := []string{"--init"}
	for name, s := range map[string]sickness{
		"zombies": {
			rule: "zombies-unreaped", worst: "warning",
			sick: func(t *testing.T) *box { b := run(t); b.leave("exit 7"); b.zombies(1); return b },
			twin: func(t *testing.T) *box { b := run(t, "--init"); b.leave("exit 7"); settled(t, b, 2); return b },
		},
		"many zombies": {
			rule: "zombies-unreaped", worst: "error",
			sick: func(t *testing.T) *box {
				b := run(t, "--pids-limit", "20")
				for range 12 {
					b.leave("exit 7")
				}
				b.zombies(12)
				return b
			},
			twin: func(t *testing.T) *box { return run(t, "--pids-limit", "20") },
		},
		"zombies of a nested init": {
			rule: "nested-init-zombies", worst: "note",
			sick: func(t *testing.T) *box {
				b := ready(t, "sleep 921", []string{"--init", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"}, "unshare", "-pf", "sh", "-c", "(sleep 0.1; exit 3) & exec sleep 921")
				b.zombies(1)
				return b
			},
			twin: func(t *testing.T) *box {
				return ready(t, "sleep 922", []string{"--init", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"}, "unshare", "-pf", "sleep", "922")
			},
		},
		"a PID namespace inside": {
			rule: "nested-namespace", worst: "note",
			sick: func(t *testing.T) *box {
				return ready(t, "sleep 961", []string{"--init", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"}, "unshare", "-pf", "sleep", "961")
			},
			twin: func(t *testing.T) *box {
				return ready(t, "sleep 962", []string{"--init", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"}, "unshare", "-n", "sleep", "962")
			},
		},
		"a bad PID 1 with a health check": {
			rule: "init-does-not-reap", worst: "note",
			sick: func(t *testing.T) *box { return run(t, "--health-cmd", "true", "--health-interval", "1h") },
			twin: func(t *testing.T) *box { return run(t, "--init", "--health-cmd", "true", "--health-interval", "1h") },
		},
		"SIGTERM without effect": {
			rule: "stop-ignored", worst: "warning",
			sick: func(t *testing.T) *box { return run(t) },
			twin: func(t *testing.T) *box { return ready(t, "sleep 923", withInit, "sleep", "923") },
		},
		"a shell on a terminal": {
			rule: "stop-ignored", worst: "note",
			sick: func(t *testing.T) *box { return ready(t, "sh", []string{"-t", "-i"}, "sh") },
			twin: func(t *testing.T) *box { return ready(t, "sleep 924", withInit, "sleep", "924") },
		},
		"the wrong stop signal": {
			rule: "stop-signal-mismatch", worst: "warning",
			sick: func(t *testing.T) *box {
				return ready(t, "workload never-waits", []string{"--stop-signal", "SIGCONT"}, "workload", "never-waits")
			},
			twin: func(t *testing.T) *box { return ready(t, "workload never-waits", nil, "workload", "never-waits") },
		},
		"a trap behind a child": {
			rule: "stop-delayed", worst: "warning",
			sick: func(t *testing.T) *box {
				return ready(t, "sleep 925", nil, "sh", "-c", "trap 'exit' TERM; sleep 925; true")
			},
			twin: func(t *testing.T) *box {
				return ready(t, "sleep 926", nil, "sh", "-c", "trap 'exit' TERM; sleep 926 & wait")
			},
		},
		"a worker that nobody tells": {
			rule: "workers-killed-unheard", worst: "warning",
			sick: func(t *testing.T) *box {
				return ready(t, "workload never-waits", withInit, "sh", "-c", "workload never-waits; true")
			},
			twin: func(t *testing.T) *box {
				return ready(t, "workload never-waits", withInit, "sh", "-c", "exec workload never-waits")
			},
		},
		"half dead": {
			rule: "main-thread-exited", worst: "error",
			sick: func(t *testing.T) *box {
				b := run(t, "--", "workload", "main-thread-ends")
				eventually(t, "the main thread to end", func() bool { p, _ := readProcess(b.pid()); return p.state == "Z" })
				t.Cleanup(func() { _, _ = command("kill", "-9", strconv.Itoa(b.pid())) })
				return b
			},
			twin: func(t *testing.T) *box { return run(t, "--", "workload", "child-of-thread", "sleep") },
		},
		"a parent in vfork": {
			rule: "uninterruptible-sleep", worst: "note",
			sick: func(t *testing.T) *box {
				b := run(t, "--init", "--", "workload", "vfork")
				eventually(t, "a process in state D", func() bool {
					for _, p := range b.processes() {
						if p.state == "D" {
							return true
						}
					}
					return false
				})
				return b
			},
			twin: func(t *testing.T) *box { b := run(t, "--init"); docker(t, "pause", b.name); return b },
		},
		"an init that cannot finish": {
			rule: "init-cannot-finish", worst: "error",
			sick: cannotFinish,
			twin: func(t *testing.T) *box { return run(t, "--init") },
		},
		"the host's network, undeclared": {
			rule: "undeclared-host-namespace", worst: "warning",
			sick: func(t *testing.T) *box {
				return ready(t, "sleep 934", []string{"--pid", "host", "--cap-add", "SYS_ADMIN", "--cap-add", "SYS_PTRACE", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"},
					"nsenter", "-t", strconv.Itoa(os.Getpid()), "-n", "sleep", "934")
			},
			twin: func(t *testing.T) *box { return runJoined(t, "--network", "host") },
		},
		"tini under --init": {
			rule: "double-init", worst: "note",
			sick: func(t *testing.T) *box {
				return ready(t, "sleep 937", withInit, "/sbin/docker-init", "--", "sleep", "937")
			},
			twin: func(t *testing.T) *box { return ready(t, "sleep 938", withInit, "sleep", "938") },
		},
		"s6-svscan under --init": {
			rule: "init-not-first", worst: "note",
			sick: func(t *testing.T) *box { return svscan(t, "--init") },
			twin: func(t *testing.T) *box { return svscan(t) },
		},
		"a stopped shim": {
			rule: "shim-stopped", worst: "error",
			sick: func(t *testing.T) *box {
				b := run(t, "--init")
				shim := shimOf(t, b.pid())
				t.Cleanup(func() { _ = syscall.Kill(shim, syscall.SIGCONT) })
				stopProcess(t, shim)
				return b
			},
			twin: func(t *testing.T) *box { return run(t, "--init") },
		},
		"a traced shim": {
			rule: "shim-hung", worst: "error",
			sick: func(t *testing.T) *box { b := run(t, "--init"); hold(t, shimOf(t, b.pid())); return b },
			twin: func(t *testing.T) *box { return run(t, "--init") },
		},
		"the network of a stale member": {
			rule: "stale-join", worst: "error",
			sick: func(t *testing.T) *box {
				owner := runJoined(t, "--network", "none")
				between := runJoined(t, "--network", "container:"+owner.name)
				docker(t, "restart", "-t", "0", owner.name)
				return runJoined(t, "--network", "container:"+between.name)
			},
			twin: func(t *testing.T) *box {
				between := runJoined(t, "--network", "container:"+runJoined(t, "--network", "none").name)
				return runJoined(t, "--network", "container:"+between.name)
			},
		},
		"--init dropped": {
			rule: "init-dropped", worst: "note",
			sick: func(t *testing.T) *box { return run(t, "--init", "--pid", "host") },
			twin: func(t *testing.T) *box { return run(t, "--pid", "host") },
		},
		"a stale network": {
			rule: "stale-join", worst: "error",
			sick: func(t *testing.T) *box {
				owner := runJoined(t, "--network", "none")
				b := runJoined(t, "--network", "container:"+owner.name)
				docker(t, "restart", "-t", "0", owner.name)
				return b
			},
			twin: func(t *testing.T) *box {
				return runJoined(t, "--network", "container:"+runJoined(t, "--network", "none").name)
			},
		},
		"an owner that does not run": {
			rule: "owner-gone", worst: "warning",
			sick: func(t *testing.T) *box {
				owner := runJoined(t, "--network", "none")
				b := runJoined(t, "--network", "container:"+owner.name)
				docker(t, "stop", owner.name)
				return b
			},
			twin: func(t *testing.T) *box { return runJoined(t, "--network", "none") },
		},
		"a full pids limit": {
			rule: "limit-near", worst: "warning",
			sick: func(t *testing.T) *box {
				b := run(t, "--pids-limit", "20", "--init", "--", "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 927 & done; wait")
				eventually(t, "17 processes", func() bool { return len(b.processes()) == 17 })
				return b
			},
			twin: func(t *testing.T) *box { return run(t, "--pids-limit", "20", "--init") },
		},
		"the host's PID namespace": {
			rule: "host-namespace", worst: "note",
			sick: func(t *testing.T) *box { return run(t, "--pid", "host") },
			twin: func(t *testing.T) *box { return run(t) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sick := s.sick(t)
			if got := diagnosis(t, sick, "--timeout", "2s"); !slices.Contains(got, s.worst+" "+s.rule) {
				t.Errorf("the sick one: %v, want %s %s", got, s.worst, s.rule)
			}
			agrees(t, sick)
			for _, got := range diagnosis(t, s.twin(t)) {
				if strings.HasSuffix(got, " "+s.rule) {
					t.Errorf("the healthy twin: %s", got)
				}
			}
		})
	}
}

// What is healthy is said to be, with how much was looked at.
func TestDoctorOfTheHealthy(t *testing.T) {
	t.Parallel()
	b := run(t, "--init")
	settled(t, b, 2)
	a := ask(t, "doctor", "--fail-on", "note", b.name)
	if !strings.HasPrefix(a.stdout, "Nothing wrong in 1 container, 2 processes, ") || a.stderr != "" {
		t.Errorf("got\n%s", a)
	}
}

// A gate: found, not found, and not to be told are three exit statuses.
func TestDoctorFailOn(t *testing.T) {
	t.Parallel()
	b := run(t)
	pidns(t, "doctor", "--fail-on", "warning", b.name).wantStatus(t, 3)
	pidns(t, "doctor", "--fail-on", "stop-ignored", b.name).wantStatus(t, 3)
	pidns(t, "doctor", "--fail-on", "error", b.name).wantStatus(t, 0)
	pidns(t, "doctor", "--fail-on", "warning", "--skip", "stop-ignored", b.name).wantStatus(t, 0)
	silenced := run(t, "--label", "pidns.skip=stop-ignored, stale-join")
	pidns(t, "doctor", "--fail-on", "warning", silenced.name).wantStatus(t, 0).want(t, "1 finding silenced by labels")
	user := call{through: append(nobody(t), "docker", "pidns")}
	user.run(t, "doctor", "--fail-on", "error", b.name).wantStatus(t, 4).wantError(t, "rules were checked in part only: for the rest it takes root: sudo docker pidns doctor")
	pidns(t, "doctor", "--fail-on", "nonsense").wantStatus(t, 1).wantNothing(t).wantOneError(t, `--fail-on "nonsense" is neither a severity`)
	pidns(t, "doctor", "--rule", "nonsense").wantStatus(t, 1).wantNothing(t).wantOneError(t, `no rule "nonsense": docker pidns doctor --list`)
}

// Replicas with the same finding are one entry.
func TestDoctorGroupsReplicas(t *testing.T) {
	t.Parallel()
	one, two, three := run(t), run(t), run(t)
	a := ask(t, "doctor", "--rule", "stop-ignored", one.name, two.name, three.name)
	if strings.Count(a.stdout, "stop-ignored") != 1 || !strings.Contains(a.stdout, "x 3 (") {
		t.Errorf("want one entry for three\n%s", a)
	}
	a.want(t, "0 errors, 3 warnings in 3 containers, 3 processes, 1 rule.")
}

// With two looks, what grows is said to grow.
func TestDoctorWatches(t *testing.T) {
	t.Parallel()
	b := run(t, "--pids-limit", "100")
	b.leave("exit 5")
	b.zombies(1)
	growing := call{during: func(*os.Process) {
		for range 8 {
			b.leave("exit 5")
		}
	}}
	eventually(t, "a finding that grows", func() bool {
		a := growing.run(t, "doctor", "--watch-for", "3s", "--settle", "100ms", "--rule", "zombies-unreaped", "--format", "json", b.name).wantStatus(t, 0)
		return moreThanBefore.MatchString(a.stdout)
	})
	still := ask(t, "doctor", "--watch-for", "100ms", "--settle", "100ms", "--rule", "zombies-unreaped", b.name)
	if !asManyAsBefore.MatchString(still.stdout) {
		t.Errorf("nothing grows\n%s", still)
	}
}

// On a busy machine the time between the looks is longer than asked for.
var (
	moreThanBefore = regexp.MustCompile(`\d+ more than \d+s before`)
	asManyAsBefore = regexp.MustCompile(`as many as \d+s before`)
)

// One sleep that lasts from one look to the next is a warning, and a program that is
// busy with the disk, and sleeps again and again, is none.
func TestDoctorOfUninterruptibleSleep(t *testing.T) {
	t.Parallel()
	waits := run(t, "--init", "--", "workload", "vfork")
	busy := run(t, "--init", "--", "sh", "-c", "while :; do dd if=/dev/zero of=/tmp/x bs=4k count=200 conv=fsync 2>/dev/null; sync; done")
	eventually(t, "a process in state D", func() bool {
		for _, p := range waits.processes() {
			if p.state == "D" {
				return true
			}
		}
		return false
	})
	for range 3 {
		got := findings(t, ask(t, "doctor", "--watch-for", "300ms", "--settle", "0", "--rule", "uninterruptible-sleep", "--format", "json", waits.name, busy.name))
		if len(got) != 1 || got[0].Container != waits.name || got[0].Severity != "warning" {
			t.Errorf("%s waits in vfork: %+v", waits.name, got)
		}
	}
}

// What lives on of a container whose shim was killed is found, and what to type
// then ends it. Those of running containers are never taken for leftovers.
func TestDoctorOfLeftovers(t *testing.T) {
	t.Parallel()
	b, healthy := run(t, "--", "workload", "main-thread-ends"), run(t)
	main := b.pid()
	var p process
	eventually(t, "the main thread to end", func() bool { p, _ = readProcess(main); return p.state == "Z" })
	if _, err := command("kill", "-9", strconv.Itoa(p.ppid)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = command("kill", "-9", strconv.Itoa(main)) })
	b.ended()
	if now, alive := readProcess(main); !alive || now.threads < 2 {
		t.Fatal("the main process died with its shim")
	}
	var found finding
	eventually(t, "the leftover to be found", func() bool {
		for _, f := range findings(t, ask(t, "doctor", "--rule", "leftovers", "--format", "json")) {
			if f.Container == healthy.name {
				t.Errorf("a running container: %+v", f)
			}
			if f.Container == b.name {
				found = f
			}
		}
		return found.Rule != ""
	})
	if found.HostPID == nil || *found.HostPID != main || found.Severity != "error" || found.Now != "kill -9 "+strconv.Itoa(main) {
		t.Errorf("got %+v, want %d", found, main)
	}
	if !slices.ContainsFunc(found.Evidence, func(s string) bool { return strings.HasPrefix(s, "they hold ") && strings.HasSuffix(s, " of memory") }) {
		t.Errorf("what it holds is not said: %q", found.Evidence)
	}
	if rows := explained(t, b); !says(rows, "leftovers", "certain", "still alive") {
		t.Errorf("explain does not say what is left: %+v", rows)
	}
}
