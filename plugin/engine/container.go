package engine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// These are Docker's defaults for settings that a container does not have.
const (
	defaultStopTimeout    = 10 * time.Second
	defaultHealthInterval = 30 * time.Second
	defaultHealthTimeout  = 30 * time.Second
)

// List returns the running containers, or all containers, with what the list has: ID, name,
// image, status and labels. They are marked as silent until Inspect has answered. If the list is
// too long, those that were read are returned with a *source.CutError.
func (c *Client) List(ctx context.Context, all bool) ([]inspect.Container, error) {
	cut := false
	summaries, err := call(ctx, c, ofList, func(ctx context.Context) ([]container.Summary, error) {
		list, err := c.api.ContainerList(ctx, container.ListOptions{All: all})
		cut = slipOf(ctx).cut
		return list, err
	})
	if err != nil {
		return nil, err
	}
	list := make([]inspect.Container, 0, len(summaries))
	for _, s := range summaries {
		list = append(list, fromSummary(s))
	}
	if cut {
		return list, &source.CutError{Text: fmt.Sprintf("the engine lists more than %d containers: the others were not read", len(list))}
	}
	return list, nil
}

func fromSummary(s container.Summary) inspect.Container {
	c := inspect.Container{
		ID:          s.ID,
		Image:       s.Image,
		Status:      s.State,
		Labels:      s.Labels,
		Path:        s.Command,
		StopTimeout: defaultStopTimeout,
		Silent:      true,
		AnsweredAt:  time.Now().UTC(),
	}
	if s.NetworkSettings != nil {
		c.Addresses = addresses(s.NetworkSettings.Networks)
	}
	for _, port := range s.Ports {
		c.Published = appendPublished(c.Published, port.Type, int(port.PrivatePort), int(port.PublicPort))
	}
	c.Name = c.ShortID()
	for _, name := range s.Names {
		// Legacy links add names with a second slash.
		if name = strings.TrimPrefix(name, "/"); !strings.Contains(name, "/") {
			c.Name = name
		}
	}
	return c
}

// Inspect returns one container, by name, ID or unambiguous beginning of its
// ID.
func (c *Client) Inspect(ctx context.Context, ref string) (inspect.Container, error) {
	var answered *slip
	response, err := call(ctx, c, ofOne, func(ctx context.Context) (container.InspectResponse, error) {
		answered = slipOf(ctx)
		return c.api.ContainerInspect(ctx, ref)
	})
	if err != nil {
		return inspect.Container{}, err
	}
	found := fromInspect(response, time.Now().UTC())
	if response.Config == nil || response.Config.StopTimeout == nil {
		found.GraceAssumed = !fixesGrace(answered.server)
	}
	return found, nil
}

func fromInspect(r container.InspectResponse, at time.Time) inspect.Container {
	c := inspect.Container{AnsweredAt: at, StopTimeout: defaultStopTimeout, PIDsLimit: procfs.None[int64](procfs.NotHeld)}
	if r.ContainerJSONBase != nil {
		c.ID = r.ID
		c.Name = strings.TrimPrefix(r.Name, "/")
		c.Path, c.Args = r.Path, r.Args
		c.ExecIDs, c.RestartCount = r.ExecIDs, r.RestartCount
		fillState(&c, r.State)
		fillHostConfig(&c, r.HostConfig)
	}
	fillConfig(&c, r.Config)
	fillNetwork(&c, r.NetworkSettings)
	if r.ContainerJSONBase != nil && r.State != nil && c.Health != nil && r.State.Health != nil {
		c.Health.Log = probes(r.State.Health.Log)
	}
	return c
}

func fillState(c *inspect.Container, s *container.State) {
	if s == nil {
		return
	}
	c.Status = s.Status
	c.HostPID = s.Pid
	c.ExitCode = s.ExitCode
	c.OOMKilled, c.Error = s.OOMKilled, s.Error
	c.StartedAt, c.FinishedAt = parseTime(s.StartedAt), parseTime(s.FinishedAt)
}

// parseTime parses the engine's times. 0001-01-01, which means never, is the zero time.
func parseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

func fillHostConfig(c *inspect.Container, h *container.HostConfig) {
	if h == nil {
		return
	}
	c.PIDMode, c.UTSMode, c.IPCMode = string(h.PidMode), string(h.UTSMode), string(h.IpcMode)
	c.NetworkMode, c.UsernsMode, c.CgroupnsMode = string(h.NetworkMode), string(h.UsernsMode), string(h.CgroupnsMode)
	c.Init = h.Init != nil && *h.Init
	c.Runtime = h.Runtime
	c.CapAdd, c.CapDrop, c.Privileged = h.CapAdd, h.CapDrop, h.Privileged
	c.RestartPolicy, c.RestartMax = string(h.RestartPolicy.Name), h.RestartPolicy.MaximumRetryCount
	c.AutoRemove, c.CgroupParent = h.AutoRemove, h.CgroupParent
	if h.PidsLimit != nil && *h.PidsLimit > 0 {
		c.PIDsLimit = procfs.Some(*h.PidsLimit)
	}
}

func fillNetwork(c *inspect.Container, n *container.NetworkSettings) {
	if n == nil {
		return
	}
	c.Addresses = addresses(n.Networks)
	for port, bindings := range n.Ports {
		for _, binding := range bindings {
			if hostPort, err := strconv.Atoi(binding.HostPort); err == nil {
				c.Published = appendPublished(c.Published, port.Proto(), port.Int(), hostPort)
			}
		}
	}
	slices.SortFunc(c.Published, func(a, b inspect.Published) int {
		return cmp.Or(cmp.Compare(a.HostPort, b.HostPort), cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol))
	})
}

// addresses are the addresses in all networks, sorted.
func addresses(networks map[string]*network.EndpointSettings) []string {
	var list []string
	for _, n := range networks {
		if n == nil {
			continue
		}
		for _, address := range []string{n.IPAddress, n.GlobalIPv6Address} {
			if address != "" {
				list = append(list, address)
			}
		}
	}
	slices.Sort(list)
	return list
}

// appendPublished adds a port that the host forwards, once. The engine has one line for each
// version of IP.
func appendPublished(list []inspect.Published, protocol string, port, hostPort int) []inspect.Published {
	published := inspect.Published{Protocol: protocol, Port: port, HostPort: hostPort}
	if hostPort == 0 || slices.Contains(list, published) {
		return list
	}
	return append(list, published)
}

func fillConfig(c *inspect.Container, config *container.Config) {
	if config == nil {
		return
	}
	c.Image = config.Image
	c.Labels = config.Labels
	c.StopSignal, c.User = config.StopSignal, config.User
	if config.StopTimeout != nil {
		c.StopTimeout, c.GraceOverflows = gracePeriod(int64(*config.StopTimeout))
	}
	c.Health = healthCheck(config.Healthcheck, config.Shell)
}

// longestGrace is the most seconds that the engine can count. It counts the grace period in
// nanoseconds, in 64 bits.
const longestGrace = int64(math.MaxInt64 / time.Second)

// gracePeriod is the grace period of the engine for this number of seconds. If the engine cannot
// count that many, SIGKILL follows at once, or after an arbitrary time.
func gracePeriod(seconds int64) (grace time.Duration, overflows bool) {
	if seconds > longestGrace {
		return 0, true
	}
	return time.Duration(max(seconds, -longestGrace)) * time.Second, false
}

// healthCheck is nil if there is none, or if it is disabled.
func healthCheck(h *container.HealthConfig, shell []string) *inspect.HealthCheck {
	if h == nil || len(h.Test) < 2 {
		return nil
	}
	check := &inspect.HealthCheck{Interval: cmp.Or(h.Interval, defaultHealthInterval), Timeout: cmp.Or(h.Timeout, defaultHealthTimeout)}
	switch h.Test[0] {
	case "CMD":
		check.Command = h.Test[1:]
	case "CMD-SHELL":
		if len(shell) == 0 {
			shell = []string{"/bin/sh", "-c"}
		}
		check.Command = append(append([]string{}, shell...), h.Test[1])
	default:
		return nil
	}
	return check
}

func probes(log []*container.HealthcheckResult) []inspect.Probe {
	var list []inspect.Probe
	for _, r := range log {
		if r != nil {
			list = append(list, inspect.Probe{Start: r.Start.UTC(), End: r.End.UTC(), ExitCode: r.ExitCode, TimedOut: timedOut(r)})
		}
	}
	return list
}

// timedOut reports whether the run exceeded its timeout. The engine then writes this before the
// check's output, and the exit code is -1 (moby, daemon/health.go).
func timedOut(r *container.HealthcheckResult) bool {
	return r.ExitCode == -1 && strings.HasPrefix(r.Output, "Health check exceeded timeout")
}
