package plugin

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

const (
	// mostAtOnce is how many hosts are asked at the same time.
	mostAtOnce = 32
	// mostFilesAtOnce is how many snapshots or recordings are read at the same time. Each takes
	// memory.
	mostFilesAtOnce = 2
	// hostDeadlines is how many times the maximum time of one request a host may take in all. A
	// source itself allows 12 for its engine. This limit is for a source that hangs anyway.
	hostDeadlines = 24
)

// captured is the result for one host.
type captured struct {
	place
	// index is nil if the host could not be captured. err says why.
	index *inspect.Index
	err   error
}

// captureAll captures the hosts at the same time. An error means that the command was
// interrupted.
func (app *App) captureAll(ctx context.Context, places []place, question need.Question) ([]captured, error) {
	var done atomic.Int64
	end := app.signOfLife(ctx, func(waited time.Duration) render.Safe {
		return render.Say("waiting for %d of %d hosts: %s", len(places)-int(done.Load()), len(places), waited.Truncate(time.Second))
	})
	app.via = len(places) > 0 && (places[0].source != nil || app.usesHelper(places[0].where))
	most := mostAtOnce
	if len(places) > 0 && (places[0].where.From != "" || places[0].source != nil) {
		most = mostFilesAtOnce
	}
	all := sideBySide(places, most, func(p place) captured {
		defer done.Add(1)
		index, err := app.captureOne(ctx, p, question)
		return captured{p, index, err}
	})
	end()
	return all, ctx.Err()
}

// sideBySide calls do for each element of a list, at most so many at a time. The results have
// the order of the list.
func sideBySide[T, R any](list []T, most int, do func(T) R) []R {
	results := make([]R, len(list))
	slots := make(chan struct{}, most)
	var running sync.WaitGroup
	for i, one := range list {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			results[i] = do(one)
		})
	}
	running.Wait()
	return results
}

// captureOne captures a host within its own deadline. A source that does not return by then is
// abandoned.
func (app *App) captureOne(ctx context.Context, p place, question need.Question) (*inspect.Index, error) {
	most := hostDeadlines*p.where.Timeout + question.Settle
	within, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	type result struct {
		index *inspect.Index
		err   error
	}
	finished := make(chan result, 1)
	go func() {
		index, err := app.captureAt(within, p, question)
		finished <- result{index, err}
	}()
	select {
	case r := <-finished:
		return r.index, r.err
	case <-within.Done():
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("no answer in %s (--timeout)", most)
}

func (app *App) captureAt(ctx context.Context, p place, question need.Question) (*inspect.Index, error) {
	of := p.source
	if of == nil {
		sources, err := app.open(p.where)
		if err != nil {
			return nil, err
		}
		of = sources[0]
	}
	capture, err := of.Capture(ctx, question)
	if err != nil {
		return nil, err
	}
	return inspect.NewIndex(capture), nil
}
