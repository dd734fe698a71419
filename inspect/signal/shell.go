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

// judgeShell: a shell runs a trap when its foreground child has ended. While it
// waits for background children, or has none, it does so at once.
func judgeShell(ix *inspect.Index, p *procfs.Process, n int, what program, why []string) Judgement {
	script := scriptOf(ix, p)
	action, found := trapAction(script, n)
	switch {
	case script == "" && isInteractive(ix, p):
		return judgeInteractive(n, what, why)
	case script != "" && !found && catchesAll(p):
		return Judgement{OutcomeHandled, inspect.Likely, nil, append(why, what.name+" catches every signal to run its trap for EXIT, and ends by it")}
	case script == "" && catchesAll(p):
		return Judgement{OutcomeUnknown, inspect.Uncertain, nil, append(why, what.name+" has a trap for EXIT; whether also one for "+procfs.SignalName(n)+" cannot be told")}
	}
	if found && !endsBy(script, action) && loops(script) {
		return Judgement{OutcomeIgnored, inspect.Likely, nil, append(why, fmt.Sprintf("its trap (%s) does not end it, and its script loops", action))}
	}
	child := foregroundChild(ix, p, what, script)
	if deaf := deafChild(ix, p, n); deaf != nil && child == nil && found && callsWait(script, action) {
		return Judgement{OutcomeDelayed, inspect.Likely, deaf, append(why, fmt.Sprintf("its trap waits for its child %s (%d), which ignores %s", deaf.Comm, deaf.PID, procfs.SignalName(n)))}
	}
	if found && !endsBy(script, action) && child == nil && goesOnAfterWait(script) {
		return Judgement{OutcomeUnknown, inspect.Uncertain, nil, append(why, fmt.Sprintf("its trap (%s) does not end it, and how long its script then goes on cannot be told", action))}
	}
	if what.name == mksh && script != "" && !found {
		why = append(why, "mksh has no trap for it")
	}
	why = append(why, fmt.Sprintf("%s runs its trap for %s only between commands", what.name, procfs.SignalName(n)))
	switch {
	case child == nil:
		return Judgement{OutcomeHandled, inspect.Likely, nil, append(why, "it waits for no foreground child")}
	case endsWithin(ix, child, graceOf(ix, p)):
		return Judgement{OutcomeHandled, inspect.Likely, child, append(why, fmt.Sprintf("its foreground child %s (%d) ends in time by itself", child.Comm, child.PID))}
	case loops(script) && child.Comm != "sleep" && ix.Capture.Snapshot.Elapsed(child.StartTicks) < graceOf(ix, p):
		return Judgement{OutcomeUnknown, inspect.Uncertain, child, append(why, fmt.Sprintf("its script loops, and how long %s (%d) runs, which has only just started, cannot be told", child.Comm, child.PID))}
	default:
		return Judgement{OutcomeDelayed, inspect.Likely, child, append(why, fmt.Sprintf("it waits for its foreground child %s (%d), which hears nothing of it", child.Comm, child.PID))}
	}
}

// isInteractiveShell: a shell on a terminal, without a script.
func isInteractiveShell(ix *inspect.Index, p *procfs.Process) bool {
	return programOf(ix, p).isShell() && scriptOf(ix, p) == "" && isInteractive(ix, p)
}

// mayPassOn: the shell has a trap that may signal others. One that is ended by the
// signal does not.
func mayPassOn(ix *inspect.Index, shell *procfs.Process, n int) bool {
	if Hear(ix, shell, n).How == HearingKills {
		return false
	}
	script := scriptOf(ix, shell)
	return script == "" || passing().MatchString(script)
}

var passing = pattern.Lazy(`\b(kill|pkill|killall)\b`)

// isInteractive: a shell without a script, on a terminal.
func isInteractive(ix *inspect.Index, p *procfs.Process) bool {
	args := p.Args.Or(nil)
	return readsTerminal(ix, p) &&
		!slices.ContainsFunc(args[min(1, len(args)):], func(arg string) bool { return !strings.HasPrefix(arg, "-") && arg != "sh" })
}

// readsTerminal: its standard input is a terminal. A C shell moves that to another
// descriptor, and ignores SIGTERM where it is one.
func readsTerminal(ix *inspect.Index, p *procfs.Process) bool {
	a := ix.Attention(p)
	if a == nil {
		return false
	}
	if programOf(ix, p).name == csh {
		return p.Signals.Ignored.Has(procfs.SIGTERM)
	}
	return strings.HasPrefix(a.Stdin.Or(procfs.Descriptor{}).Path, "/dev/pts/")
}

// judgeInteractive: what a shell catches while somebody types, it survives; the
// terminal's hang-up ends it.
func judgeInteractive(n int, what program, why []string) Judgement {
	const sigHUP = 1
	if n == sigHUP {
		return Judgement{OutcomeHandled, inspect.Likely, nil, append(why, "an interactive shell ends when its terminal hangs up")}
	}
	return Judgement{OutcomeIgnored, inspect.Likely, nil, append(why, fmt.Sprintf("%s is interactive, and goes on after %s", what.name, procfs.SignalName(n)))}
}

// scriptOf is the script of a shell: what follows -c, or a file; "" where it has
// none or that could not be read.
func scriptOf(ix *inspect.Index, p *procfs.Process) string {
	args := p.Args.Or(nil)
	for i, arg := range args {
		if i > 0 && i+1 < len(args) && strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--") && strings.HasSuffix(arg, "c") {
			return args[i+1]
		}
	}
	if a := ix.Attention(p); a != nil {
		return comments().ReplaceAllString(a.Script.Or(""), "")
	}
	return ""
}

// comments are lines of nothing else.
var comments = pattern.Lazy(`(?m)^\s*#.*$`)

// catchesAll: bash catches every signal that would end it, SIGSEGV among them,
// to run a trap for EXIT.
func catchesAll(p *procfs.Process) bool {
	const sigILL, sigSEGV = 4, 11
	return p.Signals.Caught.Has(sigILL) && p.Signals.Caught.Has(sigSEGV)
}

// foregroundChild is the child for which a shell waits before it does anything
// else, nil if it waits for none: what it has started in the background, or has
// adopted, does not hold it up. Of a pipeline it is the first command, whose end
// ends the others. A shell that reads from a child ($(command)) waits for it too.
func foregroundChild(ix *inspect.Index, shell *procfs.Process, what program, script string) *procfs.Process {
	if !isHeldUp(mainCall(ix, shell), what) {
		return nil
	}
	var front *procfs.Process
	for _, child := range slices.Backward(ix.LivingChildren(shell)) { // the youngest is the one in front
		switch {
		case child.SID != shell.SID || inBackground(shell, child) || isJob(shell, child, script):
		case front == nil, front.StartTicks-child.StartTicks <= togetherTicks:
			front = child
		}
	}
	return front
}

// togetherTicks is the time within which a shell starts the commands of a
// pipeline.
const togetherTicks = procfs.TicksPerSecond / 2

// isHeldUp: the shell waits for a child, or reads what a command substitution
// writes. An Almquist shell that only waits for a signal is in its command
// wait, which a trap interrupts.
func isHeldUp(call procfs.Syscall, what program) bool {
	switch call.Name {
	case "wait4", "waitid":
		return true
	case "rt_sigsuspend":
		return what.kind != kindAlmquist
	case "read":
		return call.Args[0] != 0 // the command read has its input as that
	default:
		return false
	}
}

// isJob: with job control (set -m) each command has a process group of its own,
// in the background too. A script that waits for its jobs, and fetches none to
// the front, is in its command wait.
func isJob(shell, child *procfs.Process, script string) bool {
	return child.PGID != shell.PGID && commandWait().MatchString(script) && !commandFG().MatchString(script)
}

// inBackground: a shell without job control starts "command &" with SIGINT and
// SIGQUIT ignored.
func inBackground(shell, child *procfs.Process) bool {
	ignoresBoth := func(p *procfs.Process) bool {
		return p.Signals.Ignored.Has(procfs.SIGINT) && p.Signals.Ignored.Has(procfs.SIGQUIT)
	}
	return ignoresBoth(child) && !ignoresBoth(shell)
}

// graceOf is the grace period of the process's container.
func graceOf(ix *inspect.Index, p *procfs.Process) time.Duration {
	if c := ix.OwnerOf(p).Container; c != nil {
		return c.StopTimeout
	}
	return 0
}

// endsWithin: the process is a sleep that will be over, or has ended already
// while others were read.
func endsWithin(ix *inspect.Index, p *procfs.Process, grace time.Duration) bool {
	a := ix.Attention(p)
	if a != nil && a.Ended {
		return true
	}
	if a == nil || len(a.Threads) != 1 || grace <= 0 {
		return false
	}
	ns, ok := a.Threads[0].TimeoutNS.Get()
	return ok && strings.HasSuffix(mainCall(ix, p).Name, "nanosleep") && len(ix.Children(p.PID)) == 0 && p.Comm == "sleep" && time.Duration(ns) < grace
}
