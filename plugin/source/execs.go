package source

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// askExecs adds the exec sessions: those that the containers name and, if the origin of
// processes is needed, those that are still in the events. Sessions that the engine has
// forgotten are left out.
func (r *recording) askExecs(ctx context.Context) {
	wants := r.question.Engine
	if !wants.Execs && !wants.PastExecs || r.capture.Engine.Silent {
		return
	}
	wanted := map[string]inspect.Exec{}
	for i := range r.capture.Containers {
		c := &r.capture.Containers[i]
		if !slices.Contains(r.selected, c.ID) && r.question.Processes.Reach != need.Host {
			continue
		}
		for _, id := range c.ExecIDs {
			wanted[id] = inspect.Exec{ID: id, ContainerID: c.ID}
		}
	}
	if wants.PastExecs {
		for _, e := range r.pastExecs(ctx) {
			wanted[e.ID] = e
		}
	}
	found := r.facts.inspectExecs(ctx, wanted)
	r.change(func(c *inspect.Capture) { c.Execs = found })
}

// pastExecs are the exec sessions in the events of containers with zombies, or with a health
// check that has exceeded its timeout. They show the origin of what ended sessions left.
func (r *recording) pastExecs(ctx context.Context) []inspect.Exec {
	wanted := r.containersWithZombies()
	for i := range r.capture.Containers {
		c := &r.capture.Containers[i]
		if c.Health != nil && slices.ContainsFunc(c.Health.Log, func(p inspect.Probe) bool { return p.TimedOut }) {
			wanted[c.ID] = true
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	all, err := r.facts.ExecEvents(ctx)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(all, func(e inspect.Exec) bool { return !wanted[e.ContainerID] })
}

func (r *recording) containersWithZombies() map[string]bool {
	ids := map[string]bool{}
	for i := range r.capture.Snapshot.Processes {
		p := &r.capture.Snapshot.Processes[i]
		if !p.IsZombie() {
			continue
		}
		if c := r.indexed().OwnerOf(p).Container; c != nil {
			ids[c.ID] = true
		}
	}
	return ids
}
