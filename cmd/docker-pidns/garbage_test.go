package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// After the first collection garbage is collected as usual.
func TestCollectLate(t *testing.T) {
	t.Setenv("GOGC", "")
	t.Setenv("GOMEMLIMIT", "")
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	defer func() { debug.SetGCPercent(percent); debug.SetMemoryLimit(limit) }()
	collectLate()
	if got := debug.SetMemoryLimit(-1); got != firstCollection {
		t.Errorf("the first collection comes at %d bytes", got)
	}
	runtime.GC()
	for end := time.Now().Add(10 * time.Second); debug.SetMemoryLimit(-1) == firstCollection; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatal("it stays so for ever")
		}
	}
}

// If the user configures the collector, that is kept.
func TestCollectAsToldByTheUser(t *testing.T) {
	t.Setenv("GOGC", "50")
	before := debug.SetMemoryLimit(-1)
	collectLate()
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("the limit is %d, was %d", got, before)
	}
}
