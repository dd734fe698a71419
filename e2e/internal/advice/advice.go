//go:build linux

// Package advice compares the advice of docker pidns with reality. It creates a problem on a
// real engine, asks, follows the advice literally, and compares the outcome with the promise.
package advice

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// Case is one problem with its advice.
type Case struct {
	// Name is a unique name.
	Name string
	// Quick is true if busybox is enough for it, and it takes a few seconds.
	Quick bool
	// Alone is true if it changes the host, so that no other case may be tried at the same
	// time.
	Alone bool
	// Line is a command that starts the container with the problem by hand. It is "" if that
	// needs more than one command.
	Line string

	hold func(context.Context, *Run) error
}

// Promise is what one piece of advice said, and the outcome.
type Promise struct {
	// Told is what was said, and Came what happened.
	Told, Came string
	Held       bool
}

// Result is the result of a case.
type Result struct {
	Case     string
	Promises []Promise
	// Seconds is how long it took.
	Seconds float64
	// Error is why the case could not be completed, "" if it was.
	Error string `json:",omitempty"`
}

// Broken are the promises that did not hold.
func (r Result) Broken() []Promise {
	var broken []Promise
	for _, p := range r.Promises {
		if !p.Held {
			broken = append(broken, p)
		}
	}
	return broken
}

// Holds reports whether the case was completed and every promise held.
func (r Result) Holds() bool {
	return r.Error == "" && len(r.Promises) > 0 && len(r.Broken()) == 0
}

// Place is where cases are tried.
type Place struct {
	// Image has busybox. For cases that are not quick it has the content of an image of
	// realhost.MakeImage.
	Image string
	// Environment is where docker finds the plugin.
	Environment []string
	// Label marks the containers.
	Label string
}

// Run is a case under way.
type Run struct {
	Place
	name string
	// suffix distinguishes the containers of two runs.
	suffix   string
	mutex    sync.Mutex // protects boxes
	boxes    []*box
	cleanups []func()
	result   *Result
}

// caseDeadline is the maximum time of a case, for one that hangs.
const caseDeadline = 4 * time.Minute

// Try creates the problem, follows the advice and cleans up.
func (p Place) Try(ctx context.Context, c Case) Result {
	ctx, cancel := context.WithTimeout(ctx, caseDeadline)
	defer cancel()
	began := time.Now()
	result := Result{Case: c.Name}
	r := &Run{Place: p, name: c.Name, suffix: strings.ToLower(rand.Text()[:6]), result: &result}
	defer func() { result.Seconds = time.Since(began).Seconds() }()
	defer r.clear()
	if err := c.hold(ctx, r); err != nil {
		result.Error = err.Error()
	}
	return result
}

func (r *Run) clear() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
	for _, b := range r.boxes {
		b.remove()
	}
}

// promise records a promise.
func (r *Run) promise(held bool, told, came string, args ...any) {
	r.result.Promises = append(r.result.Promises, Promise{Told: told, Came: fmt.Sprintf(came, args...), Held: held})
}

// eventually waits until the condition is true, and reports whether it became true in time.
func eventually(ctx context.Context, limit time.Duration, is func() bool) bool {
	for until := time.Now().Add(limit); ; realhost.Wait(ctx, 100*time.Millisecond) {
		switch {
		case is():
			return true
		case time.Now().After(until), ctx.Err() != nil:
			return false
		}
	}
}

// carryOut runs a command as it was recommended, as root.
func carryOut(ctx context.Context, line string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return realhost.Command(ctx, nil, "sh", "-c", strings.ReplaceAll(line, "sudo ", ""))
}
