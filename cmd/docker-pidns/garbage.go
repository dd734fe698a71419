package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
)

// firstCollection is the size of the heap at which garbage is collected for the first time, in
// bytes. Most commands finish before.
const firstCollection = 64 << 20

// laterCollections is how much the heap may grow between two later collections, in percent of
// what is in use.
const laterCollections = 50

// collectLate delays the first garbage collection. By default it comes at 4 MiB, which a host
// of a few thousand processes needs, and costs a tenth of the command's time. After the first,
// a collection comes when the heap has grown by half. What is read of 50,000 processes stays in
// use, and by default the heap could grow to twice that. GOGC and GOMEMLIMIT, if set, win.
func collectLate() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(firstCollection)
	// An object without references is removed by the first collection.
	runtime.AddCleanup(new([16]byte), func(struct{}) {
		debug.SetMemoryLimit(math.MaxInt64)
		debug.SetGCPercent(laterCollections)
	}, struct{}{})
}
