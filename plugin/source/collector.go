package source

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
)

// The collectors that a user can ask for.
const (
	CollectorProc = string(inspect.CollectorProc)
	CollectorBPF  = string(inspect.CollectorBPF)
	// CollectorAuto is the kernel's iterator where kernel and rights allow it, else
	// /proc.
	CollectorAuto = "auto"
)

// Collectors are all of them.
var Collectors = []string{CollectorProc, CollectorBPF, CollectorAuto}

// collector reads processes: procfs.FS, or a taskiter.Reader.
type collector interface {
	Scan(context.Context, procfs.Detail) (procfs.Snapshot, error)
	Family(context.Context, procfs.FamilyOf, procfs.Detail) (procfs.Snapshot, error)
	Survey(context.Context, procfs.SurveyOf) (procfs.Snapshot, error)
	Complete(context.Context, *procfs.Snapshot, procfs.Selection) error
}

// opened is a collector, which it is, and how it is let go.
type opened struct {
	collector
	by      inspect.Collector
	release func()
}

// CollectorError says why the collector that was asked for by name cannot be used.
type CollectorError struct {
	// Reason is what is in the way, and Remedy what may help, "" where nothing does.
	Reason, Remedy string
}

// Error is the reason.
func (e *CollectorError) Error() string { return "read processes from the kernel: " + e.Reason }

// openCollector opens what the processes are to be read with. The kernel is asked
// only where it was asked for.
func (l *Local) openCollector(proc procfs.FS, request Request) (opened, error) {
	byProc := opened{proc, inspect.Collector{Name: inspect.CollectorProc}, func() {}}
	if l.Collector == "" || l.Collector == CollectorProc {
		return byProc, nil
	}
	reader, err := taskiter.Open(proc, request.purpose())
	if err == nil {
		return opened{reader, inspect.Collector{Name: inspect.CollectorBPF}, func() { _ = reader.Close() }}, nil
	}
	refused := CollectorError{Reason: err.Error()}
	var unsupported *taskiter.UnsupportedError
	if errors.As(err, &unsupported) {
		refused.Remedy = unsupported.Remedy
	} else {
		refused.Reason = fmt.Sprintf("it cannot be told whether that is possible: %v", err)
	}
	if l.Collector == CollectorBPF {
		return opened{}, &refused
	}
	byProc.by.Reason = refused.Reason
	return byProc, nil
}

// isSlowToOpen: while the collector is opened, other things can be done.
func (s *session) isSlowToOpen() bool {
	return s.local.Collector != "" && s.local.Collector != CollectorProc && s.processes == nil
}

// choose takes the collector, which has been opened meanwhile.
func (s *session) choose() error {
	o, err := s.open()
	if err != nil {
		return err
	}
	s.processes, s.capture.Collector = o.collector, o.by
	return nil
}

// release lets the collector go.
func (s *session) release() {
	if o, err := s.open(); err == nil {
		o.release()
	}
}
