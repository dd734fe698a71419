package rule_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// An init that forwards signals and may not signal its program is a warning, in every way in
// which it can happen. It is not if both have the same user, if the init has CAP_KILL, and if
// that is not known.
func TestInitWithoutRight(t *testing.T) {
	behind := func(mark string, init ...Change) *World {
		return Alone("init", append([]Change{Capabilities(0), UserNS(2)}, init...)...).
			Process(102, 101, "app", In("a", 2), NS(7), UserNS(2), As(65534)).
			Attend(101, Runs(mark), Asleep(Awaiting(Term))).Attend(102, Runs())
	}
	const barred, awaits = "warning demo 101: ", "; A thread waits for SIGTERM in sigtimedwait; "
	const cure = " |  | recreate the container with --cap-add KILL (compose: cap_add: [KILL]), or run both programs as the same user"
	eperm := func(program string) string {
		return "init (" + program + ") may not send SIGTERM to app (102), which runs as user 65534, because it has no CAP_KILL" + awaits
	}
	const kill = procfs.Capabilities(1 << procfs.CapKill)
	hosts{
		"tini":                                  {now: behind("tini version "), want: []string{barred + eperm("tini") + "It treats that as fatal and exits. The kernel then kills the other processes of its PID namespace" + cure}},
		"dumb-init":                             {now: behind("--single-child"), want: []string{barred + eperm("dumb-init") + "It continues" + cure}},
		"catatonit":                             {now: behind("catatonit"), want: []string{barred + eperm("catatonit") + "It continues" + cure}},
		"with CAP_KILL":                         {now: behind("tini version ", Capabilities(kill))},
		"the same user":                         {now: behind("tini version ").Alter(101, As(65534))},
		"its rights unread":                     {now: behind("tini version ").Alter(101, func(p *procfs.Process) { p.Effective = procfs.Opt[procfs.Capabilities]{} })},
		"a user namespace of its program's own": {now: behind("tini version ").Alter(102, UserNS(3))},
		"no init":                               {now: behind("no such mark")},
		"a silent engine":                       {now: behind("tini version ").Declared("demo", silentEngine)},
	}.hold(t, "init-without-right")
}
