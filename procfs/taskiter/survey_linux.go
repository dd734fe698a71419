//go:build amd64 || arm64

package taskiter

import (
	"context"
	"fmt"
	"sync"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Survey reads of every process what procfs.FS's does, and a part of what only the
// kernel tells. Of /proc it reads the processes that the kernel does not show. Kernel threads
// have their short names.
func (r *Reader) Survey(ctx context.Context, pidNamespaces bool) (procfs.Snapshot, error) {
	s, err := r.proc.Begin()
	if err != nil {
		return procfs.Snapshot{}, err
	}
	s.Whole = true
	detail := procfs.Detail{MainThread: true}
	if pidNamespaces {
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

// surveyAll takes what the kernel shows into the snapshot, and returns what it hides.
// A list of /proc tells that, and costs more than the rest. It is not needed if nobody
// has come or gone meanwhile, and those tasks that are known make up, together, the
// number that the kernel counts.
func (r *Reader) surveyAll(s *procfs.Snapshot, detail procfs.Detail) (hidden []procfs.Process, err error) {
	before := takeCensus(r.proc)
	survey := newSurvey(len(detail.Namespaces) > 0, before.count.Or(procfs.TaskCount{}).Room())
	if err := r.heads.read(survey.add); err != nil {
		return nil, err
	}
	if s.Processes, err = survey.all(); err != nil {
		return nil, err
	}
	hidden, _ = r.readMissing(unknown(r.hidden.guess(), s.Processes), detail)
	if others, known := before.unchanged(takeCensus(r.proc)); known && others == survey.others+threadsOf(hidden) {
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

// hiding are the processes that /proc has and the kernel's iterator does not show, as
// far as is known.
type hiding struct {
	mutex  sync.Mutex
	listed bool
	pids   []int
}

// guess are those that the last list held. Before the first one it is the init, which
// is always there.
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

// Complete reads the rest of those processes of a survey that are chosen, by /proc.
// What the kernel told of them is kept.
func (r *Reader) Complete(ctx context.Context, s *procfs.Snapshot, chosen func(*procfs.Process) bool, detail procfs.Detail) error {
	told := map[procfs.Key]procfs.Opt[procfs.Internals]{}
	pick := func(p *procfs.Process) bool {
		if !chosen(p) {
			return false
		}
		told[p.Key] = p.Internals
		return true
	}
	if err := r.proc.Complete(ctx, s, pick, detail); err != nil {
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
