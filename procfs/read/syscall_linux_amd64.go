package read

import "golang.org/x/sys/unix"

// oldSyscallNames are calls that newer architectures do not have.
var oldSyscallNames = map[int]string{
	unix.SYS_PAUSE:      "pause",
	unix.SYS_EPOLL_WAIT: "epoll_wait",
	unix.SYS_POLL:       "poll",
	unix.SYS_SELECT:     "select",
	unix.SYS_VFORK:      "vfork",
}

// narrowSyscallNames are the same calls as 32-bit programs make them
// (arch/x86/entry/syscalls/syscall_32.tbl).
var narrowSyscallNames = map[int]string{
	0: "restart_syscall", 3: "read", 29: "pause", 114: "wait4", 120: "clone", 142: "select", 162: "nanosleep", 168: "poll", 177: "rt_sigtimedwait",
	179: "rt_sigsuspend", 190: "vfork", 240: "futex", 256: "epoll_wait", 267: "clock_nanosleep", 284: "waitid", 308: "pselect6", 309: "ppoll",
	319: "epoll_pwait", 364: "accept4", 371: "recvfrom", 372: "recvmsg", 407: "clock_nanosleep", 413: "pselect6", 414: "ppoll",
	421: "rt_sigtimedwait", 422: "futex", 435: "clone3", 441: "epoll_pwait2",
}
