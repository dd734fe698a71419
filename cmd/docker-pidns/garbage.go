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

// collectLate puts the first garbage collection off: by default it comes at 4 MiB,
// which a host of some thousand processes takes, and costs a tenth of the command's
// time. From then on the heap may double as usual. Who has set GOGC or GOMEMLIMIT
// has it so.
func collectLate() {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(firstCollection)
	// What nobody holds goes with the first collection.
	runtime.AddCleanup(new([16]byte), func(struct{}) {
		debug.SetMemoryLimit(math.MaxInt64)
		debug.SetGCPercent(100)
	}, struct{}{})
}
