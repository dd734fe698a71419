package trace

import (
	"fmt"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Options say which rows are returned, and how to find what events do not contain.
type Options struct {
	// Wanted reports whether rows of this container are wanted. nil means all.
	Wanted func(id, name string) bool
	// Signals are the numbers of the wanted signals, none for all that are news.
	Signals []int
	// Everything adds forks, execs, exits, adoptions and reapings, and signals that are no news.
	Everything bool
	// ExitsOnly: no signal can be seen, only exits.
	ExitsOnly bool
	// Fold reports the processes that the end of a PID namespace kills in one row per container.
	Fold bool
	// UserName is the name of a user of the host, "" if it has none. nil means that none has one.
	UserName func(uid uint32) string
	// ParentOf is the present parent of a process, 0 if it is gone. Adoptions need it.
	ParentOf func(procfs.Key) int
}

// hold is how long a row waits for what belongs to it, and mostHold for a container that the engine
// is stopping.
// forRestart is how long after the stop of a restart its start may follow. On a busy host it may
// take longer; the restart is then told as a stop.
const (
	hold       = time.Second
	forRestart = 2 * hold
	mostHold   = 4 * hold
)

// forMark is how long after its signal the kernel marks the OOM killer's victim, at most; and how
// long a capture may take that shows a new container.
const (
	forMark    = 50 * time.Millisecond
	forCapture = 500 * time.Millisecond
)

// Teller makes rows of events. It is for one goroutine.
type Teller struct {
	options Options
	// containers, names, mains and levels are by ID: what captures and events have shown of each;
	// its main process, and in how many PID namespaces that is. inits are the containers by the PID
	// namespace whose init is theirs, shims by their shim.
	containers map[string]*inspect.Container
	names      map[string]string
	mains      map[string]procfs.Key
	levels     map[string]int
	inits      map[uint64]string
	shims      map[procfs.Key]string
	// captured is false if a container is not known that a capture would show.
	captured bool
	// events are the engine's, by container. promised says whether they have each kill.
	events   map[string][]inspect.Event
	promised bool
	// queue are the rows that wait, in the order of time. last is the last signal that a process
	// got, until it exits.
	queue []*line
	last  map[procfs.Key]*line
	lives lives
	// mark is the last mark of the OOM killer's victim.
	mark procfs.KernelEvent
	// told counts rows by container. ended are the containers whose main process has exited.
	told  map[string]int
	ended map[string]time.Time
}

// line is a row that waits.
type line struct {
	row    Row
	event  procfs.KernelEvent
	id     string
	from   sender
	isMain bool
	// graceOver: the engine had sent it another signal before.
	graceOver bool
	// before is the signal before it that had an effect, if this one had none.
	before *line
	// after is the signal before an exit.
	after *line
	// written is true if the row has been returned.
	written bool
}

// New is a teller that knows nothing yet.
func New(options Options) *Teller {
	t := &Teller{options: options}
	t.forget()
	t.events, t.last, t.told = map[string][]inspect.Event{}, map[procfs.Key]*line{}, map[string]int{}
	t.ended, t.lives = map[string]time.Time{}, newLives()
	return t
}

func (t *Teller) forget() {
	t.containers, t.names = map[string]*inspect.Container{}, map[string]string{}
	t.mains, t.levels = map[string]procfs.Key{}, map[string]int{}
	t.inits, t.shims = map[uint64]string{}, map[procfs.Key]string{}
	t.captured = false
}

// Kernel takes an event of the kernel.
func (t *Teller) Kernel(e procfs.KernelEvent) {
	switch e.Kind {
	case procfs.SignalGenerated:
		t.signal(e)
	case procfs.OOMVictim:
		t.victim(&e)
	case procfs.ProcessExited:
		t.exit(e)
	case procfs.ProcessForked, procfs.ProcessExecuted, procfs.ProcessFreed:
		if t.options.Everything {
			t.life(e)
		}
	}
}

// signal takes a signal.
func (t *Teller) signal(e procfs.KernelEvent) {
	wanted := t.options.Everything || isNews(&e)
	if len(t.options.Signals) > 0 {
		wanted = slices.Contains(t.options.Signals, e.Signal.Number) && !e.Subject.Exiting
	}
	id := t.containerOf(&e.Subject)
	if !wanted || id == "" {
		return
	}
	l := &line{event: e, id: id, from: t.senderOf(&e), isMain: t.isMain(id, &e.Subject)}
	l.row = t.rowOf(SignalSent, &e, id)
	l.row.Signal = procfs.SignalName(e.Signal.Number)
	l.row.Outcome, l.row.DroppedReason = immediate(&e)
	l.row.Dropped = l.row.Outcome == Dropped
	if l.from.Sender == ParentDeath && l.row.DroppedReason == AlreadyExiting {
		return // each thread of the parent sends one
	}
	if l.from.Sender == UnknownSender && isOOMKill(&e) && e.Actor.Key == t.mark.Actor.Key && e.Time.Sub(t.mark.Time).Abs() <= forMark {
		l.from = sharing
	}
	if before := t.last[e.Subject.Key]; before != nil && l.from.Sender == Engine && before.from.Sender == Engine && e.Signal.Number == procfs.SIGKILL {
		l.graceOver = before.event.Signal.Number != procfs.SIGKILL
	}
	if before := t.last[e.Subject.Key]; before != nil && l.row.Dropped {
		l.before = before.thatMattered()
	}
	if len(t.last) > mostKnown {
		clear(t.last)
	}
	t.last[e.Subject.Key] = l
	t.push(l)
}

func (t *Teller) rowOf(event Event, e *procfs.KernelEvent, id string) Row {
	return Row{
		Time: e.Time, Event: event, ContainerID: id,
		HostPID: e.Subject.PID, ContainerPID: t.insidePID(id, &e.Subject), Command: e.Subject.Comm,
	}
}

// push puts a row where its time is. Events of several processors are nearly in order.
func (t *Teller) push(l *line) {
	at := len(t.queue)
	for at > 0 && t.queue[at-1].row.Time.After(l.row.Time) {
		at--
	}
	t.queue = slices.Insert(t.queue, at, l)
}

// isOOMKill reports whether the OOM killer could have sent the signal.
func isOOMKill(e *procfs.KernelEvent) bool {
	return e.Signal.Number == procfs.SIGKILL && e.Signal.Source == procfs.SourceKernel
}

// sharing is the sender to a process that has the memory of the OOM killer's victim.
var sharing = sender{Sender: OOMKiller, how: BySharing, certainty: inspect.Likely}

// victim takes the mark of the OOM killer's victim, which follows its signal at once. Other
// processes with the same memory are killed after it (__oom_kill_process of the kernel's
// mm/oom_kill.c), by the same process, without a mark. Searching for them takes a while.
func (t *Teller) victim(e *procfs.KernelEvent) {
	t.mark = *e
	for _, l := range slices.Backward(t.queue) {
		between := e.Time.Sub(l.row.Time)
		if between > forMark {
			return
		}
		if l.event.Signal == nil || !isOOMKill(&l.event) || l.from.Sender == NamespaceEnd {
			continue
		}
		switch {
		case e.VictimPID == 0 && l.event.Subject.Key == e.Subject.Key, e.VictimPID != 0 && l.event.Subject.PID == e.VictimPID:
			l.from = sender{Sender: OOMKiller, certainty: inspect.Certain}
		case l.event.Actor.Key == e.Actor.Key && l.from.Sender == UnknownSender:
			l.from = sharing
		}
	}
}

// thatMattered is the signal, or the last before it that was not dropped, nil if there is none. A
// process does not exit because of others.
func (l *line) thatMattered() *line {
	if l != nil && l.row.Dropped {
		return l.before
	}
	return l
}

// exit takes the end of a process.
func (t *Teller) exit(e procfs.KernelEvent) {
	defer t.endOf(&e)
	outcome, code := exitOf(e.Status)
	id := t.containerOf(&e.Subject)
	if id != "" && t.isMain(id, &e.Subject) {
		t.ended[id] = e.Time
	}
	l := t.last[e.Subject.Key].thatMattered()
	delete(t.last, e.Subject.Key)
	if l != nil && !l.written {
		after := e.Time.Sub(l.row.Time).Seconds()
		l.row.Outcome, l.row.ExitCode, l.row.Seconds = outcome, &code, &after
		return
	}
	if id == "" || !(t.options.Everything || l != nil || outcome == Killed || t.isMain(id, &e.Subject)) {
		return
	}
	row := t.rowOf(Exit, &e, id)
	row.Outcome, row.ExitCode = outcome, &code
	if l != nil {
		row.follows(&l.row)
	} else if t.options.ExitsOnly {
		row.Sender = UnknownSender
	}
	t.push(&line{row: row, event: e, id: id, isMain: t.isMain(id, &e.Subject), after: l})
}

// follows has what is said of the signal before an exit.
func (r *Row) follows(signal *Row) {
	seconds := r.Time.Sub(signal.Time).Seconds()
	r.Seconds, r.Signal, r.Sender, r.SenderHow, r.Certainty = &seconds, signal.Signal, signal.Sender, signal.SenderHow, signal.Certainty
	r.SenderContainer, r.SenderCommand, r.SenderHostPID, r.SenderUser = signal.SenderContainer, signal.SenderCommand, signal.SenderHostPID, signal.SenderUser
	r.SenderAncestors, r.EngineAction, r.GraceOver = signal.SenderAncestors, signal.EngineAction, signal.GraceOver
}

// Settle returns the rows that are complete by now, in the order of time.
func (t *Teller) Settle(now time.Time) []Row {
	var rows []Row
	for len(t.queue) > 0 && t.isSettled(t.queue[0], now) {
		l := t.queue[0]
		t.queue = t.queue[1:]
		if t.options.Fold && l.from.Sender == NamespaceEnd {
			t.fold(l)
		}
		if row, wanted := t.finish(l); wanted {
			rows = append(rows, row)
		}
	}
	return rows
}

// Rest returns all rows that still wait.
func (t *Teller) Rest() []Row { return t.Settle(time.Now().Add(24 * time.Hour)) }

// isSettled reports whether nothing more is expected that belongs to the row.
func (t *Teller) isSettled(l *line, now time.Time) bool {
	waited := now.Sub(l.row.Time)
	switch {
	case waited >= hold && !t.isOngoing(l, now):
		return true
	case t.options.Wanted != nil && t.containers[l.id] == nil:
		return false // whether it is wanted, a capture says
	case (t.names[l.id] == "" || l.from.containerID != "" && t.names[l.from.containerID] == "") && waited < forCapture:
		return false
	case l.after != nil && l.after.from.Sender == Engine && t.promised:
		action, _ := t.actionOf(l.after)
		return action != StopOrKill
	case l.row.Event != SignalSent:
		return true
	case l.from.Sender == UnknownSender && waited < forMark:
		return false
	case l.from.Sender == Engine:
		if _, settled := t.actionOf(l); !settled {
			return false
		}
	}
	return l.row.Outcome != ""
}

// isOngoing reports whether the engine is about to report what it does: the container has exited
// just now, and a stop or a start may follow.
func (t *Teller) isOngoing(l *line, now time.Time) bool {
	if l.row.Event != SignalSent || l.from.Sender != Engine || now.Sub(l.row.Time) >= mostHold {
		return false
	}
	if _, settled := t.actionOf(l); settled {
		return false
	}
	return slices.ContainsFunc(t.events[l.id], func(e inspect.Event) bool {
		waited := now.Sub(e.At)
		return !e.At.Before(l.row.Time) && (e.Action == "die" && waited < hold || e.Action == "stop" && waited < forRestart)
	})
}

// fold takes the rows of other processes that the same end of a PID namespace has killed.
func (t *Teller) fold(l *line) {
	t.queue = slices.DeleteFunc(t.queue, func(other *line) bool {
		same := other.from.Sender == NamespaceEnd && other.id == l.id && other.event.Actor.Key == l.event.Actor.Key
		if same {
			l.row.Others++
			other.written = true
		}
		return same
	})
}

// finish completes a row, and reports whether it is wanted.
func (t *Teller) finish(l *line) (Row, bool) {
	l.written = true
	row := &l.row
	t.lookAgain(l)
	row.Container, row.Main = t.nameOf(l.id), l.isMain
	if t.options.Wanted != nil && !t.options.Wanted(l.id, row.Container) {
		return Row{}, false
	}
	if row.Event == SignalSent {
		t.finishSignal(l)
	}
	if l.after != nil && l.after.from.Sender == Engine {
		row.EngineAction, _ = t.actionOf(l.after) // by now more may be known
	}
	row.Text = row.Sentence()
	t.told[row.Container]++
	return *row, true
}

// lookAgain asks again what could not be known when the event came: a capture since then has shown
// the container and its shim, or the engine has said that it sent the signal.
func (t *Teller) lookAgain(l *line) {
	l.isMain = l.isMain || t.isMain(l.id, &l.event.Subject)
	if l.row.ContainerPID == 0 {
		l.row.ContainerPID = t.insidePID(l.id, &l.event.Subject)
	}
	if l.row.Event != SignalSent || l.from.Sender != Engine || l.from.certainty == inspect.Certain {
		return
	}
	if again := t.senderOf(&l.event); again.Sender == Engine {
		l.from = again
	}
	if l.from.how != ByShim && t.promised && t.asked(l) {
		l.from.certainty = inspect.Certain
	}
}

func (t *Teller) finishSignal(l *line) {
	row, actor := &l.row, &l.event.Actor
	row.Sender, row.SenderHow, row.Certainty = l.from.Sender, l.from.how, l.from.certainty
	if row.Outcome == "" {
		row.Outcome = StillRuns
	}
	if l.from.Sender == Engine {
		row.EngineAction, _ = t.actionOf(l)
		row.GraceOver = l.graceOver && (row.EngineAction == Stop || row.EngineAction == Restart)
	}
	if l.from.containerID != "" {
		row.SenderContainer = t.nameOf(l.from.containerID)
	}
	if l.from.Sender == NamespaceEnd {
		if id := t.containerOf(actor); id != "" {
			row.SenderContainer = t.nameOf(id)
		}
	}
	if !l.from.named {
		return
	}
	row.SenderCommand, row.SenderHostPID = actor.Comm, actor.PID
	row.SenderUser = t.userOf(l)
	for _, a := range l.event.Ancestors {
		row.SenderAncestors = append(row.SenderAncestors, fmt.Sprintf("%s (%d)", a.Comm, a.PID))
	}
}

// userOf is the sender's user. In a container a number may have another name than on the host.
func (t *Teller) userOf(l *line) string {
	uid := l.event.Actor.UID
	if l.from.Sender == FromHost && t.options.UserName != nil {
		if name := t.options.UserName(uid); name != "" {
			return name
		}
	}
	return fmt.Sprint(uid)
}

// HasEnded reports whether the container's main process has exited since the trace began, and the
// engine has noticed, or had a second for it.
func (t *Teller) HasEnded(id string, now time.Time) bool {
	at, ended := t.ended[id]
	if !ended || now.Sub(at) >= hold {
		return ended
	}
	return slices.ContainsFunc(t.events[id], func(e inspect.Event) bool { return e.Action == "die" && !e.At.Before(at) })
}

// Waiting is how many rows wait.
func (t *Teller) Waiting() int { return len(t.queue) }

// Told is how many rows there were of each container.
func (t *Teller) Told() map[string]int { return t.told }
