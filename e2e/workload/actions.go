//go:build e2e && linux

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"unsafe"
)

// What a program can tell the kernel about itself and no file of /proc shows.

// Flags of sigaction(2) and an option of prctl(2).
const (
	saNoChildWait     = 0x00000002
	saResetHand       = 0x80000000
	prSetChildAdopts  = 36
	sigBlock          = 0
	sizeOfSignalMask  = 8
	sigactionOfKernel = 4 // words: handler, flags, restorer, mask
)

// action is struct sigaction of the kernel, on x86-64 and arm64 handler and flags
// first.
type action [sigactionOfKernel]uint64

func actionOf(number syscall.Signal) (a action) {
	rtSigaction(number, nil, &a)
	return a
}

func rtSigaction(number syscall.Signal, next, before *action) {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(number), uintptr(unsafe.Pointer(next)), uintptr(unsafe.Pointer(before)), sizeOfSignalMask, 0, 0)
	if errno != 0 {
		must(errno)
	}
}

// raisesAgain catches SIGTERM once, as programs do that tidy up and then want to
// die of it: the handler resets itself, and raises the signal again.
func raisesAgain([]string) {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	a := actionOf(syscall.SIGTERM)
	a[1] |= saResetHand
	rtSigaction(syscall.SIGTERM, &a, nil)
	<-terminated
	must(syscall.Kill(os.Getpid(), syscall.SIGTERM))
	forever()
}

// as UID PROGRAM ARGS... becomes that user, and then the program.
func as(args []string) {
	uid := number(args[0])
	must(syscall.Setgid(uid))
	must(syscall.Setuid(uid))
	program, err := exec.LookPath(args[1])
	must(err)
	must(syscall.Exec(program, args[1:], os.Environ()))
}

// noChildWait lets the kernel reap for it.
func noChildWait([]string) {
	a := actionOf(syscall.SIGCHLD)
	a[1] |= saNoChildWait
	rtSigaction(syscall.SIGCHLD, &a, nil)
	forever()
}

// awaits blocks SIGTERM, has no handler for it, and takes it from sigtimedwait.
func awaits([]string) {
	rtSigaction(syscall.SIGTERM, &action{}, nil)
	set := uint64(1) << (syscall.SIGTERM - 1)
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, sigBlock, uintptr(unsafe.Pointer(&set)), 0, sizeOfSignalMask, 0, 0)
	if errno != 0 {
		must(errno)
	}
	for {
		number, _, errno := syscall.Syscall6(syscall.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&set)), 0, 0, sizeOfSignalMask, 0, 0)
		if errno == 0 && number == uintptr(syscall.SIGTERM) {
			os.Exit(0)
		}
	}
}

// adopts makes itself the one that adopts the orphans below it. It is not named after
// what prctl(2) calls it: a Go program that has a function with that word in its name
// is taken to wait for children, and this one does not.
func adopts([]string) {
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildAdopts, 1, 0); errno != 0 {
		must(errno)
	}
	forever()
}
