package measure

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var metricName = regexp.MustCompile(`^pidns_[a-z]+(_[a-z]+)*$`)

// Names follow the rules of Prometheus: their own prefix, counters and only counters end in
// _total, and no label names a process.
func TestDefinitions(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range Definitions() {
		switch isTotal := strings.HasSuffix(d.Name, "_total"); {
		case !metricName.MatchString(d.Name) || seen[d.Name]:
			t.Errorf("%s is not a name of its own", d.Name)
		case isTotal != (d.Kind == Counter):
			t.Errorf("%s is a %s", d.Name, d.Kind)
		case !strings.HasSuffix(d.Help, "."):
			t.Errorf("%s: %q is not a sentence", d.Name, d.Help)
		}
		seen[d.Name] = true
		if isOfContainer := strings.HasPrefix(d.Name, "pidns_container_"); isOfContainer && !slices.Equal(d.Labels[:2], ofContainer) {
			t.Errorf("%s has labels %v", d.Name, d.Labels)
		}
		for _, label := range d.Labels {
			if slices.Contains([]string{"pid", "command", "comm"}, label) {
				t.Errorf("%s has the label %s: that makes a new series for each process", d.Name, label)
			}
		}
	}
}
