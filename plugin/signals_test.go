package plugin

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// A reader who may not read namespaces cannot know which processes entered one. It is not
// reported that there are none, nor a number without a remark.
func TestUnheardAsFarAsKnown(t *testing.T) {
	const unread = "Whether others have entered its PID namespace could not be read"
	for _, container := range []string{"demo", "plain"} {
		if out := run(t, denyNamespaces, "signals", container).out; !strings.Contains(out, unread) {
			t.Errorf("%s: without the right to read namespaces:\n%s", container, out)
		}
		if out := run(t, denyNamespaces, "signals", "--format", "json", container).out; !strings.Contains(out, `"Unheard":"denied"`) {
			t.Errorf("%s: without the right to read namespaces:\n%s", container, out)
		}
		mine := func(c *inspect.Capture) { c.Host.CanPtrace = false } // namespaces of its own processes can be read
		if out := run(t, mine, "signals", container).out; !strings.Contains(out, unread) {
			t.Errorf("%s: without the right to read those of other users:\n%s", container, out)
		}
		for _, format := range []string{"", "json"} {
			if out := run(t, func(*inspect.Capture) {}, "signals", "--format", format, container).out; strings.Contains(out, unread) || strings.Contains(out, `"Unheard":"`) {
				t.Errorf("%s: everything could be read:\n%s", container, out)
			}
		}
	}
}
