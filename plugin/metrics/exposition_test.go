package metrics

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/measure"
)

// odd are families with a name that has to be escaped, a family without labels, and a counter.
var odd = []measure.Family{
	{Definition: measure.Definition{Name: "pidns_b", Kind: measure.Gauge, Labels: []string{"name"}, Help: "A \\ number.\nOf two."},
		Samples: []measure.Sample{{Labels: []string{"a\"\\\n"}, Value: 2}, {Labels: []string{"b"}, Value: 0.5}}},
	{Definition: measure.Definition{Name: "pidns_a", Kind: measure.Gauge, Help: "Another."}, Samples: []measure.Sample{{Value: 1}}},
	{Definition: measure.Definition{Name: "pidns_c_total", Kind: measure.Counter, Help: "A counter."}, Samples: []measure.Sample{{Value: 7}}},
}

func TestWrite(t *testing.T) {
	for format, want := range map[Format]string{
		OpenMetrics: `# HELP pidns_a Another.
# TYPE pidns_a gauge
pidns_a 1.0
# HELP pidns_b A \\ number.\nOf two.
# TYPE pidns_b gauge
pidns_b{name="a\"\\\n"} 2.0
pidns_b{name="b"} 0.5
# HELP pidns_c A counter.
# TYPE pidns_c counter
pidns_c_total 7.0
# EOF
`,
		Text: `# HELP pidns_a Another.
# TYPE pidns_a gauge
pidns_a 1
# HELP pidns_b A \\ number.\nOf two.
# TYPE pidns_b gauge
pidns_b{name="a\"\\\n"} 2
pidns_b{name="b"} 0.5
# HELP pidns_c_total A counter.
# TYPE pidns_c_total counter
pidns_c_total 7
`,
	} {
		var out strings.Builder
		if err := Write(&out, odd, format); err != nil || out.String() != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", format, err, out.String(), want)
		}
	}
}

// Series that Prometheus would refuse are an error, and not written.
func TestWriteRefuses(t *testing.T) {
	twice := []measure.Family{{Definition: measure.Definition{Name: "pidns_a", Kind: measure.Gauge, Help: "A."}, Samples: []measure.Sample{{Value: 1}, {Value: 2}}}}
	var out strings.Builder
	if err := Write(&out, twice, Text); err == nil || out.Len() > 0 {
		t.Errorf("%v: %q", err, out.String())
	}
}
