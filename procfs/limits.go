package procfs

import (
	"bytes"
	"fmt"
)

// Limits are the values of /proc/PID/limits that are used. Every user may read the file.
type Limits struct {
	// MaxProcesses is the soft RLIMIT_NPROC ("Max processes"): how many tasks the real user
	// may have when this process forks. It is not held for "unlimited".
	MaxProcesses Opt[int]
	// MaxAddressSpace is the soft RLIMIT_AS in bytes ("Max address space"): how large the
	// process's virtual memory may become. It is not held for "unlimited", and unread if there
	// is no such line.
	MaxAddressSpace Opt[int]
	// MaxStack is the soft RLIMIT_STACK in bytes ("Max stack size"). The C library sizes the
	// stacks of threads by it. It is absent in the same cases as MaxAddressSpace.
	MaxStack Opt[int]
}

// ParseLimits reads /proc/PID/limits. Names of limits have blanks, and their columns have no
// fixed width on all kernels. A file without "Max processes" is malformed, and so is a file
// whose last line is cut.
func ParseLimits(data []byte) (Limits, error) {
	if !bytes.HasSuffix(data, []byte("\n")) {
		return Limits{}, fmt.Errorf("%w limits: cut", ErrMalformed)
	}
	var limits Limits
	found := false
	for line := range bytes.Lines(data) {
		name, value := limits.field(line)
		if value == nil {
			continue
		}
		most, err := parseSoftLimit(line[len(name):])
		if err != nil {
			return Limits{}, fmt.Errorf("%w limits: %s: %w", ErrMalformed, bytes.TrimSpace(line[:len(name)]), err)
		}
		*value, found = most, found || value == &limits.MaxProcesses
	}
	if !found {
		return Limits{}, fmt.Errorf("%w limits: no Max processes", ErrMalformed)
	}
	return limits, nil
}

// field is the name at the beginning of a line, and where its value goes. That is nil if the
// value is not used.
func (l *Limits) field(line []byte) (name string, value *Opt[int]) {
	switch {
	case bytes.HasPrefix(line, []byte("Max processes ")):
		return "Max processes ", &l.MaxProcesses
	case bytes.HasPrefix(line, []byte("Max address space ")):
		return "Max address space ", &l.MaxAddressSpace
	case bytes.HasPrefix(line, []byte("Max stack size ")):
		return "Max stack size ", &l.MaxStack
	default:
		return "", nil
	}
}

// parseSoftLimit takes the soft limit from the columns soft limit, hard limit and unit.
func parseSoftLimit(columns []byte) (Opt[int], error) {
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
		return None[int](NotHeld), nil // the kernel's maximum is LONG_MAX
	}
	if p.err != nil {
		return Opt[int]{}, p.err
	}
	return Some(int(n)), nil
}
