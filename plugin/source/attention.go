package source

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// readAttention asks what those processes of the containers listen to on which the answer
// rests.
func (r *recording) readAttention(ctx context.Context) {
	ix := r.indexed()
	var list []procfs.Attention
	asked := map[procfs.Key]bool{}
	for _, id := range r.selected {
		c := ix.Container(id)
		if c == nil {
			continue
		}
		for _, p := range r.listeners(ix, c) {
			if asked[p.Key] || ctx.Err() != nil {
				continue
			}
			asked[p.Key] = true
			a, err := r.processes.Attention(p.PID)
			if err != nil || a.Key != p.Key {
				a = procfs.Attention{Key: p.Key, Ended: true}
			}
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b procfs.Attention) int { return a.PID - b.PID })
	r.note(func(c *inspect.Capture) { c.Attention = list })
}

// listeners are those to ask of a container: its own, and a shim that may hang; or the
// inits that would adopt its zombies.
func (r *recording) listeners(ix *inspect.Index, c *inspect.Container) []*procfs.Process {
	most := r.question.Processes.Attention
	if most == 0 {
		return heirs(ix, c)
	}
	list := firstOf(signal.Listeners(ix, c), most)
	if doubtful := shim.Doubtful(ix, c); doubtful != nil {
		list = append(list, doubtful)
	}
	return list
}

// heirs are the inits to which the container's zombies would go if the parents that have
// not waited for them ended, each once.
func heirs(ix *inspect.Index, c *inspect.Container) []*procfs.Process {
	var list []*procfs.Process
	for _, p := range ix.ProcessesOf(c) {
		parent := ix.Parent(p)
		if !p.IsZombie() || parent == nil || parent.IsZombie() {
			continue
		}
		if init := ix.InitOf(parent); init != nil && init != parent && !slices.Contains(list, init) {
			list = append(list, init)
		}
	}
	return list
}

func firstOf[T any](list []T, n int) []T { return list[:min(len(list), n)] }
