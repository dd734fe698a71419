package source

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// How containers are found.
const (
	// EngineAuto asks the engine. Where no engine answers at a socket of this host, it finds
	// containers without one.
	EngineAuto = "auto"
	// EngineNone finds containers without asking an engine.
	EngineNone = "none"
)

// Engines are the values of --engine.
var Engines = []string{EngineAuto, EngineNone}

// fallback asks an engine, and from the first question on which it cannot be reached whoever
// tells of containers without one.
type fallback struct {
	Facts
	without Facts

	mu sync.Mutex
	// refused is why the engine is not asked any more, nil while it is.
	refused *UnreachableError
}

// mayFallBack reports whether the error means that no engine is there: its socket on this
// host does not exist, or no process listens there.
func mayFallBack(err error) (*UnreachableError, bool) {
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || !strings.HasPrefix(unreachable.Endpoint, "unix://") {
		return nil, false
	}
	return unreachable, unreachable.Obstacle == NoSocket || unreachable.Obstacle == NobodyListens
}

// why is why no engine is asked, nil where one is.
func (f *fallback) why() *UnreachableError {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.refused
}

// tell is the capture, with what was in the way of the engine. Where no container was found
// without it either, its absence is the answer.
func (f *fallback) tell(ctx context.Context, c *inspect.Capture) (*inspect.Capture, error) {
	refused := f.why()
	if refused == nil {
		return c, nil
	}
	if len(c.Containers) == 0 {
		if list, err := f.without.List(ctx, false); err != nil || len(list) == 0 {
			return nil, refused
		}
	}
	c.Engine.Absent, c.Engine.AbsentBecause, c.Engine.Endpoint = true, refused.Error(), refused.Endpoint
	c.Engine.LeftOut = f.leftOut()
	return c, nil
}

// leftOut is how many containers of engines that run were left out.
func (f *fallback) leftOut() int {
	if counts, ok := f.without.(interface{ LeftOut() int }); ok {
		return counts.LeftOut()
	}
	return 0
}

// answeredBy is the answer of the engine, or where that cannot be reached the one without it.
func answeredBy[T any](f *fallback, ask func(Facts) (T, error)) (T, error) {
	if f.why() != nil {
		return ask(f.without)
	}
	value, err := ask(f.Facts)
	refused, ok := mayFallBack(err)
	if !ok {
		return value, err
	}
	f.mu.Lock()
	f.refused = refused
	f.mu.Unlock()
	return ask(f.without)
}

// PeerPID is that of [Facts].
func (f *fallback) PeerPID(ctx context.Context) (int, error) {
	return answeredBy(f, func(facts Facts) (int, error) { return facts.PeerPID(ctx) })
}

// List is that of [Facts].
func (f *fallback) List(ctx context.Context, all bool) ([]inspect.Container, error) {
	return answeredBy(f, func(facts Facts) ([]inspect.Container, error) { return facts.List(ctx, all) })
}

// Inspect is that of [Facts].
func (f *fallback) Inspect(ctx context.Context, ref string) (inspect.Container, error) {
	return answeredBy(f, func(facts Facts) (inspect.Container, error) { return facts.Inspect(ctx, ref) })
}

// Exec is that of [Facts].
func (f *fallback) Exec(ctx context.Context, id string) (inspect.Exec, error) {
	return answeredBy(f, func(facts Facts) (inspect.Exec, error) { return facts.Exec(ctx, id) })
}

// ExecEvents is that of [Facts].
func (f *fallback) ExecEvents(ctx context.Context) ([]inspect.Exec, error) {
	return answeredBy(f, func(facts Facts) ([]inspect.Exec, error) { return facts.ExecEvents(ctx) })
}

// Events is that of [Facts].
func (f *fallback) Events(ctx context.Context) (inspect.EventLog, error) {
	return answeredBy(f, func(facts Facts) (inspect.EventLog, error) { return facts.Events(ctx) })
}

// LastWords is that of [Facts].
func (f *fallback) LastWords(ctx context.Context, id string) ([]string, error) {
	return answeredBy(f, func(facts Facts) ([]string, error) { return facts.LastWords(ctx, id) })
}

// Describe is that of [Facts].
func (f *fallback) Describe(ctx context.Context) (inspect.Engine, error) {
	return answeredBy(f, func(facts Facts) (inspect.Engine, error) { return facts.Describe(ctx) })
}
