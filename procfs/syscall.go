package procfs

import (
	"bytes"
	"fmt"
	"strconv"
)

// Syscall is the system call in which a thread sleeps (/proc/PID/syscall).
type Syscall struct {
	// Name is the name of the call in syscalls(2): "rt_sigtimedwait". It is the number if the
	// name is not used on this architecture. It is "" for a thread that runs, or sleeps in the
	// kernel for another reason than a call.
	Name string
	// Args are the six arguments in the registers.
	Args [6]uint64
}

// cloneVFork is CLONE_VFORK of include/uapi/linux/sched.h.
const cloneVFork = 0x4000

// InVFork reports whether the thread sleeps until a child that it started with vfork(2) or
// CLONE_VFORK has started a program or has exited. clone3(2) keeps its flags in memory. A
// thread sleeps in it only with CLONE_VFORK.
func (c Syscall) InVFork() bool {
	switch c.Name {
	case "vfork", "clone3":
		return true
	case "clone":
		return c.Args[0]&cloneVFork != 0
	default:
		return false
	}
}

// ParseSyscall reads /proc/PID/syscall: "running", or the number of the call, its six
// arguments, the stack pointer and the program counter. The number -1 means no call. names has
// the names by number.
func ParseSyscall(data []byte, names map[int]string) (Syscall, error) {
	fields := bytes.Fields(data)
	if len(fields) == 1 && string(fields[0]) == "running" {
		return Syscall{}, nil
	}
	if len(fields) != 3 && len(fields) != 9 {
		return Syscall{}, fmt.Errorf("%w syscall: %d fields, want 1, 3 or 9", ErrMalformed, len(fields))
	}
	number, err := strconv.Atoi(string(fields[0]))
	if err != nil {
		return Syscall{}, fmt.Errorf("%w syscall: %w", ErrMalformed, err)
	}
	if len(fields) == 3 {
		return Syscall{}, nil
	}
	call := Syscall{Name: names[number]}
	if call.Name == "" {
		call.Name = strconv.Itoa(number)
	}
	for i := range call.Args {
		if call.Args[i], err = strconv.ParseUint(string(fields[1+i]), 0, 64); err != nil {
			return Syscall{}, fmt.Errorf("%w syscall: %w", ErrMalformed, err)
		}
	}
	return call, nil
}
