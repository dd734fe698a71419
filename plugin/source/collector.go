package source

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
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

// Prepare begins what takes long, while everything else gets ready, for a command with
// these arguments: what --collector bpf needs. It need not be certain that the command
// uses it.
func Prepare(args []string) {
	if asksTheKernel(args) {
		taskiter.Prepare()
	}
}

// asksTheKernel: the command, not a completion of it, reads by the kernel's iterator, if
// it can.
func asksTheKernel(args []string) bool {
	for i, arg := range args {
		value, given := strings.CutPrefix(arg, "--collector=")
		if arg == "--collector" && i+1 < len(args) {
			value, given = args[i+1], true
		}
		if given && (value == CollectorBPF || value == CollectorAuto) {
			return !strings.HasPrefix(args[0], "__complete")
		}
	}
	return false
}

// collector reads processes: read.FS, or a taskiter.Reader.
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
func (l *Local) openCollector(proc read.FS, request Request) (opened, error) {
	byProc := opened{proc, inspect.Collector{Name: inspect.CollectorProc}, func() {}}
	if l.Collector == "" || l.Collector == CollectorProc {
		return byProc, nil
	}
	reader, err := taskiter.Open(proc, request.purpose())
	if err == nil {
		return opened{reader, inspect.Collector{Name: inspect.CollectorBPF}, func() { _ = reader.Close() }}, nil
	}
	refused := whyRefused(err)
	if l.Collector == CollectorBPF {
		return opened{}, refused
	}
	byProc.by.Reason = refused.Reason
	return byProc, nil
}

// whyRefused says why the kernel's iterator cannot be used, after an error of it.
func whyRefused(err error) *CollectorError {
	var unsupported *taskiter.UnsupportedError
	if errors.As(err, &unsupported) {
		return &CollectorError{Reason: err.Error(), Remedy: unsupported.Remedy}
	}
	return &CollectorError{Reason: fmt.Sprintf("it cannot be told whether that is possible: %v", err)}
}

// orByProc has the collector read, and /proc instead where the kernel's iterator was
// only to be used if it can be, and fails after it was opened: a scan takes a larger
// program than a survey.
func (s *session) orByProc(ctx context.Context, read func() error) error {
	err := read()
	if err == nil || ctx.Err() != nil || s.capture.Collector.Name != inspect.CollectorBPF {
		return err
	}
	refused := whyRefused(err)
	if s.local.Collector == CollectorBPF {
		return refused
	}
	s.processes, s.capture.Collector = s.proc, inspect.Collector{Name: inspect.CollectorProc, Reason: refused.Reason}
	return read()
}

// isSlowToOpen: while the collector is opened, other things can be done.
func (s *session) isSlowToOpen() bool {
	return s.local.Collector != "" && s.local.Collector != CollectorProc && s.processes == nil
}

// choose takes the collector, which has been opened meanwhile.
func (s *session) choose() error {
	if s.processes != nil {
		return nil
	}
	o, err := s.open()
	if err != nil {
		return err
	}
	s.processes, s.capture.Collector = o.collector, o.by
	return nil
}

// release lets the collector go. If it is asked again, it is opened again.
func (s *session) release() {
	if o, err := s.open(); err == nil {
		o.release()
	}
}
