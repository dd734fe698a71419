package source

import (
	"context"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// recording takes one capture: rounds of asking and reading until nothing changed in between,
// then additional facts, then a second look.
type recording struct {
	*reading
	question need.Question
	host     *host
}

// rounds is how often containers are asked for and read if one of them is restarted in between.
const rounds = 3

// record answers the question about a host.
func record(ctx context.Context, h *host, question need.Question) (*inspect.Capture, error) {
	h.begin(ctx)
	defer h.known()
	r := &recording{host: h, question: question}
	if err := r.run(ctx); err != nil {
		return nil, err
	}
	// These problems do not belong to one container.
	r.capture.Problems = append(r.capture.Problems, h.facts.problems()...)
	return r.capture, nil
}

// run looks, and looks again if a container that was named exited or was restarted in between.
// Then there is more to report.
func (r *recording) run(ctx context.Context) error {
	if err := r.look(ctx); err != nil {
		return err
	}
	if second := r.capture.SecondLook; second == nil || len(second.Ended) == 0 || len(r.question.Containers) == 0 || !r.isOutdated(ctx) {
		return nil
	}
	return r.look(ctx)
}

// look reads until nothing has changed, adds the additional facts, and looks again.
func (r *recording) look(ctx context.Context) error {
	described := r.describeMeanwhile(ctx)
	before := r.listAll(ctx)
	if err := r.readUntilSettled(ctx); err != nil {
		return err
	}
	r.nameEngine(described) // it may show to which engine shims belong
	r.addListing(ctx, before)
	r.nameUnits()
	r.readPIDs()
	if r.question.Processes.Attention > 0 || r.question.Processes.Heirs {
		r.readAttention(ctx)
	}
	if r.question.Processes.Limits {
		r.readLimits()
	}
	if r.question.Processes.OOM {
		facts := r.processes.OOM()
		r.note(func(c *inspect.Capture) { c.OOM = &facts })
	}
	r.askEvents(ctx)
	r.learnGrace()
	r.askWords(ctx)
	looked := time.Now()
	r.askExecs(ctx)
	return r.lookAgain(ctx, looked)
}

// readUntilSettled makes rounds until no container was restarted in between, and no container
// that was left out is found to be needed.
func (r *recording) readUntilSettled(ctx context.Context) error {
	everybody := r.reading != nil && r.everybody
	for left := rounds; left > 0; left-- {
		r.reading = newReading(r.host, &r.question, everybody)
		if err := r.do(ctx); err != nil {
			return err
		}
		if r.namesSkipped() {
			everybody = true // from now on, so that this happens once
			left++
		} else if !r.isOutdated(ctx) {
			break
		}
	}
	if slices.Contains(r.question.Processes.Namespaces, procfs.MountNamespace) {
		r.readEtcMounts()
	}
	if len(r.question.Numbers) > 0 && !r.capture.Engine.Silent {
		r.askUnlisted(ctx)
	}
	if r.question.Processes.Threads {
		r.listThreads()
	}
	return nil
}

// listAll lists every container, running or not. It is nil if that was not wanted, or the engine
// did not answer.
func (r *recording) listAll(ctx context.Context) []inspect.Listed {
	if !r.question.Engine.Listing || r.reading != nil && r.capture.Engine.Silent {
		return nil
	}
	all, err := r.host.facts.List(ctx, true)
	if err != nil || r.host.facts.isPartial() {
		return nil // a container that is not listed would be taken for a leftover
	}
	return listedOf(all)
}

func listedOf(all []inspect.Container) []inspect.Listed {
	list := make([]inspect.Listed, len(all))
	for i, c := range all {
		list[i] = inspect.Listed{ID: c.ID, Name: c.Name, Status: c.Status}
	}
	return list
}

// addListing lists again. While containers come and go, only a container that is missing before
// and after is missing. What still runs of containers that have exited is read.
func (r *recording) addListing(ctx context.Context, before []inspect.Listed) {
	after := r.listAll(ctx)
	if before == nil || after == nil {
		return
	}
	r.note(func(c *inspect.Capture) {
		c.Listing = &inspect.Listing{Before: before, After: after, Daemon: r.known().server}
	})
	for _, leftover := range shim.Leftovers(r.indexed()) {
		for _, p := range leftover.Processes {
			if held, err := r.processes.Resources(p.PID); err == nil && held.Key == p.Key {
				r.note(func(c *inspect.Capture) { c.Resources = append(c.Resources, held) })
			}
		}
	}
}

// readPIDs reads the pids control group of each container that was asked for.
func (r *recording) readPIDs() {
	if r.question.Processes.Reach == need.Mains {
		return
	}
	type group struct {
		id    string
		lines []procfs.Cgroup
		use   inspect.PIDsUse
	}
	var groups []group
	ix := r.indexed()
	for i := range r.capture.Containers {
		c := &r.capture.Containers[i]
		if main := ix.Main(c); main != nil && slices.Contains(r.selected, c.ID) {
			groups = append(groups, group{id: c.ID, lines: main.Cgroups.Or(nil)})
		}
	}
	readTogether(len(groups), func(i int) {
		g := &groups[i]
		if dir := r.processes.Group(g.lines, g.id); dir != "" {
			g.use = r.processes.PIDsUse(dir)
		} else {
			g.id = ""
		}
	})
	use := map[string]inspect.PIDsUse{}
	for _, g := range groups {
		if g.id != "" {
			use[g.id] = g.use
		}
	}
	r.note(func(c *inspect.Capture) { c.PIDs = use })
}

// description is what the engine reported about itself.
type description struct {
	engine inspect.Engine
	err    error
}

// describeMeanwhile asks for the engine's name, if it is shown, while the containers are asked
// for. An engine that hangs on one container can also hang here (GET /info reads all of them),
// and then costs only one deadline. The function that it returns waits for the answer.
func (r *recording) describeMeanwhile(ctx context.Context) func() description {
	if !r.question.Engine.Name {
		return nil
	}
	answer := make(chan description, 1)
	go func() {
		e, err := r.host.facts.Describe(ctx)
		answer <- description{e, err}
	}()
	return func() description { return <-answer }
}

// nameEngine sets the engine's name. It may be missing although the versions were reported.
func (r *recording) nameEngine(described func() description) {
	if described == nil || r.capture.Engine.Silent {
		return
	}
	if d := described(); d.err == nil || d.engine.Version != "" {
		r.note(func(c *inspect.Capture) { c.Engine = d.engine })
	}
}

// askEvents adds the engine's events if the question needs them, as far as that is known now.
func (r *recording) askEvents(ctx context.Context) {
	wants := r.question.Engine
	if r.capture.Engine.Silent || !wants.Events && !(wants.Successors && r.joinsRemoved()) {
		return
	}
	if log, err := r.facts.Events(ctx); err == nil {
		r.note(func(c *inspect.Capture) {
			log.Events = withoutLabels(log.Events, c.Containers)
			c.Events = &log
		})
	}
}

// joinsRemoved reports whether a running container that was asked for was configured to join one
// that no longer exists. The engine was asked for that one by its ID, and does not know it.
func (r *recording) joinsRemoved() bool {
	ix := r.indexed()
	for _, id := range r.selected {
		c := ix.Container(id)
		if c != nil && c.IsRunning() && slices.ContainsFunc(c.JoinedRefs(), func(ref string) bool { return ix.ContainerNamed(ref) == nil }) {
			return true
		}
	}
	return false
}
