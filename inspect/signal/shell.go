package signal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// byShell judges a shell. It runs a trap when its foreground child has exited. While it waits
// for background children, or has no child, it runs the trap at once.
func (d *delivery) byShell() Judgement {
	script, name := d.script(), d.program.name
	action, found := trapAction(script, d.n)
	switch {
	case script == "" && d.isInteractive():
		return d.interactive()
	case script != "" && !found && d.catchesAll():
		return d.comesTo(OutcomeHandled, inspect.Likely, name+" catches every signal to run its EXIT trap, and then exits")
	case script == "" && d.catchesAll():
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, name+" has an EXIT trap. Whether it also has a trap for "+d.name()+" cannot be determined")
	}
	lasts := found && !endsBy(script, action)
	if lasts && loops(script) {
		return d.comesTo(OutcomeIgnored, inspect.Likely, fmt.Sprintf("Its trap (%s) does not exit, and its script loops", action))
	}
	child := d.foregroundChild()
	if barred := d.barredFrom(d.children(), d.n); barred != nil && child == nil && found && callsWait(script, action) && passing().MatchString(script) {
		return d.heldUpBy(barred, OutcomeDelayed, inspect.Likely, d.mayNotTell(barred, d.n)+", and its trap waits for it")
	}
	if why := d.scriptUnread(); why != "" && child == nil {
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, fmt.Sprintf("%s has a trap for %s. Its script could not be read (%s)", name, d.name(), why))
	}
	if deaf := d.deafChild(); deaf != nil && child == nil && found && callsWait(script, action) {
		return d.heldUpBy(deaf, OutcomeDelayed, inspect.Likely, fmt.Sprintf("Its trap waits for its child %s (%d), which ignores %s", deaf.process.Comm, deaf.process.PID, d.name()))
	}
	if lasts && child == nil && goesOnAfterWait(script) {
		return d.comesTo(OutcomeUnknown, inspect.Uncertain, fmt.Sprintf("Its trap (%s) does not exit. How long its script continues cannot be determined", action))
	}
	return d.betweenCommands(child, found)
}

// betweenCommands judges a shell that runs the trap when its foreground child, if there is
// one, has exited.
func (d *delivery) betweenCommands(child *subject, found bool) Judgement {
	var why []string
	if d.program.name == mksh && d.script() != "" && !found {
		why = append(why, "mksh has no trap for it")
	}
	why = append(why, fmt.Sprintf("%s runs its trap for %s only between commands", d.program.name, d.name()))
	if child == nil {
		return d.comesTo(OutcomeHandled, inspect.Likely, append(why, "It does not wait for a foreground child")...)
	}
	comm, pid := child.process.Comm, child.process.PID
	switch {
	case child.endsWithin(min(d.gracePeriod(), patientGrace)):
		return d.heldUpBy(child, OutcomeHandled, inspect.Likely, append(why, fmt.Sprintf("Its foreground child %s (%d) exits in time by itself", comm, pid))...)
	case loops(d.script()) && comm != "sleep" && d.ix.Capture.Snapshot.Elapsed(child.process.StartTicks) < d.gracePeriod():
		return d.heldUpBy(child, OutcomeUnknown, inspect.Uncertain, append(why, fmt.Sprintf("Its script loops. How long %s (%d) runs, which has just started, cannot be determined", comm, pid))...)
	default:
		return d.heldUpBy(child, OutcomeDelayed, inspect.Likely, append(why, fmt.Sprintf("It waits for its foreground child %s (%d), which does not receive the signal", comm, pid))...)
	}
}

// scriptUnread is why the shell's script could not be read although it has one. Otherwise it
// is "".
func (s *subject) scriptUnread() procfs.Absence {
	if s.attention == nil || s.script() != "" {
		return ""
	}
	switch why := s.attention.Script.Absence(); why {
	case procfs.NotHeld, procfs.Unread:
		return ""
	default:
		return why
	}
}

// isInteractiveShell reports whether the process is a shell on a terminal, without a script.
func (s *subject) isInteractiveShell() bool {
	return s.program.isShell() && s.script() == "" && s.isInteractive()
}

// mayPassOn reports whether the shell has a trap that may signal other processes. A shell
// that the signal terminates does not forward it.
func (d *delivery) mayPassOn() bool {
	return d.heard.How != HearingKills && (d.script() == "" || passing().MatchString(d.script()))
}

var passing = pattern.Lazy(`\b(kill|pkill|killall)\b`)

// isInteractive reports whether a shell has no script, and is on a terminal.
func (s *subject) isInteractive() bool {
	args := s.process.Args.Or(nil)
	return s.readsTerminal() &&
		!slices.ContainsFunc(args[min(1, len(args)):], func(arg string) bool { return !strings.HasPrefix(arg, "-") && arg != "sh" })
}

// readsTerminal reports whether standard input is a terminal. A C shell moves that to another
// descriptor, and ignores SIGTERM on a terminal.
func (s *subject) readsTerminal() bool {
	switch {
	case s.attention == nil:
		return false
	case s.program.name == csh:
		return s.process.Signals.Ignored.Has(procfs.SIGTERM)
	default:
		return strings.HasPrefix(s.attention.Stdin.Or(procfs.Descriptor{}).Path, "/dev/pts/")
	}
}

// sigHUP is sent when a terminal hangs up.
const sigHUP = 1

// interactive judges a shell at which a user types. It survives the signals that it catches,
// and exits when the terminal hangs up.
func (d *delivery) interactive() Judgement {
	if d.n == sigHUP {
		return d.comesTo(OutcomeHandled, inspect.Likely, "An interactive shell exits when its terminal hangs up")
	}
	return d.comesTo(OutcomeIgnored, inspect.Likely, fmt.Sprintf("%s is interactive and continues after %s", d.program.name, d.name()))
}

// scriptOf is the script of a shell: what follows -c, or a file. It is "" if there is none or
// it could not be read.
func scriptOf(p *procfs.Process, a *procfs.Attention) string {
	args := p.Args.Or(nil)
	for i, arg := range args {
		if i > 0 && i+1 < len(args) && strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.HasSuffix(arg, "c") {
			return args[i+1]
		}
	}
	if a != nil {
		return comments().ReplaceAllString(a.Script.Or(""), "")
	}
	return ""
}

// comments are lines that have only a comment.
var comments = pattern.Lazy(`(?m)^\s*#.*$`)

// catchesAll reports whether the shell catches every signal that would terminate it, SIGSEGV
// too. bash does so to run a trap for EXIT.
func (s *subject) catchesAll() bool {
	const sigILL, sigSEGV = 4, 11
	caught := s.process.Signals.Caught
	return caught.Has(sigILL) && caught.Has(sigSEGV)
}

// foregroundChild is the child for which a shell waits before it does anything else, nil for
// none. Background children and orphans do not delay it. Of a pipeline it is the first
// command, whose exit makes the others exit. A shell also waits for a child whose output it
// reads ($(command)).
func (s *subject) foregroundChild() *subject {
	if !isHeldUp(s.mainCall(), s.program) {
		return nil
	}
	var front *subject
	shell := s.process
	for _, child := range slices.Backward(s.children()) { // the youngest is in the foreground
		p := child.process
		switch {
		case p.SID != shell.SID || inBackground(shell, p) || isJob(shell, p, s.script()):
		case front == nil, front.process.StartTicks-p.StartTicks <= togetherTicks:
			front = child
		}
	}
	return front
}

// togetherTicks is the time within which a shell starts the commands of a
// pipeline.
const togetherTicks = procfs.TicksPerSecond / 2

// isHeldUp reports whether the shell waits for a child, or reads what a command substitution
// writes. An Almquist shell that only waits for a signal is in the command wait, which a trap
// interrupts.
func isHeldUp(call procfs.Syscall, what program) bool {
	switch call.Name {
	case "wait4", "waitid":
		return true
	case "rt_sigsuspend":
		return what.kind != kindAlmquist
	case "read":
		return call.Args[0] != 0 // the command read uses descriptor 0
	default:
		return false
	}
}

// patientGrace is how much of an unlimited grace period counts as in time.
const patientGrace = 5 * time.Minute

// isJob reports whether the child is a job. With job control (set -m) each command has its own
// process group, in the background too. A script that waits for its jobs, and brings none to
// the foreground, is in the command wait.
func isJob(shell, child *procfs.Process, script string) bool {
	return child.PGID != shell.PGID && commandWait().MatchString(script) && !commandFG().MatchString(script)
}

// inBackground reports whether the child runs in the background. A shell without job control
// starts "command &" with SIGINT and SIGQUIT ignored.
func inBackground(shell, child *procfs.Process) bool {
	ignoresBoth := func(p *procfs.Process) bool {
		return p.Signals.Ignored.Has(procfs.SIGINT) && p.Signals.Ignored.Has(procfs.SIGQUIT)
	}
	return ignoresBoth(child) && !ignoresBoth(shell)
}

// endsWithin reports whether the process is a sleep that will be over, or has exited already
// while other processes were read.
func (s *subject) endsWithin(grace time.Duration) bool {
	threads := s.threads()
	switch {
	case s.attention != nil && s.attention.Ended:
		return true
	case len(threads) != 1 || grace <= 0:
		return false
	}
	ns, ok := threads[0].TimeoutNS.Get()
	return ok && strings.HasSuffix(s.mainCall().Name, "nanosleep") && len(s.ix.Children(s.process.PID)) == 0 && s.process.Comm == "sleep" && time.Duration(ns) < grace
}
