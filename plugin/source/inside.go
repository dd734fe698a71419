package source

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
)

// A program that runs in a container sees the processes of that container alone, each by its
// number there. There is a namespace around it in which they have other numbers, which are
// not known.

// isInside reports whether this program runs in a PID namespace of its own, and reads that.
func isInside(processes Processes) bool {
	inode, ok := processes.OwnNamespace(procfs.PIDNamespace).Get()
	return ok && !procfs.IsInitialNamespace(procfs.PIDNamespace, inode) && processes.Root() == "/proc"
}

// captureInside looks at the container that this program is in, because no engine answers; nil
// if none was asked.
func (l *Local) captureInside(ctx context.Context, proc *Proc, question need.Question, refused error) (*inspect.Capture, error) {
	processes := insideProc{proc}
	h := &host{facts: asker{rationed(l.Inside(proc))}, processes: processes, choice: newChoice(l.Collector, processes, openNothing), tool: l.Tool, patience: patience}
	capture, err := record(ctx, h, question)
	if err == nil {
		capture.Engine.Absent = true
		if refused != nil {
			capture.Engine.AbsentBecause = refused.Error()
		}
	}
	return capture, err
}

// openNothing says why only /proc is read in a container.
func openNothing() (opened, error) {
	return opened{}, &bpf.UnsupportedError{Reason: "in a container only its own /proc is read"}
}

// insideProc is the /proc of a container that this program is in. Each process has one number
// more than the kernel shows, in front: that of the namespace around it, for which its number
// here stands. So the rest of the program takes the container for one.
type insideProc struct{ Processes }

func seenAround(p *procfs.Process) {
	if len(p.NSPIDs) > 0 {
		p.NSPIDs = append([]int{p.PID}, p.NSPIDs...)
	}
}

func allAround(s procfs.Snapshot, err error) (procfs.Snapshot, error) {
	for i := range s.Processes {
		seenAround(&s.Processes[i])
	}
	return s, err
}

// Host leaves out the namespaces: those of the host are not seen from here.
func (p insideProc) Host() procfs.Host {
	h := p.Processes.Host()
	h.Namespaces = nil
	return h
}

// Scan is that of [Collector].
func (p insideProc) Scan(ctx context.Context, detail procfs.Detail) (procfs.Snapshot, error) {
	return allAround(p.Processes.Scan(ctx, detail))
}

// Family is that of [Collector].
func (p insideProc) Family(ctx context.Context, of procfs.FamilyOf, detail procfs.Detail) (procfs.Snapshot, error) {
	known := slices.Clone(of.Known)
	for i := range known {
		within(&known[i])
	}
	of.Known = known
	return allAround(p.Processes.Family(ctx, of, detail))
}

// Survey is that of [Collector].
func (p insideProc) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	return allAround(p.Processes.Survey(ctx, of))
}

// Complete is that of [Collector].
func (p insideProc) Complete(ctx context.Context, s *procfs.Snapshot, selection procfs.Selection) error {
	for i := range s.Processes {
		within(&s.Processes[i])
	}
	err := p.Processes.Complete(ctx, s, selection)
	_, _ = allAround(*s, nil)
	return err
}

// within undoes seenAround.
func within(p *procfs.Process) {
	if len(p.NSPIDs) > 0 {
		p.NSPIDs = p.NSPIDs[1:]
	}
}

// Outside is that of [Processes].
func (p insideProc) Outside(ctx context.Context, pids []int, known []uint64, detail procfs.Detail) (procfs.Snapshot, error) {
	return allAround(p.Processes.Outside(ctx, pids, known, detail))
}

// Process is that of [Processes].
func (p insideProc) Process(pid int, detail procfs.Detail) (procfs.Process, error) {
	process, err := p.Processes.Process(pid, detail)
	seenAround(&process)
	return process, err
}

// Thread is that of [Processes].
func (p insideProc) Thread(tid int) (procfs.Thread, error) {
	thread, err := p.Processes.Thread(tid)
	if len(thread.NSPIDs) > 0 {
		thread.NSPIDs = append([]int{tid}, thread.NSPIDs...)
	}
	return thread, err
}

// ChildrenNamed is that of [Processes].
func (p insideProc) ChildrenNamed(parent int, names []string) []procfs.Process {
	children := p.Processes.ChildrenNamed(parent, names)
	for i := range children {
		seenAround(&children[i])
	}
	return children
}
