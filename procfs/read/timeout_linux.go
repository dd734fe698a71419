package read

import (
	"encoding/binary"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// timeout is the maximum time that the call waits: by value, in milliseconds, or by a pointer
// to a struct timespec or timeval. NULL waits without limit. The structs of 32-bit programs
// are of several kinds.
func (d processDir) timeout(call procfs.Syscall, bits int) procfs.Opt[int64] {
	if bits != 64 && !slices.Contains(untimed, call.Name) {
		return procfs.None[int64](procfs.Unsupported)
	}
	switch call.Name {
	case "epoll_wait", "epoll_pwait":
		return milliseconds(call.Args[3])
	case "poll":
		return milliseconds(call.Args[2])
	case "epoll_pwait2":
		return d.timespec(call.Args[3], 1)
	case "ppoll":
		return d.timespec(call.Args[2], 1)
	case "pselect6":
		return d.timespec(call.Args[4], 1)
	case "select":
		return d.timespec(call.Args[4], 1000)
	case "rt_sigtimedwait":
		return d.timespec(call.Args[2], 1)
	case "nanosleep":
		return d.timespec(call.Args[0], 1)
	case "clock_nanosleep":
		return d.timespec(call.Args[2], 1)
	case "futex":
		return d.timespec(call.Args[3], 1)
	case "restart_syscall":
		return procfs.None[int64](procfs.Unsupported) // only the kernel knows the remaining time
	default:
		return procfs.None[int64](procfs.NotHeld)
	}
}

// untimed are those of the calls that never return by themselves.
var untimed = []string{"pause", "rt_sigsuspend", "wait4", "waitid", "read", "accept4", "recvfrom", "recvmsg", "vfork", "clone", "clone3"}

func milliseconds(arg uint64) procfs.Opt[int64] {
	if ms := int32(uint32(arg)); ms >= 0 { // the argument is an int
		return procfs.Some(int64(ms) * 1e6)
	}
	return procfs.None[int64](procfs.NotHeld)
}

// endless is the number of seconds from which a sleep counts as unlimited. Programs use more
// for "sleep infinity".
const endless = 1 << 31

// timespec reads seconds and a fraction, whose unit in nanoseconds is given.
func (d processDir) timespec(address uint64, unit int64) procfs.Opt[int64] {
	if address == 0 {
		return procfs.None[int64](procfs.NotHeld)
	}
	words, err := d.memory(address, 16)
	if err != nil {
		return procfs.None[int64](absenceOf(err))
	}
	seconds := int64(binary.NativeEndian.Uint64(words))
	fraction := int64(binary.NativeEndian.Uint64(words[8:]))
	if seconds >= endless {
		return procfs.None[int64](procfs.NotHeld)
	}
	return procfs.Some(seconds*1e9 + fraction*unit)
}
