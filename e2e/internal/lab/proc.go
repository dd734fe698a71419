//go:build e2e && linux

package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Process is one process as the kernel shows it. It is not read by the code of docker pidns.
type Process struct {
	PID, PPID   int
	State, Comm string
	Args        []string
	// Inside are its PIDs, from the host's namespace to the innermost (NSpid).
	Inside  []int
	UID     int
	Threads int
	SID     int
	// Ticks is the processor time that it has used.
	Ticks int
	// Status is the wait status of a zombie (stat, field 52).
	Status int
}

// ReadProcess is false if the process is gone.
func ReadProcess(pid int) (Process, bool) {
	dir := fmt.Sprintf("/proc/%d", pid)
	stat, err := os.ReadFile(dir + "/stat")
	status, statusErr := os.ReadFile(dir + "/status")
	cmdline, cmdlineErr := os.ReadFile(dir + "/cmdline")
	if err != nil || statusErr != nil || cmdlineErr != nil {
		return Process{}, false
	}
	open, end := strings.IndexByte(string(stat), '('), strings.LastIndexByte(string(stat), ')')
	// The first field after the comm is field 3.
	fields := strings.Fields(string(stat)[end+1:])
	p := Process{
		PID: pid, Comm: string(stat)[open+1 : end], State: fields[0], PPID: Atoi(fields[1]), SID: Atoi(fields[3]),
		Threads: Atoi(fields[17]), Ticks: Atoi(fields[11]) + Atoi(fields[12]), Status: Atoi(fields[49]),
	}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		switch key {
		case "NSpid":
			for word := range strings.FieldsSeq(value) {
				p.Inside = append(p.Inside, Atoi(word))
			}
		case "Uid":
			p.UID = Atoi(strings.Fields(value)[1])
		}
	}
	if text := strings.TrimSuffix(string(cmdline), "\x00"); text != "" {
		p.Args = strings.Split(text, "\x00")
	}
	return p, true
}

// Atoi is the number in a text that must be a number.
func Atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("not a number: %q", text))
	}
	return n
}

// AllPIDs are all PIDs of the host.
func AllPIDs(t testing.TB) []int {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	pids := make([]int, len(dirs))
	for i, dir := range dirs {
		pids[i] = Atoi(filepath.Base(dir))
	}
	return pids
}

// ProcessesOf are the processes whose cgroup carries the container's ID. A
// zombie's still does, in the line of the unified hierarchy.
func ProcessesOf(t testing.TB, id string) map[int]Process {
	t.Helper()
	found := map[int]Process{}
	for _, pid := range AllPIDs(t) {
		if !HasID(pid, id) {
			continue
		}
		if p, ok := ReadProcess(pid); ok {
			found[pid] = p
		}
	}
	return found
}

// HasID reports whether the process's cgroup names the container.
func HasID(pid int, id string) bool {
	groups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	return err == nil && strings.Contains(string(groups), id)
}

// ByArgs is the process with these arguments, which must exist.
func ByArgs(t testing.TB, processes map[int]Process, args string) Process {
	t.Helper()
	for _, p := range processes {
		if strings.Join(p.Args, " ") == args {
			return p
		}
	}
	t.Fatalf("no process %q in %v", args, processes)
	return Process{}
}

// Kill kills a process and waits until it has left its cgroup.
func Kill(pid int) {
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for range 100 {
		if p, ok := ReadProcess(pid); !ok || p.State == "Z" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
