//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

func TestDoctorOnZombies(t *testing.T) {
	t.Parallel()
	diagnose(t, map[string]sickness{
		"zombies": {
			rule: "zombies-unreaped", worst: "warning",
			sick: func(t *testing.T) *Box { b := Run(t); b.Leave("exit 7"); b.Zombies(1); return b },
			twin: func(t *testing.T) *Box { b := Run(t, "--init"); b.Leave("exit 7"); settled(t, b, 2); return b },
		},
		"many zombies": {
			rule: "zombies-unreaped", worst: "error",
			sick: func(t *testing.T) *Box {
				b := Run(t, "--pids-limit", "20")
				for range 12 {
					b.Leave("exit 7")
				}
				b.Zombies(12)
				return b
			},
			twin: func(t *testing.T) *Box { return Run(t, "--pids-limit", "20") },
		},
		"zombies of a nested init": {
			rule: "nested-init-zombies", worst: "note",
			sick: func(t *testing.T) *Box {
				b := ready(t, "sleep 921", []string{"--init", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"}, "unshare", "-pf", "sh", "-c", "(sleep 0.1; exit 3) & exec sleep 921")
				b.Zombies(1)
				return b
			},
			twin: func(t *testing.T) *Box {
				return ready(t, "sleep 922", []string{"--init", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"}, "unshare", "-pf", "sleep", "922")
			},
		},
		"a bad PID 1 with a health check": {
			rule: "init-does-not-reap", worst: "note",
			sick: func(t *testing.T) *Box { return Run(t, "--health-cmd", "true", "--health-interval", "1h") },
			twin: func(t *testing.T) *Box {
				return Run(t, "--init", "--health-cmd", "true", "--health-interval", "1h")
			},
		},
	})
}

func TestDoctorOnHealthChecks(t *testing.T) {
	t.Parallel()
	checked := func(command string) []string {
		return []string{"--init", "--health-cmd", command, "--health-interval", "1s", "--health-timeout", "2s"}
	}
	diagnose(t, map[string]sickness{
		"checks that exceed their timeout": {
			rule: "health-check-overdue", worst: "warning",
			sick: func(t *testing.T) *Box {
				b := ready(t, "sleep 939", checked("sleep 941; true"), "sleep", "939")
				Eventually(t, "two checks to be over", func() bool {
					over := 0
					for _, p := range b.Processes() {
						if parent, _ := ReadProcess(p.PPID); strings.Join(p.Args, " ") == "sleep 941" && len(parent.Args) > 0 && strings.Contains(parent.Args[0], "docker-init") {
							over++
						}
					}
					return over >= 2
				})
				return b
			},
			twin: func(t *testing.T) *Box {
				b := ready(t, "sleep 940", checked("timeout -s KILL 1 sleep 942; true"), "sleep", "940")
				Eventually(t, "two checks to be over", func() bool {
					return strings.Count(b.Inspect("{{range .State.Health.Log}}{{.ExitCode}} {{end}}"), " ") >= 2
				})
				return b
			},
		},
	})
}

// A container that docker restarts again and again has no process most of the time. It is found
// if all containers are looked at. A pid file of the previous run is distinguished from other
// causes.
func TestDoctorOnRestartLoops(t *testing.T) {
	t.Parallel()
	const daemon = `test -f /run/d.pid && kill -0 $(cat /run/d.pid) && echo "/run/d.pid: already running" && exit 1; mkdir -p /run; echo $$ >/run/d.pid; exec sleep 943`
	crash := func(b *Box) {
		b.EventuallyWith("sleep 943")
		if err := syscall.Kill(b.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	restart := []string{"--restart", "always"}
	fails := Run(t, append(restart, "--", "sh", "-c", "exit 3")...)
	stale := Run(t, append(restart, "--", "sh", "-c", daemon)...)
	fresh := Run(t, append(restart, "--tmpfs", "/run", "--", "sh", "-c", daemon)...)
	crash(stale)
	crash(fresh)
	for _, b := range []*Box{fails, stale} {
		Eventually(t, "three restarts of "+b.Name, func() bool { n, _ := strconv.Atoi(b.Inspect("{{.RestartCount}}")); return n >= 3 })
	}
	fresh.EventuallyWith("sleep 943")
	found := map[string]string{}
	Eventually(t, "both loops to be found", func() bool {
		for _, f := range Findings(t, Ask(t, "doctor", "--rule", "restart-loop", "--format", "json")) {
			found[f.Container] = f.Severity + " " + strings.Join(f.Evidence, "; ")
		}
		return strings.Contains(found[fails.Name], "exited with 3") && strings.Contains(found[stale.Name], "already running")
	})
	if !strings.HasPrefix(found[fails.Name], "error Docker has restarted it") || strings.Contains(found[fails.Name], "already running") || found[fresh.Name] != "" {
		t.Errorf("got %q; the healthy twin is %s", found, fresh.Name)
	}
}

// A process that the OOM killer killed in a running container is found, by the kernel log, and so
// is a container that is restarted because of that. Its twin with enough memory is not found.
func TestOOMKilledIsFound(t *testing.T) {
	t.Parallel()
	const child = "sh -c '" + fillMemory + "'; exec sleep 942"
	limit := []string{"--memory", "16m", "--memory-swap", "16m"}
	continues := Run(t, append(limit, "--", "sh", "-c", child)...)
	restarted := Run(t, append(limit, "--restart", "always", "--", "sh", "-c", "sleep 1; "+fillMemory)...)
	well := Run(t, append(limit, "--", "sleep", "942")...)
	continues.EventuallyWith("sleep 942")
	found := map[string]string{}
	Eventually(t, "both to be found", func() bool {
		for _, f := range Findings(t, PIDNS(t, "doctor", "--rule", "oom-killed", "--format", "json")) {
			found[f.Container] = f.Severity + " " + strings.Join(f.Evidence, "; ")
		}
		return found[continues.Name] != "" && found[restarted.Name] != ""
	})
	if !strings.HasPrefix(found[continues.Name], "warning The OOM killer killed a process of it") || !strings.Contains(found[restarted.Name], "The OOM killer") || found[well.Name] != "" {
		t.Errorf("got %q; the healthy twin is %s", found, well.Name)
	}
}

// A program that could not be executed has not reported an error.
func TestExplainNeverExecuted(t *testing.T) {
	t.Parallel()
	b := Create(t, "--network", "none", "--", "/bad")
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, []byte("\x7fELF of no machine"), 0o755); err != nil {
		t.Fatal(err)
	}
	Docker(t, "cp", bad, b.Name+":/bad")
	Docker(t, "start", b.Name)
	b.Ended()
	if got := Ask(t, "explain", b.Name).Stdout; !strings.Contains(got, `Its program was never executed. The runtime wrote to its log: "exec /bad: exec format error"`) || strings.Contains(got, "main process") {
		t.Errorf("got %s", got)
	}
	twin := Run(t, "--", "sh", "-c", "exit 1")
	twin.Ended()
	if got := Ask(t, "explain", twin.Name).Stdout; strings.Contains(got, "never executed") {
		t.Errorf("the healthy twin: %s", got)
	}
}

func TestDoctorOnInits(t *testing.T) {
	t.Parallel()
	diagnose(t, map[string]sickness{
		"tini under --init": {
			rule: "double-init", worst: "note",
			sick: func(t *testing.T) *Box {
				return ready(t, "sleep 937", withInit, "/sbin/docker-init", "--", "sleep", "937")
			},
			twin: func(t *testing.T) *Box { return ready(t, "sleep 938", withInit, "sleep", "938") },
		},
		"s6-svscan under --init": {
			rule: "init-not-first", worst: "note",
			sick: func(t *testing.T) *Box { return svscan(t, "--init") },
			twin: func(t *testing.T) *Box { return svscan(t) },
		},
		"--init dropped": {
			rule: "init-dropped", worst: "note",
			sick: func(t *testing.T) *Box { return Run(t, "--init", "--pid", "host") },
			twin: func(t *testing.T) *Box { return Run(t, "--pid", "host") },
		},
		"an init that cannot finish": {
			rule: "init-cannot-finish", worst: "error",
			sick: cannotFinish,
			twin: func(t *testing.T) *Box { return Run(t, "--init") },
		},
	})
}

func TestDoctorOnStops(t *testing.T) {
	t.Parallel()
	diagnose(t, map[string]sickness{
		"SIGTERM without effect": {
			rule: "stop-ignored", worst: "warning",
			sick: func(t *testing.T) *Box { return Run(t) },
			twin: func(t *testing.T) *Box { return ready(t, "sleep 923", withInit, "sleep", "923") },
		},
		"a shell on a terminal": {
			rule: "stop-ignored", worst: "note",
			sick: func(t *testing.T) *Box { return ready(t, "sh", []string{"-t", "-i"}, "sh") },
			twin: func(t *testing.T) *Box { return ready(t, "sleep 924", withInit, "sleep", "924") },
		},
		"the wrong stop signal": {
			rule: "stop-signal-mismatch", worst: "warning",
			sick: func(t *testing.T) *Box {
				return ready(t, "workload never-waits", []string{"--stop-signal", "SIGCONT"}, "workload", "never-waits")
			},
			twin: func(t *testing.T) *Box { return ready(t, "workload never-waits", nil, "workload", "never-waits") },
		},
		"a trap behind a child": {
			rule: "stop-delayed", worst: "warning",
			sick: func(t *testing.T) *Box {
				return ready(t, "sleep 925", nil, "sh", "-c", "trap 'exit' TERM; sleep 925; true")
			},
			twin: func(t *testing.T) *Box {
				return ready(t, "sleep 926", nil, "sh", "-c", "trap 'exit' TERM; sleep 926 & wait")
			},
		},
		"a worker that nobody tells": {
			rule: "workers-killed-unheard", worst: "warning",
			sick: func(t *testing.T) *Box {
				return ready(t, "workload never-waits", withInit, "sh", "-c", "workload never-waits; true")
			},
			twin: func(t *testing.T) *Box {
				return ready(t, "workload never-waits", withInit, "sh", "-c", "exec workload never-waits")
			},
		},
		"a program that its init may not signal": {
			rule: "init-without-right", worst: "warning",
			sick: func(t *testing.T) *Box {
				return ready(t, "sleep 937", []string{"--init", "--cap-drop", "KILL"}, "workload", "as", "65534", "sleep", "937")
			},
			twin: func(t *testing.T) *Box {
				return ready(t, "sleep 938", withInit, "workload", "as", "65534", "sleep", "938")
			},
		},
		"a worker that is cut off": {
			rule: "workers-killed-unheard", worst: "warning",
			sick: func(t *testing.T) *Box {
				return ready(t, "workload never-waits", nil, "sh", "-c", "trap 'kill $!' TERM; workload never-waits & wait $!")
			},
			twin: func(t *testing.T) *Box {
				return ready(t, "workload never-waits", nil, "sh", "-c", "trap 'kill $!' TERM; workload never-waits & wait $!; wait $!")
			},
		},
	})
}

func TestDoctorOnShims(t *testing.T) {
	t.Parallel()
	diagnose(t, map[string]sickness{
		"a stopped shim": {
			rule: "shim-stopped", worst: "error",
			sick: func(t *testing.T) *Box {
				b := Run(t, "--init")
				shim := shimOf(t, b.PID())
				t.Cleanup(func() { _ = syscall.Kill(shim, syscall.SIGCONT) })
				stopProcess(t, shim)
				return b
			},
			twin: func(t *testing.T) *Box { return Run(t, "--init") },
		},
		"a traced shim": {
			rule: "shim-hung", worst: "error",
			sick: func(t *testing.T) *Box { b := Run(t, "--init"); hold(t, shimOf(t, b.PID())); return b },
			twin: func(t *testing.T) *Box { return Run(t, "--init") },
		},
	})
}

func TestDoctorOnProcesses(t *testing.T) {
	t.Parallel()
	diagnose(t, map[string]sickness{
		"half dead": {
			rule: "main-thread-exited", worst: "error",
			sick: func(t *testing.T) *Box {
				b := Run(t, "--", "workload", "main-thread-ends")
				Eventually(t, "the main thread to end", func() bool { p, _ := ReadProcess(b.PID()); return p.State == "Z" })
				t.Cleanup(func() { _, _ = Command("kill", "-9", strconv.Itoa(b.PID())) })
				return b
			},
			twin: func(t *testing.T) *Box { return Run(t, "--", "workload", "child-of-thread", "sleep") },
		},
		"a parent in vfork": {
			rule: "uninterruptible-sleep", worst: "note",
			sick: func(t *testing.T) *Box {
				b := Run(t, "--init", "--", "workload", "vfork")
				Eventually(t, "a process in state D", func() bool {
					for _, p := range b.Processes() {
						if p.State == "D" {
							return true
						}
					}
					return false
				})
				return b
			},
			twin: func(t *testing.T) *Box { b := Run(t, "--init"); Docker(t, "pause", b.Name); return b },
		},
		"a process that was moved out of its control groups": {
			rule: "out-of-groups", worst: "note",
			sick: func(t *testing.T) *Box {
				b := ready(t, "sleep 944", withInit, "sleep", "944")
				move(t, b.Start(nil, "sleep", "945"), func(string) string { return "/" })
				return b
			},
			twin: func(t *testing.T) *Box {
				b := ready(t, "sleep 946", withInit, "sleep", "946")
				move(t, b.Start(nil, "sleep", "947"), func(own string) string { return own + "/below" })
				return b
			},
		},
		"a full pids limit": {
			rule: "limit-near", worst: "warning",
			sick: func(t *testing.T) *Box {
				b := Run(t, "--pids-limit", "20", "--init", "--", "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 927 & done; wait")
				Eventually(t, "17 processes", func() bool { return len(b.Processes()) == 17 })
				return b
			},
			twin: func(t *testing.T) *Box { return Run(t, "--pids-limit", "20", "--init") },
		},
		"no room for a thread's stack": {
			rule: "limit-near", worst: "warning",
			sick: func(t *testing.T) *Box { return roomFor(t, "stacks", 0) },
			twin: func(t *testing.T) *Box { return roomFor(t, "stacks", 100) },
		},
		"no room for a mapping": {
			rule: "limit-near", worst: "error",
			sick: func(t *testing.T) *Box { return roomFor(t, "mappings", 0) },
			twin: func(t *testing.T) *Box { return roomFor(t, "mappings", 30000) },
		},
		"a full group of the engine's": {
			rule: "engine-pids-limit", worst: "error",
			sick: func(t *testing.T) *Box { b := Run(t, "--init"); shimGroup(t, b, 0); return b },
			twin: func(t *testing.T) *Box { b := Run(t, "--init"); shimGroup(t, b, 200); return b },
		},
	})
}

// move puts a process into other control groups, those that to returns for its own. Missing
// groups are created.
func move(t *testing.T, pid int, to func(own string) string) {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	moved := false
	for line := range strings.Lines(string(data)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		root := "/sys/fs/cgroup/" + strings.TrimPrefix(fields[1], "name=")
		if _, err := os.Stat(root + "unified"); fields[1] == "" && err == nil {
			root += "unified"
		}
		group := filepath.Join(root, to(fields[2]))
		_ = os.Mkdir(group, 0o755)
		moved = os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o644) == nil || moved
	}
	if !moved {
		t.Fatalf("process %d could not be moved:\n%s", pid, data)
	}
}

func TestDoctorOnNamespaces(t *testing.T) {
	t.Parallel()
	diagnose(t, map[string]sickness{
		"a PID namespace inside": {
			rule: "nested-namespace", worst: "note",
			sick: func(t *testing.T) *Box {
				return ready(t, "sleep 961", []string{"--init", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"}, "unshare", "-pf", "sleep", "961")
			},
			twin: func(t *testing.T) *Box {
				return ready(t, "sleep 962", []string{"--init", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"}, "unshare", "-n", "sleep", "962")
			},
		},
		"the host's PID namespace": {
			rule: "host-namespace", worst: "note",
			sick: func(t *testing.T) *Box { return Run(t, "--pid", "host") },
			twin: func(t *testing.T) *Box { return Run(t) },
		},
		"the host's network, undeclared": {
			rule: "undeclared-host-namespace", worst: "warning",
			sick: func(t *testing.T) *Box {
				return ready(t, "sleep 934", []string{"--pid", "host", "--cap-add", "SYS_ADMIN", "--cap-add", "SYS_PTRACE", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"},
					"nsenter", "-t", strconv.Itoa(os.Getpid()), "-n", "sleep", "934")
			},
			twin: func(t *testing.T) *Box { return runJoined(t, "--network", "host") },
		},
	})
}

func TestDoctorOnJoins(t *testing.T) {
	t.Parallel()
	diagnose(t, map[string]sickness{
		"a stale network": {
			rule: "stale-join", worst: "error",
			sick: func(t *testing.T) *Box {
				owner := runJoined(t, "--network", "none")
				b := runJoined(t, "--network", "container:"+owner.Name)
				Docker(t, "restart", "-t", "0", owner.Name)
				return b
			},
			twin: func(t *testing.T) *Box {
				return runJoined(t, "--network", "container:"+runJoined(t, "--network", "none").Name)
			},
		},
		"the network of a stale member": {
			rule: "stale-join", worst: "error",
			sick: func(t *testing.T) *Box {
				owner := runJoined(t, "--network", "none")
				between := runJoined(t, "--network", "container:"+owner.Name)
				Docker(t, "restart", "-t", "0", owner.Name)
				return runJoined(t, "--network", "container:"+between.Name)
			},
			twin: func(t *testing.T) *Box {
				between := runJoined(t, "--network", "container:"+runJoined(t, "--network", "none").Name)
				return runJoined(t, "--network", "container:"+between.Name)
			},
		},
		"an owner that does not run": {
			rule: "owner-gone", worst: "warning",
			sick: func(t *testing.T) *Box {
				owner := runJoined(t, "--network", "none")
				b := runJoined(t, "--network", "container:"+owner.Name)
				Docker(t, "stop", owner.Name)
				return b
			},
			twin: func(t *testing.T) *Box { return runJoined(t, "--network", "none") },
		},
	})
}
