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
	"github.com/docker-pidns/docker-pidns/plugin/engine"
)

// askAll asks for what the request is about: numbers, or containers.
func (s *session) askAll(ctx context.Context) error {
	if len(s.request.Numbers) > 0 {
		s.findThreads()
		s.readNumbers()
	}
	return s.ask(ctx)
}

// ask fills the capture with the containers that were asked for and, where
// wanted, with the others that run. A deadline that is missed is not the end:
// /proc answers what it can.
func (s *session) ask(ctx context.Context) error {
	s.capture.Containers, s.capture.Problems, s.selected = nil, nil, nil
	var err error
	if len(s.request.Containers) > 0 {
		err = s.askNamed(ctx)
	} else {
		err = s.askRunning(ctx)
	}
	if errors.Is(err, engine.ErrSilent) && s.mayBeHere() {
		s.capture.Engine.Silent = true
		return nil
	}
	s.fillFromProc(ctx)
	return err
}

// mayBeHere: an engine that says nothing could be anywhere. Only one whose
// socket is proved to be served from here is looked for in this /proc.
func (s *session) mayBeHere() bool {
	s.awaitHost()
	return s.capture.Proof.Verdict == inspect.Yes
}

func (s *session) askRunning(ctx context.Context) error {
	list, err := s.local.Engine.List(ctx, false)
	if err != nil {
		return err
	}
	for _, c := range list {
		// The others are asked for all the same: they may share namespaces.
		if s.request.Filter.Matches(&c) {
			s.selected = append(s.selected, c.ID)
		}
	}
	if len(s.request.Numbers) > 0 && !s.isWhole() {
		list = s.ownersOfNumbers(list)
	}
	s.capture.Containers = s.inspectAll(ctx, list)
	if s.request.Ended {
		s.askEnded(ctx)
	}
	return s.askOwners(ctx)
}

// askEnded adds the containers that do not run, so that why they ended can be
// told of a snapshot too. Without an answer they stay unknown.
func (s *session) askEnded(ctx context.Context) {
	list, err := s.local.Engine.List(ctx, true)
	if err != nil {
		return
	}
	list = slices.DeleteFunc(list, func(c inspect.Container) bool { return s.has(c.ID) })
	// What has started since is not of this capture.
	ended := slices.DeleteFunc(s.inspectAll(ctx, list), func(c inspect.Container) bool { return c.IsRunning() })
	s.capture.Containers = append(s.capture.Containers, ended...)
}

// askNamed asks for each container by what the user typed, and then for those
// that may share namespaces with them.
func (s *session) askNamed(ctx context.Context) error {
	others := s.listOthers(ctx)
	for i, a := range s.inspectRefs(ctx, s.request.Containers) {
		ref := s.request.Containers[i]
		switch {
		case a.err == nil:
			s.add(a.container)
		case errors.Is(a.err, engine.ErrSilent):
			if err := s.askListed(ctx, ref); err != nil {
				return err
			}
		case isFatal(a.err):
			return a.err
		default:
			s.capture.Problems = append(s.capture.Problems, s.whyNot(ctx, ref, a.err))
		}
	}
	if s.request.Sharers {
		s.askSharers(ctx, others())
	}
	return s.askOwners(ctx)
}

// listing is what the list of running containers came to.
type listing struct {
	containers []inspect.Container
	err        error
}

// listOthers lists the running containers while the engine answers about those
// that were named. What it returns waits for the answer.
func (s *session) listOthers(ctx context.Context) func() listing {
	if !s.request.Sharers {
		return nil
	}
	answer := make(chan listing, 1)
	go func() {
		list, err := s.local.Engine.List(ctx, false)
		answer <- listing{list, err}
	}()
	return func() listing { return <-answer }
}

// inspecting is how many questions are asked at once.
const inspecting = 8

// answer is what inspect said of one container.
type answer struct {
	container inspect.Container
	err       error
}

// inspectRefs asks for several containers at once, so that one that hangs
// costs its deadline only once.
func (s *session) inspectRefs(ctx context.Context, refs []string) []answer {
	answers := make([]answer, len(refs))
	var group sync.WaitGroup
	slots := make(chan struct{}, inspecting)
	for i, ref := range refs {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			answers[i].container, answers[i].err = s.local.Engine.Inspect(ctx, ref)
		})
	}
	group.Wait()
	return answers
}

func (s *session) add(c inspect.Container) {
	if slices.Contains(s.selected, c.ID) {
		return
	}
	s.selected = append(s.selected, c.ID)
	s.capture.Containers = append(s.capture.Containers, c)
}

// isFatal: no other question would be answered either.
func isFatal(err error) bool {
	var denied *engine.DeniedError
	var unreachable *engine.UnreachableError
	return errors.As(err, &denied) || errors.As(err, &unreachable) || errors.Is(err, context.Canceled)
}

// secondChance is the deadline of a question to an engine that has just let
// one pass.
const secondChance = time.Second

// askListed finds the container of a ref that inspect does not answer about:
// the list still does when one shim hangs.
func (s *session) askListed(ctx context.Context, ref string) error {
	ctx, cancel := context.WithTimeout(ctx, secondChance)
	defer cancel()
	list, err := s.local.Engine.List(ctx, false)
	if err != nil {
		return err
	}
	ix := inspect.NewIndex(&inspect.Capture{Containers: list})
	c, problem := ix.Resolve(ref)
	if problem != nil {
		s.capture.Problems = append(s.capture.Problems, inspect.Problem{
			Kind: inspect.EngineSilent, Ref: ref,
			Text: fmt.Sprintf("the engine did not answer about %s in %s", ref, s.local.Engine.Timeout()),
		})
		return nil
	}
	s.add(*c)
	return nil
}

// whyNot turns a refusal into a problem. Docker's own error for an ambiguous
// prefix does not name the candidates.
func (s *session) whyNot(ctx context.Context, ref string, cause error) inspect.Problem {
	if errors.Is(cause, engine.ErrNoSuchContainer) {
		return inspect.Problem{Kind: inspect.NoSuchContainer, Ref: ref, Text: "no such container: " + ref, Next: "docker ps -a"}
	}
	if list, err := s.local.Engine.List(ctx, true); err == nil {
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

// askSharers adds the other running containers: the list does not say whose
// namespaces they use. That they could not be listed is noted.
func (s *session) askSharers(ctx context.Context, running listing) {
	s.capture.OthersUnread = running.err != nil
	if running.err != nil {
		return
	}
	list := slices.DeleteFunc(running.containers, func(c inspect.Container) bool { return slices.Contains(s.selected, c.ID) })
	s.capture.Containers = append(s.capture.Containers, s.inspectAll(ctx, s.dropApart(list))...)
}

// askOwners adds the containers whose namespaces were joined, running or not.
func (s *session) askOwners(ctx context.Context) error {
	for i := 0; i < len(s.capture.Containers); i++ {
		for _, joined := range s.capture.Containers[i].JoinedRefs() {
			if s.has(joined) {
				continue
			}
			if owner, err := s.local.Engine.Inspect(ctx, joined); err == nil && !s.has(owner.ID) {
				s.capture.Containers = append(s.capture.Containers, owner)
				delete(s.skipped, owner.ID) // it is asked for after all
			}
		}
	}
	return ctx.Err()
}

func (s *session) has(ref string) bool {
	return slices.ContainsFunc(s.capture.Containers, func(c inspect.Container) bool { return c.ID == ref || c.Name == ref })
}

// inspectAll replaces each listed container by its inspect, keeps the listing
// of those that do not answer, and drops those that are gone.
func (s *session) inspectAll(ctx context.Context, list []inspect.Container) []inspect.Container {
	refs := make([]string, len(list))
	for i := range list {
		refs[i] = list[i].ID
	}
	var found []inspect.Container
	for i, a := range s.inspectRefs(ctx, refs) {
		switch {
		case a.err == nil:
			found = append(found, a.container)
		case !errors.Is(a.err, engine.ErrNoSuchContainer):
			found = append(found, list[i])
		}
	}
	return found
}

// listAll lists every container, running or not; nil if that was not wanted, or
// the engine did not answer.
func (s *session) listAll(ctx context.Context) []inspect.Listed {
	if !s.request.Listing || s.capture.Engine.Silent {
		return nil
	}
	all, err := s.local.Engine.List(ctx, true)
	if err != nil {
		return nil
	}
	list := make([]inspect.Listed, len(all))
	for i, c := range all {
		list[i] = inspect.Listed{ID: c.ID, Name: c.Name, Status: c.Status}
	}
	return list
}
