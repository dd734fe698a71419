package procfs

import (
	"bytes"
	"fmt"
)

// ParseTasks reads the number of tasks of the whole host from /proc/loadavg:
// the one behind the slash of the fourth field. It is the kernel's nr_threads,
// which fork() compares with kernel.threads-max: processes, further threads,
// kernel threads and zombies, whichever PID namespace asks.
func ParseTasks(data []byte) (int, error) {
	fields := bytes.Fields(data)
	if len(fields) != 5 || !bytes.HasSuffix(data, []byte("\n")) {
		return 0, fmt.Errorf("%w loadavg: %d fields in a whole line, want 5", ErrMalformed, len(fields))
	}
	_, total, ok := bytes.Cut(fields[3], []byte("/"))
	p := numbers{}
	n := p.positive(total)
	if !ok || p.err != nil {
		return 0, fmt.Errorf("%w loadavg: %q", ErrMalformed, fields[3])
	}
	return n, nil
}
