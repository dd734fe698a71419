//go:build linux

// Command load is the host's other processes: it forks as many children as it is
// told, says so, and waits. They run no program of their own and so cost the
// machine little, but the kernel shows each as it shows any other.
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

func main() {
	n := 0
	if len(os.Args) > 1 {
		n, _ = strconv.Atoi(os.Args[1])
	}
	forgetHandlers()
	for i := range n {
		if err := fork(); err != nil {
			fmt.Fprintf(os.Stderr, "load: fork %d of %d: %v\n", i+1, n, err)
			os.Exit(1)
		}
	}
	fmt.Println("ready")
	wait()
}

// forgetHandlers gives all signals their default actions: most processes of a host
// have hardly any handlers, and those of the Go runtime would be in every child.
func forgetHandlers() {
	var standing [4]uintptr // struct sigaction of the kernel: SIG_DFL, no flags
	for signal := uintptr(1); signal <= 64; signal++ {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, signal, uintptr(unsafe.Pointer(&standing)), 0, 8, 0, 0)
	}
}

// fork makes a child that never returns to the Go runtime, of whose threads it has
// only this one.
//
//go:norace
func fork() error {
	pid, _, errno := syscall.RawSyscall(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0)
	if errno != 0 {
		return errno
	}
	if pid == 0 {
		wait()
	}
	return nil
}

func wait() {
	for {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
}
