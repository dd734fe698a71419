package procfs

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// Stat is what is used of /proc/PID/stat.
type Stat struct {
	PID        int
	Comm       string
	State      State
	ParentPID  int
	PGID       int
	SID        int
	Flags      uint64
	Threads    int
	StartTicks uint64
	// WaitStatus is field 52. It means something for a zombie only, and only
	// to a reader with ptrace rights: to others the kernel shows 0.
	WaitStatus WaitStatus
}

// ErrMalformed is wrapped by every error of a parser of this package.
var ErrMalformed = errors.New("malformed")

const pfKthread = 0x00200000 // PF_KTHREAD of the kernel's include/linux/sched.h

// field numbers of proc_pid_stat(5), less the three before which comm ends
const (
	statState      = 0
	statParent     = 1
	statPGID       = 2
	statSID        = 3
	statFlags      = 6
	statThreads    = 17
	statStart      = 19
	statWaitStatus = 49
	statFields     = 50
)

// ParseStat reads the line of /proc/PID/stat. The process chooses its comm,
// which may hold blanks, newlines and parentheses: it ends at the last ')'.
func ParseStat(data []byte) (Stat, error) {
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 1 || end < open {
		return Stat{}, fmt.Errorf("%w stat: no (comm)", ErrMalformed)
	}
	if !bytes.HasSuffix(data, []byte("\n")) {
		return Stat{}, fmt.Errorf("%w stat: cut", ErrMalformed)
	}
	fields := bytes.Fields(data[end+1:])
	if len(fields) < statFields {
		return Stat{}, fmt.Errorf("%w stat: %d fields after comm, want %d", ErrMalformed, len(fields), statFields)
	}
	p := numbers{}
	s := Stat{
		PID:        p.positive(bytes.TrimSpace(data[:open])),
		Comm:       string(data[open+1 : end]),
		State:      State(fields[statState]),
		ParentPID:  p.integer(fields[statParent]),
		PGID:       p.integer(fields[statPGID]),
		SID:        p.integer(fields[statSID]),
		Flags:      p.unsigned(fields[statFlags]),
		Threads:    p.integer(fields[statThreads]),
		StartTicks: p.unsigned(fields[statStart]),
		WaitStatus: WaitStatus(p.unsigned32(fields[statWaitStatus])),
	}
	if p.err != nil {
		return Stat{}, fmt.Errorf("%w stat: %w", ErrMalformed, p.err)
	}
	if len(s.State) != 1 {
		return Stat{}, fmt.Errorf("%w stat: state %q", ErrMalformed, s.State)
	}
	return s, nil
}

// numbers parses one number after the other and keeps the first error.
type numbers struct{ err error }

func (n *numbers) integer(b []byte) int {
	v, err := strconv.Atoi(string(b))
	n.keep(err)
	return v
}

func (n *numbers) positive(b []byte) int {
	v := n.integer(b)
	if v <= 0 {
		n.keep(fmt.Errorf("%d is not a PID", v))
	}
	return v
}

func (n *numbers) unsigned(b []byte) uint64 {
	v, err := strconv.ParseUint(string(b), 10, 64)
	n.keep(err)
	return v
}

func (n *numbers) unsigned32(b []byte) uint32 {
	v, err := strconv.ParseUint(string(b), 10, 32)
	n.keep(err)
	return uint32(v)
}

func (n *numbers) keep(err error) {
	if n.err == nil {
		n.err = err
	}
}
