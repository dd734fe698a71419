package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// asker asks an engine several things at once, so that one that hangs costs its deadline
// only once.
type asker struct{ Facts }

// inspecting is how many questions are asked at once.
const inspecting = 8

// inspected is what the engine said of one container.
type inspected struct {
	container inspect.Container
	err       error
}

// inspectRefs asks for several containers, and answers in their order.
func (a asker) inspectRefs(ctx context.Context, refs []string) []inspected {
	answers := make([]inspected, len(refs))
	inParallel(len(refs), func(i int) {
		answers[i].container, answers[i].err = a.Inspect(ctx, refs[i])
	})
	return answers
}

// inspectAll replaces each listed container by its inspect, keeps the listing
// of those that do not answer, and drops those that are gone.
func (a asker) inspectAll(ctx context.Context, list []inspect.Container) []inspect.Container {
	refs := make([]string, len(list))
	for i := range list {
		refs[i] = list[i].ID
	}
	var found []inspect.Container
	for i, answer := range a.inspectRefs(ctx, refs) {
		switch {
		case answer.err == nil:
			found = append(found, answer.container)
		case !errors.Is(answer.err, ErrNoSuchContainer):
			found = append(found, list[i])
		}
	}
	return found
}

// inspectExecs asks for the host PID of each session. What the engine has forgotten is
// left out.
func (a asker) inspectExecs(ctx context.Context, wanted map[string]inspect.Exec) []inspect.Exec {
	known := make([]inspect.Exec, 0, len(wanted))
	for _, e := range wanted {
		known = append(known, e)
	}
	answers := make([]*inspect.Exec, len(known))
	inParallel(len(known), func(i int) {
		if e, err := a.Exec(ctx, known[i].ID); err == nil {
			e.Command, e.StartedAt = known[i].Command, known[i].StartedAt
			answers[i] = &e
		}
	})
	var found []inspect.Exec
	for _, e := range answers {
		if e != nil {
			found = append(found, *e)
		}
	}
	slices.SortFunc(found, func(a, b inspect.Exec) int { return a.HostPID - b.HostPID })
	return found
}

// inParallel does n things, some at once.
func inParallel(n int, do func(i int)) {
	var group sync.WaitGroup
	slots := make(chan struct{}, inspecting)
	for i := range n {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	group.Wait()
}

// listing is what the list of running containers came to.
type listing struct {
	containers []inspect.Container
	err        error
}

// listMeanwhile lists the running containers while the engine answers other questions.
// What it returns waits for the answer.
func (a asker) listMeanwhile(ctx context.Context) func() listing {
	answer := make(chan listing, 1)
	go func() {
		list, err := a.List(ctx, false)
		answer <- listing{list, err}
	}()
	return sync.OnceValue(func() listing { return <-answer })
}

// secondChance is the deadline of a question to an engine that has just let
// one pass.
const secondChance = time.Second

// listed finds the container of a ref that inspect does not answer about: the list still
// does when one shim hangs. An error means that the list does not answer either.
func (a asker) listed(ctx context.Context, ref string) (*inspect.Container, *inspect.Problem, error) {
	ctx, cancel := context.WithTimeout(ctx, secondChance)
	defer cancel()
	list, err := a.List(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	c, problem := inspect.NewIndex(&inspect.Capture{Containers: list}).Resolve(ref)
	if problem != nil {
		return nil, &inspect.Problem{
			Kind: inspect.EngineSilent, Ref: ref,
			Text: fmt.Sprintf("the engine did not answer about %s in %s", ref, a.Timeout()),
		}, nil
	}
	return c, nil, nil
}

// whyNot turns a refusal into a problem. Docker's own error for an ambiguous
// prefix does not name the candidates.
func (a asker) whyNot(ctx context.Context, ref string, cause error) inspect.Problem {
	if errors.Is(cause, ErrNoSuchContainer) {
		return inspect.Problem{Kind: inspect.NoSuchContainer, Ref: ref, Text: "no such container: " + ref, Next: "docker ps -a"}
	}
	if list, err := a.List(ctx, true); err == nil {
		var candidates []*inspect.Container
		for i := range list {
			if strings.HasPrefix(list[i].ID, ref) {
				candidates = append(candidates, &list[i])
			}
		}
		if len(candidates) > 1 {
			return *inspect.AmbiguousProblem(ref, candidates)
		}
	}
	return inspect.Problem{Kind: inspect.Unreadable, Ref: ref, Text: fmt.Sprintf("%s: %v", ref, cause)}
}

// isFatal: no other question would be answered either.
func isFatal(err error) bool {
	var denied *DeniedError
	var unreachable *UnreachableError
	return errors.As(err, &denied) || errors.As(err, &unreachable) || errors.Is(err, context.Canceled)
}
