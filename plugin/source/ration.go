package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// ration limits what the whole question may cost the engine, in addition to the deadline of each
// call. An engine that hangs, or never finishes an answer, costs a limited time. What was not
// asked for that reason is a problem.
//
// After a missed deadline the same question is not asked again, and each other question has one
// second.
type ration struct {
	Facts

	mu sync.Mutex
	// spent is how long at least one call was open, without the present calls, which are open
	// since the time in since.
	spent time.Duration
	open  int
	since time.Time
	// missed is how many calls got no answer, and silent is what they were about.
	missed int
	silent map[string]bool
	// late and unasked count the calls that were not made, because there was no time left, or
	// because too many had got no answer.
	late, unasked int
	// cut are the problems of what was read partly, in the order in which they occurred. more is
	// how many others there are.
	cut  []inspect.Problem
	more int
	// partial is true if a list of containers was cut.
	partial bool
	// unknown is how many names the engine did not know. known are the containers that it has,
	// if there was such a name. One name is looked up at a time.
	unknown int
	known   []inspect.Container
}

const (
	// deadlines is how many deadlines of a call all calls together may take: one minute if a
	// call has five seconds. For 5,000 containers, eight at once, this is enough at 90 ms each.
	deadlines = 12
	// mostMissed is how many calls may get no answer.
	mostMissed = 64
	// mostNoted is how many problems are reported one by one.
	mostNoted = 8
	// secondChance is the deadline of a question to an engine that has missed one.
	secondChance = time.Second
	// usualDeadline is the deadline of a call if the engine has none.
	usualDeadline = 5 * time.Second
)

// rationed limits what one question asks of the engine.
func rationed(facts Facts) *ration { return &ration{Facts: facts, silent: map[string]bool{}} }

// each is how long a call may take, and whole is how long all calls together may take.
func (r *ration) each() time.Duration  { return cmp.Or(r.Timeout(), usualDeadline) }
func (r *ration) whole() time.Duration { return deadlines * r.each() }

// begin returns the context of a call, and a function that ends the call with its error. An
// error means that the call must not be made.
func (r *ration) begin(ctx context.Context, about string) (context.Context, func(error), error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	left := r.whole() - r.spent
	if r.open > 0 {
		left -= now.Sub(r.since)
	}
	switch {
	case r.silent[about]:
		return nil, nil, fmt.Errorf("%w before", ErrSilent)
	case left <= 0:
		r.late++
		return nil, nil, fmt.Errorf("%w in %s all in all", ErrSilent, r.whole())
	case r.missed >= mostMissed:
		r.unasked++
		return nil, nil, fmt.Errorf("%w so often that it is not asked again", ErrSilent)
	}
	deadline := min(r.each(), left)
	if r.missed > 0 {
		deadline = min(deadline, secondChance)
	}
	if r.open == 0 {
		r.since = now
	}
	r.open++
	within, cancel := context.WithTimeout(ctx, deadline)
	return within, func(err error) {
		cancel()
		r.end(about, err)
	}, nil
}

func (r *ration) end(about string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open--; r.open == 0 {
		r.spent += time.Since(r.since)
	}
	if errors.Is(err, ErrSilent) {
		r.missed++
		r.silent[about] = about != ""
	}
}

// rationedCall makes a call within the ration. After a missed deadline, there is no second call
// with the same about. With about "" there is.
func rationedCall[T any](ctx context.Context, r *ration, about string, ask func(context.Context) (T, error)) (T, error) {
	var none T
	ctx, end, err := r.begin(ctx, about)
	if err != nil {
		return none, err
	}
	answer, err := ask(ctx)
	end(err)
	return answer, err
}

// List notes that a list was cut. That is not an error, because what was read is returned.
func (r *ration) List(ctx context.Context, all bool) ([]inspect.Container, error) {
	list, err := rationedCall(ctx, r, "", func(ctx context.Context) ([]inspect.Container, error) { return r.Facts.List(ctx, all) })
	var cut *CutError
	if errors.As(err, &cut) {
		err = nil
		r.note(inspect.Problem{Kind: inspect.Cut, Text: cut.Text})
		r.mu.Lock()
		r.partial = true
		r.mu.Unlock()
	}
	return r.soundList(list), err
}

// isPartial reports whether a list was cut. A container that is not in it may exist.
func (r *ration) isPartial() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.partial
}

// Inspect asks for one container.
func (r *ration) Inspect(ctx context.Context, ref string) (inspect.Container, error) {
	c, err := rationedCall(ctx, r, "container "+ref, func(ctx context.Context) (inspect.Container, error) { return r.Facts.Inspect(ctx, ref) })
	if err != nil {
		return c, err
	}
	return c, r.makeSound(&c)
}

// Exec asks for one session.
func (r *ration) Exec(ctx context.Context, id string) (inspect.Exec, error) {
	return rationedCall(ctx, r, "session "+id, func(ctx context.Context) (inspect.Exec, error) { return r.Facts.Exec(ctx, id) })
}

// ExecEvents asks for the sessions in the engine's events.
func (r *ration) ExecEvents(ctx context.Context) ([]inspect.Exec, error) {
	return rationedCall(ctx, r, "", r.Facts.ExecEvents)
}

// Events asks for the events that the engine remembers.
func (r *ration) Events(ctx context.Context) (inspect.EventLog, error) {
	return rationedCall(ctx, r, "", r.Facts.Events)
}

// LastWords asks for the end of a container's log.
func (r *ration) LastWords(ctx context.Context, id string) ([]string, error) {
	return rationedCall(ctx, r, "log "+id, func(ctx context.Context) ([]string, error) { return r.Facts.LastWords(ctx, id) })
}

// Describe asks for name and versions.
func (r *ration) Describe(ctx context.Context) (inspect.Engine, error) {
	return rationedCall(ctx, r, "", r.Facts.Describe)
}

// note adds a problem of the whole question, once.
func (r *ration) note(p inspect.Problem) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case slices.Contains(r.cut, p):
	case len(r.cut) >= mostNoted:
		r.more++
	default:
		r.cut = append(r.cut, p)
	}
}

// problems are what was not asked, or was read partly.
func (r *ration) problems() []inspect.Problem {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := slices.Clone(r.cut)
	if r.more > 0 {
		list = append(list, inspect.Problem{Kind: inspect.Cut, Text: counted(r.more, "more answer was cut", "more answers were cut")})
	}
	if r.late > 0 {
		list = append(list, inspect.Problem{Kind: inspect.Cut, Text: fmt.Sprintf(
			"all requests to the engine together took %s: %s not sent (raise --timeout)", r.whole(), counted(r.late, "question was", "questions were"))})
	}
	if r.unasked > 0 {
		list = append(list, inspect.Problem{Kind: inspect.Cut, Text: fmt.Sprintf(
			"the engine did not answer %d requests in time: %s not sent", r.missed, counted(r.unasked, "more was", "more were"))})
	}
	return list
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
