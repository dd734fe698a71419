//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// label marks the containers of this command. Containers inherit the labels of their image,
// also if a user starts them by hand. So images have another label.
const label = "docker-pidns.forecast"

// docker runs a docker command and returns its output, trimmed.
func docker(ctx context.Context, args ...string) (string, error) {
	return realhost.Docker(ctx, args...)
}

// container is a container that this command has created.
type container struct {
	name, id string
	// pid is the host PID of its main process.
	pid int
}

// start runs a program in the container.
func (c *container) start(ctx context.Context, image string, p program) error {
	line := append([]string{"run", "--name", c.name, "--label", label + "=" + p.name}, p.arguments()...)
	var err error
	if c.id, err = docker(ctx, append(append(line, image), p.command...)...); err != nil {
		return err
	}
	c.pid, err = c.number(ctx, "{{.State.Pid}}")
	return err
}

func (c container) inspect(ctx context.Context, template string) (string, error) {
	return docker(ctx, "inspect", "--type", "container", "--format", template, c.id)
}

func (c container) number(ctx context.Context, template string) (int, error) {
	text, err := c.inspect(ctx, template)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}

// exitCode is the exit code of the main process, once it has exited.
func (c container) exitCode(ctx context.Context) (int, error) {
	return c.number(ctx, "{{.State.ExitCode}}")
}

func (c container) stopSignal(ctx context.Context) (string, error) {
	signal, err := c.inspect(ctx, "{{.Config.StopSignal}}")
	if signal == "" {
		signal = "SIGTERM"
	}
	return signal, err
}

// log is what its processes have written to both streams.
func (c container) log(ctx context.Context) (string, error) {
	return realhost.Command(ctx, nil, "sh", "-c", "docker logs "+c.id+" 2>&1")
}

// readyDeadline is for programs that start slowly because others run at the same time.
const readyDeadline = 60 * time.Second

// said waits until its log has the text.
func (c container) said(ctx context.Context, text string) error {
	if text == "" {
		return nil
	}
	for until := time.Now().Add(readyDeadline); time.Now().Before(until); realhost.Wait(ctx, 500*time.Millisecond) {
		if log, err := c.log(ctx); err != nil || strings.Contains(log, text) {
			return err
		}
	}
	return errors.Join(fmt.Errorf("its log has no %q", text), c.mustRun(ctx))
}

// mustRun is an error with the end of the log if the container does not run.
func (c container) mustRun(ctx context.Context) error {
	state, err := c.inspect(ctx, "{{.State.Status}}")
	if err != nil || state == "running" || state == "paused" {
		return err
	}
	log, _ := realhost.Command(ctx, nil, "sh", "-c", "docker logs --tail 5 "+c.id+" 2>&1")
	return errors.New("it has ended by itself: " + log)
}

// remove removes the container, even if the engine cannot stop it.
func (c container) remove() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, _ = docker(ctx, "rm", "-f", "-v", c.name)
	if c.id == "" {
		return
	}
	for _, pid := range realhost.ProcessesOf(c.id) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}
