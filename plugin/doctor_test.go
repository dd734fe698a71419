package plugin

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// Where no container runs that is said, and what is left of one all the same; of a
// name that is not known nothing is said on standard output.
func TestDoctorOfNothing(t *testing.T) {
	none := func(c *inspect.Capture) { c.Containers = nil }
	if got := run(t, none, "doctor"); got.out != "No running containers.\n" || got.status != 0 {
		t.Errorf("got %+v", got)
	}
	if got := run(t, nil, "doctor", "--from", saved, "nosuch"); got.out != "" || !strings.Contains(got.err, "no such container") || got.status != 1 {
		t.Errorf("got %+v", got)
	}
	left := func(c *inspect.Capture) {
		list := []inspect.Listed{{ID: containerIn(c, "plain").ID, Name: "plain", Status: "exited"}}
		c.Listing = &inspect.Listing{Before: list, After: list}
		c.Containers = nil
	}
	if got := run(t, left, "doctor"); !strings.HasPrefix(got.out, "No running containers.\n") || !strings.Contains(got.out, " leftovers ") || !strings.Contains(got.out, "1 error (plain)") {
		t.Errorf("got %+v", got)
	}
}
