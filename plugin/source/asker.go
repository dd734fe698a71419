package source

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// asker asks an engine several questions at once, so that several questions that get no answer
// cost only one deadline.
type asker struct{ *ration }

// inspecting is how many questions are asked at once.
const inspecting = 8

const (
	// mostInspects is how many containers are asked for. For the others there is only what the
	// list has. On a host with 5,000 containers, all are asked for.
	mostInspects = 10_000
	// mostSessions is how many exec sessions are asked for.
	mostSessions = 10_000
)

// inspected is the engine's answer about one container.
type inspected struct {
	container inspect.Container
	err       error
}

// inspectRefs asks for several containers, and returns the answers in their order.
func (a asker) inspectRefs(ctx context.Context, refs []string) []inspected {
	answers := make([]inspected, len(refs))
	inParallel(len(refs), func(i int) {
		answers[i].container, answers[i].err = a.Inspect(ctx, refs[i])
	})
	return answers
}

// inspectAll replaces each listed container by its inspect. It keeps the listing of those
// without an answer, and removes those that are gone. It notes why the engine refuses to answer
// about some.
func (a asker) inspectAll(ctx context.Context, list []inspect.Container) []inspect.Container {
	refs := make([]string, min(len(list), mostInspects))
	for i := range refs {
		refs[i] = list[i].ID
	}
	if more := len(list) - len(refs); more > 0 {
		a.note(inspect.Problem{Kind: inspect.Cut, Text: fmt.Sprintf("%[2]d of %[1]d containers were not inspected: only the list and /proc were read for them", len(list), more)})
	}
	var found []inspect.Container
	var refusals []refusal
	for i, answer := range a.inspectRefs(ctx, refs) {
		switch {
		case answer.err == nil && answer.container.ID == refs[i]:
			found = append(found, answer.container)
		case !errors.Is(answer.err, ErrNoSuchContainer):
			c := list[i]
			if c.Unasked = !errors.Is(answer.err, ErrSilent); c.Unasked {
				refusals = append(refusals, refusal{c.Name, answer.err})
			}
			found = append(found, c)
		}
	}
	a.noteRefusals(refusals)
	for _, c := range list[len(refs):] {
		c.Unasked = true
		found = append(found, c)
	}
	return found
}

// refusal is why the engine does not answer about a container that it lists.
type refusal struct {
	name string
	err  error
}

// noteRefusals notes all of them once.
func (a asker) noteRefusals(all []refusal) {
	if len(all) == 0 {
		return
	}
	first := all[0]
	why := "the answer is about another container"
	if first.err != nil {
		why = first.err.Error()
	}
	a.note(inspect.Problem{
		Kind: inspect.Unreadable, Next: remedy(first.err),
		Text: fmt.Sprintf("the engine did not answer about %s (the first, %s: %s)", counted(len(all), "container", "containers"), first.name, why),
	})
}

// remedy is the command that helps against an error of the engine, or "".
func remedy(err error) string {
	var unreachable *UnreachableError
	if errors.As(err, &unreachable) {
		return unreachable.Remedy()
	}
	return ""
}

// inspectExecs asks for the host PID of each session. Sessions that the engine has forgotten are
// left out.
func (a asker) inspectExecs(ctx context.Context, wanted map[string]inspect.Exec) []inspect.Exec {
	known := slices.SortedFunc(maps.Values(wanted), func(a, b inspect.Exec) int { return strings.Compare(a.ID, b.ID) })
	if len(known) > mostSessions {
		a.note(inspect.Problem{Kind: inspect.Cut, Text: fmt.Sprintf("%[2]d of %[1]d exec sessions were not inspected", len(known), len(known)-mostSessions)})
		known = known[:mostSessions]
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
func inParallel(n int, do func(i int)) { atOnce(inspecting, n, do) }

// readTogether reads n things, many at a time: they may be at the other end of a network, where
// each takes its time and costs nothing here.
func readTogether(n int, read func(i int)) { atOnce(readingAtOnce, n, read) }

// readingAtOnce is how many processes are read by one goroutine each.
const readingAtOnce = 32

func atOnce(most, n int, do func(i int)) {
	var group sync.WaitGroup
	slots := make(chan struct{}, most)
	for i := range n {
		slots <- struct{}{}
		group.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	group.Wait()
}

// listing is the result of listing the running containers.
type listing struct {
	containers []inspect.Container
	err        error
}

// listMeanwhile lists the running containers while the engine answers other questions. The
// function that it returns waits for the answer.
func (a asker) listMeanwhile(ctx context.Context) func() listing {
	answer := make(chan listing, 1)
	go func() {
		list, err := a.List(ctx, false)
		answer <- listing{list, err}
	}()
	return sync.OnceValue(func() listing { return <-answer })
}

// listed finds the container of a ref about which inspect does not answer. The list still
// answers if one shim hangs. An error means that the list does not answer either.
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

// whyNot converts a refusal into a problem. Docker's own error for an ambiguous prefix does not
// name the candidates.
func (a asker) whyNot(ctx context.Context, ref string, cause error) inspect.Problem {
	if errors.Is(cause, ErrNotRunning) {
		known := a.mayBeMeant(ctx)
		p := inspect.NoContainer(ref, known)
		p.Text, p.Next = "no running container: "+ref, "docker pidns host-pid"
		if slices.ContainsFunc(known, func(c inspect.Container) bool { return c.Name == c.ShortID() && c.ID != c.Name }) {
			p.Text, p.TakesRoot = p.Text+". Some names take root to read", true
		}
		return p
	}
	if errors.Is(cause, ErrNoSuchContainer) {
		return inspect.NoContainer(ref, a.mayBeMeant(ctx))
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

// mostMeant is for how many unknown names similar names are looked up.
const mostMeant = 8

// mayBeMeant are the containers, running or not, that may be meant by a name that the engine
// does not know. They are listed once. There are none if the engine does not list them.
func (a asker) mayBeMeant(ctx context.Context) []inspect.Container {
	if a.unknown++; a.unknown == 1 {
		a.known, _ = a.List(ctx, true)
	}
	if a.unknown > mostMeant {
		return nil
	}
	return a.known
}

// isFatal reports whether the engine would not answer other questions either.
func isFatal(err error) bool {
	var denied *DeniedError
	var unreachable *UnreachableError
	return errors.As(err, &denied) || errors.As(err, &unreachable) || errors.Is(err, context.Canceled)
}

func isTooLarge(err error) bool {
	var tooLarge *TooLargeError
	return errors.As(err, &tooLarge)
}
