//go:build linux

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// hostileName is the container that costs its reader as much as it can.
const hostileName = "bench-hostile"

// mostRatio is what it may make of any command's time, and mostMegabytes how much memory
// a command may hold beside it.
const (
	mostRatio     = 1.5
	mostMegabytes = 200
)

// hostileRuns is how often each command is run beside each: less often than beside its
// peers, as there are many of them.
const hostileRuns = 7

// longest is how long a command may take until it counts as one that does not end.
const longest = time.Minute

// hostile is a container without capabilities.
type hostile struct {
	name string
	// words are what it runs.
	words []string
}

// hostiles are the kinds.
func hostiles() []hostile {
	return []hostile{
		{name: "a command line of 8 GiB", words: []string{"/load", "command-line"}},
		{name: "a script of 3,000 chained functions", words: []string{shell, "sh", chainScript}},
		{name: "60,000 sections of one name", words: []string{namesProgram, "maps", namesLibrary}},
		{name: "60,000 sections of the same constants", words: []string{rodataProgram, "maps", rodataLibrary}},
		{name: "2,000 threads, 19,900 descriptors", words: []string{"/load", "many"}},
		{name: "a FIFO as script", words: []string{"/load", "fifo", fifo, shell, "sh"}},
		{name: "1,000 zombies, 1,000 sleepers", words: []string{"/load", "children"}},
	}
}

// lookers are the commands that read processes. None waits for zombies to be reaped.
func (s *scene) lookers() []looker {
	var list []looker
	for _, words := range [][]string{
		{"tree"}, {"zombies", "--settle", "0"}, {"ns"}, {"host-pid"}, {"signals", "--settle", "0"}, {"limits"}, {"doctor", "--settle", "0"}, {"explain", small},
	} {
		list = append(list, looker{words[0], append([]string{s.plugin}, words...)})
	}
	return list
}

type looker struct {
	name    string
	command []string
}

// outcome is what the lookers cost beside a hostile container and without it, by their
// name, in milliseconds, and the most memory that one of them held in each round, in
// bytes.
type outcome struct {
	times map[string]*pair
	peaks []float64
}

// besideHostile has each kind of hostile container run beside the others, one at a time.
func (s *scene) besideHostile(ctx context.Context, o options) ([]result, error) {
	var results []result
	for _, h := range hostiles() {
		name := "hostile, " + h.name
		if !o.run.MatchString(name) {
			continue
		}
		found, err := s.beside(ctx, h, min(o.runs, hostileRuns))
		if err != nil {
			return results, fmt.Errorf("%s: %w", name, err)
		}
		results = append(results, found.results(h.name)...)
	}
	return results, nil
}

// beside takes turns with and without the container; the first turn does not count.
func (s *scene) beside(ctx context.Context, h hostile, runs int) (outcome, error) {
	found := outcome{times: map[string]*pair{}}
	for i := range runs + 1 {
		with, peak, err := s.lookBeside(ctx, h)
		if err != nil {
			return found, err
		}
		without, _, err := s.look(ctx)
		if err != nil {
			return found, err
		}
		if i > 0 {
			found.add(with, without, peak)
		}
	}
	return found, nil
}

func (f *outcome) add(with, without map[string]float64, peak float64) {
	for name := range with {
		if f.times[name] == nil {
			f.times[name] = &pair{}
		}
		p := f.times[name]
		p.ours, p.peer = append(p.ours, with[name]), append(p.peer, without[name])
	}
	f.peaks = append(f.peaks, peak)
}

// lookBeside runs all lookers beside the container.
func (s *scene) lookBeside(ctx context.Context, h hostile) (times map[string]float64, peak float64, err error) {
	defer func() { _, _ = output(context.WithoutCancel(ctx), "docker", "rm", "-f", hostileName) }()
	args := []string{"run", "-d", "--name", hostileName, "--label", label, "--cap-drop", "ALL", "-u", "1000", "--pids-limit", "-1", image}
	if _, err := output(ctx, "docker", append(args, h.words...)...); err != nil {
		return nil, 0, err
	}
	if err := awaitReady(ctx, hostileName); err != nil {
		return nil, 0, err
	}
	return s.look(ctx)
}

// look runs each looker once: its time in milliseconds, and the most bytes that one held.
func (s *scene) look(ctx context.Context) (times map[string]float64, peak float64, err error) {
	times = map[string]float64{}
	for _, l := range s.lookers() {
		sample, err := timedUntil(ctx, l.command, longest)
		if err != nil {
			return nil, 0, err
		}
		times[l.name] = float64(sample.wall) / float64(time.Millisecond)
		peak = max(peak, float64(sample.peak))
	}
	return times, peak, nil
}

func timedUntil(ctx context.Context, command []string, longest time.Duration) (sample, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, longest, fmt.Errorf("it has not ended within %v", longest))
	defer cancel()
	s, err := timed(ctx, command)
	if err != nil && ctx.Err() != nil {
		return s, fmt.Errorf("%s: %w", strings.Join(command, " "), context.Cause(ctx))
	}
	return s, err
}

// results are a row of the time, which is that of all lookers together, and one of the
// memory.
func (f outcome) results(kind string) []result {
	var sum pair
	var worst *part
	for name, p := range f.times {
		sum.ours, sum.peer = added(sum.ours, p.ours), added(sum.peer, p.peer)
		if worst == nil || p.ratio() > worst.pair.ratio() {
			worst = &part{name, *p}
		}
	}
	megabytes := make([]float64, len(f.peaks))
	for i, bytes := range f.peaks {
		megabytes[i] = bytes / 1e6
	}
	return []result{
		{name: "hostile, " + kind, peer: "the same without it", pair: sum, target: mostRatio, unit: "ms", worst: worst},
		{name: "hostile, memory beside " + kind, pair: pair{ours: megabytes}, target: mostMegabytes, unit: "MB"},
	}
}

// added is the sum of two lists, element by element.
func added(to, list []float64) []float64 {
	if to == nil {
		return slices.Clone(list)
	}
	for i := range to {
		to[i] += list[i]
	}
	return to
}
