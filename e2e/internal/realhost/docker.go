//go:build linux

// Package realhost has what commands need that compare docker pidns with a real engine and real
// programs: an image of Debian's packages, the plugin built from this source, and a test
// whether a container has settled.
package realhost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Docker runs a docker command and returns its output, trimmed.
func Docker(ctx context.Context, args ...string) (string, error) {
	return Command(ctx, nil, "docker", args...)
}

// Command runs a program to its end, with environment added to this one's, and
// returns its output, trimmed.
func Command(ctx context.Context, environment []string, name string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}

// Wait returns after this time, or when the context is done.
func Wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Together runs functions at the same time.
func Together(run ...func() error) error {
	all := make([]error, len(run))
	var group sync.WaitGroup
	for i, f := range run {
		group.Go(func() { all[i] = f() })
	}
	group.Wait()
	return errors.Join(all...)
}

// Clean removes the containers of a label.
func Clean(ctx context.Context, label string) error {
	containers, err := Docker(ctx, "container", "ls", "-aq", "--filter", "label="+label)
	if err != nil {
		return err
	}
	return removeAll(ctx, "container", containers)
}

// CleanImages removes the images that this package has made.
func CleanImages(ctx context.Context) error {
	images, err := Docker(ctx, "image", "ls", "-q", "--filter", "label="+imageLabel)
	if err != nil {
		return err
	}
	return removeAll(ctx, "image", images)
}

func removeAll(ctx context.Context, kind, ids string) error {
	if ids == "" {
		return nil
	}
	_, err := Docker(ctx, append([]string{kind, "rm", "-f"}, strings.Fields(ids)...)...)
	return err
}
