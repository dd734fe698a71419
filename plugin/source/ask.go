package source

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// ask fills the capture with the containers that were asked for and, if wanted, with the others
// that run. If the engine misses a deadline, /proc answers as much as it can.
func (r *reading) ask(ctx context.Context) error {
	var err error
	if len(r.question.Containers) > 0 {
		err = r.askNamed(ctx)
	} else {
		err = r.askRunning(ctx)
	}
	if errors.Is(err, ErrSilent) && r.mayBeHere() {
		r.change(func(c *inspect.Capture) { c.Engine.Silent = true })
		return nil
	}
	r.fillFromProc(ctx)
	return err
}

func (r *reading) askRunning(ctx context.Context) error {
	if r.question.Engine.AllNames {
		if err := r.askNames(ctx); err != nil || r.question.Processes.Reach == need.Nobody {
			return err
		}
	}
	list, err := r.facts.List(ctx, false)
	if err != nil {
		return err
	}
	for _, c := range list {
		// The others are also asked for, because they may share namespaces.
		if r.question.Filter.Matches(&c) {
			r.selected = append(r.selected, c.ID)
		}
	}
	if len(r.question.Numbers) > 0 && !r.question.IsWhole() {
		list = r.ownersOfNumbers(list)
	}
	r.add(r.facts.inspectAll(ctx, list)...)
	if r.question.Engine.Ended {
		r.askEnded(ctx)
	}
	return r.askOwners(ctx)
}

// askNames lists all containers, without asking for each one.
func (r *reading) askNames(ctx context.Context) error {
	all, err := r.facts.List(ctx, true)
	if err != nil {
		return err
	}
	r.change(func(c *inspect.Capture) { c.Listing = &inspect.Listing{Before: listedOf(all), After: listedOf(all)} })
	return nil
}

// askEnded adds the containers that do not run, so that explain can also say from a snapshot why
// they ended. If the engine does not answer, they stay unknown.
func (r *reading) askEnded(ctx context.Context) {
	list, err := r.facts.List(ctx, true)
	if err != nil {
		return
	}
	list = slices.DeleteFunc(list, func(c inspect.Container) bool { return r.has(c.ID) })
	// A container that has started since is not part of this capture.
	r.add(slices.DeleteFunc(r.facts.inspectAll(ctx, list), func(c inspect.Container) bool { return c.IsRunning() })...)
}

// askNamed asks for each container as the user typed it, and then for those that may share
// namespaces with them.
func (r *reading) askNamed(ctx context.Context) error {
	var others func() listing
	if r.question.Engine.Sharers != need.NoSharers {
		others = r.facts.listMeanwhile(ctx)
	}
	for i, answer := range r.facts.inspectRefs(ctx, r.question.Containers) {
		if err := r.takeNamed(ctx, r.question.Containers[i], answer); err != nil {
			return err
		}
	}
	if others != nil {
		r.askSharers(ctx, others())
	}
	return r.askOwners(ctx)
}

// takeNamed takes the engine's answer about one container that was named.
func (r *reading) takeNamed(ctx context.Context, ref string, answer inspected) error {
	switch {
	case answer.err == nil:
		r.selectOnly(answer.container)
	case errors.Is(answer.err, ErrSilent), isTooLarge(answer.err):
		c, problem, err := r.facts.listed(ctx, ref)
		switch {
		case err != nil:
			return err
		case problem != nil:
			r.refuse(*problem)
		default:
			if c.Unasked = isTooLarge(answer.err); c.Unasked {
				r.facts.noteRefusals([]refusal{{c.Name, answer.err}})
			}
			r.selectOnly(*c)
		}
	case isFatal(answer.err):
		return answer.err
	default:
		r.refuse(r.facts.whyNot(ctx, ref, answer.err))
	}
	return nil
}

// askSharers adds the other running containers, because the list does not say which namespaces
// they use. If they could not be listed, that is noted.
func (r *reading) askSharers(ctx context.Context, running listing) {
	r.change(func(c *inspect.Capture) { c.OthersUnread = running.err != nil || r.facts.isPartial() })
	if running.err != nil {
		return
	}
	list := slices.DeleteFunc(running.containers, func(c inspect.Container) bool { return slices.Contains(r.selected, c.ID) })
	r.add(r.facts.inspectAll(ctx, r.dropApart(list))...)
}

// mostLinks is how long a chain of joined namespaces may be. The kernel has no more levels of
// PID namespaces (pid_namespaces(7)).
const mostLinks = 32

// askOwners adds the containers whose namespaces were joined, running or not. A container that
// many have joined is asked for once, even if it is not found.
func (r *reading) askOwners(ctx context.Context) error {
	asked := map[string]bool{}
	known := 0
	for range mostLinks {
		joined := r.unknownOwners(r.capture.Containers[known:], asked)
		known = len(r.capture.Containers)
		if len(joined) == 0 {
			return ctx.Err()
		}
		for _, answer := range r.facts.inspectRefs(ctx, joined) {
			if owner := answer.container; answer.err == nil && !r.has(owner.ID) {
				r.add(owner)
				delete(r.skipped, owner.ID) // now it is asked for
			}
		}
	}
	if left := r.unknownOwners(r.capture.Containers[known:], asked); len(left) > 0 {
		r.facts.note(inspect.Problem{Kind: inspect.Cut, Text: fmt.Sprintf("joined namespaces were followed for %d containers, up to %s", mostLinks, left[0])})
	}
	return ctx.Err()
}

// unknownOwners are the containers whose namespaces these containers have joined and that were
// not asked for yet. They are noted as asked for.
func (r *reading) unknownOwners(list []inspect.Container, asked map[string]bool) []string {
	var unknown []string
	for i := range list {
		for _, joined := range list[i].JoinedRefs() {
			if asked[joined] || r.has(joined) {
				continue
			}
			asked[joined] = true
			unknown = append(unknown, joined)
		}
	}
	return unknown
}

// askUnlisted asks for the containers that the processes in question name but the list of
// running ones does not have. A container that is just starting or has just ended does not
// belong to another engine.
func (r *reading) askUnlisted(ctx context.Context) {
	wanted, asked := map[int]bool{}, map[string]bool{}
	for _, number := range r.question.Numbers {
		wanted[number] = true
		wanted[r.capture.Threads[number].PID] = true
	}
	ix := r.indexed()
	var ids []string
	for i := range r.capture.Snapshot.Processes {
		p := &r.capture.Snapshot.Processes[i]
		if !wanted[p.PID] {
			continue
		}
		named := ix.NamedIDs(p)
		if kept := ix.Who(p.PID).Kept; kept != nil && kept.ContainerID != "" {
			named = append(named, kept.ContainerID)
		}
		for _, id := range named {
			if asked[id] || r.has(id) {
				continue
			}
			asked[id] = true
			ids = append(ids, id)
		}
	}
	for i, answer := range r.facts.inspectRefs(ctx, ids) {
		if answer.err == nil && answer.container.ID == ids[i] {
			r.add(answer.container)
		}
	}
}

// selectOnly adds a container that was named, once.
func (r *reading) selectOnly(c inspect.Container) {
	if !slices.Contains(r.selected, c.ID) {
		r.selected = append(r.selected, c.ID)
		r.add(c)
	}
}

func (r *reading) add(list ...inspect.Container) {
	r.change(func(c *inspect.Capture) { c.Containers = append(c.Containers, list...) })
}

func (r *reading) refuse(p inspect.Problem) {
	r.change(func(c *inspect.Capture) { c.Problems = append(c.Problems, p) })
}

func (r *reading) has(ref string) bool { return r.containerNamed(ref) != nil }

// containerNamed is the container with this full ID or name, or nil.
func (r *reading) containerNamed(ref string) *inspect.Container {
	at := slices.IndexFunc(r.capture.Containers, func(c inspect.Container) bool { return ref != "" && (c.ID == ref || c.Name == ref) })
	if at < 0 {
		return nil
	}
	return &r.capture.Containers[at]
}
