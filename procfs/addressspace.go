package procfs

import (
	"bytes"
	"fmt"
)

// AddressSpace is what the next thread of a process needs in addition to a free task: room for
// its stack. A fork copies the address space, and these limits do not apply to it.
type AddressSpace struct {
	Key
	// Size is the process's virtual memory in bytes (/proc/PID/statm field 1, in pages).
	Size Opt[int] `json:",omitzero"`
	// Max is its soft RLIMIT_AS in bytes, and MaxStack its soft RLIMIT_STACK (Limits).
	Max      Opt[int] `json:",omitzero"`
	MaxStack Opt[int] `json:",omitzero"`
	// Mappings is the number of its mappings, which vm.max_map_count limits (the lines of
	// /proc/PID/maps). It is unread if Size shows that they are less than half of that limit,
	// because each mapping is at least one page.
	Mappings Opt[int] `json:",omitzero"`
}

// ParseStatm reads /proc/PID/statm and returns the size of the process's virtual memory
// in pages.
func ParseStatm(data []byte) (int, error) {
	size, _, ok := bytes.Cut(data, []byte(" "))
	if !ok {
		return 0, fmt.Errorf("%w statm: cut", ErrMalformed)
	}
	p := numbers{}
	pages := p.unsigned(size)
	if p.err != nil || pages > 1<<50 {
		return 0, fmt.Errorf("%w statm: size %q", ErrMalformed, size)
	}
	return int(pages), nil
}
