//go:build amd64 || arm64

package taskiter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
)

// Survey reads for every process what the survey of read.FS does, and a part of the facts that
// only the kernel has. From /proc it reads the processes that the kernel does not show, and
// nothing ahead. Kernel threads have their short names.
func (r *Reader) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	s, err := r.proc.Begin()
	if err != nil {
		return procfs.Snapshot{}, err
	}
	s.Whole = true
	detail := procfs.Detail{MainThread: true}
	if of.PIDNamespaces {
		detail.Namespaces = []procfs.NamespaceType{procfs.PIDNamespace}
	}
	hidden, err := r.surveyAll(&s, detail)
	if err != nil {
		return procfs.Snapshot{}, err
	}
	for i := range hidden {
		hidden[i] = statOnly(&hidden[i])
	}
	s.Processes = withHidden(s.Processes, hidden)
	return s, ctx.Err()
}

// surveyAll takes what the kernel shows into the snapshot, and returns what it hides. A list
// of /proc shows that, and costs more than the rest. It is not needed under two conditions. No
// process has started or exited meanwhile, and the known tasks are as many as the kernel
// counts.
func (r *Reader) surveyAll(s *procfs.Snapshot, detail procfs.Detail) (hidden []procfs.Process, err error) {
	before := takeCensus(r.proc)
	seen, err := r.surveyShown(s, len(detail.Namespaces) > 0, before.count.Or(procfs.TaskCount{}).Room())
	if err != nil {
		return nil, err
	}
	hidden, _ = r.readMissing(unknown(r.hidden.guess(), s.Processes), detail)
	if others, known := before.unchanged(takeCensus(r.proc)); known && others == seen+threadsOf(hidden) {
		return hidden, nil
	}
	pids, err := r.proc.PIDs()
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	pids = unknown(pids, s.Processes)
	r.hidden.found(pids)
	hidden, missed := r.readMissing(pids, detail)
	s.Missed = withoutGone(missed)
	return hidden, nil
}

// surveyShown adds what the kernel shows to the snapshot. It returns the number of tasks,
// without this program's own.
func (r *Reader) surveyShown(s *procfs.Snapshot, pidNamespaces bool, room int) (others int, err error) {
	survey := newSurvey(pidNamespaces, room)
	if r.purpose == ForSurveys {
		if err := r.heads.read(survey.add); err != nil {
			return 0, err
		}
		s.Processes, err = survey.all()
		return survey.others, err
	}
	if r.surveyed, others, err = r.tasks(); err != nil {
		return 0, err
	}
	for i := range r.surveyed {
		survey.take(&r.surveyed[i].leader.head)
	}
	s.Processes = sorted(survey.processes)
	return others, nil
}

// hiding are the known processes that /proc has and the kernel's iterator does not show.
type hiding struct {
	mutex  sync.Mutex
	listed bool
	pids   []int
}

// guess are the hidden processes by the last list. Before the first list it is the init, which
// always exists.
func (h *hiding) guess() []int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if !h.listed {
		return []int{1}
	}
	return h.pids
}

func (h *hiding) found(pids []int) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.listed, h.pids = true, pids
}

// manySelected is the number of processes from which asking the kernel for everything costs
// less than reading them from /proc.
const manySelected = 500

// Complete reads the selected processes of the last survey with more detail. If they are few,
// they are read from /proc, unless all facts that only the kernel has are wanted.
func (r *Reader) Complete(ctx context.Context, s *procfs.Snapshot, selected procfs.Selection) error {
	wanted := 0
	for i := range s.Processes {
		if _, ok := selected(&s.Processes[i]); ok {
			wanted++
		}
	}
	if wanted == 0 {
		return nil
	}
	if r.purpose == ForScans || wanted >= r.many {
		hidden, err := r.completeFromKernel(ctx, s, selected, wanted)
		var unsupported *bpf.UnsupportedError
		switch {
		case err == nil:
			return r.completeFromProc(ctx, s, hidden)
		case r.purpose == ForScans || !errors.As(err, &unsupported):
			return err
		}
	}
	return r.completeFromProc(ctx, s, selected)
}

// completeFromKernel asks the kernel again, and adds the facts that only /proc has. It returns
// a selection of the processes that the kernel does not show.
func (r *Reader) completeFromKernel(ctx context.Context, s *procfs.Snapshot, selected procfs.Selection, count int) (procfs.Selection, error) {
	shown := r.surveyed
	if r.surveyed = nil; shown == nil {
		var err error
		if shown, err = r.groups(); err != nil {
			return nil, err
		}
	}
	details := make([]wanted, 0, count)
	hidden := map[procfs.Key]bool{}
	for i := range s.Processes {
		p := &s.Processes[i]
		detail, isWanted := selected(p)
		if !isWanted {
			continue
		}
		if _, there := lookUp(shown, p.Key); there {
			details = append(details, wanted{p.PID, detail})
		} else {
			hidden[p.Key] = true
		}
	}
	pending := slices.DeleteFunc(shown, func(g group) bool {
		_, there := place(details, g.pid())
		return !there
	})
	if err := r.complete(ctx, s, pending, details); err != nil {
		return nil, err
	}
	return func(p *procfs.Process) (procfs.Detail, bool) {
		detail, _ := selected(p)
		return detail, hidden[p.Key]
	}, nil
}

// complete replaces the pending groups by their processes with the wanted details.
func (r *Reader) complete(ctx context.Context, s *procfs.Snapshot, pending []group, details []wanted) error {
	if len(pending) == 0 {
		return nil
	}
	detailOf := func(key procfs.Key) procfs.Detail {
		at, _ := place(details, key.PID)
		return details[at].detail
	}
	var more procfs.Snapshot
	if most := len(pending) > len(s.Processes)/2; !most || r.purpose == ForSurveys {
		if err := r.settle(ctx, &more, &choice{looked: true}, pending, detailOf); err != nil {
			return err
		}
		s.Replace(more.Processes, more.Missed)
		return nil
	}
	// If nearly all are read again, they reuse the memory of the survey.
	rest := without(s.Processes, details)
	r.room, s.Processes = s.Processes[:0], nil
	if err := r.settle(ctx, &more, &choice{looked: true}, pending, detailOf); err != nil {
		return err
	}
	s.Processes = append(more.Processes, rest...)
	procfs.SortProcesses(s.Processes)
	s.Replace(nil, more.Missed)
	return nil
}

// wanted is what is wanted of one process. Lists are sorted by PID.
type wanted struct {
	pid    int
	detail procfs.Detail
}

func place(details []wanted, pid int) (int, bool) {
	return slices.BinarySearchFunc(details, pid, func(d wanted, pid int) int { return d.pid - pid })
}

// without is the list without the processes whose details are wanted.
func without(processes []procfs.Process, details []wanted) []procfs.Process {
	rest := make([]procfs.Process, 0, len(processes)-len(details))
	for i := range processes {
		if _, there := place(details, processes[i].PID); !there {
			rest = append(rest, processes[i])
		}
	}
	return rest
}

// completeFromProc keeps what the kernel has reported in the survey.
func (r *Reader) completeFromProc(ctx context.Context, s *procfs.Snapshot, selected procfs.Selection) error {
	told := map[procfs.Key]procfs.Opt[procfs.Internals]{}
	for i := range s.Processes {
		p := &s.Processes[i]
		if _, wanted := selected(p); wanted {
			told[p.Key] = p.Internals
		}
	}
	if err := r.proc.Complete(ctx, s, selected); err != nil {
		return err
	}
	for i := range s.Processes {
		p := &s.Processes[i]
		if internals, known := told[p.Key]; known {
			p.Internals = internals
		}
	}
	return nil
}
