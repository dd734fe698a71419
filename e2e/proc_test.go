//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// process is one process as the kernel shows it, read here by other code than
// the product's.
type process struct {
	pid, ppid   int
	state, comm string
	args        []string
	// inside are its PIDs from the host's namespace inwards (NSpid).
	inside  []int
	uid     int
	threads int
	sid     int
	// ticks is the processor time that it has used.
	ticks int
	// status is the wait status of a zombie (stat, field 52).
	status int
}

// readProcess is false if the process is gone.
func readProcess(pid int) (process, bool) {
	dir := fmt.Sprintf("/proc/%d", pid)
	stat, err := os.ReadFile(dir + "/stat")
	status, statusErr := os.ReadFile(dir + "/status")
	cmdline, cmdlineErr := os.ReadFile(dir + "/cmdline")
	if err != nil || statusErr != nil || cmdlineErr != nil {
		return process{}, false
	}
	open, end := strings.IndexByte(string(stat), '('), strings.LastIndexByte(string(stat), ')')
	// The first of the fields behind the comm is field 3.
	fields := strings.Fields(string(stat)[end+1:])
	p := process{
		pid: pid, comm: string(stat)[open+1 : end], state: fields[0], ppid: atoi(fields[1]), sid: atoi(fields[3]),
		threads: atoi(fields[17]), ticks: atoi(fields[11]) + atoi(fields[12]), status: atoi(fields[49]),
	}
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(line, ":")
		switch key {
		case "NSpid":
			for word := range strings.FieldsSeq(value) {
				p.inside = append(p.inside, atoi(word))
			}
		case "Uid":
			p.uid = atoi(strings.Fields(value)[1])
		}
	}
	if text := strings.TrimSuffix(string(cmdline), "\x00"); text != "" {
		p.args = strings.Split(text, "\x00")
	}
	return p, true
}

func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(fmt.Sprintf("not a number: %q", text))
	}
	return n
}

// allPIDs are those of the host.
func allPIDs(t testing.TB) []int {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	pids := make([]int, len(dirs))
	for i, dir := range dirs {
		pids[i] = atoi(filepath.Base(dir))
	}
	return pids
}

// processesOf are the processes whose cgroup carries the container's ID. A
// zombie's still does, in the line of the unified hierarchy.
func processesOf(t testing.TB, id string) map[int]process {
	t.Helper()
	found := map[int]process{}
	for _, pid := range allPIDs(t) {
		if !hasID(pid, id) {
			continue
		}
		if p, ok := readProcess(pid); ok {
			found[pid] = p
		}
	}
	return found
}

func hasID(pid int, id string) bool {
	groups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	return err == nil && strings.Contains(string(groups), id)
}

// byArgs is the process with these arguments, which has to be there.
func byArgs(t testing.TB, processes map[int]process, args string) process {
	t.Helper()
	for _, p := range processes {
		if strings.Join(p.args, " ") == args {
			return p
		}
	}
	t.Fatalf("no process %q in %v", args, processes)
	return process{}
}
