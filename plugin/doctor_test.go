package plugin

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// If no container runs, that is reported, and so is what is left of one. For an unknown name
// nothing is written to standard output.
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

// --quiet names what --fail-on fails on, and no others.
func TestDoctorQuiet(t *testing.T) {
	for args, want := range map[string]left{
		"doctor -q":                            {out: "demo\n"},
		"doctor -q --fail-on error":            {status: 4}, // warnings are not listed
		"doctor -q --fail-on zombies-unreaped": {out: "demo\n", status: 3},
		"doctor -q --fail-on warning":          {out: "demo\n", status: 3},
		"doctor -q --fail-on stop-ignored":     {status: 4},
	} {
		got := run(t, nil, append(strings.Fields(args), "--from", saved)...)
		if got.out != want.out || got.status != want.status {
			t.Errorf("%s: got %+v, want %+v", args, got, want)
		}
	}
}

// Notes are listed if they were asked for.
func TestDoctorQuietOfNotes(t *testing.T) {
	host := source.File{Path: readmeHost}
	if got := runOn(t, host, "doctor", "-q", "--rule", "host-namespace"); got.out != "" {
		t.Errorf("got %+v", got)
	}
	for _, args := range []string{"--notes --rule host-namespace", "--fail-on note --rule host-namespace", "--fail-on host-namespace"} {
		if got := runOn(t, host, append([]string{"doctor", "-q"}, strings.Fields(args)...)...); got.out != "monitor\n" {
			t.Errorf("%s: got %+v", args, got)
		}
	}
}

// Names that other commands do not accept are not listed.
func TestDoctorQuietNamesWhatIsKnown(t *testing.T) {
	unknown, known := inspect.Container{Name: "0123456789ab"}, inspect.Container{Name: "demo", Status: "exited"}
	var o doctorOptions
	named, nameless := o.toName([]rule.Finding{{Container: &unknown}, {Container: &known}, {Container: &unknown}})
	if len(named) != 1 || named[0].Container != &known || !slices.Equal(nameless, []string{"0123456789ab"}) {
		t.Errorf("got %v, %v", named, nameless)
	}
}
