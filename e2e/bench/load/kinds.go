//go:build linux

package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	threads     = 2000
	descriptors = 19900 // where engines have a limit, it is 20,000 or more
	zombies     = 1000
	sleepers    = 1000
)

// manyThreadsAndDescriptors has descriptors of the kind of which most is read
// (signalfd(2)).
func manyThreadsAndDescriptors([]string) error {
	mask := unix.Sigset_t{Val: [16]uint64{1 << (uint(unix.SIGUSR1) - 1)}}
	for i := range descriptors {
		if _, err := unix.Signalfd(-1, &mask, 0); err != nil {
			return fmt.Errorf("descriptor %d of %d: %w", i+1, descriptors, err)
		}
	}
	var all sync.WaitGroup
	for range threads {
		all.Add(1)
		go func() {
			runtime.LockOSThread()
			all.Done()
			for {
				_, _, _ = syscall.Syscall6(syscall.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
			}
		}()
	}
	all.Wait()
	return nil
}

func zombiesAndSleepers([]string) error {
	forgetHandlers()
	if err := forkMany(zombies, exit); err != nil {
		return err
	}
	return forkMany(sleepers, wait)
}

func exit() { _, _, _ = syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0) }

// mapFiles maps files as the dynamic linker maps libraries.
func mapFiles(paths []string) error {
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		if _, err := unix.Mmap(int(file.Fd()), 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE); err != nil {
			return fmt.Errorf("map %s: %w", path, err)
		}
	}
	return nil
}

// runFIFO FIFO SHELL... becomes a shell whose script is a FIFO that is open for writing
// too, and so never ends. The shell says that it is ready.
func runFIFO(args []string) error {
	fd, err := unix.Open(args[0], unix.O_RDWR, 0)
	if err != nil {
		return err
	}
	if _, err := unix.Write(fd, []byte("echo ready\n")); err != nil {
		return err
	}
	return unix.Exec(args[1], append(args[1:], args[0]), nil)
}
