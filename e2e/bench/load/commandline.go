//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// commandLine is the length of the command line, in bytes; only the start of it takes
	// up memory.
	commandLine      = 8 << 30
	commandLineStart = 1 << 20
)

// memoryMap is struct prctl_mm_map (include/uapi/linux/prctl.h): addresses.
type memoryMap struct {
	startCode, endCode, startData, endData, startBreak, brk, startStack uint64
	argStart, argEnd, envStart, envEnd                                  uint64
	auxv                                                                uint64
	auxvSize, exeFD                                                     uint32
}

// longCommandLine says that its command line is all of a large mapping (PR_SET_MM_MAP in
// prctl(2), which takes no capability).
func longCommandLine([]string) error {
	memory, err := unix.Mmap(-1, 0, commandLine, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return fmt.Errorf("mmap: %w", err)
	}
	for i := range commandLineStart {
		memory[i] = 'A'
	}
	m, err := ownMap()
	if err != nil {
		return err
	}
	m.argStart = uint64(uintptr(unsafe.Pointer(&memory[0])))
	m.argEnd = m.argStart + commandLine
	return unix.Prctl(unix.PR_SET_MM, unix.PR_SET_MM_MAP, uintptr(unsafe.Pointer(&m)), unsafe.Sizeof(m), 0)
}

// ownMap is the process's own as it stands in /proc/self/stat (proc_pid_stat(5)).
func ownMap() (memoryMap, error) {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return memoryMap{}, err
	}
	// The third field is the first behind the name.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 50 {
		return memoryMap{}, fmt.Errorf("/proc/self/stat has %d fields behind the name", len(fields))
	}
	field := func(n int) uint64 { v, _ := strconv.ParseUint(string(fields[n-3]), 10, 64); return v }
	brk, _, _ := unix.RawSyscall(unix.SYS_BRK, 0, 0, 0)
	return memoryMap{
		startCode: field(26), endCode: field(27), startStack: field(28),
		startData: field(45), endData: field(46), startBreak: field(47), brk: uint64(brk),
		envStart: field(50), envEnd: field(51), exeFD: ^uint32(0),
	}, nil
}
