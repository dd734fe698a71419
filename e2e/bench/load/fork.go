//go:build linux

package main

import (
	"fmt"
	"syscall"
	"unsafe"
)

// forgetHandlers gives all signals their default actions: most processes of a host
// have hardly any handlers, and those of the Go runtime would be in every child.
func forgetHandlers() {
	var standing [4]uintptr // struct sigaction of the kernel: SIG_DFL, no flags
	for signal := uintptr(1); signal <= 64; signal++ {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, signal, uintptr(unsafe.Pointer(&standing)), 0, 8, 0, 0)
	}
}

// forkMany makes so many children.
func forkMany(n int, then func()) error {
	for i := range n {
		if err := fork(then); err != nil {
			return fmt.Errorf("fork %d of %d: %w", i+1, n, err)
		}
	}
	return nil
}

// fork makes a child that never returns to the Go runtime, of whose threads it has
// only this one. It does what makes system calls alone, and does not return.
//
//go:norace
func fork(then func()) error {
	pid, _, errno := syscall.RawSyscall(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0)
	if errno != 0 {
		return errno
	}
	if pid == 0 {
		then()
	}
	return nil
}

func wait() {
	for {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
}
