package signal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// What programs make of a signal that they have heard. A handler is no exit, so
// nothing here is certain.

func judgeProgram(ix *inspect.Index, p *procfs.Process, n int, heard Heard, forwards int) Judgement {
	what := programOf(ix, p)
	why := []string{heard.Why}
	if j, decided := judgeResetting(ix, p, n, what, heard); decided {
		return j
	}
	switch {
	case !what.readable:
		return Judgement{OutcomeUnknown, inspect.Uncertain, nil, append(why, "what program that is takes the right to read its executable")}
	case what.kind == kindInit && forwards > 0:
		return judgeForwarded(ix, p, n, what, why, forwards-1)
	case what.isShell() && heard.How == HearingCaught:
		return judgeShell(ix, p, n, what, why)
	case what.lingers > 0 && what.lingers >= graceOf(ix, p):
		return Judgement{OutcomeDelayed, inspect.Likely, nil, append(why, fmt.Sprintf("%s goes on for %s by default before it ends", what.name, what.lingers))}
	}
	if call := mainCall(ix, p).Name; what.kind == kindOther && (call == "wait4" || call == "waitid") {
		return Judgement{OutcomeUnknown, inspect.Uncertain, nil, append(why, "it waits for a child; whether it ends it, waits on or lets it be cannot be told")}
	}
	if text, outcome := runtimeHandler(ix, p, n, what, heard); text != "" {
		certainty := inspect.Likely
		if outcome == OutcomeUnknown {
			certainty = inspect.Uncertain
		}
		return Judgement{outcome, certainty, nil, append(why, text)}
	}
	if client := postgresClient(ix, p); client != nil && what.kind == kindPostgres && n == procfs.SIGTERM {
		return Judgement{OutcomeDelayed, inspect.Likely, client, append(why, fmt.Sprintf("postgres waits at SIGTERM until its clients have gone, such as that of %d (--stop-signal SIGINT ends them)", client.PID))}
	}
	if child := deafChild(ix, p, n); child != nil && what.kind != kindErlang {
		return Judgement{OutcomeUnknown, inspect.Uncertain, child, append(why, fmt.Sprintf("its child %s (%d) ignores %s: if it is waited for, that takes until SIGKILL", child.Comm, child.PID, procfs.SignalName(n)))}
	}
	return Judgement{OutcomeHandled, inspect.Likely, nil, append(why, "a program that listens to its stop signal mostly ends on it")}
}

// postgresClient is a backend that serves a client, by its title: "postgres: USER
// DATABASE [local] ..." or "... ADDRESS(PORT) ...".
func postgresClient(ix *inspect.Index, p *procfs.Process) *procfs.Process {
	for _, child := range ix.LivingChildren(p) {
		if title := strings.Join(child.Args.Or(nil), " "); strings.HasPrefix(title, "postgres: ") && (strings.Contains(title, "[local]") || clientAddress().MatchString(title)) {
			return child
		}
	}
	return nil
}

var clientAddress = pattern.Lazy(`\(\d+\)`)

// deafChild is a child that ignores the signal although its parent does not. What
// runs the same program is a worker, which its master knows how to end.
func deafChild(ix *inspect.Index, p *procfs.Process, n int) *procfs.Process {
	for _, child := range ix.LivingChildren(p) {
		if child.Signals.Ignored.Has(n) && executable(ix, child) != executable(ix, p) {
			return child
		}
	}
	return nil
}

func executable(ix *inspect.Index, p *procfs.Process) string {
	if a := ix.Attention(p); a != nil {
		return a.Program.Or(procfs.Program{}).Path
	}
	return ""
}

// runtimeHandler knows the handlers that language runtimes install for
// everybody, which do not say what the program wants. "" where there is nothing
// to know.
func runtimeHandler(ix *inspect.Index, p *procfs.Process, n int, what program, heard Heard) (string, Outcome) {
	if heard.How != HearingCaught {
		return "", ""
	}
	name := procfs.SignalName(n)
	switch what.kind {
	case kindNode:
		return nodeHandler(ix, p, n)
	case kindGo:
		if slices.Contains([]int{1, procfs.SIGINT, procfs.SIGTERM}, n) {
			return "a Go program exits on " + name + ", unless it handles it itself", OutcomeHandled
		}
		if procfs.DefaultAction(n) != procfs.ActionCore {
			return "every Go program catches " + name + " and does nothing about it unless it was told to: /proc cannot tell", OutcomeUnknown
		}
	case kindScript, kindRuby:
		if script := inlineProgram(p); handlesSignals().MatchString(script) && !mentionsEnd(script) {
			return "the program on its command line has no word of ending", OutcomeUnknown
		}
	case kindUWSGI:
		if n == procfs.SIGTERM && !slices.ContainsFunc(p.Args.Or(nil), func(arg string) bool { return strings.Contains(arg, "die-on-term") }) {
			return "uwsgi reloads on SIGTERM, unless its configuration says die-on-term", OutcomeUnknown
		}
	case kindJava:
		if n == procfs.SIGQUIT {
			return "a Java machine answers SIGQUIT with a thread dump", OutcomeIgnored
		}
	}
	return "", ""
}

// nodeHandler: node catches SIGINT and SIGTERM for everybody, with a handler
// that resets itself and raises the signal again, which the kernel then drops
// for an init. Whether the program has a handler of its own looks the same.
func nodeHandler(ix *inspect.Index, p *procfs.Process, n int) (string, Outcome) {
	switch {
	case n == 10:
		return "node answers SIGUSR1 by starting its debugger", OutcomeIgnored
	case n != procfs.SIGINT && n != procfs.SIGTERM, !ix.IsNSInit(p):
		return "", ""
	case ownNodeHandler(p, n) && inlineProgram(p) != "" && !mentionsEnd(inlineProgram(p)):
		return "the program has a handler of its own (" + inspect.FromKernel + "), and no word of ending on its command line", OutcomeUnknown
	case ownNodeHandler(p, n):
		return "node's own handler resets itself (SA_RESETHAND), and this one does not (" + inspect.FromKernel + "): the program has one of its own", OutcomeHandled
	case isNodeWithoutHandler(ix, p):
		return fmt.Sprintf("node always catches %s, without effect on PID 1 unless the program has a handler of its own, and the one on its command line names none", procfs.SignalName(n)), OutcomeIgnored
	default:
		return fmt.Sprintf("node always catches %s; unless the program has a handler of its own it then has no effect on PID 1, and /proc cannot tell which", procfs.SignalName(n)), OutcomeUnknown
	}
}

// isNodeWithoutHandler: the whole program stands on the command line, and names
// no signal.
func isNodeWithoutHandler(ix *inspect.Index, p *procfs.Process) bool {
	script := inlineProgram(p)
	return script != "" && !handlesSignals().MatchString(script) && !strings.Contains(script, "SIG") && !strings.Contains(script, "require") && !strings.Contains(script, "import")
}

// inlineProgram is the program that an interpreter was given on its command line
// (python -c, perl -e, ruby -e, php -r), or "". What follows the name of a script
// or module is for that.
func inlineProgram(p *procfs.Process) string {
	args := p.Args.Or(nil)
	for i := 1; i+1 < len(args); i++ {
		switch arg := args[i]; {
		case slices.Contains([]string{"-c", "-e", "-E", "-r"}, arg):
			return args[i+1]
		case !strings.HasPrefix(arg, "-") || arg == "-m":
			return ""
		}
	}
	return ""
}

// handlesSignals: it installs handlers of its own.
var handlesSignals = pattern.Lazy(`(?i)(signal|\btrap\b|\$SIG)`)

// mentionsEnd: the program has a word of ending, or a loop that a variable ends.
func mentionsEnd(script string) bool {
	return programEndings().MatchString(script) || slices.ContainsFunc(conditions().FindAllStringSubmatch(script, -1), func(match []string) bool {
		return !strings.EqualFold(match[1], "true")
	})
}

// conditions find the variable on which a loop depends.
var conditions = pattern.Lazy(`\b(?:while|until)\b[ (!]*(?:not )?[$@]?([A-Za-z_]\w*)\)?(?:[:;{ ]|$)`)

// programEndings are words by which programs end in the languages of those
// interpreters, or by which their frameworks stop.
var programEndings = pattern.Lazy(`(?i)(exit|die\b|quit|abort|stop|shutdown|cancel|close|kill|raise|throw|\.set\(|\bend\b.*\bloop|break)`)
