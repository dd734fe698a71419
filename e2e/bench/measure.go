//go:build linux

package main

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// sample is what one run of a command cost.
type sample struct {
	wall time.Duration
	// processor is the time that processors spent on it, in user and kernel mode.
	processor time.Duration
	// peak is the most memory that it held at once (getrusage(2) ru_maxrss), in
	// bytes.
	peak int64
}

// timed runs a command once.
func timed(ctx context.Context, command []string) (sample, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return sample{}, fmt.Errorf("%s: %w", strings.Join(command, " "), err)
	}
	s := sample{wall: time.Since(began), processor: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.peak = usage.Maxrss * 1024
	}
	return s, nil
}

// byTurns runs two measurements alternately, so that what else the machine does
// meets both. Each is made once before it counts.
func byTurns(runs int, ours, peer func() (float64, error)) (pair, error) {
	var p pair
	for i := range runs + 1 {
		a, err := ours()
		if err != nil {
			return p, err
		}
		b, err := peer()
		if err != nil {
			return p, err
		}
		if i > 0 {
			p.ours, p.peer = append(p.ours, a), append(p.peer, b)
		}
	}
	return p, nil
}

// pair are measurements made by turns.
type pair struct{ ours, peer []float64 }

// ratio is that of the medians.
func (p pair) ratio() float64 { return median(p.ours) / median(p.peer) }

// least is the lower quartile of the ratios turn by turn: a target below it is
// missed by more than noise.
func (p pair) least() float64 { return quantile(p.ratios(), 0.25) }

// most is the upper quartile.
func (p pair) most() float64 { return quantile(p.ratios(), 0.75) }

func (p pair) ratios() []float64 {
	list := make([]float64, len(p.ours))
	for i := range list {
		list[i] = p.ours[i] / p.peer[i]
	}
	return list
}

func median(list []float64) float64 { return quantile(list, 0.5) }

func quantile(list []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	below := int(at)
	if below+1 == len(sorted) {
		return sorted[below]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}
