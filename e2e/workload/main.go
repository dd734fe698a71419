//go:build e2e && linux

// Command workload is the one program that the containers of the end-to-end
// tests run beside busybox. Each subcommand brings about what a shell cannot.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"
)

// The main goroutine stays on the main thread, which two subcommands need.
func init() { runtime.LockOSThread() }

var subcommands = map[string]func(args []string){
	"exit":             func(args []string) { os.Exit(number(args[0])) },
	"sleep":            func([]string) { forever() },
	"never-waits":      neverWaits,
	"main-thread-ends": mainThreadEnds,
	"child-of-thread":  childOfThread,
	"thread-leaves":    threadLeaves,
	"vfork":            vfork,
	"threads":          threads,
	"raises-again":     raisesAgain,
	"no-child-wait":    noChildWait,
	"awaits":           awaits,
	"adopts":           adopts,
	"as":               as,
	"room-for":         roomFor,
	"hostile":          hostile,
	"hostile-zombie":   hostileZombie,
	"fault":            fault,
	"abort":            abort,
	"parent-dies":      parentDies,
	"dies-with-parent": diesWithParent,
	"eats":             eats,
	"eats-together":    eatsTogether,
	"forks":            forks,
	"hangs-up":         hangsUp,
}

func main() {
	run, known := subcommands[argument(1)]
	if !known {
		fmt.Fprintf(os.Stderr, "workload: no subcommand %q\n", argument(1))
		os.Exit(2)
	}
	run(os.Args[2:])
}

func argument(n int) string {
	if n < len(os.Args) {
		return os.Args[n]
	}
	return ""
}

// neverWaits STATUS... starts a child for each exit status and never waits for
// any, as programs do that forget their children. It ends at SIGTERM.
func neverWaits(args []string) {
	for _, status := range args {
		start("workload", "exit", status)
	}
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	<-terminated
	os.Exit(0)
}

// mainThreadEnds ends its main thread while others live: the kernel then shows
// State Z for a process that is no zombie.
func mainThreadEnds([]string) {
	started := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		close(started)
		forever()
	}()
	<-started
	// Not exit_group, which os.Exit calls: this ends one thread.
	_, _, _ = syscall.RawSyscall(syscall.SYS_EXIT, 0, 0, 0)
}

// childOfThread ARGS... starts a child from another thread than the main one:
// only that thread's list of children names it.
func childOfThread(args []string) {
	started := make(chan struct{})
	go func() {
		runtime.LockOSThread()
		start("workload", args...)
		close(started)
		forever()
	}()
	<-started
	forever()
}

// threadLeaves lets one thread, and no other, leave the net namespace, and
// prints its TID.
func threadLeaves([]string) {
	go func() {
		runtime.LockOSThread()
		must(syscall.Unshare(syscall.CLONE_NEWNET))
		fmt.Println(syscall.Gettid())
		forever()
	}()
	forever()
}

// vfork waits in uninterruptible sleep for a child that starts no program.
func vfork([]string) {
	const cloneVfork = 0x4000
	child, _, err := syscall.RawSyscall6(syscall.SYS_CLONE, cloneVfork|uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if child == 0 && err == 0 {
		pause()
	}
	forever()
}

// threads N has that many threads beside those of the Go runtime.
func threads(args []string) {
	for range number(args[0]) {
		go func() {
			runtime.LockOSThread()
			pause()
		}()
	}
	forever()
}

// pause keeps the thread, where a sleeping goroutine would give it back.
func pause() {
	for {
		_, _, _ = syscall.Syscall6(syscall.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
}

// hostileArgs and hostileComm try to colour, to break lines, to turn the
// writing around, and to end the comm field of /proc/PID/stat early.
var hostileArgs = []string{"evil\x1b[31mred\x1b]0;title\x07", "sleep", "two\nlines", "\u202eturned\u2066", "bad\xffbyte"}

const hostileComm = "e) Z 1\x1b[2J\nx"

// hostile becomes a process with the arguments and the comm above.
func hostile([]string) {
	if os.Args[0] != hostileArgs[0] {
		must(syscall.Exec("/bin/workload", append(hostileArgs[:1:1], append([]string{"hostile"}, hostileArgs[2:]...)...), os.Environ()))
	}
	setComm(hostileComm)
	forever()
}

// hostileZombie ends with the comm above and status 3.
func hostileZombie([]string) {
	setComm(hostileComm)
	os.Exit(3)
}

// setComm names the main thread, whose name is the process's comm.
func setComm(comm string) {
	const prSetName = 15
	name := append([]byte(comm), 0)
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetName, uintptr(unsafe.Pointer(&name[0])), 0)
}

func start(name string, args ...string) {
	_, err := syscall.ForkExec("/bin/workload", append([]string{name}, args...), &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	must(err)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "workload:", err)
		os.Exit(1)
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	must(err)
	return n
}

// forever sleeps so that the runtime sees no deadlock.
func forever() {
	for {
		time.Sleep(time.Hour)
	}
}
