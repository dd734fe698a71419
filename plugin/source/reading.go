package source

import (
	"context"
	"errors"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// reading is one round: the engine is asked for containers, and their processes are read. The
// results are in its scene.
type reading struct {
	*host
	question *need.Question
	scene
	// selected are the IDs of the containers that were asked for.
	selected []string
	// everybody is true if no running container is left out, even if it shares nothing. skipped
	// are those that were left out.
	everybody bool
	skipped   map[string]bool
	// lineage are the PIDs of the processes whose owners are needed, and of their ancestors and
	// session leaders.
	lineage []int
}

// newReading starts a round with an empty capture.
func newReading(h *host, question *need.Question, everybody bool) *reading {
	c := &inspect.Capture{Tool: h.tool, Engine: inspect.Engine{Name: h.facts.Endpoint(), Endpoint: h.facts.Endpoint()}}
	return &reading{host: h, question: question, scene: scene{capture: c}, everybody: everybody}
}

// do asks and reads.
func (r *reading) do(ctx context.Context) error {
	if len(r.question.Numbers) > 0 {
		r.findThreads()
		r.readNumbers()
	}
	if err := r.ask(ctx); err != nil {
		return err
	}
	return r.read(ctx)
}

// read takes the snapshot: of the whole host if all containers were asked for,
// else of the families of those that were.
func (r *reading) read(ctx context.Context) error {
	var groups func() []inspect.GroupMembers
	if r.question.IsSurvey() && !r.capture.Engine.Silent && r.choice.isOpening() {
		groups = r.listGroups()
		defer groups() // also after an error, because the containers may be asked for again
	}
	if err := r.choice.choose(); err != nil {
		return err
	}
	known := r.known()
	r.change(func(c *inspect.Capture) { c.Host, c.Proof = known.host, known.proof })
	err := r.choice.orByProc(ctx, func() error { return r.readSnapshot(ctx, groups) })
	r.change(func(c *inspect.Capture) { c.Collector = r.choice.by })
	return err
}

// readSnapshot reads with the collector. The groups may already have been listed.
func (r *reading) readSnapshot(ctx context.Context, groups func() []inspect.GroupMembers) error {
	silent := r.capture.Engine.Silent
	whole := silent || r.question.IsWhole()
	if !whole {
		if err := r.readFamily(ctx); !errors.Is(err, procfs.ErrNoChildren) {
			return err
		}
	}
	// What is enough of a family is not enough of the whole host.
	if whole && r.question.Processes.Suffices != nil && !silent {
		return r.survey(ctx, groups)
	}
	snapshot, err := r.choice.chosen.Scan(ctx, r.question.Detail(true))
	if err != nil {
		return err
	}
	r.change(func(c *inspect.Capture) { c.Snapshot = snapshot })
	if silent {
		r.findByShims(ctx)
	}
	return nil
}

// isOutdated reports whether a container that was asked for now has another main process or
// none. Then it must be asked for and read again.
func (r *reading) isOutdated(ctx context.Context) bool {
	if r.capture.Engine.Silent {
		return false
	}
	ix := r.indexed()
	var doubtful []*inspect.Container
	for _, id := range r.selected {
		c := ix.Container(id)
		if c == nil || c.Silent || ix.Binding(c).Outcome == inspect.Bound || ix.Binding(c).Outcome == inspect.NoProcess {
			continue
		}
		doubtful = append(doubtful, c)
	}
	if ix.HostProof().Verdict != inspect.Yes {
		doubtful = firstOf(doubtful, inspecting) // if more are missing, the engine is not on this host
	}
	refs := make([]string, len(doubtful))
	for i, c := range doubtful {
		refs[i] = c.ID
	}
	if r.doubt != nil {
		r.doubt(refs)
	}
	for i, now := range r.facts.inspectRefs(ctx, refs) {
		if errors.Is(now.err, ErrNoSuchContainer) || now.err == nil && (now.container.HostPID != doubtful[i].HostPID || now.container.Status != doubtful[i].Status) {
			return true
		}
	}
	return false
}

// findByShims makes the containers of a silent engine from the shims that
// serve them, and from what the engine has left on disk.
func (r *reading) findByShims(ctx context.Context) {
	found, ok := shim.Containers(&r.capture.Snapshot, r.known().server)
	found = r.describedOnDisk(ctx, found)
	r.change(func(c *inspect.Capture) {
		if !ok {
			c.Problems = append(c.Problems, inspect.Problem{
				Kind: inspect.EngineSilent, Text: "the engine does not answer, and /proc shows containers of several engines",
			})
		}
		c.Containers = found
	})
	for _, c := range found {
		if r.isSelected(&c) {
			r.selected = append(r.selected, c.ID)
		}
	}
}

// isSelected reports whether a container that was found without the engine is one of those in
// question. Where its name is not known, it is.
func (r *reading) isSelected(c *inspect.Container) bool {
	return c.Silent || r.question.Filter.Matches(c)
}

// describedOnDisk are the containers as the files of their engine describe them, as far as
// they can be read.
func (r *reading) describedOnDisk(ctx context.Context, found []inspect.Container) []inspect.Container {
	if r.without == nil {
		return found
	}
	list, err := listOf(ctx, r.without, found)
	if err != nil {
		return found
	}
	for i := range found {
		for _, c := range list {
			if c.ID == found[i].ID && c.HostPID == found[i].HostPID && !c.Silent {
				found[i] = c
			}
		}
	}
	return found
}

// listOf is what the facts list of these containers. If they can, they leave out those of other
// engines, whose names may be the same, and whose files take time to read.
func listOf(ctx context.Context, facts Facts, containers []inspect.Container) ([]inspect.Container, error) {
	some, ok := facts.(interface {
		ListOf(ctx context.Context, ids []string) ([]inspect.Container, error)
	})
	if !ok {
		return facts.List(ctx, false)
	}
	ids := make([]string, len(containers))
	for i := range containers {
		ids[i] = containers[i].ID
	}
	return some.ListOf(ctx, ids)
}

// fillFromProc sets the host PID of the containers that the engine only listed, from their
// shims.
func (r *reading) fillFromProc(ctx context.Context) {
	if !slices.ContainsFunc(r.capture.Containers, func(c inspect.Container) bool { return c.Silent }) {
		return
	}
	snapshot, err := r.processes.Scan(ctx, procfs.Detail{})
	if err != nil {
		return
	}
	list, _ := shim.Containers(&snapshot, r.known().server)
	r.change(func(capture *inspect.Capture) {
		for i := range capture.Containers {
			if c := &capture.Containers[i]; c.Silent && !c.Unasked {
				c.Held = shim.HeldOf(&snapshot, r.known().server, c.ID)
			}
		}
		for _, found := range list {
			for i := range capture.Containers {
				c := &capture.Containers[i]
				if c.Silent && c.ID == found.ID {
					c.HostPID, c.StartedAt = found.HostPID, found.StartedAt
				}
			}
		}
	})
}
