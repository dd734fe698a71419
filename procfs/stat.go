package procfs

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// Stat are the fields of /proc/PID/stat that are used.
type Stat struct {
	// PID is field 1, Comm field 2 without its parentheses, State field 3.
	PID   int
	Comm  string
	State State
	// ParentPID, PGID and SID are fields 4, 5 and 6, by the numbers of that /proc.
	ParentPID int
	PGID      int
	SID       int
	// Flags is field 9 (PF_ of include/linux/sched.h), Threads field 20.
	Flags   uint64
	Threads int
	// StartTicks is field 22: ticks of USER_HZ between boot and its start.
	StartTicks uint64
	// WaitStatus is field 52. It is valid only for a zombie, and only for a reader with ptrace
	// rights. The kernel shows 0 to other readers.
	WaitStatus WaitStatus
}

// IsZombie is as for a process: the whole process has exited and waits to be reaped.
func (s *Stat) IsZombie() bool { return s.State == StateZombie && s.Threads <= 1 }

// ErrMalformed is wrapped by every error of a parser of this package.
var ErrMalformed = errors.New("malformed")

// Flags of a task (field 9 of stat; include/linux/sched.h of the kernel): a kernel thread, and
// a task that has begun to exit.
const (
	PFKThread = 0x00200000 // PF_KTHREAD
	PFExiting = 0x00000004 // PF_EXITING
)

// The field numbers of proc_pid_stat(5), less the three fields up to comm.
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

// ParseStat reads the line of /proc/PID/stat. The process chooses its comm, which may have
// blanks, newlines and parentheses. It extends to the last ')'.
func ParseStat(data []byte) (Stat, error) {
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 1 || end < open {
		return Stat{}, fmt.Errorf("%w stat: no (comm)", ErrMalformed)
	}
	if !bytes.HasSuffix(data, []byte("\n")) {
		return Stat{}, fmt.Errorf("%w stat: cut", ErrMalformed)
	}
	s := Stat{Comm: string(data[open+1 : end])}
	p := numbers{}
	s.PID = p.positive(bytes.TrimSpace(data[:open]))
	n := s.takeAll(data[end+1:len(data)-1], &p)
	switch {
	case n < statFields:
		return Stat{}, fmt.Errorf("%w stat: %d fields after comm, want %d", ErrMalformed, n, statFields)
	case p.err != nil:
		return Stat{}, fmt.Errorf("%w stat: %w", ErrMalformed, p.err)
	case len(s.State) != 1:
		return Stat{}, fmt.Errorf("%w stat: state %q", ErrMalformed, s.State)
	}
	return s, nil
}

// takeAll takes the fields after comm and counts them. No other function is called so often.
// Splitting at all blanks of Unicode takes half as long again.
func (s *Stat) takeAll(data []byte, p *numbers) (fields int) {
	for len(data) > 0 {
		end := bytes.IndexByte(data, ' ')
		if end < 0 {
			end = len(data)
		}
		if end > 0 {
			s.take(fields, data[:end], p)
			fields++
		}
		data = data[min(end+1, len(data)):]
	}
	return fields
}

// take takes the field that has the number n after comm.
func (s *Stat) take(n int, field []byte, p *numbers) {
	switch n {
	case statState:
		s.State = State(field)
	case statParent:
		s.ParentPID = p.integer(field)
	case statPGID:
		s.PGID = p.integer(field)
	case statSID:
		s.SID = p.integer(field)
	case statFlags:
		s.Flags = p.unsigned(field)
	case statThreads:
		s.Threads = p.integer(field)
	case statStart:
		s.StartTicks = p.unsigned(field)
	case statWaitStatus:
		s.WaitStatus = WaitStatus(p.unsigned32(field))
	}
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
