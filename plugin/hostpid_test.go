package plugin

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// A process that may have entered and could not be read is not reported as missing. Root is not
// recommended for facts that a snapshot lacks.
func TestHostPIDOfWhoMayHaveEntered(t *testing.T) {
	ordinary := func(c *inspect.Capture) { c.Host.CanPtrace, c.Host.EUID = false, 1000 }
	got := run(t, ordinary, "host-pid", "demo", "77")
	if !strings.Contains(got.err, "demo has no known process 77 (it has 1, 6,") || got.status != 1 ||
		!strings.HasSuffix(got.err, "whether one entered its namespace with that PID needs root: sudo docker pidns host-pid demo 77\nor, without root: docker pidns host-pid demo 77 --via helper\n") {
		t.Errorf("got %+v", got)
	}
	l := answer{index: inspect.NewIndex(&inspect.Capture{}), from: "s.json"}
	if got := l.moreRights("tree"); got != "a snapshot that root takes on its host, or a helper: docker pidns snapshot --via helper" {
		t.Errorf("of a snapshot: %q", got)
	}
}
