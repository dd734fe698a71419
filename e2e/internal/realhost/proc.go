//go:build linux

package realhost

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// quiet is how long a container's processes have to stay as they are.
	quiet = 1500 * time.Millisecond
	// settleDeadline is for programs that never do, like a shell's loop.
	settleDeadline = 12 * time.Second
	// restless is the maximum share of a core that a settled container uses.
	restless = 0.05
	// ticksPerSecond is the kernel's USER_HZ.
	ticksPerSecond = 100
	// These fields of /proc/PID/stat are counted from the state on.
	startField, utimeField, stimeField = 19, 11, 12
)

// ProcessesOf lists the host PIDs whose cgroup carries the container's ID.
func ProcessesOf(id string) []int {
	var pids []int
	files, _ := filepath.Glob("/proc/[0-9]*/cgroup")
	for _, file := range files {
		if lines, err := os.ReadFile(file); err == nil && bytes.Contains(lines, []byte(id)) {
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2])
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// glance is what one look at a container's processes shows.
type glance struct {
	// sign has to stay the same: names, threads and signal masks. PIDs are not part of it,
	// because a shell's loop has new ones every second.
	sign string
	// ticks is the processor time of the processes in clock ticks. busy is true if one of them
	// needs a core or waits for a disk.
	ticks int
	busy  bool
}

func look(id string) glance {
	var g glance
	var lines []string
	for _, pid := range ProcessesOf(id) {
		status, fields := Keys(fmt.Sprintf("/proc/%d/status", pid)), StatFields(pid)
		if len(fields) <= stimeField {
			continue
		}
		lines = append(lines, fmt.Sprintln(status["Name"], status["Threads"], status["SigBlk"], status["SigIgn"], status["SigCgt"]))
		user, _ := strconv.Atoi(fields[utimeField])
		system, _ := strconv.Atoi(fields[stimeField])
		g.ticks += user + system
		g.busy = g.busy || fields[0] == "R" || fields[0] == "D"
	}
	slices.Sort(lines)
	g.sign = strings.Join(lines, "")
	return g
}

// Settle returns when for a while no process or thread has started or exited, no signal mask
// has changed and no process has been busy, or when that takes too long.
func Settle(ctx context.Context, id string) error {
	first, since := look(id), time.Now()
	for until := since.Add(settleDeadline); time.Now().Before(until); {
		Wait(ctx, 100*time.Millisecond)
		if err := ctx.Err(); err != nil {
			return err
		}
		now := look(id)
		elapsed := time.Since(since)
		switch {
		case now.busy || now.sign != first.sign || float64(now.ticks-first.ticks) > 1+restless*ticksPerSecond*elapsed.Seconds():
			first, since = now, time.Now()
		case elapsed >= quiet:
			return nil
		}
	}
	return nil
}

// Keys are the lines of a file like /proc/PID/status.
func Keys(file string) map[string]string {
	lines, _ := os.ReadFile(file)
	keys := map[string]string{}
	for line := range strings.Lines(string(lines)) {
		key, value, _ := strings.Cut(line, ":")
		keys[key] = strings.TrimSpace(value)
	}
	return keys
}

// StatFields are the fields of /proc/PID/stat after the name, the state first.
func StatFields(pid int) []string {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(line[bytes.LastIndexByte(line, ')')+1:]))
}

// StartTicks is the start time of a living process, which identifies it. It is empty for any
// other.
func StartTicks(pid int) string {
	fields := StatFields(pid)
	if len(fields) <= startField || fields[0] == "Z" {
		return ""
	}
	return fields[startField]
}
