package signal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// This file says what programs do with a signal that they receive. A process with a handler
// need not exit, so nothing here is certain.

func (d *delivery) byProgram() Judgement {
	what := d.program
	if j, decided := d.resetting(); decided {
		return j
	}
	if j, known := d.ownMeaning(); known {
		return j
	}
	if j, works := d.finishesFirst(); works {
		return j
	}
	switch {
	case !what.readable:
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, d.whyUnreadable())
	case what.kind == kindInit && d.forwards > 0:
		return d.forwarded()
	case what.isShell() && d.heard.How == HearingCaught:
		return d.byShell()
	case what.lingers > 0 && what.lingers >= d.gracePeriod():
		return d.comesTo(OutcomeDelayed, inspect.Likely, fmt.Sprintf("%s continues for %s by default before it exits", what.name, what.lingers))
	}
	if call := d.mainCall().Name; what.kind == kindOther && what.lingers == 0 && (call == "wait4" || call == "waitid") {
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, "It waits for a child. Whether it kills the child, keeps waiting or exits first cannot be determined")
	}
	if text, outcome := d.runtimeHandler(); text != "" {
		certainty := inspect.Likely
		if outcome == OutcomeUnknown {
			certainty = inspect.Uncertain
		}
		return d.comesTo(outcome, certainty, text)
	}
	if client := d.postgresClient(); client != nil && what.kind == kindPostgres && d.n == procfs.SIGTERM {
		return d.heldUpBy(client, OutcomeDelayed, inspect.Likely, fmt.Sprintf("On SIGTERM, postgres waits until its clients disconnect, such as the client of %d. SIGINT (--stop-signal) disconnects them", client.process.PID))
	}
	if j, barred := d.barredBelow(); barred {
		return j
	}
	if child := d.deafChild(); child != nil && what.kind != kindErlang {
		return d.heldUpBy(child, OutcomeUnknown, inspect.Uncertain, fmt.Sprintf("Its child %s (%d) ignores %s. If the parent waits for it, both run until SIGKILL", child.process.Comm, child.process.PID, d.name()))
	}
	return d.comesTo(OutcomeHandled, inspect.Likely, "Programs with a handler for the stop signal usually exit")
}

// whyUnreadable says why it is not known what program the process runs.
func (s *subject) whyUnreadable() string {
	if s.attention == nil {
		return "Its program cannot be determined without the right to read its executable"
	}
	switch s.attention.Program.Absence() {
	case procfs.Unread:
		return "Its program cannot be determined: the file is on a FUSE file system"
	case procfs.TimedOut:
		return "Its program cannot be determined: its files could not be read in time"
	case procfs.TooLarge, procfs.TooLong:
		return "Its program cannot be determined: its files are too large"
	case procfs.Unsupported, procfs.Malformed:
		return "Its program cannot be determined: its executable has an unknown format"
	case procfs.Gone:
		return "Its program cannot be determined: it exited, or its file is gone"
	default:
		return "Its program cannot be determined without the right to read its executable"
	}
}

// hasArgument reports whether one of its arguments has that word.
func (s *subject) hasArgument(word string) bool {
	return slices.ContainsFunc(s.process.Args.Or(nil), func(arg string) bool { return strings.Contains(arg, word) })
}

// hasConfiguration reports whether an argument of uwsgi names a file of options, or a folder
// of such files.
func (s *subject) hasConfiguration() bool {
	return slices.ContainsFunc(s.process.Args.Or(nil), func(arg string) bool {
		for _, kind := range []string{"ini", "yaml", "yml", "json", "xml", "emperor", "vassal"} {
			if strings.HasPrefix(strings.TrimLeft(arg, "-"), kind) || strings.HasSuffix(arg, "."+kind) {
				return true
			}
		}
		return false
	})
}

// postgresClient is a backend that serves a client, recognised by its title: "postgres: USER
// DATABASE [local] ..." or "... ADDRESS(PORT) ...".
func (s *subject) postgresClient() *subject {
	for _, child := range s.children() {
		if title := strings.Join(child.process.Args.Or(nil), " "); strings.HasPrefix(title, "postgres: ") && (strings.Contains(title, "[local]") || clientAddress().MatchString(title)) {
			return child
		}
	}
	return nil
}

var clientAddress = pattern.Lazy(`\(\d+\)`)

// deafChild is a child that ignores the signal although its parent does not. A child that runs
// the same program is left out. It is a worker, and its master knows how to stop it.
func (d *delivery) deafChild() *subject {
	for _, child := range d.children() {
		if child.process.Signals.Ignored.Has(d.n) && child.executable().Path != d.executable().Path {
			return child
		}
	}
	return nil
}

// runtimeHandler knows the handlers that language runtimes install in every program. They do
// not show what the program itself does. It is "" if nothing is known.
func (d *delivery) runtimeHandler() (string, Outcome) {
	if d.heard.How != HearingCaught {
		return "", ""
	}
	name, n := d.name(), d.n
	switch d.program.kind {
	case kindNode:
		return d.nodeHandler()
	case kindGo:
		if slices.Contains([]int{procfs.SIGHUP, procfs.SIGINT, procfs.SIGTERM}, n) {
			return "A Go program exits on " + name + " unless it has its own handler", OutcomeHandled
		}
		if procfs.DefaultAction(n) != procfs.ActionCore {
			return "Every Go program catches " + name + " and ignores it unless it has its own handler, which /proc does not show", OutcomeUnknown
		}
	case kindScript, kindRuby:
		if script := d.inlineProgram(); handlesSignals().MatchString(script) && !mentionsEnd(script) {
			return "The program on its command line contains no call to exit", OutcomeUnknown
		}
	case kindUWSGI:
		if n == procfs.SIGTERM && !d.hasArgument("die-on-term") {
			if !d.hasConfiguration() {
				return "uwsgi reloads on SIGTERM unless die-on-term is set. Its arguments do not set it, and it has no configuration file", OutcomeIgnored
			}
			return "uwsgi reloads on SIGTERM unless its configuration sets die-on-term", OutcomeUnknown
		}
	case kindJava:
		if n == procfs.SIGQUIT {
			return "On SIGQUIT, a Java VM writes a thread dump and continues", OutcomeIgnored
		}
	}
	return "", ""
}

// nodeHandler is about a program of node. node installs a handler for SIGINT and SIGTERM in
// every program. It resets itself and raises the signal again, and the kernel discards that
// signal for an init. A handler of the program's own looks the same.
func (d *delivery) nodeHandler() (string, Outcome) {
	script := d.inlineProgram()
	switch {
	case d.n == procfs.SIGUSR1:
		return "On SIGUSR1, node starts its debugger", OutcomeIgnored
	case d.n != procfs.SIGINT && d.n != procfs.SIGTERM, !d.init:
		return "", ""
	case d.hasLastingHandler() && script != "" && !mentionsEnd(script):
		return "The program has its own handler (" + FromKernel + "), and its command line contains no call to exit", OutcomeUnknown
	case d.hasLastingHandler():
		return "node's default handler resets itself (SA_RESETHAND). This handler does not (" + FromKernel + "), so the program installed it", OutcomeHandled
	case namesNoSignal(script):
		return fmt.Sprintf("node always catches %s. In PID 1 that has no effect unless the program has its own handler. The program on its command line names no signal", d.name()), OutcomeIgnored
	default:
		return fmt.Sprintf("node always catches %s. In PID 1 that has no effect unless the program has its own handler, which /proc does not show", d.name()), OutcomeUnknown
	}
}

// namesNoSignal reports whether the whole program of node is on the command line, and names no
// signal.
func namesNoSignal(script string) bool {
	return script != "" && !handlesSignals().MatchString(script) && !strings.Contains(script, "SIG") && !strings.Contains(script, "require") && !strings.Contains(script, "import")
}

// inlineProgram is the program that an interpreter was given on its command line (python -c,
// perl -e, ruby -e, php -r), or "". Arguments after the name of a script or module are for
// that script.
func (s *subject) inlineProgram() string {
	args := s.process.Args.Or(nil)
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

// handlesSignals finds words by which a program installs handlers of its own.
var handlesSignals = pattern.Lazy(`(?i)(signal|\btrap\b|\$SIG)`)

// mentionsEnd reports whether the program has a word that makes it exit, or a loop that a
// variable ends.
func mentionsEnd(script string) bool {
	return programEndings().MatchString(script) || slices.ContainsFunc(conditions().FindAllStringSubmatch(script, -1), func(match []string) bool {
		return !strings.EqualFold(match[1], "true")
	})
}

// conditions find the variable on which a loop depends.
var conditions = pattern.Lazy(`\b(?:while|until)\b[ (!]*(?:not )?[$@]?([A-Za-z_]\w*)\)?(?:[:;{ ]|$)`)

// programEndings are words by which programs exit in the languages of those interpreters, or
// by which their frameworks stop.
var programEndings = pattern.Lazy(`(?i)(exit|die\b|quit|abort|stop|shutdown|cancel|close|kill|raise|throw|\.set\(|\bend\b.*\bloop|break)`)
