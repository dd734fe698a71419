package procfs

import (
	"bytes"
	"fmt"
)

// TaskCount is the kernel's own count of tasks.
type TaskCount struct {
	// Tasks are the tasks of the whole host, in whichever PID namespace the file is read:
	// nr_threads, which fork() compares with kernel.threads-max. They are processes, further
	// threads, kernel threads and zombies.
	Tasks int
	// LastPID is the PID that was given last in the PID namespace of the reader. While it
	// stays the same, no process has started.
	LastPID int
}

// mostRoom limits Room if there are far more threads than processes.
const mostRoom = 1 << 16

// Room is the number of processes for which memory is reserved before they are counted.
func (c TaskCount) Room() int { return min(c.Tasks, mostRoom) }

// ParseTaskCount reads /proc/loadavg: the number after the slash in the fourth field, and the
// fifth field.
func ParseTaskCount(data []byte) (TaskCount, error) {
	fields := bytes.Fields(data)
	if len(fields) != 5 || !bytes.HasSuffix(data, []byte("\n")) {
		return TaskCount{}, fmt.Errorf("%w loadavg: %d fields in a whole line, want 5", ErrMalformed, len(fields))
	}
	_, total, ok := bytes.Cut(fields[3], []byte("/"))
	p := numbers{}
	count := TaskCount{Tasks: p.positive(total), LastPID: p.integer(fields[4])}
	if !ok || p.err != nil {
		return TaskCount{}, fmt.Errorf("%w loadavg: %q %q", ErrMalformed, fields[3], fields[4])
	}
	return count, nil
}
