package top

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect/overview"
)

// course is what the last looks have shown, by the containers' IDs. It is replaced, and never
// changed.
type course struct {
	looks int
	// known are the rows of the last look, and gone those that it has no longer.
	known map[string]overview.Row
	gone  []overview.Row
	// fresh are the containers that the look before did not have.
	fresh map[string]bool
	// more is by how much the number of zombies has grown since the look before.
	more map[string]int
	// tasks are the numbers of tasks at the last looks, the oldest first.
	tasks map[string][]int
}

// mostHistory is how many numbers of tasks are kept of a container.
const mostHistory = 6

// with is the course after another look.
func (c course) with(rows []overview.Row) course {
	next := course{looks: c.looks + 1, known: map[string]overview.Row{}, fresh: map[string]bool{}, more: map[string]int{}, tasks: map[string][]int{}}
	for _, r := range rows {
		id := r.Container.ID
		before, known := c.known[id]
		next.known[id] = r
		next.fresh[id] = !known && c.looks > 0
		n, settled := r.Zombies.Get()
		if earlier, also := before.Zombies.Get(); known && settled && also {
			next.more[id] = n - earlier
		}
		next.tasks[id] = c.tasks[id]
		if n, read := r.PIDs.Current.Get(); read {
			tasks := append(slices.Clone(c.tasks[id]), n)
			next.tasks[id] = tasks[max(len(tasks)-mostHistory, 0):]
		}
	}
	for id, r := range c.known {
		if _, still := next.known[id]; !still {
			next.gone = append(next.gone, r)
		}
	}
	return next
}
