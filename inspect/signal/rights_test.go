package signal_test

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

const killCapability = procfs.Capabilities(1 << procfs.CapKill)

// The kernel lets a process signal another one if the user IDs match, or with CAP_KILL in the
// other's user namespace. What was not read is not treated as a refusal.
func TestMaySignal(t *testing.T) {
	sender := func(change ...Change) []Change {
		return append([]Change{Capabilities(0), UserNS(2), SID(1)}, change...)
	}
	receiver := func(change ...Change) []Change { return append([]Change{UserNS(2), As(65534), SID(2)}, change...) }
	users := func(real, effective, saved int) Change {
		return func(p *procfs.Process) { p.UIDs = procfs.UIDs{Real: real, Effective: effective, Saved: saved} }
	}
	statOnly := func(p *procfs.Process) { p.StatOnly = true }
	for name, test := range map[string]struct {
		from, to []Change
		n        int
		want     inspect.Verdict
	}{
		"root without CAP_KILL":               {sender(), receiver(), Term, inspect.No},
		"with CAP_KILL":                       {sender(Capabilities(killCapability)), receiver(), Term, inspect.Yes},
		"with every other":                    {sender(Capabilities(^killCapability)), receiver(), Term, inspect.No},
		"the same user":                       {sender(As(65534)), receiver(), Term, inspect.Yes},
		"its effective user is the saved":     {sender(users(0, 7, 0)), receiver(users(65534, 65534, 7)), Term, inspect.Yes},
		"its real user is the real":           {sender(users(7, 0, 0)), receiver(users(7, 1, 1)), Term, inspect.Yes},
		"its saved user is nothing":           {sender(users(0, 0, 7)), receiver(users(7, 7, 7)), Term, inspect.No},
		"the other's effective is nothing":    {sender(users(7, 7, 7)), receiver(users(1, 7, 1)), Term, inspect.No},
		"SIGCONT in the same session":         {sender(), receiver(SID(1)), 18, inspect.Yes},
		"SIGCONT in another":                  {sender(), receiver(), 18, inspect.No},
		"its capabilities unread":             {[]Change{UserNS(2)}, receiver(), Term, inspect.Unknown},
		"the other in a namespace of its own": {sender(), receiver(UserNS(3)), Term, inspect.Unknown},
		"the same, from the host's":           {sender(UserNS(procfs.InitialUserNamespace), Capabilities(killCapability)), receiver(UserNS(3)), Term, inspect.Yes},
		"the namespace unread":                {[]Change{Capabilities(0)}, receiver(), Term, inspect.Unknown},
		"little was read of it":               {sender(statOnly), receiver(), Term, inspect.Unknown},
		"little was read of the other":        {sender(), receiver(statOnly), Term, inspect.Unknown},
	} {
		ix := NewWorld().Process(1, 0, "from", test.from...).Process(2, 1, "to", test.to...).Index()
		if got := signal.MaySignal(ix.ProcessAt(1), ix.ProcessAt(2), test.n); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// A program that may not signal its child is reported. A shell whose trap waits for that child
// waits until SIGKILL.
func TestBarredFromAChild(t *testing.T) {
	root := []Change{Caught(Term), Capabilities(0), UserNS(2)}
	other := []Change{inside(2), UserNS(2), As(65534), Ignored(procfs.SIGINT, procfs.SIGQUIT)}
	shell := func(script string) *World {
		return Alone("sh", append(root, Args("sh", "-c", script))...).Process(102, 101, "app", other...).
			Attend(101, Runs(DashMarks...), Asleep(Sleeping("rt_sigsuspend"))).Attend(102, Runs())
	}
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"a supervisor": {Alone("srv", root...).Process(102, 101, "app", other...).Attend(101, Runs()).Attend(102, Runs()), "unknown unknown"},
		"s6, whose child has none": {Alone("s6-svscan", root...).Process(102, 101, "s6-supervise", inside(2), Capabilities(0), UserNS(2)).
			Process(103, 102, "app", inside(3), UserNS(2), As(65534)).Attend(101, Runs("s6-svscan")).Attend(102, Runs()).Attend(103, Runs()), "ignored likely"},
		"one with the right":          {Alone("srv", append(root, Capabilities(killCapability))...).Process(102, 101, "app", other...).Attend(101, Runs()).Attend(102, Runs()), "handled likely"},
		"nginx, which writes to them": {Alone("nginx", root...).Process(102, 101, "app", other...).Attend(101, Runs("ngx_http_core_module")).Attend(102, Runs()), "handled likely"},
		"a trap that waits for it":    {shell("trap 'kill $c; wait $c' TERM; app & c=$!; wait"), "delayed likely by 102"},
		"a trap that does not wait":   {shell("trap 'kill $c; exit' TERM; app & c=$!; wait"), "handled likely"},
		"a trap that only ends":       {shell("trap 'exit' TERM; app & wait"), "handled likely"},
	} {
		if f := forecast(t, test.world); short(f.Judgement) != test.want {
			t.Errorf("%s: got %s (%s), want %s", name, short(f.Judgement), because(f.Judgement), test.want)
		}
	}
}

// --init is not recommended for a program of another user that docker-init could not signal.
func TestInitThatCouldNotSignal(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*inspect.Container)
		want   string
	}{
		"with CAP_KILL":     {func(*inspect.Container) {}, "recreate the container with --init (compose: init: true)"},
		"without":           {func(c *inspect.Container) { c.CapDrop = []string{"KILL"} }, "recreate the container with --init (compose: init: true) and --cap-add KILL. Without CAP_KILL, docker-init may not signal sleep"},
		"without, one user": {func(c *inspect.Container) { c.CapDrop, c.User = []string{"KILL"}, "65534" }, "recreate the container with --init (compose: init: true)"},
	} {
		if f := forecast(t, Alone("sleep", As(65534)).Attend(101, Runs()).Declared("demo", test.change)); f.Cure.Text != test.want {
			t.Errorf("%s: got %q, want %q", name, f.Cure.Text, test.want)
		}
	}
}

// Which processes can be killed from inside depends on the rights of docker exec.
func TestKilledByExec(t *testing.T) {
	joined := func(user int, change func(*inspect.Container)) *World {
		w := Alone("x", noInit, As(user)).Attend(101, Runs())
		change(&w.Containers[0])
		return w
	}
	for name, test := range map[string]struct {
		user   int
		change func(*inspect.Container)
		want   string
	}{
		"root":                            {0, func(*inspect.Container) {}, "kills it too, because it is not PID 1"},
		"another user, root with rights":  {65534, func(*inspect.Container) {}, "kills it too, because it is not PID 1"},
		"without CAP_KILL":                {65534, func(c *inspect.Container) { c.CapDrop = []string{"ALL"} }, "is refused (Operation not permitted). It runs as user 65534, and docker exec as another user without CAP_KILL. This kills it: docker exec -u 65534 demo kill -9 9"},
		"the container's user is it":      {65534, func(c *inspect.Container) { c.CapDrop, c.User = []string{"ALL"}, "65534:7" }, "kills it too, because it is not PID 1"},
		"the container's user is another": {65534, func(c *inspect.Container) { c.User = "1000" }, "is refused"},
		"the container's user is a name":  {65534, func(c *inspect.Container) { c.User = "app" }, "if the user of docker exec may signal it"},
		"the engine is silent":            {65534, func(c *inspect.Container) { c.Silent = true }, "if the user of docker exec may signal it"},
	} {
		if f := forecast(t, joined(test.user, test.change)); !strings.Contains(f.KillFromInside, test.want) {
			t.Errorf("%s: got %q, want %q", name, f.KillFromInside, test.want)
		}
	}
}

// A grace period that the engine cannot count is unknown. A process that is killed by the
// default action has exited before.
func TestGraceThatOverflows(t *testing.T) {
	overflows := func(w *World) *World {
		return w.Declared("demo", func(c *inspect.Container) { c.StopTimeout, c.GraceOverflows = 0, true })
	}
	for name, test := range map[string]struct {
		world      *World
		want, cure string
	}{
		"a handler":  {Alone("x", Caught(Term)).Attend(101, Runs()), "unknown unknown", "recreate the container with --stop-timeout 10. The grace period now is more seconds than the engine can count"},
		"no handler": {Alone("x").Attend(101, Runs()), "unknown unknown", "recreate the container with --init (compose: init: true) and --stop-timeout 10. The grace period now is more seconds than the engine can count"},
		"no init":    {Alone("x", noInit).Attend(101, Runs()), "handled certain", ""},
	} {
		f := forecast(t, overflows(test.world))
		if short(f.Judgement) != test.want || f.Cure.Text != test.cure || f.Grace() != "?" {
			t.Errorf("%s: got %s, %q, %s", name, short(f.Judgement), f.Cure.Text, f.Grace())
		}
	}
}

// Without an end of the grace period, every process that exits at all exits in time.
func TestGraceWithoutEnd(t *testing.T) {
	w := Alone("squid", Caught(Term)).Attend(101, Runs("shutdown_lifetime")).Declared("demo", func(c *inspect.Container) { c.StopTimeout = -1 })
	if f := forecast(t, w); short(f.Judgement) != "handled likely" {
		t.Errorf("got %s (%s)", short(f.Judgement), because(f.Judgement))
	}
}
