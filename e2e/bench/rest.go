//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// atRest is the row of top while nothing happens.
const atRest = "docker pidns top at rest, 50 containers, % of a core"

const (
	// restContainers is how many containers there are, and restTarget the target in %.
	restContainers = 50
	restTarget     = 2
	// warmUp is the time before a measurement, and restTime that of one.
	warmUp   = 10 * time.Second
	restTime = 15 * time.Second
	restRuns = 3
)

// resting measures the processor time that top takes on a terminal.
func (s *scene) resting(ctx context.Context, o options) ([]result, error) {
	if !o.run.MatchString(atRest) {
		return nil, nil
	}
	end, err := s.idleContainers(ctx, restContainers)
	defer end()
	if err != nil {
		return nil, err
	}
	terminal := exec.CommandContext(ctx, "script", "--quiet", "--return", "--command", s.plugin+" top --collector "+source.CollectorBPF, os.DevNull)
	keys, err := terminal.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := terminal.Start(); err != nil {
		return nil, fmt.Errorf("a terminal for top: %w", err)
	}
	defer func() {
		_, _ = keys.Write([]byte("q"))
		_ = terminal.Wait()
	}()
	var times []float64
	time.Sleep(warmUp)
	pid, err := programBelow(terminal.Process.Pid, filepath.Base(s.plugin))
	if err != nil {
		return nil, err
	}
	for range restRuns {
		before, err := ticksOf(pid)
		if err != nil {
			return nil, err
		}
		time.Sleep(restTime)
		after, err := ticksOf(pid)
		if err != nil {
			return nil, err
		}
		times = append(times, float64(after-before)/restTime.Seconds()) // 100 ticks are a second
	}
	return []result{{atRest, "", pair{times, nil}, restTarget, "%", nil}}, nil
}

// idleContainers starts containers that do nothing. The function that it returns removes them.
func (s *scene) idleContainers(ctx context.Context, n int) (end func(), err error) {
	var names []string
	for i := range n {
		name := fmt.Sprintf("bench-idle-%d", i)
		names = append(names, name)
		if _, err = output(ctx, "docker", "run", "-d", "--name", name, "--label", label, "--network", "none", image, "/load", "1"); err != nil {
			break
		}
	}
	return func() { _ = exec.Command("docker", append([]string{"rm", "-f"}, names...)...).Run() }, err
}

// programBelow is the PID of the program with this name among the descendants of a process.
func programBelow(pid int, name string) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	for _, word := range strings.Fields(string(text)) {
		child, err := strconv.Atoi(word)
		if err != nil {
			return 0, err
		}
		comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", child))
		if strings.TrimSpace(string(comm)) == name {
			return child, nil
		}
		if found, err := programBelow(child, name); err == nil {
			return found, nil
		}
	}
	return 0, fmt.Errorf("%s does not run below process %d", name, pid)
}

// ticksOf is the processor time of a process (proc(5), stat, utime and stime).
func ticksOf(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	user, err := strconv.Atoi(string(fields[11]))
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(string(fields[12]))
	return user + system, err
}
