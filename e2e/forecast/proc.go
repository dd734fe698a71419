//go:build linux

package main

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
	// restless is the share of a core that a settled container may use.
	restless = 0.2
	// ticksPerSecond is the kernel's USER_HZ.
	ticksPerSecond = 100
)

// processesOf lists the host PIDs whose cgroup carries the container's ID.
func processesOf(id string) []int {
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

// sign is what has to stay the same for a container to be settled, and the
// clock ticks that it has used.
func sign(id string) (sign string, ticks int) {
	var b strings.Builder
	for _, pid := range processesOf(id) {
		status := keys(fmt.Sprintf("/proc/%d/status", pid))
		fmt.Fprintln(&b, pid, status["Name"], status["Threads"], status["SigBlk"], status["SigIgn"], status["SigCgt"])
		fields := statFields(pid)
		if len(fields) > 12 {
			user, _ := strconv.Atoi(fields[11])
			system, _ := strconv.Atoi(fields[12])
			ticks += user + system
		}
	}
	return b.String(), ticks
}

// settle returns when no process or thread has come or gone and no signal mask
// has changed for a while, or when that takes too long.
func settle(ctx context.Context, id string) error {
	last, used := sign(id)
	since := time.Now()
	for until := since.Add(settleDeadline); time.Now().Before(until); {
		wait(ctx, 150*time.Millisecond)
		if err := ctx.Err(); err != nil {
			return err
		}
		now, ticks := sign(id)
		elapsed := time.Since(since)
		if now == last && elapsed < quiet {
			continue
		}
		if now == last && float64(ticks-used)/ticksPerSecond < restless*elapsed.Seconds() {
			return nil
		}
		last, used, since = now, ticks, time.Now()
	}
	return nil
}

// keys are the lines of a file like /proc/PID/status.
func keys(file string) map[string]string {
	lines, _ := os.ReadFile(file)
	keys := map[string]string{}
	for line := range strings.Lines(string(lines)) {
		key, value, _ := strings.Cut(line, ":")
		keys[key] = strings.TrimSpace(value)
	}
	return keys
}

// statFields are those of /proc/PID/stat behind the name, the state first.
func statFields(pid int) []string {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	return strings.Fields(string(line[bytes.LastIndexByte(line, ')')+1:]))
}

// startTicks is the start time of a living process, by which it is known, and
// empty for any other.
func startTicks(pid int) string {
	fields := statFields(pid)
	if len(fields) < 20 || fields[0] == "Z" {
		return ""
	}
	return fields[19]
}
