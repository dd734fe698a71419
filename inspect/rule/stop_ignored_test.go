package rule_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// stoppedIn makes docker stop wait this long, a negative value forever.
func stoppedIn(grace time.Duration) func(*inspect.Container) {
	return func(c *inspect.Container) { c.StopTimeout = grace }
}

// halfDead has lost its main thread, and continues in others.
func halfDead(p *procfs.Process) { p.State, p.Threads = procfs.StateZombie, 3 }

// finishing is an init that has exited and waits for its PID namespace to be empty.
func finishing(a *procfs.Attention) { a.Threads[0] = InState("S", "zap_pid_ns_processes") }

// A main process that does nothing on the stop signal is a warning, and an interactive shell is
// a note. It is not reported if it ends in another way, has no grace period, or is unknown.
func TestStopIgnored(t *testing.T) {
	deaf := func(change ...Change) *World { return Alone("sleep", change...).Attend(101) }
	behindInit := Alone("tini").Process(102, 101, "job", In("a", 2), NS(7), Ignored(Term)).
		Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102)
	joiner := deaf().Container("joiner", "b", 201, JoinedTo(ID("a"))).Process(200, 1, "containerd-shim", ShimOf("b")).
		Process(201, 200, "sleep", In("b", 9), NS(7)).Attend(201).Declared("demo", silentEngine)
	const kills = "docker stop (SIGTERM) will wait 10s, then kill (137)"
	const unheard = "sleep is PID 1 and has no SIGTERM handler, so the kernel discards the signal"
	hosts{
		"no handler":                   {now: deaf(), want: []string{"warning demo 101: " + kills + "; " + unheard + " |  | recreate the container with --init (compose: init: true)"}},
		"ignored":                      {now: deaf(Ignored(Term)), want: []string{"warning demo 101: " + kills + "; SIGTERM is ignored |  | recreate the container with --init (compose: init: true) and --stop-signal SIGINT. Neither helps alone"}},
		"behind an init":               {now: behindInit, want: []string{"warning demo 101: " + kills + " (likely); A thread waits for SIGTERM in sigtimedwait; tini forwards SIGTERM to job (102) and exits after it; SIGTERM is ignored |  | job must handle SIGTERM. No option is known to fix this"}},
		"without an end":               {now: deaf().Declared("demo", stoppedIn(-1)), want: []string{"warning demo 101: docker stop (SIGTERM) will wait forever; " + unheard + " |  | recreate the container with --init (compose: init: true)"}},
		"a shell on a terminal":        {now: Alone("bash", Ignored(Term), Caught(1), Args("bash")).Attend(101, Runs(BashMarks...), OnTerminal), want: []string{"note demo 101: " + kills + "; SIGTERM is ignored |  | recreate the container with --stop-signal SIGHUP. An interactive shell exits on it"}},
		"it is stopped":                {now: deaf(Caught(Term), StateOf(procfs.StateStopped)), want: []string{"warning demo 101: " + kills + " (likely); It is stopped (State T) and reacts only to SIGCONT and SIGKILL | sudo kill -CONT 101 | find out what stopped it"}},
		"a handler":                    {now: Alone("sleep", Caught(Term)).Attend(101, Runs())},
		"a handler for another":        {now: deaf(Caught(procfs.SIGINT))},
		"no grace at all":              {now: deaf().Declared("demo", stoppedIn(0))},
		"who is no init":               {now: joiner},
		"it cannot be told":            {now: Alone("sleep").Attend(101, Denied)},
		"a silent engine":              {now: deaf().Declared("demo", silentEngine)},
		"half dead":                    {now: deaf(halfDead)},
		"has ended, and cannot finish": {now: Alone("sleep").Attend(101, finishing)},
	}.hold(t, "stop-ignored")
}
