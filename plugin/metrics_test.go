package plugin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

func TestMetrics(t *testing.T) {
	got := run(t, attentive, "metrics")
	if got.status != 0 || got.err != "" || !strings.HasSuffix(got.out, "\n# EOF\n") || !strings.Contains(got.out, "\npidns_up 1.0\n") {
		t.Errorf("status %d, %q, %.2000s", got.status, got.err, got.out)
	}
	if text := run(t, attentive, "metrics", "--format", "text"); strings.Contains(text.out, "EOF") || !strings.Contains(text.out, "\npidns_up 1\n") {
		t.Errorf("as text: %.2000s", text.out)
	}
}

// The file is for node_exporter: in the format that it reads, complete, and readable for its user.
func TestMetricsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pidns.prom")
	if got := run(t, attentive, "metrics", "-o", file); got.status != 0 || got.out+got.err != "" {
		t.Errorf("got %+v", got)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "\npidns_up 1\n") || strings.Contains(string(text), "EOF") {
		t.Errorf("%v: %.2000s", err, text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
	// What was true earlier does not stay.
	if got := runOn(t, failing{errors.New("no engine")}, "metrics", "-o", file); got.status != statusUnanswered || got.err != "no engine\n" {
		t.Errorf("got %+v", got)
	}
	text, err = os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "\npidns_up 0\n") || strings.Contains(string(text), "pidns_container_info") {
		t.Errorf("%v: %.2000s", err, text)
	}
}

// Processes that are elsewhere are never measured as none.
func TestMetricsElsewhere(t *testing.T) {
	got := run(t, func(c *inspect.Capture) {
		c.Proof = inspect.HostProof{Verdict: inspect.No, By: "test"}
		c.Snapshot.Processes = nil
	}, "metrics")
	if got.status != statusUnanswered || !strings.Contains(got.out, "\npidns_up 0.0\n") || !strings.Contains(got.err, "are not in this machine's /proc") {
		t.Errorf("got %+v", got)
	}
}

func TestMetricsRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"--settle 0":                              "--settle 0: must be above 0",
		"--format json":                           `--format "json": expected openmetrics, text`,
		"--web-config x":                          "--web-config needs --listen",
		"--listen :0 -o x":                        "--listen and --output cannot be used together",
		"--listen :0 --format text":               "--listen and --format cannot be used together",
		"--listen :0 --from testdata/readme.json": "--listen and --from cannot be used together",
		"--listen 9714":                           `--listen "9714": expected HOST:PORT`,
		"--filter colour=red":                     "colour",
		"--timeout 0":                             "--timeout 0s: must be above 0",
		"demo":                                    "accepts no arguments",
	} {
		got := run(t, attentive, append([]string{"metrics"}, strings.Fields(line)...)...)
		if got.status != statusWrongUse || !strings.Contains(got.err, want) || got.out != "" {
			t.Errorf("%s: %+v", line, got)
		}
	}
}

// What prevents the server is one line, before anything is looked at.
func TestMetricsCannotListen(t *testing.T) {
	got := run(t, attentive, "metrics", "--listen", "127.0.0.1:0", "--web-config", "/nonexistent.yml")
	if got.status != statusUnanswered || got.err != "--web-config /nonexistent.yml: no such file or directory\n" {
		t.Errorf("got %+v", got)
	}
}

// fakeWatch is a host that can be watched. It counts how often that is begun and ended.
type fakeWatch struct {
	source.Source
	state                  source.EngineState
	begun, ended, captured int
	err                    error
}

func (w *fakeWatch) Watch(context.Context) (source.Watch, error) {
	w.begun++
	return w, nil
}

func (w *fakeWatch) Capture(ctx context.Context, q need.Question) (*inspect.Capture, error) {
	w.captured++
	if w.err != nil {
		return nil, w.err
	}
	return w.Source.Capture(ctx, q)
}

func (w *fakeWatch) State() source.EngineState { return w.state }

func (w *fakeWatch) Close() error {
	w.ended++
	return nil
}

// A server keeps what looks have in common. After a look that failed, and while the engine does
// not answer, it keeps nothing.
func TestWatchedHost(t *testing.T) {
	w := &fakeWatch{Source: source.File{Path: readme}}
	app := topApp(t)
	app.Open = func(Where) ([]source.Source, error) { return []source.Source{w}, nil }
	host := &watchedHost{measured: measured{app, &metricsOptions{settleOption: settleOption{settle: 1}}}, life: t.Context()}
	look := func(wantErr error) {
		t.Helper()
		index, err := host.Look(t.Context())
		if !errors.Is(err, wantErr) || err == nil && len(index.Capture.Containers) == 0 {
			t.Errorf("got %v", err)
		}
	}
	for range 3 {
		look(nil)
	}
	if w.begun != 1 || w.ended != 0 || w.captured != 3 {
		t.Errorf("begun %d, ended %d, captured %d", w.begun, w.ended, w.captured)
	}
	w.err = errors.New("no engine")
	look(w.err)
	w.err = nil
	look(nil)
	if w.begun != 2 || w.ended != 1 {
		t.Errorf("after a failure: begun %d, ended %d", w.begun, w.ended)
	}
	w.state.Err = source.ErrSilent
	look(nil)
	if w.ended != 2 || w.captured != 7 || host.watch != nil {
		t.Errorf("of a silent engine: ended %d, captured %d", w.ended, w.captured)
	}
	w.state.Err = nil
	look(nil)
	host.forget()
	if w.begun != 3 || w.ended != 3 {
		t.Errorf("in the end: begun %d, ended %d", w.begun, w.ended)
	}
}
