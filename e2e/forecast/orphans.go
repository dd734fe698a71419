//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

const (
	// orphansEnd is the time after which both have exited. reapDeadline is the time that PID 1
	// gets to reap them: runsvdir looks every five seconds.
	orphansEnd   = 1500 * time.Millisecond
	reapDeadline = 6500 * time.Millisecond
	// execDeadline is for a container that is paused or half dead.
	execDeadline = 3 * time.Second
)

// makeOrphans leaves two orphans that exit soon, and returns what happened to them.
func makeOrphans(ctx context.Context, c container) reaping {
	// The kernel keeps 15 bytes of a name.
	name := "o" + strings.ToLower(rand.Text()[:14])
	began := time.Now()
	limited, cancel := context.WithTimeout(ctx, execDeadline)
	defer cancel()
	if _, err := docker(limited, "exec", c.id, "/forecast/behave", "orphans", name); err != nil {
		return notMade
	}
	realhost.Wait(ctx, time.Until(began.Add(orphansEnd)))
	left := named(name)
	for left > 0 && time.Since(began) < reapDeadline {
		realhost.Wait(ctx, 100*time.Millisecond)
		left = named(name)
	}
	return [...]reaping{reapedBoth, reapedOne, reapedNone}[min(left, 2)]
}

// named counts this host's processes with a name, including zombies.
func named(name string) int {
	count := 0
	files, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, file := range files {
		if comm, err := os.ReadFile(file); err == nil && strings.TrimSpace(string(comm)) == name {
			count++
		}
	}
	return count
}
