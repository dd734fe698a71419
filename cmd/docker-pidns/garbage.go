package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
)

// firstCollection is how large the heap may become before garbage is collected for
// the first time, in bytes. Most commands end before.
const firstCollection = 64 << 20

// laterCollections is by how much of what is in use the heap may grow between two later
// collections, in percent.
const laterCollections = 50

// collectLate puts the first garbage collection off: by default it comes at 4 MiB,
// which a host of some thousand processes takes, and costs a tenth of the command's
// time. From then on it comes whenever the heap has grown by half: what is read of
// 50,000 processes stays, and the usual double of it would be the peak. GOGC and GOMEMLIMIT,
// if set, win.
func collectLate() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(firstCollection)
	// What nobody holds goes with the first collection.
	runtime.AddCleanup(new([16]byte), func(struct{}) {
		debug.SetMemoryLimit(math.MaxInt64)
		debug.SetGCPercent(laterCollections)
	}, struct{}{})
}
