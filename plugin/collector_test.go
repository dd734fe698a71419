package plugin

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

func TestCollectorOption(t *testing.T) {
	for name, test := range map[string]struct {
		from, collector string
		want            string
	}{
		"/proc":           {"", "proc", ""},
		"the kernel":      {"", "bpf", ""},
		"whatever is":     {"", "auto", ""},
		"another":         {"", "BPF", `--collector "BPF": expected proc, bpf, auto`},
		"none":            {"", "", `--collector "": expected proc, bpf, auto`},
		"with a snapshot": {"x.json", "bpf", "--from and --collector cannot be used together"},
		"a snapshot":      {"x.json", "proc", ""},
	} {
		options := commonOptions{maxSnapshot: 1, Where: Where{From: test.from, ProcRoot: defaultProc, Collector: test.collector, Timeout: defaultTimeout}}
		err := options.check()
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

// One line says why the collector cannot be used and what helps.
func TestRefusedCollector(t *testing.T) {
	app := App{typed: "tree --collector=bpf a"}
	for want, refused := range map[string]source.CollectorError{
		"--collector bpf: CAP_BPF is missing; use --collector proc, or try: sudo docker --host tcp://far:1 pidns tree --collector=bpf a": {
			Endpoint: "tcp://far:1", Reason: "CAP_BPF is missing", TakesRoot: true},
		"--collector bpf: CAP_BPF is missing; use a newer kernel, or use --collector proc": {Reason: "CAP_BPF is missing", Remedy: "use a newer kernel"},
		"--collector bpf: no BTF; use --collector proc":                                    {Reason: "no BTF"},
	} {
		if got := app.refusedCollector(&refused).Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCollectorText(t *testing.T) {
	const cannot = "proc; the kernel's task iterator cannot be used: CAP_BPF is missing"
	byProc, byBPF := inspect.Collector{Name: inspect.CollectorProc}, inspect.Collector{Name: inspect.CollectorBPF}
	fellBack := inspect.Collector{Name: inspect.CollectorProc, Reason: "CAP_BPF is missing"}
	for _, test := range []struct {
		asked, from string
		read        inspect.Collector
		want        string
	}{
		{"proc", "", byBPF, "proc; the kernel's task iterator can be used too: --collector bpf"},
		{"proc", "", fellBack, cannot},
		{"bpf", "", byBPF, "bpf: the kernel's task iterator, and /proc"},
		{"bpf", "", fellBack, cannot},
		{"auto", "", byBPF, "bpf: the kernel's task iterator, and /proc"},
		{"auto", "", fellBack, cannot},
		{"proc", "file", byProc, "proc"},
		{"proc", "file", byBPF, "bpf: the kernel's task iterator, and /proc"},
		{"proc", "file", fellBack, cannot},
	} {
		options := commonOptions{maxSnapshot: 1, Where: Where{Collector: test.asked, From: test.from}}
		if got := collectorText(test.read, &options); got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}
