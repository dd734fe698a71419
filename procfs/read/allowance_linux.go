package read

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// The limits on reading what the processes of one container can choose: their programs,
// libraries and scripts, the number of their threads and descriptors, and the number of
// signalfd(2) descriptors.
const (
	mostTime        = 2 * time.Second
	mostBytes       = 512 << 20
	mostThreads     = 2 << 10
	mostDescriptors = 256 << 10
	mostSignalFDs   = 512
)

// mostLeftBehind is how many reads of all containers may hang at a time. If so many hang, no
// other read is started that could hang.
const mostLeftBehind = 64

// errTimedOut is about a file that does not answer, and about a container whose time for
// reading files is used up.
var errTimedOut = errors.New("timed out")

// allowance is what may still be spent on the processes of one container. So a container that
// makes reading expensive does not affect the answers about others.
type allowance struct {
	// container is whose it is, "" for one that is used alone.
	container                              string
	mutex                                  sync.Mutex
	time                                   time.Duration
	bytes, threads, descriptors, signalFDs int
	// clients counts the connected clients once.
	clients sync.Once
	counted procfs.Opt[int]
}

func newAllowance() *allowance { return newAllowanceOf("") }

func newAllowanceOf(container string) *allowance {
	return &allowance{container: container, time: mostTime, bytes: mostBytes, threads: mostThreads, descriptors: mostDescriptors, signalFDs: mostSignalFDs}
}

// takeBytes fails if fewer bytes are left, or no time.
func (a *allowance) takeBytes(n int) error {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	switch {
	case a.time <= 0:
		return errTimedOut
	case n > a.bytes:
		return errTooLarge
	}
	a.bytes -= n
	return nil
}

// takeThreads, takeDescriptors and takeSignalFDs return how many of so many may be looked
// at.
func (a *allowance) takeThreads(n int) int { return a.take(&a.threads, n) }

func (a *allowance) takeDescriptors(n int) int { return a.take(&a.descriptors, n) }

func (a *allowance) takeSignalFDs(n int) int { return a.take(&a.signalFDs, n) }

func (a *allowance) take(from *int, n int) int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	n = min(n, *from)
	*from -= n
	return n
}

// clientsOnce counts the clients of the container's network namespace, unless they have been
// counted before.
func (a *allowance) clientsOnce(count func() procfs.Opt[int]) procfs.Opt[int] {
	a.clients.Do(func() { a.counted = count() })
	return a.counted
}

// descriptorsLeft is how many more descriptors may be looked at.
func (a *allowance) descriptorsLeft() int {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.descriptors
}

func (a *allowance) timeLeft() time.Duration {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	return a.time
}

func (a *allowance) spendTime(spent time.Duration) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.time = max(a.time-spent, 0)
}

// leftBehind has room for a token of each read that may hang.
var leftBehind = make(chan struct{}, mostLeftBehind)

// aside calls do, which may hang on a file system that does not answer. It returns at the
// latest when the remaining time is over, and leaves the call behind. So do must share nothing
// with its caller except the allowance.
func aside[T any](spend *allowance, do func() (T, error)) (T, error) {
	var none T
	left := spend.timeLeft()
	if left <= 0 {
		return none, errTimedOut
	}
	if leftHanging.of(spend.container) >= mostHanging {
		return none, errTimedOut // earlier reads of this container hang, and this one would too
	}
	select {
	case leftBehind <- struct{}{}:
	default:
		return none, errTimedOut // other reads hang, and this one could too
	}
	type result struct {
		value T
		err   error
	}
	began, done := time.Now(), make(chan result, 1)
	var over atomic.Bool // it has ended, or is left behind
	go func() {
		defer func() { <-leftBehind }()
		value, err := do()
		if over.Swap(true) {
			leftHanging.add(spend.container, -1)
		}
		done <- result{value, err}
	}()
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case r := <-done:
		spend.spendTime(time.Since(began))
		return r.value, r.err
	case <-timer.C:
		spend.spendTime(left)
		leftHanging.add(spend.container, 1)
		if over.Swap(true) { // it has just ended
			leftHanging.add(spend.container, -1)
		}
		return none, errTimedOut
	}
}

// mostHanging is how many reads of one container are left behind at a time. A program that
// captures a host again and again would otherwise leave others behind each time.
const mostHanging = 2

// leftHanging counts the reads that were left behind and still hang.
var leftHanging hangs

// hangs are numbers of reads, by container.
type hangs struct {
	mutex sync.Mutex
	count map[string]int
}

func (h *hangs) of(container string) int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.count[container]
}

func (h *hangs) add(container string, n int) {
	if container == "" {
		return
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.count == nil {
		h.count = map[string]int{}
	}
	if h.count[container] += n; h.count[container] == 0 {
		delete(h.count, container)
	}
}
