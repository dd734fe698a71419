package tracing

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/trace"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Host is the host of the containers, which is captured again when a container is new.
type Host interface {
	// Look captures the host.
	Look(context.Context) (*inspect.Index, error)
	// State is whether the engine answered, and whether its events are received.
	State() source.EngineState
}

// Session is one trace.
type Session struct {
	Host   Host
	Kernel Kernel
	// Events are the engine's.
	Events <-chan inspect.Event
	Teller *trace.Teller
	// Write writes a row.
	Write func(trace.Row) error
	// Wanted reports whether rows of this container are wanted. nil means all.
	Wanted func(id, name string) bool
	// Failed is called with the reason why the host could not be captured for a new container. The
	// name of that container may be missing then.
	Failed func(error)
	// Until are the IDs of the containers to wait for: the session ends when they have exited. nil
	// means that it ends with the context.
	Until []string
	// Cut is true if there were more events at the end than could be read.
	Cut bool

	// followed are the runs of containers that the kernel follows.
	followed map[run]bool
	// looking is true while a capture is taken. rest is when the next one may be, after one that
	// failed.
	looking bool
	rest    time.Time
	looks   chan looked
}

// run is one run of a container.
type run struct {
	id   string
	main procfs.Key
}

type looked struct {
	index *inspect.Index
	err   error
}

// beat is how often rows are written that are complete, and a capture is taken that is missing.
const beat = 50 * time.Millisecond

// afterFailure is the time until a capture that failed is tried again.
const afterFailure = time.Second

// Begin takes the first look.
func (s *Session) Begin(ix *inspect.Index) error {
	s.followed, s.looks = map[run]bool{}, make(chan looked, 1)
	return s.take(ix)
}

// take passes a capture to the teller and to the kernel.
func (s *Session) take(ix *inspect.Index) error {
	s.Teller.SetIndex(ix)
	for c := range ix.Containers() {
		main := ix.Main(c)
		if main == nil || s.Wanted != nil && !s.Wanted(c.ID, c.Name) {
			continue
		}
		if is := (run{c.ID, main.Key}); !s.followed[is] {
			if err := s.Kernel.Follow(ix, c); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			s.followed[is] = true
		}
	}
	s.Teller.SetEngine(s.Host.State().Followed)
	return nil
}

// Run traces until the context ends, or until the containers in Until have exited.
func (s *Session) Run(ctx context.Context) error {
	kernel := make(chan procfs.KernelEvent, 4096)
	broken := make(chan error, 1)
	over := make(chan struct{})
	defer close(over)
	go s.read(over, kernel, broken)
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case e := <-kernel:
			s.Teller.Kernel(e)
		case e := <-s.Events:
			s.Teller.Engine(e)
		case found := <-s.looks:
			s.looking = false
			if found.err != nil {
				s.rest = time.Now().Add(afterFailure)
				s.Failed(found.err)
			} else if err := s.take(found.index); err != nil {
				return err
			}
		case now := <-ticker.C:
			s.look(ctx, now)
			if err := s.write(s.Teller.Settle(now)); err != nil {
				return err
			}
			if s.Until != nil && s.isOver(now) {
				return s.write(s.Teller.Rest())
			}
		case err := <-broken:
			return errors.Join(s.write(s.Teller.Rest()), err)
		case <-ctx.Done():
			s.drain(kernel, time.Now())
			return s.write(s.Teller.Rest())
		}
	}
}

// read passes on what the kernel reports.
func (s *Session) read(over <-chan struct{}, to chan<- procfs.KernelEvent, broken chan<- error) {
	for {
		e, err := s.Kernel.Read()
		if err != nil {
			if !errors.Is(err, os.ErrClosed) {
				broken <- err
			}
			return
		}
		select {
		case to <- e:
		case <-over:
			return
		}
	}
}

// quiet is how long nothing comes if the kernel has no more events, and mostDraining how long those
// are taken that were before the end.
const (
	quiet        = 200 * time.Millisecond
	mostDraining = 4 * time.Second
)

// drain takes what the kernel has reported until the end, which may be much if it came faster than
// it was read.
func (s *Session) drain(kernel <-chan procfs.KernelEvent, end time.Time) {
	for time.Since(end) < mostDraining {
		select {
		case e := <-kernel:
			if e.Time.After(end) {
				return
			}
			s.Teller.Kernel(e)
		case <-time.After(quiet):
			return
		}
	}
	s.Cut = true
}

// look takes a capture if one is missing and none is being taken.
func (s *Session) look(ctx context.Context, now time.Time) {
	if s.looking || now.Before(s.rest) || !s.Teller.NeedsCapture() {
		return
	}
	s.looking = true
	go func() {
		ix, err := s.Host.Look(ctx)
		s.looks <- looked{ix, err}
	}()
}

func (s *Session) write(rows []trace.Row) error {
	for _, row := range rows {
		if err := s.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// isOver reports whether each container that is waited for has ended, and its rows are written.
func (s *Session) isOver(now time.Time) bool {
	return !slices.ContainsFunc(s.Until, func(id string) bool { return !s.Teller.HasEnded(id, now) }) && s.Teller.Waiting() == 0
}
