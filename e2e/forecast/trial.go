//go:build linux

package main

import (
	"context"
	"time"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// trial is one program, its forecast and the outcome.
type trial struct {
	Program string
	// Line starts the same by hand.
	Line     string
	Forecast *forecast `json:",omitempty"`
	Outcome  outcome
	// Facts are what the kernel showed of each process before the stop.
	Facts string `json:",omitempty"`
	// Error says why the program could not be tried.
	Error string `json:",omitempty"`
}

// trier tries programs.
type trier struct {
	image string
	// environment is where docker finds the plugin. It is empty if only outcomes are wanted.
	environment []string
	// collector is the collector of docker pidns.
	collector string
	facts     bool
}

// trialDeadline is the maximum time of a trial, for a program that hangs.
const trialDeadline = 3 * time.Minute

// all tries several programs at a time, and calls done in their order.
func (t trier) all(ctx context.Context, chosen []program, parallel int, done func(trial)) []trial {
	results := make([]chan trial, len(chosen))
	for i := range results {
		results[i] = make(chan trial, 1)
	}
	go func() {
		slots := make(chan struct{}, parallel)
		for i, p := range chosen {
			slots <- struct{}{}
			go func() {
				results[i] <- t.try(ctx, p)
				<-slots
			}()
		}
	}()
	trials := make([]trial, len(chosen))
	for i := range chosen {
		trials[i] = <-results[i]
		if ctx.Err() == nil {
			done(trials[i])
		}
	}
	return trials
}

// try starts a program twice: one is stopped while the other gets orphans, so
// that neither disturbs the other.
func (t trier) try(ctx context.Context, p program) trial {
	ctx, cancel := context.WithTimeout(ctx, trialDeadline)
	defer cancel()
	result := trial{Program: p.name, Line: p.line(t.image)}
	if err := t.run(ctx, p, &result); err != nil {
		result.Error = err.Error()
	}
	return result
}

func (t trier) run(ctx context.Context, p program, result *trial) error {
	var stopped, orphaned stage
	defer stopped.clear()
	defer orphaned.clear()
	if err := realhost.Together(
		func() error { return stopped.set(ctx, t.image, p) },
		func() error { return orphaned.set(ctx, t.image, p) },
	); err != nil {
		return err
	}
	if t.facts {
		result.Facts = factsOf(stopped.main)
	}
	var blocker *int
	if t.environment != nil {
		rows, err := ask(ctx, t.environment, t.collector, stopped.main, orphaned.main)
		if err != nil {
			return err
		}
		result.Forecast = &rows[0]
		// These are about the container that then gets the orphans.
		result.Forecast.Reaps, blocker = rows[1].Reaps, rows[1].Blocker
		if p.handlers {
			if result.Forecast.Loses, err = loses(ctx, t.environment, t.collector, stopped.main); err != nil {
				return err
			}
		}
	}
	o := &result.Outcome
	return realhost.Together(
		func() error {
			if err := stop(ctx, stopped.main, o); err != nil || !p.handlers {
				return err
			}
			var err error
			o.Handlers, err = hearingOf(ctx, stopped.main)
			return err
		},
		func() error {
			o.Orphans, o.Blocker = watch(ctx, orphaned.main, blocker)
			return nil
		},
	)
}

// stop runs docker stop and measures it.
func stop(ctx context.Context, c container, o *outcome) error {
	if err := c.mustRun(ctx); err != nil {
		return err
	}
	began := time.Now()
	_, err := docker(ctx, "stop", c.id)
	taken := time.Since(began)
	if err != nil {
		return err
	}
	o.ExitCode, err = c.exitCode(ctx)
	o.Seconds, o.Killed = taken.Seconds(), killed(taken, o.ExitCode)
	return err
}

// watch leaves the orphans, and then finds out what delays the stop.
func watch(ctx context.Context, c container, named *int) (reaping, blocker) {
	before := ""
	if named != nil {
		before = realhost.StartTicks(*named)
	}
	began := time.Now()
	orphans := makeOrphans(ctx, c)
	if named == nil {
		return orphans, ""
	}
	// As long as docker stop would have waited.
	realhost.Wait(ctx, time.Until(began.Add(grace)))
	if before == "" || realhost.StartTicks(*named) != before {
		return orphans, passing
	}
	return orphans, accuse(ctx, c, *named)
}
