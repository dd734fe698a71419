package signal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// forwarded: behind an init that passes signals on, the program that it
// has started decides.
func (d *delivery) forwarded() Judgement {
	if d.n == procfs.SIGCHLD {
		return d.comesTo(OutcomeIgnored, inspect.Likely, d.describe()+" keeps SIGCHLD for itself")
	}
	children := d.children()
	if len(children) == 0 {
		return d.comesTo(OutcomeHandled, inspect.Likely, d.describe()+" has no program left to wait for")
	}
	child, passed := children[0], d.rewritten(d.n)
	if passed == 0 {
		return d.comesTo(OutcomeIgnored, inspect.Likely, fmt.Sprintf("%s was told to drop %s", d.describe(), d.name()))
	}
	j := child.deliverBehind(passed, d.forwards-1).judge()
	if j.Outcome == OutcomeDelayed && j.Blocker != nil && j.Blocker.PGID == child.process.PGID && d.signalsGroup() {
		j.Outcome, j.Blocker = OutcomeHandled, nil
		j.Evidence = append(j.Evidence, "its child is told with it, as of the same process group")
	}
	sentence := fmt.Sprintf("%s passes %s on to %s (%d) and ends with it", d.describe(), procfs.SignalName(passed), child.process.Comm, child.process.PID)
	j.Evidence = append([]string{d.heard.Why, sentence}, j.Evidence...)
	if j.Certainty == inspect.Certain {
		j.Certainty = inspect.Likely
	}
	if j.Outcome == OutcomeIgnored && j.Blocker == nil {
		j.Blocker = child.process
	}
	return j
}

// signalsGroup: it is an init that signals the whole process group of its child, as
// tini -g and dumb-init do.
func (s *subject) signalsGroup() bool {
	options := s.initOptions()
	switch {
	case s.program.kind != kindInit:
		return false
	case s.program.name == "dumb-init":
		return !slices.Contains(options, "-c") && !slices.Contains(options, "--single-child")
	default:
		return slices.ContainsFunc(options, func(o string) bool {
			return len(o) > 1 && o[0] == '-' && o[1] != '-' && strings.Contains(o, "g")
		})
	}
}

// rewritten is what the child is sent instead of signal n: dumb-init takes
// --rewrite n:m, and 0 for nothing.
func (s *subject) rewritten(n int) int {
	options := s.initOptions()
	for i, option := range options {
		rule, joined := strings.CutPrefix(option, "--rewrite=")
		if (option == "--rewrite" || option == "-r") && i+1 < len(options) {
			rule, joined = options[i+1], true
		}
		if !joined {
			rule, joined = strings.CutPrefix(option, "-r")
		}
		from, to, ok := strings.Cut(rule, ":")
		if !joined || !ok || s.program.name != "dumb-init" || from != strconv.Itoa(n) {
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
func (s *subject) initOptions() []string {
	args := s.process.Args.Or(nil)
	for i := 1; i < len(args); i++ {
		if args[i] == "--" || !strings.HasPrefix(args[i], "-") && !strings.HasPrefix(args[i-1], "-") {
			return args[1:i]
		}
	}
	return args[min(1, len(args)):]
}
