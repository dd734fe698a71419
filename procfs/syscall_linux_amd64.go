package procfs

import "golang.org/x/sys/unix"

// oldSyscallNames are calls that newer architectures do not have.
var oldSyscallNames = map[int]string{
	unix.SYS_PAUSE:      "pause",
	unix.SYS_EPOLL_WAIT: "epoll_wait",
	unix.SYS_POLL:       "poll",
	unix.SYS_SELECT:     "select",
	unix.SYS_VFORK:      "vfork",
}
