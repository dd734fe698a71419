package trace_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/trace"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// What differs only by what the engine reports later is not taken for one of them.
func TestActions(t *testing.T) {
	runc := onHost(900, "runc", 0)
	term := func(s *scene, actions ...string) {
		s.sent(15, s.of(21), runc, s.underShim(20))
		s.event("a", "kill", 15)
		s.exits(s.of(21), time.Millisecond, 15)
		for _, action := range actions {
			s.event("a", action, 0)
		}
	}
	for name, test := range map[string]struct {
		play func(*scene)
		want string
	}{
		"docker kill -s TERM": {func(s *scene) { term(s, "die") },
			"demo: SIGTERM to PID 1 (server, 21)  from docker kill  killed after 1 ms (exit code 143) [certain]"},
		"docker stop, then docker start": {func(s *scene) { term(s, "die", "stop", "start") },
			"demo: SIGTERM to PID 1 (server, 21)  from docker stop  killed after 1 ms (exit code 143) [certain]"},
		"docker restart": {func(s *scene) { term(s, "die", "stop", "start", "restart") },
			"demo: SIGTERM to PID 1 (server, 21)  from docker restart  killed after 1 ms (exit code 143) [certain]"},
		"the container goes on": {func(s *scene) {
			s.sent(15, s.of(21), runc, s.underShim(20), ignored, unkillable)
			s.event("a", "kill", 15)
		}, "demo: SIGTERM to PID 1 (server, 21)  from docker stop, restart or kill  dropped by the kernel: PID 1 has no handler [certain]"},
		"docker kill -s TERM, then docker kill": {func(s *scene) {
			s.sent(15, s.of(21), runc, s.underShim(20), ignored, unkillable)
			s.event("a", "kill", 15)
			s.at = s.at.Add(3 * time.Second)
			s.sent(9, s.of(21), runc, s.underShim(20))
			s.event("a", "kill", 9)
			s.exits(s.of(21), 2*time.Millisecond, 9)
			s.event("a", "die", 0)
		}, "demo: SIGTERM to PID 1 (server, 21)  from docker kill  dropped by the kernel: PID 1 has no handler [certain]\n" +
			"demo: SIGKILL to PID 1 (server, 21)  from docker kill  killed after 2 ms (exit code 137) [certain]"},
		"an exit long after docker kill -s TERM": {func(s *scene) {
			s.sent(15, s.of(21), runc, s.underShim(20), caught)
			s.event("a", "kill", 15)
			s.at = s.at.Add(3 * time.Second)
			_ = s.rowsUntil(s.at)
			s.exits(s.of(21), 0, 0)
			s.event("a", "die", 0)
		}, "demo: PID 1 (server, 21) exits with 0  3.0 s after SIGTERM from docker kill [certain]"},
		"a real-time signal": {func(s *scene) {
			s.sent(37, s.of(21), runc, s.underShim(20), ignored, unkillable)
			s.event("a", "kill", 37)
		}, "demo: SIGRTMIN+3 to PID 1 (server, 21)  from docker kill  dropped by the kernel: PID 1 has no handler [certain]"},
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

// The OOM killer marks its victim before it looks for processes with the same memory.
func TestSharersOfMemory(t *testing.T) {
	s := newScene(t, trace.Options{})
	s.sent(9, s.of(22), s.of(22), byKernel)
	s.Kernel(procfs.KernelEvent{Kind: procfs.OOMVictim, Time: s.at, Subject: s.of(22), Actor: s.of(22)})
	s.at = s.at.Add(4 * time.Millisecond)
	s.sent(9, s.of(21), s.of(22), byKernel)
	want := "demo: SIGKILL to worker (22, inside 7)  by the OOM killer  still runs after 1.0 s [certain]\n" +
		"demo: SIGKILL to PID 1 (server, 21)  by the OOM killer, because it shares memory with the victim  still runs after 1.0 s [likely]"
	if got := lines(s.rows()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A signal to a container that no capture has shown yet is certainly the engine's if the engine says
// so, or if a capture shows the shim before the row is written.
func TestNewContainers(t *testing.T) {
	runc := onHost(900, "runc", 0)
	shim := func(e *procfs.KernelEvent) {
		e.Ancestors = []procfs.TracedAncestor{{Key: procfs.Key{PID: 50, StartTicks: 50}, Comm: "containerd-shim"}}
	}
	fresh := procfs.TracedProcess{
		Key: procfs.Key{PID: 51}, TID: 51, PIDs: []int{51, 1}, PIDNamespaces: []uint64{1, 99}, Levels: 2, Comm: "server", Cgroups: []string{"/docker/" + ID("c")},
	}
	for name, test := range map[string]struct {
		then func(*scene)
		want inspect.Certainty
	}{
		"nothing more": {func(*scene) {}, inspect.Likely},
		"an event":     {func(s *scene) { s.event("c", "kill", 10) }, inspect.Certain},
		"a capture": {func(s *scene) {
			w := NewWorld().Process(50, 1, "containerd-shim", ShimOf("c")).Container("fresh", "c", 51).Process(51, 50, "server", In("c", 1))
			s.SetIndex(inspect.NewIndex(&w.Capture))
		}, inspect.Certain},
	} {
		s := newScene(t, trace.Options{})
		s.sent(10, fresh, runc, shim, ignored, unkillable)
		test.then(s)
		rows := s.rows()
		if len(rows) != 1 || rows[0].Sender != trace.Engine || rows[0].Certainty != test.want {
			t.Errorf("%s: got %s", name, lines(rows))
		}
	}
}

// PID 1 of a PID namespace that a process of a container has made is not the main process.
func TestInnerInit(t *testing.T) {
	s := newScene(t, trace.Options{})
	w := NewWorld().Process(20, 1, "containerd-shim", ShimOf("d")).Container("outer", "d", 21).Process(21, 20, "server", InGroups("/docker/"+ID("d")))
	s.SetIndex(inspect.NewIndex(&w.Capture))
	inner := procfs.TracedProcess{Key: procfs.Key{PID: 60}, TID: 60, PIDs: []int{60, 1}, PIDNamespaces: []uint64{1, 98}, Levels: 2, Comm: "sleep", Cgroups: []string{"/docker/" + ID("d")}}
	s.exits(inner, 0, 0)
	if got := lines(s.rows()); got != "" {
		t.Errorf("its exit is told as the container's: %s", got)
	}
}

// Each thread of a parent sends the signal of its death. The first one ends the process.
func TestDeathOfThreads(t *testing.T) {
	s := newScene(t, trace.Options{})
	dies := func(e *procfs.KernelEvent) {
		e.Signal.Source, e.Signal.ParentDeath, e.Actor.Exiting = procfs.SourceCaller, 10, true
	}
	s.sent(10, s.of(22), s.of(21), dies)
	s.sent(10, s.of(22), s.of(21), dies, ignored)
	s.exits(s.of(22), time.Millisecond, 10)
	want := "demo: SIGUSR1 to worker (22, inside 7)  by the kernel, because its parent server (21) exited  killed after 1 ms (exit code 138) [certain]"
	if got := lines(s.rows()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A process exits by the signal before one that was dropped.
func TestDroppedAfterAnother(t *testing.T) {
	s := newScene(t, trace.Options{})
	s.sent(15, s.of(22), s.of(21))
	s.sent(15, s.of(22), s.of(21), ignored)
	s.exits(s.of(22), time.Millisecond, 15)
	want := "demo: SIGTERM to worker (22, inside 7)  from server (21) in the same container  killed after 1 ms (exit code 143) [certain]\n" +
		"demo: SIGTERM to worker (22, inside 7)  from server (21) in the same container  dropped by the kernel: the process is already exiting [certain]"
	if got := lines(s.rows()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Whether a container is wanted may only be known when a capture has shown it.
func TestWantedLater(t *testing.T) {
	wanted := false
	s := newScene(t, trace.Options{Wanted: func(string, string) bool { return wanted }})
	fresh := s.of(22)
	fresh.Key, fresh.Cgroups = procfs.Key{PID: 51, StartTicks: 51}, []string{"/docker/" + ID("c")}
	s.Engine(inspect.Event{ContainerID: ID("c"), Name: "fresh", Action: "start"})
	s.sent(10, fresh, onHost(500, "bash", 0), ignored, unkillable)
	if got := s.Settle(s.at.Add(100 * time.Millisecond)); len(got) != 0 || s.Waiting() != 1 {
		t.Errorf("got %s, and %d wait", lines(got), s.Waiting())
	}
	w := NewWorld().Process(50, 1, "containerd-shim", ShimOf("c")).Container("fresh", "c", 51).Process(51, 50, "server", In("c", 1))
	s.SetIndex(inspect.NewIndex(&w.Capture))
	wanted = true
	if got := s.Settle(s.at.Add(150 * time.Millisecond)); len(got) != 1 {
		t.Errorf("got %s", lines(got))
	}
}
