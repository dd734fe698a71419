package procfs

import (
	"bytes"
	"fmt"
)

// ParseChildren reads /proc/PID/task/TID/children: the PIDs of the children that this one
// thread forked, zombies included, each followed by a blank. While processes come and go the
// kernel may leave some out (proc_tid_children(5)).
func ParseChildren(data []byte) ([]int, error) {
	if len(data) > 0 && data[len(data)-1] != ' ' {
		return nil, fmt.Errorf("%w children: cut", ErrMalformed)
	}
	p := numbers{}
	var pids []int
	for field := range bytes.FieldsSeq(data) {
		pids = append(pids, p.positive(field))
	}
	if p.err != nil {
		return nil, fmt.Errorf("%w children: %w", ErrMalformed, p.err)
	}
	return pids, nil
}
