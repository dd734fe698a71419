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

// ration is an engine that is asked within bounds of the whole question, beside the
// deadline of each call: one that hangs, or never comes to an end, costs so much and no
// more. What was not asked for that reason is a problem.
//
// Who let a deadline pass is not asked the same again, and has one second for each other
// question from then on.
type ration struct {
	Facts

	mu sync.Mutex
	// spent is for how long at least one call was open, without the present ones, which
	// are open since a moment.
	spent time.Duration
	open  int
	since time.Time
	// missed is how many calls got no answer, and silent about whom that was.
	missed int
	silent map[string]bool
	// late and unasked count the calls that were not made, as there was no time left, or
	// too many had got no answer.
	late, unasked int
	// cut are the problems of what was read in part, in the order in which they came, and
	// more is how many others there are.
	cut  []inspect.Problem
	more int
	// partial: a list of containers was cut.
	partial bool
	// unknown is how many names the engine did not know, and known are the containers that
	// it has, if there was one: they are found out one after the other.
	unknown int
	known   []inspect.Container
}

const (
	// deadlines is how many deadlines of a call all of them together may take: a minute
	// where one has five seconds. 5,000 containers, eight at once, have it at 90 ms each.
	deadlines = 12
	// mostMissed is how many calls may be left without an answer.
	mostMissed = 64
	// mostNoted is how many problems are told one by one.
	mostNoted = 8
	// secondChance is the deadline of a question to an engine that has just let
	// one pass.
	secondChance = time.Second
	// usualDeadline is that of a call to an engine that has none.
	usualDeadline = 5 * time.Second
)

// rationed bounds what one question asks of the engine.
func rationed(facts Facts) *ration { return &ration{Facts: facts, silent: map[string]bool{}} }

// each is how long a call may take, and whole how long all of them together.
func (r *ration) each() time.Duration  { return cmp.Or(r.Timeout(), usualDeadline) }
func (r *ration) whole() time.Duration { return deadlines * r.each() }

// begin is the context of a call, and what ends it with the error that it came to. An
// error means that the call is not to be made.
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

// rationedCall makes a call within the ration. Of the same about there is no second one
// after silence; about "" is asked again.
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

// List notes that it was cut, which is no error: what was read is there.
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

// isPartial reports whether a list has been cut: what is not in it may be there.
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

// ExecEvents asks for the sessions that the events tell of.
func (r *ration) ExecEvents(ctx context.Context) ([]inspect.Exec, error) {
	return rationedCall(ctx, r, "", r.Facts.ExecEvents)
}

// Events asks for what the engine remembers.
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

// note adds a problem that holds for the whole question, once.
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

// problems are what was not asked, or read in part.
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
