package main

import (
	"sync"
	"time"
)

// mostRemoving is how long an interrupted command may take to remove what it has started on other
// hosts.
const mostRemoving = 5 * time.Second

// removing is what has to be removed, or written, before the program exits.
var removing work

// work counts what is not finished.
type work struct{ group sync.WaitGroup }

// begin begins something. The function that it returns ends it.
func (w *work) begin() (end func()) {
	w.group.Add(1)
	return w.group.Done
}

// await waits until everything is finished, or for the time.
func (w *work) await(most time.Duration) {
	finished := make(chan struct{})
	go func() {
		w.group.Wait()
		close(finished)
	}()
	select {
	case <-finished:
	case <-time.After(most):
	}
}
