//go:build linux

// Package advice holds what docker pidns advises against reality: it makes a trouble
// on a real engine, asks, carries the advice out to the letter, and compares what then
// happens with what was promised.
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

// Case is one trouble with its advice.
type Case struct {
	// Name is the case's alone.
	Name string
	// Quick: busybox is enough for it, and it takes a few seconds.
	Quick bool
	// Alone: it changes the host, so that no other case is to be tried at the same time.
	Alone bool
	// Line starts the container in trouble by hand; "" where that takes more than one
	// command.
	Line string

	hold func(context.Context, *Run) error
}

// Promise is what one piece of advice said, and what came of it.
type Promise struct {
	// Told is what was said, Came what happened.
	Told, Came string
	Held       bool
}

// Result is what came of a case.
type Result struct {
	Case     string
	Promises []Promise
	// Seconds is how long it took.
	Seconds float64
	// Error is why the case could not be tried to its end; "" where it could.
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

// Holds reports whether the case was tried to its end and every promise held.
func (r Result) Holds() bool {
	return r.Error == "" && len(r.Promises) > 0 && len(r.Broken()) == 0
}

// Place is where cases are tried.
type Place struct {
	// Image has busybox, and for the cases that are not quick what
	// realhost.MakeImage puts into one.
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
	// suffix tells the containers of two runs apart.
	suffix   string
	mutex    sync.Mutex // of boxes
	boxes    []*box
	cleanups []func()
	result   *Result
}

// caseDeadline is for a case that hangs.
const caseDeadline = 4 * time.Minute

// Try makes the trouble, carries the advice out and clears up.
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

// promise records one.
func (r *Run) promise(held bool, told, came string, args ...any) {
	r.result.Promises = append(r.result.Promises, Promise{Told: told, Came: fmt.Sprintf(came, args...), Held: held})
}

// eventually waits until something is so, and reports whether it came to be.
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

// carryOut runs a command as it was told, as root.
func carryOut(ctx context.Context, line string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return realhost.Command(ctx, nil, "sh", "-c", strings.ReplaceAll(line, "sudo ", ""))
}
