package trace_test

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/trace"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// scene is a host with two containers: demo (a) with PID 1 21 and a worker 22, and side (b) with
// main process 31, which has joined demo's PID namespace.
type scene struct {
	*trace.Teller
	t     *testing.T
	world *World
	at    time.Time
	// kept are the rows that rowAt has taken.
	kept []trace.Row
}

func newScene(t *testing.T, options trace.Options) *scene {
	w := NewWorld().Process(1, 0, "systemd").
		Process(20, 1, "containerd-shim", ShimOf("a")).Container("demo", "a", 21).Process(21, 20, "server", In("a", 1), NS(7)).
		Process(22, 21, "worker", In("a", 7), NS(7)).
		Process(30, 1, "containerd-shim", ShimOf("b")).Container("side", "b", 31).Process(31, 30, "sleep", In("b", 9), NS(7))
	s := &scene{Teller: trace.New(options), t: t, world: w, at: time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)}
	s.SetIndex(inspect.NewIndex(&w.Capture))
	s.SetEngine(true)
	return s
}

// of is a process of the scene as an event shows it.
func (s *scene) of(pid int) procfs.TracedProcess {
	s.t.Helper()
	p := inspect.NewIndex(&s.world.Capture).ProcessAt(pid)
	if p == nil {
		s.t.Fatalf("no process %d", pid)
	}
	of := procfs.TracedProcess{Key: p.Key, TID: pid, PIDs: p.NSPIDs, Levels: len(p.NSPIDs), Comm: p.Comm}
	for _, group := range p.Cgroups.Or(nil) {
		of.Cgroups = append(of.Cgroups, group.Path)
	}
	for i := range p.NSPIDs {
		of.PIDNamespaces = append(of.PIDNamespaces, 4026531836+uint64(i))
	}
	if inode, ok := p.Namespace(procfs.PIDNamespace).Get(); ok {
		of.PIDNamespaces[len(of.PIDNamespaces)-1] = inode
	}
	return of
}

// onHost is a process that no capture has shown.
func onHost(pid int, comm string, uid uint32) procfs.TracedProcess {
	return procfs.TracedProcess{Key: procfs.Key{PID: pid, StartTicks: 9_000_000}, TID: pid, PIDs: []int{pid}, PIDNamespaces: []uint64{4026531836}, Levels: 1, Comm: comm, UID: uid, Cgroups: []string{"/user.slice"}}
}

// sent sends a signal.
func (s *scene) sent(number int, to, by procfs.TracedProcess, change ...func(*procfs.KernelEvent)) {
	e := procfs.KernelEvent{Kind: procfs.SignalGenerated, Time: s.at, Subject: to, Actor: by, Signal: &procfs.SignalSent{Number: number, Source: procfs.SourceInfo, ToProcess: true}}
	for _, c := range change {
		c(&e)
	}
	s.Kernel(e)
}

// underShim makes the actor a child of a shim.
func (s *scene) underShim(pid int) func(*procfs.KernelEvent) {
	shim := s.of(pid)
	return func(e *procfs.KernelEvent) {
		e.Ancestors = []procfs.TracedAncestor{{Key: shim.Key, Comm: shim.Comm}, {Key: procfs.Key{PID: 1}, Comm: "systemd"}}
	}
}

// byKernel makes it a signal of the kernel itself.
func byKernel(e *procfs.KernelEvent) { e.Signal.Source, e.Signal.Code = procfs.SourceKernel, 128 }

func ignored(e *procfs.KernelEvent) { e.Signal.Result = procfs.SignalIgnored }

func unkillable(e *procfs.KernelEvent) { e.Signal.Unkillable = true }

func caught(e *procfs.KernelEvent) { e.Signal.Handler = procfs.HandlerCaught }

func code(n int) func(*procfs.KernelEvent) {
	return func(e *procfs.KernelEvent) { e.Signal.Code = n }
}

func actorExits(e *procfs.KernelEvent) { e.Actor.Exiting = true }

// exits ends a process some time later.
func (s *scene) exits(p procfs.TracedProcess, after time.Duration, status procfs.WaitStatus) {
	s.at = s.at.Add(after)
	s.Kernel(procfs.KernelEvent{Kind: procfs.ProcessExited, Time: s.at, Subject: p, Actor: p, Status: status})
}

// event is one of the engine's, about container a or b.
func (s *scene) event(letter, action string, signal int) {
	s.Engine(inspect.Event{At: s.at.Add(time.Millisecond), ContainerID: ID(letter), Action: action, Signal: signal, ExitCode: -1})
}

// rows are all rows, as lines.
func (s *scene) rows() []trace.Row { return s.Rest() }

func lines(rows []trace.Row) string {
	var list []string
	for _, r := range rows {
		list = append(list, r.Container+": "+r.Text+" ["+string(r.Certainty)+"]")
	}
	return strings.Join(list, "\n")
}

// What is said of each kind of signal, with how sure it is.
func TestSenders(t *testing.T) {
	runc := onHost(900, "runc", 0)
	for name, test := range map[string]struct {
		play func(*scene)
		want string
	}{
		"docker stop, a handler": {func(s *scene) {
			s.sent(15, s.of(21), runc, s.underShim(20), caught)
			s.event("a", "kill", 15)
			s.exits(s.of(21), 212*time.Millisecond, 0)
			s.event("a", "die", 0)
			s.event("a", "stop", 0)
		}, "demo: SIGTERM to PID 1 (server, 21)  from docker stop  exits with 0 after 212 ms [certain]"},
		"docker stop, no handler": {func(s *scene) {
			s.sent(15, s.of(21), runc, s.underShim(20), ignored, unkillable)
			s.event("a", "kill", 15)
			s.at = s.at.Add(10 * time.Second)
			s.sent(9, s.of(21), runc, s.underShim(20))
			s.event("a", "kill", 9)
			s.exits(s.of(21), 2*time.Millisecond, 9)
			s.event("a", "stop", 0)
		}, "demo: SIGTERM to PID 1 (server, 21)  from docker stop  dropped by the kernel: PID 1 has no handler [certain]\n" +
			"demo: SIGKILL to PID 1 (server, 21)  from docker stop, after the grace period  killed after 2 ms (exit code 137) [certain]"},
		"docker kill": {func(s *scene) {
			s.sent(9, s.of(21), runc, s.underShim(20))
			s.event("a", "kill", 9)
			s.exits(s.of(21), 2*time.Millisecond, 9)
			s.event("a", "die", 0)
		}, "demo: SIGKILL to PID 1 (server, 21)  from docker kill  killed after 2 ms (exit code 137) [certain]"},
		"docker restart": {func(s *scene) {
			s.sent(15, s.of(21), runc, s.underShim(20), caught)
			s.event("a", "kill", 15)
			s.exits(s.of(21), 30*time.Millisecond, 0)
			for _, action := range []string{"die", "stop", "start", "restart"} {
				s.event("a", action, 0)
			}
		}, "demo: SIGTERM to PID 1 (server, 21)  from docker restart  exits with 0 after 30 ms [certain]"},
		"docker rm --force": {func(s *scene) {
			s.sent(9, s.of(21), runc, s.underShim(20))
			s.event("a", "kill", 9)
			s.exits(s.of(21), 2*time.Millisecond, 9)
			s.event("a", "destroy", 0)
		}, "demo: SIGKILL to PID 1 (server, 21)  from docker rm --force, or docker kill and a removal  killed after 2 ms (exit code 137) [certain]"},
		"another client of containerd": {func(s *scene) {
			s.sent(9, s.of(21), runc, s.underShim(20))
			s.exits(s.of(21), 2*time.Millisecond, 9)
			s.event("a", "die", 0)
		}, "demo: SIGKILL to PID 1 (server, 21)  from runc (900) under the container's shim, but no client of the engine asked for it  killed after 2 ms (exit code 137) [certain]"},
		"an engine whose events are not known": {func(s *scene) {
			s.SetEngine(false)
			s.sent(9, s.of(21), runc, s.underShim(20))
			s.exits(s.of(21), 2*time.Millisecond, 9)
		}, "demo: SIGKILL to PID 1 (server, 21)  from the engine (runc, 900)  killed after 2 ms (exit code 137) [certain]"},
		"a runtime under a shim that is not known": {func(s *scene) {
			s.SetEngine(false)
			s.sent(9, s.of(21), runc, func(e *procfs.KernelEvent) {
				e.Ancestors = []procfs.TracedAncestor{{Key: procfs.Key{PID: 777}, Comm: "containerd-shim"}}
			})
			s.exits(s.of(21), 2*time.Millisecond, 9)
		}, "demo: SIGKILL to PID 1 (server, 21)  from the engine (runc, 900)  killed after 2 ms (exit code 137) [likely]"},
		"the shim": {func(s *scene) {
			s.sent(9, s.of(22), s.of(20))
			s.exits(s.of(22), 2*time.Millisecond, 9)
		}, "demo: SIGKILL to worker (22, inside 7)  from the container's shim, which ends a health check or an exec session  killed after 2 ms (exit code 137) [certain]"},
		"a main process of a privileged container that has left its control group": {func(s *scene) {
			main := s.of(31)
			main.Cgroups, main.PIDs, main.PIDNamespaces, main.Levels = []string{"/"}, []int{31}, []uint64{1}, 1
			s.sent(9, s.of(21), main, s.underShim(30))
			s.exits(s.of(21), 2*time.Millisecond, 9)
		}, "demo: SIGKILL to PID 1 (server, 21)  from sleep (31) in container side  killed after 2 ms (exit code 137) [certain]"},
		"another program below a shim": {func(s *scene) {
			s.sent(9, s.of(21), onHost(900, "bash", 0), s.underShim(20))
			s.event("a", "kill", 9)
			s.exits(s.of(21), 2*time.Millisecond, 9)
			s.event("a", "die", 0)
		}, "demo: SIGKILL to PID 1 (server, 21)  from docker kill  killed after 2 ms (exit code 137) [certain]"},
		"another program below a shim, without an event": {func(s *scene) {
			s.sent(9, s.of(21), onHost(900, "bash", 0), s.underShim(20))
			s.exits(s.of(21), 2*time.Millisecond, 9)
		}, "demo: SIGKILL to PID 1 (server, 21)  from bash (900) under the container's shim, but no client of the engine asked for it  killed after 2 ms (exit code 137) [likely]"},
		"a user's program that calls itself runc": {func(s *scene) {
			s.sent(9, s.of(21), onHost(900, "runc", 1000), func(e *procfs.KernelEvent) {
				e.Ancestors = []procfs.TracedAncestor{{Key: procfs.Key{PID: 777}, Comm: "containerd-shim"}}
			})
			s.exits(s.of(21), 2*time.Millisecond, 9)
		}, "demo: SIGKILL to PID 1 (server, 21)  from runc (900) of user 1000 on the host, child of containerd-shim (777)  killed after 2 ms (exit code 137) [certain]"},
		"a shell of the host": {func(s *scene) {
			s.sent(9, s.of(21), onHost(4411, "bash", 1000), func(e *procfs.KernelEvent) {
				e.Ancestors = []procfs.TracedAncestor{{Key: procfs.Key{PID: 4400}, Comm: "sshd"}}
			})
			s.exits(s.of(21), 2*time.Millisecond, 9)
		}, "demo: SIGKILL to PID 1 (server, 21)  from bash (4411) of user 1000 on the host, child of sshd (4400)  killed after 2 ms (exit code 137) [certain]"},
		"from inside": {func(s *scene) { s.sent(9, s.of(21), s.of(22), ignored, unkillable) },
			"demo: SIGKILL to PID 1 (server, 21)  from worker (22) in the same container  dropped by the kernel: PID 1 cannot be killed from inside [certain]"},
		"from a container that has joined": {func(s *scene) {
			s.sent(9, s.of(22), s.of(31))
			s.exits(s.of(22), 2*time.Millisecond, 9)
		}, "demo: SIGKILL to worker (22, inside 7)  from sleep (31) in container side  killed after 2 ms (exit code 137) [certain]"},
		"to a main process that is not PID 1": {func(s *scene) {
			s.sent(15, s.of(31), s.of(22))
			s.exits(s.of(31), 2*time.Millisecond, 15)
		}, "side: SIGTERM to main process sleep (31, inside 9)  from worker (22) in container demo  killed after 2 ms (exit code 143) [certain]"},
		"itself": {func(s *scene) {
			s.sent(6, s.of(22), s.of(22), code(-6))
			s.exits(s.of(22), 2*time.Millisecond, 6)
		}, "demo: SIGABRT to worker (22, inside 7)  from itself  killed after 2 ms (exit code 134) [certain]"},
		"a fault": {func(s *scene) {
			s.sent(11, s.of(22), s.of(22), code(1))
			s.exits(s.of(22), 2*time.Millisecond, 11)
		}, "demo: SIGSEGV to worker (22, inside 7)  by a fault of its own  killed after 2 ms (exit code 139) [certain]"},
		"the OOM killer": {func(s *scene) {
			s.sent(9, s.of(22), s.of(21), byKernel)
			s.Kernel(procfs.KernelEvent{Kind: procfs.OOMVictim, Time: s.at.Add(2 * time.Microsecond), Subject: s.of(22), Actor: s.of(21)})
			s.exits(s.of(22), 2*time.Millisecond, 9)
		}, "demo: SIGKILL to worker (22, inside 7)  by the OOM killer  killed after 2 ms (exit code 137) [certain]"},
		"the OOM killer before Linux 6.8": {func(s *scene) {
			s.sent(9, s.of(22), s.of(21), byKernel)
			s.Kernel(procfs.KernelEvent{Kind: procfs.OOMVictim, Time: s.at.Add(2 * time.Microsecond), Subject: s.of(21), Actor: s.of(21), VictimPID: 22})
			s.exits(s.of(22), 2*time.Millisecond, 9)
		}, "demo: SIGKILL to worker (22, inside 7)  by the OOM killer  killed after 2 ms (exit code 137) [certain]"},
		"who shares memory with a victim": {func(s *scene) {
			s.sent(9, s.of(22), onHost(500, "other", 0), byKernel)
			s.sent(9, s.of(31), onHost(500, "other", 0), byKernel)
			s.Kernel(procfs.KernelEvent{Kind: procfs.OOMVictim, Time: s.at.Add(2 * time.Microsecond), Subject: s.of(22), Actor: onHost(500, "other", 0)})
		}, "demo: SIGKILL to worker (22, inside 7)  by the OOM killer  still runs after 1.0 s [certain]\n" +
			"side: SIGKILL to main process sleep (31, inside 9)  by the OOM killer, because it shares memory with the victim  still runs after 1.0 s [likely]"},
		"a victim of another process": {func(s *scene) {
			s.sent(9, s.of(22), onHost(500, "other", 0), byKernel)
			s.Kernel(procfs.KernelEvent{Kind: procfs.OOMVictim, Time: s.at.Add(time.Millisecond), Subject: s.of(31), Actor: s.of(31)})
		}, "demo: SIGKILL to worker (22, inside 7)  by the kernel, for an unknown reason  still runs after 1.0 s [unknown]"},
		"the end of a PID namespace": {func(s *scene) {
			s.sent(9, s.of(22), s.of(21), byKernel, actorExits)
			s.exits(s.of(22), time.Microsecond, 9)
			s.sent(9, s.of(31), s.of(21), byKernel, actorExits)
			s.exits(s.of(31), time.Millisecond, 9)
		}, "demo: SIGKILL to worker (22, inside 7)  by the kernel, because PID 1 of demo exited  killed within 1 ms (exit code 137) [certain]\n" +
			"side: SIGKILL to main process sleep (31, inside 9)  by the kernel, because PID 1 of demo exited  killed after 1 ms (exit code 137) [certain]"},
		"the kernel, while another process exits": {func(s *scene) { s.sent(9, s.of(21), s.of(22), byKernel, actorExits) },
			"demo: SIGKILL to PID 1 (server, 21)  by the kernel, for an unknown reason  still runs after 1.0 s [unknown]"},
		"a parent's death": {func(s *scene) {
			s.sent(15, s.of(22), s.of(21), actorExits, func(e *procfs.KernelEvent) {
				e.Signal.Source, e.Signal.ParentDeath = procfs.SourceCaller, 15
			})
		}, "demo: SIGTERM to worker (22, inside 7)  by the kernel, because its parent server (21) exited  still runs after 1.0 s [certain]"},
		"cgroup.kill": {func(s *scene) {
			s.sent(9, s.of(22), onHost(60, "systemd", 0), func(e *procfs.KernelEvent) { e.Signal.Source, e.Signal.ToProcess = procfs.SourceCaller, false })
			s.exits(s.of(22), time.Millisecond, 9)
		}, "demo: SIGKILL to worker (22, inside 7)  from systemd (60) of user 0 on the host, by cgroup.kill  killed after 1 ms (exit code 137) [likely]"},
		"Ctrl-C": {func(s *scene) {
			s.sent(2, s.of(21), procfs.TracedProcess{Key: procfs.Key{PID: 12}, KernelThread: true, Comm: "kworker/u4:1"}, byKernel, caught)
			s.exits(s.of(21), time.Millisecond, 2<<8)
		}, "demo: SIGINT to PID 1 (server, 21)  from its terminal (Ctrl-C)  exits with 2 after 1 ms [certain]"},
		"a terminal that hung up": {func(s *scene) { s.sent(1, s.of(22), s.of(22), byKernel) },
			"demo: SIGHUP to worker (22, inside 7)  from its terminal, which hung up  still runs after 1.0 s [likely]"},
		"a timer that kills": {func(s *scene) { s.sent(9, s.of(22), s.of(31), code(-2)) },
			"demo: SIGKILL to worker (22, inside 7)  from a timer, a message queue, or a process that claims to be one  still runs after 1.0 s [unknown]"},
		"a signal that the program ignores": {func(s *scene) {
			s.sent(15, s.of(22), s.of(21), ignored, func(e *procfs.KernelEvent) { e.Signal.Handler = procfs.HandlerIgnore })
		}, "demo: SIGTERM to worker (22, inside 7)  from server (21) in the same container  dropped by the kernel: the program ignores it [certain]"},
		"a signal that waits already": {func(s *scene) {
			s.sent(15, s.of(22), s.of(21), func(e *procfs.KernelEvent) { e.Signal.Result = procfs.SignalAlreadyPending })
		}, "demo: SIGTERM to worker (22, inside 7)  from server (21) in the same container  dropped by the kernel: the same signal is already pending [certain]"},
		"SIGSTOP and SIGCONT": {func(s *scene) {
			s.sent(19, s.of(22), s.of(21))
			s.sent(18, s.of(22), s.of(21))
		}, "demo: SIGSTOP to worker (22, inside 7)  from server (21) in the same container  stops it [certain]\n" +
			"demo: SIGCONT to worker (22, inside 7)  from server (21) in the same container  continues it [certain]"},
		"no news": {func(s *scene) {
			s.sent(17, s.of(21), s.of(22), code(1))
			s.sent(23, s.of(21), s.of(21), code(-6))
			s.sent(13, s.of(22), s.of(22))
			s.sent(14, s.of(22), s.of(31), byKernel)
			s.sent(34, s.of(22), s.of(22))
			s.sent(9, func() procfs.TracedProcess { p := s.of(22); p.Exiting = true; return p }(), s.of(21), ignored)
			s.exits(s.of(22), time.Millisecond, 0)
		}, ""},
		"PID 1 exits by itself": {func(s *scene) { s.exits(s.of(21), 0, 1<<8) },
			"demo: PID 1 (server, 21) exits with 1  no signal seen before []"},
		"PID 1 exits long after a signal": {func(s *scene) {
			s.sent(15, s.of(21), runc, s.underShim(20), caught)
			s.event("a", "kill", 15)
			s.at = s.at.Add(3 * time.Second)
			_ = s.rowsUntil(s.at)
			s.exits(s.of(21), 200*time.Millisecond, 0)
			s.event("a", "stop", 0)
		}, "demo: PID 1 (server, 21) exits with 0  3.2 s after SIGTERM from docker stop [certain]"},
		"PID 1 exits after a signal that was dropped": {func(s *scene) {
			s.sent(10, s.of(21), s.of(22), ignored, unkillable)
			s.exits(s.of(21), time.Millisecond, 1<<8)
		}, "demo: SIGUSR1 to PID 1 (server, 21)  from worker (22) in the same container  dropped by the kernel: PID 1 has no handler [certain]\n" +
			"demo: PID 1 (server, 21) exits with 1  no signal seen before []"},
		"a signal that was not seen": {func(s *scene) { s.exits(s.of(22), 0, 9) },
			"demo: worker (22, inside 7) is killed, exit code 137  by SIGKILL, but the trace did not see the signal []"},
		"a process of the host": {func(s *scene) { s.sent(15, onHost(70, "cron", 0), runc) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, trace.Options{})
			test.play(s)
			if got := lines(s.rows()); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// rowsUntil are the rows that are complete at a time.
func (s *scene) rowsUntil(now time.Time) []trace.Row { return s.Settle(now) }

// Rows come in the order of time, each as soon as all that belongs to it is known.
func TestOrder(t *testing.T) {
	s := newScene(t, trace.Options{})
	s.sent(15, s.of(22), s.of(21)) // its exit is waited for
	begin := s.at
	s.at = s.at.Add(10 * time.Millisecond)
	s.sent(10, s.of(21), s.of(22), ignored, unkillable) // complete
	if got := s.Settle(begin.Add(20 * time.Millisecond)); len(got) != 0 || s.Waiting() != 2 {
		t.Errorf("got %s", lines(got))
	}
	s.exits(s.of(22), time.Millisecond, 15)
	if got := s.Settle(begin.Add(30 * time.Millisecond)); len(got) != 2 || got[0].Signal != "SIGTERM" || got[1].Signal != "SIGUSR1" {
		t.Errorf("got %s", lines(got))
	}
	// Events of two processors may come in the wrong order.
	s.at = begin.Add(50 * time.Millisecond)
	s.sent(10, s.of(21), s.of(22), ignored)
	s.at = begin.Add(40 * time.Millisecond)
	s.sent(12, s.of(21), s.of(22), ignored)
	if got := s.Settle(begin.Add(time.Second)); len(got) != 2 || got[0].Signal != "SIGUSR2" {
		t.Errorf("got %s", lines(got))
	}
	if got := s.Told()["demo"]; got != 4 {
		t.Errorf("%d rows counted", got)
	}
}

// A container that no capture has shown is waited for, for half a second.
func TestNewContainer(t *testing.T) {
	s := newScene(t, trace.Options{})
	fresh := s.of(22)
	fresh.Key = procfs.Key{PID: 40, StartTicks: 1}
	fresh.Cgroups = []string{"/docker/" + ID("c")}
	if s.NeedsCapture() {
		t.Error("everything is known")
	}
	s.sent(9, fresh, onHost(500, "bash", 0), ignored)
	if got := s.Settle(s.at.Add(100 * time.Millisecond)); len(got) != 0 || !s.NeedsCapture() {
		t.Errorf("got %s, needs a capture: %t", lines(got), s.NeedsCapture())
	}
	late := s.Settle(s.at.Add(600 * time.Millisecond))
	if len(late) != 1 || late[0].Container != ID("c")[:12] || late[0].ContainerID != ID("c") {
		t.Errorf("got %s", lines(late))
	}
	s.Engine(inspect.Event{ContainerID: ID("c"), Name: "fresh", Action: "start"})
	s.sent(9, fresh, onHost(500, "bash", 0), ignored)
	if got := s.Settle(s.at.Add(100 * time.Millisecond)); len(got) != 1 || got[0].Container != "fresh" {
		t.Errorf("got %s", lines(got))
	}
}

// Only what is wanted is reported.
func TestWanted(t *testing.T) {
	s := newScene(t, trace.Options{Signals: []int{10, 34}, Wanted: func(id, name string) bool { return id == ID("a") && name == "demo" }})
	for _, number := range []int{10, 12, 34} {
		s.sent(number, s.of(21), s.of(22), ignored)
	}
	s.sent(10, s.of(31), s.of(22), ignored)
	if got := s.rows(); len(got) != 2 || got[0].Signal != "SIGUSR1" || got[1].Signal != "SIGRTMIN" {
		t.Errorf("got %s", lines(got))
	}
}

// The processes that the end of a PID namespace kills are told in one row a container.
func TestFold(t *testing.T) {
	s := newScene(t, trace.Options{Fold: true})
	for range 3 {
		s.sent(9, s.of(22), s.of(21), byKernel, actorExits)
	}
	s.sent(9, s.of(31), s.of(21), byKernel, actorExits)
	got := s.rows()
	if len(got) != 2 || got[0].Others != 2 || got[1].Others != 0 {
		t.Fatalf("got %s", lines(got))
	}
	if want := "SIGKILL to worker (22, inside 7) and 2 more"; got[0].What() != want {
		t.Errorf("got %s, want %s", got[0].What(), want)
	}
}

// The sender's name is the host's, for a process of the host only.
func TestUserName(t *testing.T) {
	s := newScene(t, trace.Options{UserName: func(uid uint32) string { return map[uint32]string{1000: "alice"}[uid] }})
	s.sent(10, s.of(21), onHost(500, "bash", 1000), ignored)
	inside := s.of(22)
	inside.UID = 1000
	s.sent(10, s.of(21), inside, ignored)
	s.sent(10, s.of(21), onHost(501, "bash", 1001), ignored)
	for i, want := range []string{"alice", "1000", "1001"} {
		if got := s.rowAt(i).SenderUser; got != want {
			t.Errorf("row %d: got %s, want %s", i, got, want)
		}
	}
}

// rowAt is a row of all.
func (s *scene) rowAt(i int) trace.Row {
	s.t.Helper()
	if s.kept == nil {
		s.kept = s.rows()
	}
	if i >= len(s.kept) {
		s.t.Fatalf("%d rows", len(s.kept))
	}
	return s.kept[i]
}

// The whole life of a process.
func TestEverything(t *testing.T) {
	parents := map[int]int{}
	s := newScene(t, trace.Options{Everything: true, ParentOf: func(key procfs.Key) int { return parents[key.PID] }})
	child := s.of(22)
	child.Key, child.PIDs, child.Comm = procfs.Key{PID: 50, StartTicks: 77}, []int{50, 12}, "job"
	life := func(kind procfs.KernelEventKind, of, by procfs.TracedProcess) {
		s.at = s.at.Add(time.Millisecond)
		s.Kernel(procfs.KernelEvent{Kind: kind, Time: s.at, Subject: of, Actor: by})
	}
	life(procfs.ProcessForked, child, s.of(22))
	child.Comm = "true"
	life(procfs.ProcessExecuted, child, child)
	parents[50] = 21
	s.exits(s.of(22), time.Millisecond, 0) // and PID 1 adopts its child
	s.exits(child, time.Millisecond, 0)
	s.at = s.at.Add(30 * time.Millisecond)
	s.Kernel(procfs.KernelEvent{Kind: procfs.ProcessFreed, Time: s.at, Subject: procfs.TracedProcess{Key: child.Key}, ReaperPID: 21})
	want := `demo: worker (22) forks job (50, inside 12) []
demo: true (50, inside 12) executes a program []
demo: worker (22, inside 7) exits with 0  no signal seen before []
demo: true (50, inside 12) is adopted by server (21) []
demo: true (50, inside 12) exits with 0  no signal seen before []
demo: true (50, inside 12) is reaped by server (21)  30 ms after its exit []`
	if got := lines(s.rows()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Where only exits are seen, nothing is said of signals.
func TestExitsOnly(t *testing.T) {
	s := newScene(t, trace.Options{ExitsOnly: true})
	s.exits(s.of(21), 0, 1<<8)
	s.exits(s.of(31), 0, 9)
	want := "demo: PID 1 (server, 21) exits with 1 []\nside: main process sleep (31, inside 9) is killed, exit code 137  by SIGKILL from an unknown sender []"
	if got := lines(s.rows()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// The end of a main process is known, when the engine has noticed it or had time to.
func TestHasEnded(t *testing.T) {
	s := newScene(t, trace.Options{})
	a, b, soon := ID("a"), ID("b"), s.at.Add(100*time.Millisecond)
	s.exits(s.of(22), 0, 0)
	s.exits(s.of(31), 0, 0)
	if s.HasEnded(a, soon) || s.HasEnded(b, soon) || s.HasEnded(a, s.at.Add(time.Hour)) || !s.HasEnded(b, s.at.Add(time.Second)) {
		t.Error("demo runs, and side has just exited")
	}
	s.event("b", "die", 0)
	if !s.HasEnded(b, soon) {
		t.Error("the engine has noticed that side exited")
	}
}
