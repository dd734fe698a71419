//go:build e2e && linux

package main

import (
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// stackSize is what a thread of the C library takes for its stack, and pageSize what its
// guard page.
const (
	stackSize = 8 << 20
	pageSize  = 4 << 10
)

// roomFor KIND N leaves itself room for N more of "stacks", by RLIMIT_AS, or "mappings", by
// as many mappings as vm.max_map_count still allows; and then tries ten times in a second
// to map a thread's stack, as the C library does. It says "room" or "no room" each time
// that changes. The limits are its own doing, and it can fork all the while.
func roomFor(args []string) {
	debug.SetGCPercent(-1)
	switch args[0] {
	case "stacks":
		limit := vmSize() + stackSize/2 + uint64(number(args[1]))*stackSize
		must(syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: limit, Max: ^uint64(0)}))
	case "mappings":
		mapUpTo(mostMappings() - number(args[1]))
	}
	had := ""
	for ; ; time.Sleep(100 * time.Millisecond) {
		has := "no room\n"
		if mapsStack() {
			has = "room\n"
		}
		if has != had {
			_, _ = os.Stdout.WriteString(has)
		}
		had = has
	}
}

// mapsStack maps what a thread needs, and unmaps it.
func mapsStack() bool {
	stack, err := mmap(stackSize+pageSize, syscall.PROT_NONE)
	if err != 0 {
		return false
	}
	_, _, err = syscall.RawSyscall(syscall.SYS_MPROTECT, stack+pageSize, stackSize, syscall.PROT_READ|syscall.PROT_WRITE)
	_, _, _ = syscall.RawSyscall(syscall.SYS_MUNMAP, stack, stackSize+pageSize, 0)
	return err == 0
}

func mmap(size, protection uintptr) (uintptr, syscall.Errno) {
	const anywhere = ^uintptr(0) // no file
	at, _, err := syscall.RawSyscall6(syscall.SYS_MMAP, 0, size, protection, syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE, anywhere, 0)
	return at, err
}

// mapUpTo has so many mappings: each second page of one of them is allowed to be read.
func mapUpTo(want int) {
	missing := want - mappings()
	if missing < 2 {
		return
	}
	at, err := mmap(uintptr(missing+2)*pageSize, syscall.PROT_NONE)
	if err != 0 {
		must(err)
	}
	for page := at + pageSize; mappings() < want; {
		for range max((want-mappings())/2, 1) {
			if _, _, err := syscall.RawSyscall(syscall.SYS_MPROTECT, page, pageSize, syscall.PROT_READ); err != 0 {
				return // as many as there can be
			}
			page += 2 * pageSize
		}
	}
}

// contents is a file, read into memory that was there before.
func contents(path string, buffer []byte) string {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	must(err)
	defer func() { _ = syscall.Close(fd) }()
	n, err := syscall.Read(fd, buffer)
	must(err)
	return unsafe.String(&buffer[0], n)
}

var buffer [64 << 10]byte

// mappings counts those that it has.
func mappings() int {
	fd, err := syscall.Open("/proc/self/maps", syscall.O_RDONLY, 0)
	must(err)
	defer func() { _ = syscall.Close(fd) }()
	for lines := 0; ; {
		n, err := syscall.Read(fd, buffer[:])
		must(err)
		if n == 0 {
			return lines
		}
		lines += strings.Count(unsafe.String(&buffer[0], n), "\n")
	}
}

func mostMappings() int {
	return number(strings.TrimSpace(contents("/proc/sys/vm/max_map_count", buffer[:])))
}

// vmSize is its virtual memory in bytes.
func vmSize() uint64 {
	pages, _, _ := strings.Cut(contents("/proc/self/statm", buffer[:]), " ")
	return uint64(number(pages)) * pageSize
}
