//go:build linux

package main

import (
	"errors"
	"testing"
)

func TestQuantile(t *testing.T) {
	list := []float64{5, 1, 4, 2, 3}
	for q, want := range map[float64]float64{0: 1, 0.25: 2, 0.5: 3, 0.625: 3.5, 1: 5} {
		if got := quantile(list, q); got != want {
			t.Errorf("%v: got %v, want %v", q, got, want)
		}
	}
	if list[0] != 5 || quantile(nil, 0.5) != 0 {
		t.Error("the list was changed, or nothing has a quantile")
	}
}

func TestPair(t *testing.T) {
	p := pair{ours: []float64{1, 2, 3}, peer: []float64{2, 2, 2}}
	if p.ratio() != 1 || p.least() != 0.75 || p.most() != 1.25 {
		t.Errorf("got %v (%v to %v)", p.ratio(), p.least(), p.most())
	}
}

// Ours and theirs take turns, and the first of each does not count.
func TestByTurns(t *testing.T) {
	order := ""
	say := func(name string, value float64) func() (float64, error) {
		return func() (float64, error) { order += name; value++; return value, nil }
	}
	p, err := byTurns(2, say("o", 0), say("p", 10))
	if err != nil || order != "opopop" || len(p.ours) != 2 || p.ours[0] != 2 || p.peer[1] != 13 {
		t.Errorf("order %s, %+v, error %v", order, p, err)
	}
	failure := errors.New("no")
	if _, err := byTurns(2, say("o", 0), func() (float64, error) { return 0, failure }); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
}
