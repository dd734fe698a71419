package signal

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Lost are processes that have a handler for the stop signal and cannot use it. The receiver
// of the signal exits first, and the kernel then kills all processes in the PID namespace.
type Lost struct {
	// Processes are the processes that are lost.
	Processes []*procfs.Process
	// CutOff is true if the processes receive the signal and are killed before they have
	// finished. Otherwise they do not receive it.
	CutOff bool
	// Signal is the signal for which they have a handler.
	Signal int
}

// lostBy are the processes that are lost by the delivery. There are none if the main process
// is not the init of its PID namespace.
func (f *Forecast) lostBy(d *delivery) Lost {
	if !f.NSInit {
		return Lost{} // its exit kills no other process
	}
	return d.lost()
}

// lost are the processes below the subject that are lost when the signal has been sent and
// makes the container exit. Processes started in the same PID namespace by docker exec, or by
// a container that has joined it, do not count.
func (d *delivery) lost() Lost {
	p := d.passage()
	told := p.told
	lost := Lost{Signal: told.n}
	if told.program.name == runsvdir {
		lost.Signal = procfs.SIGTERM // runsvdir sends SIGTERM, if any signal
	}
	switch {
	case p.barred != nil: // the init may not forward it and exits, so no process below receives it
	case told.heard.How == HearingKills, told.raisesAgain(), told.isNPM():
		lost.CutOff = d.signalsGroup()
	case told.program.name == runsvdir:
		lost.CutOff = told.n == sigHUP // on SIGHUP runsvdir signals them and does not wait
	case !told.program.isShell() || told.heard.How != HearingCaught:
		return Lost{}
	case told.mayPassOn():
		if lost.CutOff = !told.waitsAgain(); !lost.CutOff {
			return Lost{}
		}
	case d.signalsGroup():
		if lost.CutOff = told.foregroundChild() == nil; !lost.CutOff {
			return Lost{}
		}
	}
	for _, other := range d.below() {
		if other != told.process && subjectOf(d.ix, other).deliver(lost.Signal).listens() {
			lost.Processes = append(lost.Processes, other)
		}
	}
	return lost
}

// raisesAgain reports whether the handler resets itself and raises the signal again. That
// terminates a process that is not an init.
func (d *delivery) raisesAgain() bool {
	return d.heard.How == HearingCaught && !d.init && d.resetsItself()
}

// isNPM reports whether the process is npm. npm exits by the signal and does not forward it to
// the shell in which it has started the program (npm 9, as measured).
func (s *subject) isNPM() bool {
	args := s.process.Args.Or(nil)
	if s.program.kind != kindNode || len(args) == 0 {
		return false
	}
	return strings.HasPrefix(args[0], "npm ") || len(args) > 1 && slices.Contains([]string{"npm", "npm-cli.js"}, path.Base(args[1]))
}

// listens reports whether the process does something of its own when it receives the signal.
// The handler of a shell without a trap does not count.
func (d *delivery) listens() bool {
	switch d.heard.How {
	case HearingAwaited, HearingRead:
		return true
	case HearingCaught:
		if !d.program.isShell() {
			return true
		}
		action, found := trapAction(d.script(), d.n)
		return found && action != "" && !d.isInteractiveShell()
	default:
		return false
	}
}

// waitsAgain reports whether the shell is not in the command wait, or comes to another wait
// after the one that its trap interrupts. The processes that it has signalled may exit in that
// time.
func (d *delivery) waitsAgain() bool {
	script := d.script()
	action, found := trapAction(script, d.n)
	if script == "" || !found || callsWait(script, action) || d.foregroundChild() != nil {
		return true
	}
	waits := commandWait().FindAllStringIndex(script, -1)
	return len(waits) != 1
}

// Words name the lost processes. It is "" if there are none.
func (l Lost) Words() string {
	if len(l.Processes) == 0 {
		return ""
	}
	first := l.Processes[0]
	when := "before it receives it"
	if l.CutOff {
		when = "before its handler returns"
	}
	said := fmt.Sprintf("%s (%d) has a handler for %s and is killed %s", first.Comm, first.PID, procfs.SignalName(l.Signal), when)
	if more := len(l.Processes) - 1; more > 0 {
		said += fmt.Sprintf(", and %d more", more)
	}
	return said
}

// below are the living processes below the subject, the nearest first.
func (s *subject) below() []*procfs.Process {
	list := slices.Clone(s.ix.LivingChildren(s.process))
	seen := map[*procfs.Process]bool{s.process: true}
	for i := 0; i < len(list); i++ {
		if !seen[list[i]] {
			seen[list[i]] = true
			list = append(list, s.ix.LivingChildren(list[i])...)
		}
	}
	return list
}

// comms are the names of the lost processes, each once.
func (l Lost) comms() []string {
	var names []string
	for _, p := range l.Processes {
		if !slices.Contains(names, p.Comm) {
			names = append(names, p.Comm)
		}
	}
	return names
}
