//go:build linux

package main

import (
	"context"
	"slices"
	"syscall"
	"time"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// deafTime is how long the main process has to exit on the signal alone, and freedTime how long
// it has after its blocker was killed.
const (
	deafTime  = 500 * time.Millisecond
	freedTime = 1500 * time.Millisecond
)

// accuse sends the stop signal, and then kills the process that is said to delay the stop. It
// finds out whether the main process then exits.
func accuse(ctx context.Context, c container, pid int) blocker {
	signal, err := c.stopSignal(ctx)
	if err != nil || !slices.Contains(realhost.ProcessesOf(c.id), pid) {
		return innocent
	}
	if _, err := docker(ctx, "kill", "--signal", signal, c.id); err != nil || c.ends(ctx, deafTime) {
		return unproved
	}
	if syscall.Kill(pid, syscall.SIGKILL) == nil && c.ends(ctx, freedTime) {
		return proved
	}
	return innocent
}

// ends waits for the main process to exit.
func (c container) ends(ctx context.Context, limit time.Duration) bool {
	for until := time.Now().Add(limit); time.Now().Before(until); realhost.Wait(ctx, 20*time.Millisecond) {
		if realhost.StartTicks(c.pid) == "" {
			return true
		}
	}
	return false
}
