package plugin

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// An answer from a file says so once, above an answer for people.
func TestAnswerOfAFile(t *testing.T) {
	const line = "from snapshot host, 2026-11-23 13:42:35 UTC\n"
	for args, want := range map[string]string{
		"tree": line, "zombies demo": line, "ns": line, "host-pid": line, "host-pid demo": line, "host-pid demo 1": line,
		"who 28202": line, "signals": line, "doctor": line, "explain demo": line, "tree nope": line,
		"tree --format json": "", "tree --format {{.HostPID}}": "", "tree --format table": "", "tree -q": "", "doctor -q": "",
		"version": "", // its first lines say the same
	} {
		got := feedWhole(t, nil, "", append(strings.Fields(args), "--from", saved)...)
		if told := strings.Count(got.err, "from snapshot"); !strings.HasPrefix(got.err, want) || want == "" && told > 0 || told > 1 || strings.Contains(got.out, "from snapshot") {
			t.Errorf("%s: got %+v", args, got)
		}
	}
	if got := feedWhole(t, changed{t, func(*inspect.Capture) {}}, "", "tree"); got.err != "" {
		t.Errorf("of a living host: %q", got.err)
	}
	hostile := changed{t, func(c *inspect.Capture) { c.Engine.Name = "a\x1b[2Jb" }}
	if got := feedWhole(t, hostile, "", "tree", "--from", "x"); !strings.HasPrefix(got.err, `from snapshot a\x1b[2Jb, 2026`) {
		t.Errorf("got %q", got.err)
	}
}
