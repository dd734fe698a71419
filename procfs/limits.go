package procfs

import (
	"bytes"
	"fmt"
)

// Limits is what is used of /proc/PID/limits, which every user may read.
type Limits struct {
	// MaxProcesses is the soft RLIMIT_NPROC ("Max processes"): how many tasks
	// the real user may have when this process forks; not held where it says
	// "unlimited".
	MaxProcesses Opt[int]
}

// ParseLimits reads /proc/PID/limits. Names of limits hold blanks, and their
// columns have no fixed width on all kernels. A file without "Max processes"
// is malformed, and so is one that ends in mid-line.
func ParseLimits(data []byte) (Limits, error) {
	if !bytes.HasSuffix(data, []byte("\n")) {
		return Limits{}, fmt.Errorf("%w limits: cut", ErrMalformed)
	}
	for line := range bytes.Lines(data) {
		rest, ok := bytes.CutPrefix(line, []byte("Max processes "))
		if !ok {
			continue
		}
		most, err := parseMaxProcesses(rest)
		if err != nil {
			return Limits{}, fmt.Errorf("%w limits: Max processes: %w", ErrMalformed, err)
		}
		return Limits{MaxProcesses: most}, nil
	}
	return Limits{}, fmt.Errorf("%w limits: no Max processes", ErrMalformed)
}

// parseMaxProcesses takes the first of soft limit, hard limit and unit.
func parseMaxProcesses(columns []byte) (Opt[int], error) {
	fields := bytes.Fields(columns)
	if len(fields) != 3 {
		return Opt[int]{}, fmt.Errorf("%d columns, want 3", len(fields))
	}
	if string(fields[0]) == "unlimited" {
		return None[int](NotHeld), nil
	}
	p := numbers{}
	n := p.unsigned(fields[0])
	if p.err == nil && n > 1<<63-1 {
		return None[int](NotHeld), nil // the kernel takes no more than LONG_MAX
	}
	if p.err != nil {
		return Opt[int]{}, p.err
	}
	return Some(int(n)), nil
}
