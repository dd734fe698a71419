//go:build linux

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// growing are the commands over all containers.
func (s *scene) growing() map[string][]string {
	return map[string][]string{
		"zombies": {s.plugin, "zombies"}, "ns": {s.plugin, "ns"},
		"zombies --collector bpf": {s.plugin, "zombies", "--collector", "bpf"},
		"tree":                    {s.plugin, "tree"}, "tree --format json": {s.plugin, "tree", "--format", "json"},
		"doctor --settle 0":                 {s.plugin, "doctor", "--settle", "0"},
		"tree --collector bpf":              {s.plugin, "tree", "--collector", "bpf"},
		"doctor --settle 0 --collector bpf": {s.plugin, "doctor", "--settle", "0", "--collector", "bpf"},
	}
}

// cost is what a command costs beside some number of other processes.
type cost struct{ milliseconds, bytes []float64 }

// growth compares the costs beside many processes with those beside far more: the
// processors' time, since how many processors a machine gives may depend on how many
// processes it has. What a process costs, a command with few processes costs nothing
// of.
func (s *scene) growth(ctx context.Context, o options) ([]result, error) {
	if !o.run.MatchString("growth") {
		return nil, nil
	}
	least, err := s.costs(ctx, o)
	if err != nil {
		return nil, err
	}
	lower, err := raisePIDMax(o.growth)
	if err != nil {
		return nil, err
	}
	defer lower()
	if err := s.others(ctx, o.growth); err != nil {
		return nil, err
	}
	defer func() { _ = s.others(context.WithoutCancel(ctx), few) }()
	most, err := s.costs(ctx, o)
	if err != nil {
		return nil, err
	}
	var results []result
	for _, name := range slices.Sorted(maps.Keys(least)) {
		factor := float64(o.growth) / float64(o.many)
		results = append(results,
			result{fmt.Sprintf("growth, %s beside %d", name, o.growth), fmt.Sprintf("the same beside %d", o.many), pair{most[name].milliseconds, least[name].milliseconds}, factor, "ms of CPU", nil},
			result{fmt.Sprintf("growth, memory of %s", name), "", pair{perProcess(least[name], most[name], o.growth-o.many), nil}, 1500, "B/process", nil})
	}
	return results, nil
}

func perProcess(least, most cost, processes int) []float64 {
	list := make([]float64, len(most.bytes))
	for i := range list {
		list[i] = (most.bytes[i] - median(least.bytes)) / float64(processes)
	}
	return list
}

// growthRuns is how often each is run.
const growthRuns = 7

func (s *scene) costs(ctx context.Context, _ options) (map[string]cost, error) {
	costs := map[string]cost{}
	for name, command := range s.growing() {
		var c cost
		for range growthRuns {
			sample, err := timed(ctx, command)
			if err != nil {
				return nil, err
			}
			c.milliseconds = append(c.milliseconds, float64(sample.processor)/float64(time.Millisecond))
			c.bytes = append(c.bytes, float64(sample.peak))
		}
		costs[name] = c
	}
	return costs, nil
}
