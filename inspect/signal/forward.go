package signal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// judgeForwarded: behind an init that passes signals on, the program that it
// has started decides.
func judgeForwarded(ix *inspect.Index, p *procfs.Process, n int, what program, why []string, forwards int) Judgement {
	if n == procfs.SIGCHLD {
		return Judgement{OutcomeIgnored, inspect.Likely, nil, append(why, what.describe(p)+" keeps SIGCHLD for itself")}
	}
	children := ix.LivingChildren(p)
	if len(children) == 0 {
		return Judgement{OutcomeHandled, inspect.Likely, nil, append(why, what.describe(p)+" has no program left to wait for")}
	}
	child, passed := children[0], rewritten(p, n, what)
	if passed == 0 {
		return Judgement{OutcomeIgnored, inspect.Likely, nil, append(why, fmt.Sprintf("%s was told to drop %s", what.describe(p), procfs.SignalName(n)))}
	}
	j := judgeSignal(ix, child, passed, forwards)
	if j.Outcome == OutcomeDelayed && j.Blocker != nil && toldWithItsGroup(p, what, child, j.Blocker) {
		j.Outcome, j.Blocker = OutcomeHandled, nil
		j.Evidence = append(j.Evidence, "its child is told with it, as of the same process group")
	}
	sentence := fmt.Sprintf("%s passes %s on to %s (%d) and ends with it", what.describe(p), procfs.SignalName(passed), child.Comm, child.PID)
	j.Evidence = append(append(why, sentence), j.Evidence...)
	if j.Certainty == inspect.Certain {
		j.Certainty = inspect.Likely
	}
	if j.Outcome == OutcomeIgnored && j.Blocker == nil {
		j.Blocker = child
	}
	return j
}

// toldWithItsGroup: tini -g and dumb-init signal the whole process group of
// their child.
func toldWithItsGroup(init *procfs.Process, what program, child, blocker *procfs.Process) bool {
	return blocker.PGID == child.PGID && groupOption(init, what)
}

// signalsGroups: the main process is an init that signals the process group.
func signalsGroups(ix *inspect.Index, init *procfs.Process) bool {
	what := programOf(ix, init)
	return what.kind == kindInit && groupOption(init, what)
}

func groupOption(init *procfs.Process, what program) bool {
	options := initOptions(init)
	if what.name == "dumb-init" {
		return !slices.Contains(options, "-c") && !slices.Contains(options, "--single-child")
	}
	return slices.ContainsFunc(options, func(o string) bool {
		return len(o) > 1 && o[0] == '-' && o[1] != '-' && strings.Contains(o, "g")
	})
}

// rewritten is what the child is sent instead of signal n: dumb-init takes
// --rewrite n:m, and 0 for nothing.
func rewritten(init *procfs.Process, n int, what program) int {
	options := initOptions(init)
	for i, option := range options {
		rule, joined := strings.CutPrefix(option, "--rewrite=")
		if (option == "--rewrite" || option == "-r") && i+1 < len(options) {
			rule, joined = options[i+1], true
		}
		if !joined {
			rule, joined = strings.CutPrefix(option, "-r")
		}
		from, to, ok := strings.Cut(rule, ":")
		if !joined || !ok || what.name != "dumb-init" || from != strconv.Itoa(n) {
			continue
		}
		if m, err := strconv.Atoi(to); err == nil {
			return m
		}
	}
	return n
}

// initOptions are the init's arguments as far as they can be its own: up to
// "--", or to the first that begins with no dash and follows none.
func initOptions(init *procfs.Process) []string {
	args := init.Args.Or(nil)
	for i := 1; i < len(args); i++ {
		if args[i] == "--" || !strings.HasPrefix(args[i], "-") && !strings.HasPrefix(args[i-1], "-") {
			return args[1:i]
		}
	}
	return args[min(1, len(args)):]
}
