package procfstest

import (
	"runtime"
	"testing"
)

// Allocated is how much memory is asked for meanwhile, in bytes.
func Allocated(do func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// Linear holds a parser to memory that grows no faster than what it reads.
func Linear(t *testing.T, data []byte, parse func()) {
	t.Helper()
	if took := Allocated(parse); took > 64*len(data)+64<<10 {
		t.Errorf("%d bytes of memory for %d", took, len(data))
	}
}
