//go:build e2e && linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"
)

// The ways in which processes end, and one that makes many.

// fault writes where no memory is, with the default action for that.
func fault([]string) {
	rtSigaction(syscall.SIGSEGV, &action{}, nil)
	touch(0, 1)
}

// touch writes into each page. It needs no stack and calls nothing, so that a child that shares
// memory with its parent may run it. The race detector and the checks for nil pointers know nothing
// of the address.
//
//go:nosplit
//go:noinline
func touch(from, size uintptr) {
	for at := from; at < from+size; at += pageSize {
		*(*byte)(unsafe.Add(unsafe.Pointer(nil), at)) = 1
	}
}

// abort sends itself SIGABRT as abort(3) does, with the default action.
func abort([]string) {
	rtSigaction(syscall.SIGABRT, &action{}, nil)
	_, _, _ = syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(os.Getpid()), uintptr(syscall.Gettid()), uintptr(syscall.SIGABRT))
	forever()
}

// diesWithParent gets SIGNAL when its parent exits (PR_SET_PDEATHSIG), with the default action.
func diesWithParent(args []string) {
	const prSetParentDeath = 1
	number := number(args[0])
	rtSigaction(syscall.Signal(number), &action{}, nil)
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetParentDeath, uintptr(number), 0); errno != 0 {
		must(errno)
	}
	forever()
}

// parentDies has a child that gets SIGNAL when it exits, which it soon does.
func parentDies(args []string) {
	start("workload", "dies-with-parent", args[0])
	time.Sleep(300 * time.Millisecond)
	os.Exit(0)
}

// eats MEGABYTES uses as much memory, and stays.
func eats(args []string) {
	touch(unused(number(args[0])))
	forever()
}

// eatsTogether MEGABYTES lets a child that shares its memory use as much of it.
func eatsTogether(args []string) {
	const cloneVM, cloneVfork = 0x100, 0x4000
	from, size := unused(number(args[0]))
	child, _, err := syscall.RawSyscall6(syscall.SYS_CLONE, cloneVM|cloneVfork|uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if child == 0 && err == 0 {
		touch(from, size)
		_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT, 0, 0, 0)
	}
	forever()
}

// unused is memory that is not used yet.
func unused(megabytes int) (from, size uintptr) {
	size = uintptr(megabytes) << 20
	const readWrite, privateAnonymous = 0x3, 0x22
	from, _, errno := syscall.RawSyscall6(syscall.SYS_MMAP, 0, size, readWrite, privateAnonymous, ^uintptr(0), 0)
	if errno != 0 {
		must(errno)
	}
	return from, size
}

// forks N creates N children, one after the other, that exit at once, and waits for each. It prints
// how many nanoseconds that took.
func forks(args []string) {
	began := time.Now()
	for range number(args[0]) {
		child, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
		if child == 0 && errno == 0 {
			_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
		}
		if errno != 0 {
			must(errno)
		}
		_, _, errno = syscall.RawSyscall6(syscall.SYS_WAIT4, child, 0, 0, 0, 0, 0)
		if errno != 0 && errno != syscall.EINTR {
			must(errno)
		}
	}
	_, err := os.Stdout.WriteString(time.Since(began).String() + "\n")
	must(err)
}

// hangsUp has a child on a terminal, and closes the other end of that.
func hangsUp([]string) {
	other, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	must(err)
	var unlocked, number int32
	for request, argument := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlocked, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, other.Fd(), request, uintptr(unsafe.Pointer(argument))); errno != 0 {
			must(errno)
		}
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	must(err)
	cmd := exec.Command("/bin/sleep", "4711")
	cmd.Stdin, cmd.SysProcAttr = terminal, &syscall.SysProcAttr{Setsid: true, Setctty: true}
	must(cmd.Start())
	time.Sleep(300 * time.Millisecond)
	must(other.Close())
	_ = cmd.Wait()
}
