package rule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// withZombies is a container with this many zombies that PID 1 has started, and this many that
// it has adopted. A limit of 0 is no limit.
func withZombies(started, adopted, limit int) *inspect.Capture {
	var more []procfs.Process
	for i := range started + adopted {
		z := process(110+i, 101, exited)
		if i >= started {
			z.SID = 90
		}
		more = append(more, z)
	}
	c := host(process(101, 100, listens(term)), more...)
	if limit > 0 {
		c.PIDs = map[string]inspect.PIDsUse{c.Containers[0].ID: {Current: procfs.Some(1 + started + adopted), Max: procfs.Some(limit)}}
	}
	return c
}

// later is the capture, taken this much after the one before.
func later(c *inspect.Capture, d time.Duration) *inspect.Capture {
	c.Snapshot.TakenAt = c.Snapshot.TakenAt.Add(d)
	c.Containers[0].AnsweredAt = c.Snapshot.TakenAt
	c.Snapshot.Uptime += d
	return c
}

// The severity of zombies depends on their number, on the limit, on whether they grow, and on
// whether PID 1 will continue to leave them.
func TestZombieSeverities(t *testing.T) {
	const wait = 30 * time.Second
	tests := map[string]struct {
		now, before *inspect.Capture
		want        string
	}{
		"none":                         {withZombies(0, 0, 0), nil, ""},
		"a few of its own":             {withZombies(3, 0, 0), nil, "note zombies-unreaped"},
		"many of its own":              {withZombies(10, 0, 0), nil, "warning zombies-unreaped"},
		"one that it adopted":          {withZombies(0, 1, 0), nil, "warning zombies-unreaped"},
		"less than half of the limit":  {withZombies(3, 0, 7), nil, "note zombies-unreaped"},
		"half of the limit":            {withZombies(3, 0, 6), nil, "error zombies-unreaped"},
		"a few, no more than before":   {later(withZombies(3, 0, 0), wait), withZombies(3, 0, 0), "note zombies-unreaped"},
		"a few, more than before":      {later(withZombies(3, 0, 0), wait), withZombies(2, 0, 0), "warning zombies-unreaped"},
		"many more than before":        {later(withZombies(12, 0, 0), wait), withZombies(2, 0, 0), "error zombies-unreaped"},
		"fewer than before":            {later(withZombies(2, 0, 0), wait), withZombies(9, 0, 0), "note zombies-unreaped"},
		"adopted, no more than before": {later(withZombies(0, 2, 0), wait), withZombies(0, 2, 0), "warning zombies-unreaped"},
	}
	for name, test := range tests {
		if got := strings.Join(check(t, test.now, test.before), ", "); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
	grown := findingsOf(t, later(withZombies(12, 0, 0), wait), withZombies(2, 0, 0), "zombies-unreaped")
	if !slices.Contains(grown[0].Evidence, "10 more than 30s before") {
		t.Errorf("got %q", grown[0].Evidence)
	}
}

// A zombie that was gone at the second look is not reported.
func TestPassingZombies(t *testing.T) {
	c := withZombies(20, 20, 41)
	c.SecondLook.Zombies = nil
	if got := check(t, c, nil); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}
