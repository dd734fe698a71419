//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
)

// verdict on one line: held, missed, or missed by no more than noise.
func (r result) verdict() string {
	value, least := r.value()
	switch {
	case value <= r.target:
		return "held"
	case least <= r.target:
		return "missed by noise"
	default:
		return "MISSED"
	}
}

// value is what is held against the target, and the least that it may be.
func (r result) value() (value, least float64) {
	if r.worst != nil {
		return r.worst.pair.ratio(), r.worst.pair.least()
	}
	if r.pair.peer == nil {
		return median(r.pair.ours), quantile(r.pair.ours, 0.25)
	}
	return r.pair.ratio(), r.pair.least()
}

// errMissed ends the program with status 1.
var errMissed = errors.New("a target was missed by more than noise")

func report(w io.Writer, results []result) error {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"what", "median", "against", "median", "ratio", "quartiles", "target", ""})
	missed := false
	for _, r := range results {
		t.AppendRow(r.cells())
		missed = missed || r.verdict() == "MISSED"
	}
	t.Render()
	if missed {
		return errMissed
	}
	return nil
}

func (r result) cells() table.Row {
	figure := func(v float64) string { return fmt.Sprintf("%.1f %s", v, r.unit) }
	if r.pair.peer == nil {
		return table.Row{r.name, figure(median(r.pair.ours)), "", "", "", "", figure(r.target), r.verdict()}
	}
	name := r.name
	if r.worst != nil {
		name += fmt.Sprintf(" (worst: %s, %.2f)", r.worst.name, r.worst.pair.ratio())
	}
	return table.Row{
		name, figure(median(r.pair.ours)), r.peer, figure(median(r.pair.peer)),
		fmt.Sprintf("%.3f", r.pair.ratio()), fmt.Sprintf("%.3f to %.3f", r.pair.least(), r.pair.most()), fmt.Sprintf("%.2f", r.target), r.verdict(),
	}
}
