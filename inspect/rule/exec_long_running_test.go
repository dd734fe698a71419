package rule

import (
	"slices"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// An exec session is old by its start, and the engine reports whether it has a client for its
// output.
func TestLongExecs(t *testing.T) {
	const old = 0
	young := uint64(900 * procfs.TicksPerSecond)
	session := func(start uint64, change ...func(*procfs.Process)) *inspect.Capture {
		p := process(120, 100, append(change, func(p *procfs.Process) { p.StartTicks, p.Args = start, procfs.Some([]string{"sleep", "9"}) })...)
		c := host(process(101, 100, listens(term)), p)
		c.Snapshot.Uptime = 2 * time.Hour
		if start != old {
			c.Snapshot.Uptime = 1000 * time.Second
		}
		return c
	}
	execOf := func(c *inspect.Capture, detached procfs.Opt[bool]) *inspect.Capture {
		c.Execs = []inspect.Exec{{ID: "e", ContainerID: c.Containers[0].ID, HostPID: 120, Running: true, Detached: detached}}
		return c
	}
	checked := func(c *inspect.Capture) *inspect.Capture {
		c.Containers[0].Health = &inspect.HealthCheck{Command: []string{"sleep", "9"}}
		return c
	}
	const said, unknown = `docker exec "sleep 9" has run for 2 hours (120)`, "Docker does not say whether it was detached"
	tests := map[string]struct {
		capture *inspect.Capture
		want    []string
		now     string
	}{
		"young":         {session(young), nil, ""},
		"old":           {session(old), []string{said, unknown}, "sudo kill 120"},
		"detached":      {execOf(session(old), procfs.Some(true)), []string{said, "It was detached (-d), so no client waits for it"}, "sudo kill 120"},
		"attached":      {execOf(session(old), procfs.Some(false)), []string{said, "It was not detached. Whether its client still runs cannot be determined"}, "sudo kill 120"},
		"not answered":  {execOf(session(old), procfs.None[bool](procfs.Unread)), []string{said, unknown}, "sudo kill 120"},
		"a shell":       {session(old, func(p *procfs.Process) { p.Signals.Ignored = 1 << (term - 1) }), []string{said, unknown}, "sudo kill -HUP 120"},
		"a check":       {checked(session(old)), []string{`The health check "sleep 9" has run for 2 hours (120)`, unknown}, "sudo kill 120"},
		"it has ended":  {session(old, exited), nil, ""},
		"main, as old":  {without(session(old), 120), nil, ""},
		"what it began": {change(session(old), 120, func(p *procfs.Process) { p.ParentPID = 101 }), nil, ""},
	}
	for name, test := range tests {
		var evidence []string
		now := ""
		for _, f := range findingsOf(t, test.capture, nil, "exec-long-running") {
			evidence, now = append(evidence, f.Evidence...), f.Now
			if f.Severity != inspect.SeverityNote || f.Process.PID != 120 {
				t.Errorf("%s: got %+v", name, f)
			}
		}
		if !slices.Equal(evidence, test.want) || now != test.now {
			t.Errorf("%s: got %q, %q; want %q, %q", name, evidence, now, test.want, test.now)
		}
	}
}
