package read

import "golang.org/x/sys/unix"

// syscallNames are the calls in which a thread waits: for signals, children, files, time, or a
// child that starts a program.
var syscallNames = joinNames(map[int]string{
	unix.SYS_RT_SIGTIMEDWAIT: "rt_sigtimedwait",
	unix.SYS_RT_SIGSUSPEND:   "rt_sigsuspend",
	unix.SYS_WAIT4:           "wait4",
	unix.SYS_WAITID:          "waitid",
	unix.SYS_CLONE:           "clone",
	unix.SYS_CLONE3:          "clone3",
	unix.SYS_EPOLL_PWAIT:     "epoll_pwait",
	unix.SYS_EPOLL_PWAIT2:    "epoll_pwait2",
	unix.SYS_PPOLL:           "ppoll",
	unix.SYS_PSELECT6:        "pselect6",
	unix.SYS_NANOSLEEP:       "nanosleep",
	unix.SYS_CLOCK_NANOSLEEP: "clock_nanosleep",
	unix.SYS_FUTEX:           "futex",
	unix.SYS_READ:            "read",
	unix.SYS_ACCEPT:          "accept",
	unix.SYS_ACCEPT4:         "accept4",
	unix.SYS_RECVMSG:         "recvmsg",
	unix.SYS_RECVFROM:        "recvfrom",
	unix.SYS_RESTART_SYSCALL: "restart_syscall",
}, oldSyscallNames)

func joinNames(tables ...map[int]string) map[int]string {
	all := map[int]string{}
	for _, table := range tables {
		for number, name := range table {
			all[number] = name
		}
	}
	return all
}
