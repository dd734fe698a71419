package source

import (
	"context"
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// patience is how long the next container waits for one. Reading that takes longer, for example
// because files do not answer, continues while the next is read.
const patience = 100 * time.Millisecond

// readAttention reads the signal handling of those processes of the containers that the answer
// needs.
func (r *recording) readAttention(ctx context.Context) {
	var asked []*askedListeners
	for _, a := range r.listeners() {
		if ctx.Err() != nil {
			break
		}
		asked = append(asked, a)
		go a.ask(ctx, r.processes, r.patience == 0)
		a.await(ctx, time.After(r.patience))
	}
	var list []procfs.Attention
	for _, a := range asked {
		a.await(ctx, nil)
		if ctx.Err() != nil {
			return // the results are no longer needed, but some may still be read
		}
		list = append(list, a.answers...)
	}
	slices.SortFunc(list, func(a, b procfs.Attention) int { return a.PID - b.PID })
	r.note(func(c *inspect.Capture) { c.Attention = list })
}

// askedListeners are the processes of a container whose signal handling is read, each once.
type askedListeners struct {
	container string
	keys      []procfs.Key
	// done is closed when all have been read.
	done    chan struct{}
	answers []procfs.Attention
}

// listeners are these processes for each container that was asked for.
func (r *recording) listeners() []*askedListeners {
	ix := r.indexed()
	var all []*askedListeners
	known := map[procfs.Key]bool{}
	for _, id := range r.selected {
		c := ix.Container(id)
		if c == nil {
			continue
		}
		a := &askedListeners{container: id, done: make(chan struct{})}
		for _, p := range r.listenersOf(ix, c) {
			if !known[p.Key] {
				known[p.Key] = true
				a.keys = append(a.keys, p.Key)
			}
		}
		all = append(all, a)
	}
	return all
}

// ask asks one after the other, or together where each takes its time over a network.
func (a *askedListeners) ask(ctx context.Context, processes Processes, together bool) {
	defer close(a.done)
	a.answers = make([]procfs.Attention, len(a.keys))
	most := 1
	if together {
		most = readingAtOnce
	}
	atOnce(most, len(a.keys), func(i int) {
		if ctx.Err() != nil {
			return // and nobody waits for the answers
		}
		key := a.keys[i]
		answer, err := processes.Attention(a.container, key.PID)
		if err != nil || answer.Key != key {
			answer = procfs.Attention{Key: key, Ended: true}
		}
		a.answers[i] = answer
	})
}

// await waits until all have been read, or the time is over.
func (a *askedListeners) await(ctx context.Context, over <-chan time.Time) {
	select {
	case <-a.done:
	case <-over:
	case <-ctx.Done():
	}
}

// listenersOf are the processes of a container whose signal handling is read: its own, and a
// shim that may hang, or the inits that would adopt its zombies.
func (r *recording) listenersOf(ix *inspect.Index, c *inspect.Container) []*procfs.Process {
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

// heirs are the inits to which the container's zombies would be reparented if the parents that
// have not waited for them exited, each once.
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
