package rule

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// sleeping is a container with a process in this state in the snapshot and, if the container was
// not paused, when its threads were read.
func sleeping(first, second procfs.State, channel procfs.Opt[string]) *inspect.Capture {
	c := host(process(101, 100, listens(term)), process(102, 101, listens(term), func(p *procfs.Process) { p.State = first }))
	for i := range c.Attention {
		if a := &c.Attention[i]; a.PID == 102 {
			a.Threads[0].State, a.Threads[0].WaitChannel, a.Threads[0].Sleeps = second, channel, procfs.Some(7)
		}
	}
	return c
}

// awake makes the process have been awake, which the kernel counts.
func awake(c *inspect.Capture) *inspect.Capture {
	for i := range c.Attention {
		c.Attention[i].Threads[0].Sleeps = procfs.Some(8)
	}
	return c
}

func paused(c *inspect.Capture) *inspect.Capture {
	c.Containers[0].Status = "paused"
	return c
}

// Uninterruptible sleep counts if it lasts from one look to the next.
func TestUninterruptible(t *testing.T) {
	nfs, denied := procfs.Some("rpc_wait_bit_killable"), procfs.None[string](procfs.Denied)
	tests := map[string]struct {
		now, before *inspect.Capture
		want        string
	}{
		"at both looks":                  {sleeping("D", "D", nfs), nil, "note x (102) is in uninterruptible sleep (State D) at two looks; It sleeps in rpc_wait_bit_killable"},
		"where, is not shown":            {sleeping("D", "D", denied), nil, "note x (102) is in uninterruptible sleep (State D) at two looks; Its wait channel is not shown"},
		"at the first look":              {sleeping("D", "S", nfs), nil, ""},
		"at the second look":             {sleeping("S", "D", nfs), nil, ""},
		"paused, which looks the same":   {paused(sleeping("D", "D", nfs)), nil, ""},
		"so it was half a minute before": {later(sleeping("D", "D", nfs), 30*time.Second), sleeping("D", "D", nfs), "warning x (102) is in uninterruptible sleep (State D), and also was 30s before; It sleeps in rpc_wait_bit_killable"},
		"so it was, and awake meanwhile": {awake(later(sleeping("D", "D", nfs), 30*time.Second)), sleeping("D", "D", nfs), ""},
		"so it was not":                  {later(sleeping("D", "D", nfs), 30*time.Second), sleeping("S", "S", nfs), ""},
		"another process had its number": {later(sleeping("D", "D", nfs), 30*time.Second), change(sleeping("D", "D", nfs), 102, func(p *procfs.Process) { p.StartTicks = 1 }), ""},
	}
	for name, test := range tests {
		got := ""
		for _, f := range findingsOf(t, test.now, test.before, "uninterruptible-sleep") {
			got += string(f.Severity) + " " + strings.Join(f.Evidence, "; ")
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
