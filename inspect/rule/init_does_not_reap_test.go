package rule_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// That PID 1 would not reap is a note if something leaves orphans, and only if it is known. If
// zombies prove it, another rule reports it.
func TestInitDoesNotReap(t *testing.T) {
	checked := func(w *World) *World {
		return w.Declared("demo", func(c *inspect.Container) { c.Health = &inspect.HealthCheck{Command: []string{"true"}} })
	}
	entered := func(w *World) *World {
		return w.Declared("demo", func(c *inspect.Container) { c.ExecIDs = []string{"e1"} })
	}
	sleeps := func(change ...Change) *World { return Alone("sleep", change...).Attend(101) }
	joiner := Alone("tini").Attend(101, Runs(TiniMarks...)).Container("joiner", "b", 201, JoinedTo(ID("a"))).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sleep", In("b", 9), NS(7)).Attend(201).
		Declared("joiner", func(c *inspect.Container) { c.Health = &inspect.HealthCheck{} })
	below := sleeps().Container("joiner", "b", 201, JoinedTo(ID("a"))).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sleep", In("b", 9), NS(7)).Attend(201).
		Declared("joiner", func(c *inspect.Container) { c.Health = &inspect.HealthCheck{} })
	const said = "note demo 101: PID 1 (sleep) would not reap what a health check or docker exec leaves; "
	const cure = " |  | recreate the container with --init (compose: init: true)"
	hosts{
		"a health check":                     {now: checked(sleeps()), want: []string{said + "sleep uses no function that waits for children" + cure}},
		"an exec session":                    {now: entered(sleeps()), want: []string{said + "sleep uses no function that waits for children" + cure}},
		"nobody leaves orphans":              {now: sleeps()},
		"it waits for any child":             {now: checked(Alone("sh").Attend(101, Runs(), Asleep(Waiting("wait4", true))))},
		"it ignores SIGCHLD":                 {now: checked(sleeps(Ignored(procfs.SIGCHLD)))},
		"it cannot be told":                  {now: checked(Alone("sleep").Attend(101, Denied))},
		"it was not asked":                   {now: checked(Alone("sleep"))},
		"it is stopped":                      {now: checked(sleeps(StateOf(procfs.StateStopped)))},
		"it has zombies, of which is told":   {now: checked(sleeps().Process(110, 101, "sh", In("a", 7), NS(7), SID(90), Exited(0)).Again())},
		"a joiner, whose owner's init reaps": {now: joiner},
		"a joiner, whose owner's does not":   {now: below},
	}.hold(t, "init-does-not-reap")
}
