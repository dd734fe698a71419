package source

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// readAttention asks what the processes of the containers listen to, and what a
// shim does that may hang.
func (r *recording) readAttention(ctx context.Context) {
	ix := r.indexed()
	var list []procfs.Attention
	asked := map[procfs.Key]bool{}
	for _, id := range r.selected {
		c := ix.Container(id)
		if c == nil {
			continue
		}
		listeners := firstOf(signal.Listeners(ix, c), r.question.Processes.Attention)
		if doubtful := shim.Doubtful(ix, c); doubtful != nil {
			listeners = append(listeners, doubtful)
		}
		for _, p := range listeners {
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

func firstOf[T any](list []T, n int) []T { return list[:min(len(list), n)] }
