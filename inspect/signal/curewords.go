package signal

import (
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

const second = time.Second

// seconds is a duration in the form of docker's options.
func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// cureText says what must be changed, why it helps if that is not obvious, and what it costs.
func (d *delivery) cureText(f *Forecast, c *Cure) string {
	text := d.changeText(f, c.Change)
	if c.Change.Init && c.Change.Signal == 0 && c.Change.Exec == nil && f.Instead != 0 && c.Promise.holds() {
		signal := procfs.SignalName(f.Instead)
		text += ". Or " + manage.Do(f.Container, manage.StopSignal(signal)) + ", because " + d.passage().told.process.Comm + " handles " + signal
	}
	if lost := c.Promise.Lost; len(lost.Processes) > 0 {
		text += fmt.Sprintf(". docker stop is then quick, but %s killed without %s", areOrIs(lost.comms()), itsHandler(lost.Processes))
	}
	return text
}

func areOrIs(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " are"
}

func itsHandler(list []*procfs.Process) string {
	if len(list) == 1 {
		return "its handler"
	}
	return "their handlers"
}

func (d *delivery) changeText(f *Forecast, c Change) string {
	set := func(list ...manage.Setting) string { return manage.Do(f.Container, list...) }
	switch told := d.passage().told; {
	case c.Exec != nil && !told.program.isShell():
		return fmt.Sprintf("start %s itself as the main process instead of %s", subjectOf(d.ix, c.Exec).startedAs(), told.process.Comm)
	case c.Exec != nil && c.Init:
		return told.execText(c.Exec) + ". Also " + manage.Do(f.Container, manage.Init)
	case c.Exec != nil:
		return told.execText(c.Exec)
	case c.PassOn:
		return fmt.Sprintf("in the script, start the program in the background, and set a trap that forwards %s and waits: trap 'kill -%s $pid; wait $pid' %s",
			procfs.SignalName(told.n), short(told.n), short(told.n))
	case c.Init && c.Kill:
		return set(manage.Init, manage.CapKill) + ". Without CAP_KILL, " + d.ix.InitProgram(f.Container) + " may not signal " + d.process.Comm
	case c.Kill:
		return set(manage.CapKill) + ", or run both programs as the same user"
	case c.Init && c.Timeout != 0:
		return set(manage.Init, manage.StopTimeout(seconds(c.Timeout))) + d.timeoutWhy(f)
	case c.Init && c.Signal != 0:
		return set(manage.Init, manage.StopSignal(procfs.SignalName(c.Signal))) + ". Neither helps alone"
	case c.Init && (d.program.kind == kindNode || d.resetsItself()):
		return fmt.Sprintf("%s. %s is then not PID 1, so it exits in either case", set(manage.Init), d.program.name)
	case c.Init:
		return set(manage.Init)
	case c.Signal != 0:
		return d.ignoring(f) + d.signalText(f, told, c.Signal)
	default:
		return set(manage.StopTimeout(seconds(c.Timeout))) + d.timeoutWhy(f)
	}
}

// execText names every program that must be started with exec, so that the last program
// replaces the shell. If scripts start each other, each script must use exec.
func (d *delivery) execText(last *procfs.Process) string {
	var names []string
	for child := d.foregroundChild(); child != nil && child.process != last && len(names) < mostExecs; child = child.foregroundChild() {
		names = append(names, child.startedAs())
	}
	program := subjectOf(d.ix, last).startedAs()
	if len(names) == 0 {
		return fmt.Sprintf("in the script, start %s with exec", program)
	}
	return fmt.Sprintf("in the scripts, start %s and %s with exec", strings.Join(names, ", "), program)
}

// startedAs names the process as its shell has started it. If an interpreter is started by its
// own name, the script is included.
func (s *subject) startedAs() string {
	args := s.process.Args.Or(nil)
	if len(args) < 2 || path.Base(args[0]) != s.process.Comm || strings.HasPrefix(args[1], "-") {
		return s.process.Comm
	}
	switch s.program.kind {
	case kindShell, kindAlmquist, kindOtherShell, kindScript, kindRuby, kindNode:
		return s.process.Comm + " " + args[1]
	default:
		return s.process.Comm
	}
}

// short is a signal's name in the form that kill and trap accept everywhere: TERM.
func short(n int) string { return strings.TrimPrefix(procfs.SignalName(n), "SIG") }

// ignoring says why --init alone is not a fix, where many users would try it.
func (d *delivery) ignoring(f *Forecast) string {
	if f.Interactive || f.Blocker != nil || !d.handling().Ignored.Has(d.n) {
		return ""
	}
	return fmt.Sprintf("--init does not fix this, because %s ignores %s. ", d.process.Comm, d.name())
}

func (d *delivery) signalText(f *Forecast, told *delivery, n int) string {
	option := manage.Do(f.Container, manage.StopSignal(procfs.SignalName(n)))
	switch {
	case f.Interactive:
		return option + ". An interactive shell exits on it"
	case told.program.kind == kindPostgres:
		return option + ". postgres then disconnects its clients"
	case told.deliver(n).heard.How == HearingKills:
		return option + fmt.Sprintf(", which terminates %s", told.process.Comm)
	default:
		return option + ", because " + told.process.Comm + " handles " + procfs.SignalName(n)
	}
}

func (d *delivery) timeoutWhy(f *Forecast) string {
	switch {
	case f.Container.GraceOverflows:
		return ". The grace period now is more seconds than the engine can count"
	case f.Timeout == 0:
		return ". The grace period is 0 now"
	default:
		return ""
	}
}

// mustHandle says which program must handle the stop signal if no option helps.
func (d *delivery) mustHandle(f *Forecast) string {
	who := f.Process
	if f.Blocker != nil {
		who = f.Blocker
	}
	return d.ignoring(f) + fmt.Sprintf("%s must handle %s. No option is known to fix this", who.Comm, d.name())
}
