package metrics

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/measure"
)

// Host is the host that is measured.
type Host interface {
	// Look looks at the host now, within the context. Calls do not overlap. The index is not
	// used after the next call.
	Look(ctx context.Context) (*inspect.Index, error)
}

// Exporter measures a host whenever it is asked.
type Exporter struct {
	// Host is looked at.
	Host Host
	// Filter selects the containers. The zero Filter selects all.
	Filter inspect.Filter
	// Version is that of this program.
	Version string
	// Failed, if not nil, is called when looks begin to fail or fail for another reason. It is
	// called with nil when they succeed again. Calls do not overlap.
	Failed func(error)

	once  sync.Once
	looks *shared[result]

	mu     sync.Mutex
	errors map[measure.Reason]int
	said   string
}

// result is what one look gave.
type result struct {
	look measure.Look
	took time.Duration
	err  error
}

// errLate is the error of a scrape that had to be answered before the look was complete.
var errLate = errors.New("the look was not complete before the deadline of the scrape: raise scrape_timeout")

// Measure looks at the host, or shares the look that is going on, and returns all families. The
// error says why there is no look; the families are complete without it, with pidns_up 0. within
// is the context of the look, which others may share.
func (e *Exporter) Measure(ctx, within context.Context) ([]measure.Family, error) {
	e.once.Do(func() { e.looks, e.errors = &shared[result]{do: e.look}, map[measure.Reason]int{} })
	began := time.Now()
	r, late := e.looks.get(ctx, within)
	if late != nil {
		r = result{took: time.Since(began), err: late}
		if errors.Is(late, context.DeadlineExceeded) {
			r.err = errLate
			e.count(map[measure.Reason]int{measure.Deadline: 1})
		}
	}
	if !errors.Is(r.err, context.Canceled) {
		e.tell(r.err)
	}
	about := measure.About{Version: e.Version, Taken: r.err == nil, Took: r.took, Errors: e.counted()}
	return slices.Concat(r.look.Families, about.Families()), r.err // the look is shared
}

// look looks at the host once, and counts what could not be read.
func (e *Exporter) look(ctx context.Context) result {
	began := time.Now()
	index, err := e.Host.Look(ctx)
	r := result{err: err, took: time.Since(began)}
	switch {
	case err == nil:
		r.look = measure.Of(index, e.Filter)
		e.count(r.look.Errors)
	case ctx.Err() == nil:
		e.count(map[measure.Reason]int{measure.Failed: 1})
	}
	return r
}

// count adds to pidns_capture_errors_total.
func (e *Exporter) count(more map[measure.Reason]int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for reason, n := range more {
		e.errors[reason] += n
	}
}

func (e *Exporter) counted() map[measure.Reason]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.errors)
}

// tell calls Failed if the error is not that of the scrape before.
func (e *Exporter) tell(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if text == e.said || e.Failed == nil {
		return
	}
	e.said = text
	e.Failed(err)
}
