package trace

import (
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// lives is what is known of the processes that run, for adoptions and reapings.
type lives struct {
	// children are the processes that a process has, byPID the processes by their PIDs, and ended
	// those that have exited and were not reaped yet.
	children map[procfs.Key]map[procfs.Key]procfs.TracedProcess
	byPID    map[int]procfs.TracedProcess
	ended    map[procfs.Key]end
}

// end is how a process exited.
type end struct {
	at      time.Time
	process procfs.TracedProcess
	id      string
}

// mostLives bounds what is remembered of processes.
const mostLives = 200_000

func newLives() lives {
	return lives{
		children: map[procfs.Key]map[procfs.Key]procfs.TracedProcess{},
		byPID:    map[int]procfs.TracedProcess{}, ended: map[procfs.Key]end{},
	}
}

// seed takes the processes of a capture, once.
func (v *lives) seed(ix *inspect.Index) {
	if len(v.byPID) > 0 {
		return
	}
	for _, p := range ix.Processes() {
		v.byPID[p.PID] = procfs.TracedProcess{Key: p.Key, Comm: p.Comm}
	}
	for _, p := range ix.Processes() {
		if parent, known := v.byPID[p.ParentPID]; known && len(p.NSPIDs) > 1 {
			v.born(parent.Key, p.Traced())
		}
	}
}

func (v *lives) born(parent procfs.Key, child procfs.TracedProcess) {
	if len(v.byPID) > mostLives || len(v.children) > mostLives {
		*v = newLives()
	}
	if v.children[parent] == nil {
		v.children[parent] = map[procfs.Key]procfs.TracedProcess{}
	}
	v.children[parent][child.Key] = child
	v.byPID[child.PID] = child
}

// life takes a fork, an exec or a reaping.
func (t *Teller) life(e procfs.KernelEvent) {
	switch e.Kind {
	case procfs.ProcessForked:
		t.lives.born(e.Actor.Key, e.Subject)
		t.tell(Fork, &e, t.containerOf(&e.Subject), process{e.Actor.Comm, e.Actor.PID})
	case procfs.ProcessExecuted:
		t.lives.byPID[e.Subject.PID] = e.Subject
		t.tell(Exec, &e, t.containerOf(&e.Subject), process{})
	case procfs.ProcessFreed:
		t.reaped(&e)
	}
}

// tell adds a row that is complete.
func (t *Teller) tell(event Event, e *procfs.KernelEvent, id string, parent process) {
	if id == "" {
		return
	}
	row := t.rowOf(event, e, id)
	row.parent = parent
	row.SenderCommand, row.SenderHostPID = parent.Command, parent.HostPID
	t.push(&line{row: row, event: *e, id: id})
}

// reaped takes the end of a zombie. The kernel says who its parent was, by number only.
func (t *Teller) reaped(e *procfs.KernelEvent) {
	of, known := t.lives.ended[e.Subject.Key]
	if !known {
		return
	}
	delete(t.lives.ended, e.Subject.Key)
	if t.lives.byPID[of.process.PID].Key == of.process.Key {
		delete(t.lives.byPID, of.process.PID)
	}
	e.Subject = of.process
	reaper := process{HostPID: e.ReaperPID, Command: t.lives.byPID[e.ReaperPID].Comm}
	row := t.rowOf(Reaping, e, of.id)
	seconds := e.Time.Sub(of.at).Seconds()
	row.Seconds, row.parent = &seconds, reaper
	row.SenderCommand, row.SenderHostPID = reaper.Command, reaper.HostPID
	t.push(&line{row: row, event: *e, id: of.id})
}

// endOf takes note of an exit, and reports which process adopts the children.
func (t *Teller) endOf(e *procfs.KernelEvent) {
	if !t.options.Everything {
		return
	}
	id := t.containerOf(&e.Subject)
	if len(t.lives.ended) > mostLives {
		clear(t.lives.ended)
	}
	if id != "" {
		t.lives.ended[e.Subject.Key] = end{at: e.Time, process: e.Subject, id: id}
	}
	for _, child := range t.lives.children[e.Subject.Key] {
		t.adopted(e, child)
	}
	delete(t.lives.children, e.Subject.Key)
}

// adopted finds the new parent of a process that lost its parent.
func (t *Teller) adopted(e *procfs.KernelEvent, child procfs.TracedProcess) {
	if now := t.lives.byPID[child.PID]; now.Key == child.Key {
		child = now // it has executed a program since
	}
	id := t.containerOf(&child)
	if _, over := t.lives.ended[child.Key]; over || id == "" || t.options.ParentOf == nil {
		return
	}
	pid := t.options.ParentOf(child.Key)
	if pid == 0 || pid == e.Subject.PID {
		return // it has exited too, or the kernel has not come to it yet
	}
	parent := t.lives.byPID[pid]
	t.lives.born(parent.Key, child)
	at := procfs.KernelEvent{Time: e.Time, Subject: child}
	t.tell(Adoption, &at, id, process{parent.Comm, pid})
}
