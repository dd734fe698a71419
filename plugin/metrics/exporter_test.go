package metrics

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/measure"
)

// host is a host whose looks a test makes.
type host func(ctx context.Context) (*inspect.Index, error)

func (h host) Look(ctx context.Context) (*inspect.Index, error) { return h(ctx) }

// demo is a host that can always be looked at.
func demo(context.Context) (*inspect.Index, error) { return inspecttest.Demo().Index(), nil }

// textOf is an exposition as text.
func textOf(t *testing.T, families []measure.Family) string {
	t.Helper()
	var out strings.Builder
	if err := Write(&out, families, Text); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func wantLines(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, line := range want {
		if !slices.Contains(strings.Split(text, "\n"), line) {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
}

func TestMeasure(t *testing.T) {
	e := &Exporter{Host: host(demo), Version: "v1"}
	families, err := e.Measure(t.Context(), t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, textOf(t, families), "pidns_up 1", `pidns_build_info{version="v1"} 1`,
		`pidns_container_zombies{id="`+inspecttest.ID("a")+`",name="demo",reaper="pid1"} 1`, `pidns_capture_errors_total{reason="failed"} 0`)
}

// Without a look there are no numbers of an earlier one. Failures are counted, and told when they
// change.
func TestMeasureFailing(t *testing.T) {
	var fails error
	var told []string
	e := &Exporter{
		Host: host(func(ctx context.Context) (*inspect.Index, error) {
			if fails != nil {
				return nil, fails
			}
			return demo(ctx)
		}),
		Failed: func(err error) {
			if err == nil {
				err = errors.New("over")
			}
			told = append(told, err.Error())
		},
	}
	var last string
	for _, fails = range []error{nil, errors.New("no engine"), errors.New("no engine"), errors.New("refused"), nil, nil} {
		families, err := e.Measure(t.Context(), t.Context())
		last = textOf(t, families)
		if !errors.Is(err, fails) {
			t.Errorf("got %v, want %v", err, fails)
		}
		if fails != nil {
			wantLines(t, last, "pidns_up 0")
			if strings.Contains(last, "demo") || strings.Contains(last, "pidns_findings") || strings.Contains(last, "pidns_engine_up") {
				t.Errorf("numbers without a look:\n%s", last)
			}
		}
	}
	wantLines(t, last, "pidns_up 1", `pidns_capture_errors_total{reason="failed"} 3`)
	if want := []string{"no engine", "refused", "over"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

// A scrape is answered at its deadline, whatever the look does. The look is cancelled then.
func TestMeasureLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &Exporter{Host: host(func(ctx context.Context) (*inspect.Index, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Minute):
				return demo(ctx)
			}
		})}
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
			families, err := e.Measure(ctx, t.Context())
			cancel()
			if !errors.Is(err, errLate) {
				t.Errorf("got %v", err)
			}
			wantLines(t, textOf(t, families), "pidns_up 0", "pidns_capture_duration_seconds 9")
		}
		families, err := e.Measure(t.Context(), t.Context())
		if err != nil {
			t.Error(err)
		}
		wantLines(t, textOf(t, families), "pidns_up 1", "pidns_capture_duration_seconds 60",
			`pidns_capture_errors_total{reason="deadline"} 2`, `pidns_capture_errors_total{reason="failed"} 0`)
	})
}

// An interrupt is not a failure of the host.
func TestMeasureInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := &Exporter{Host: host(func(ctx context.Context) (*inspect.Index, error) { return nil, ctx.Err() }), Failed: func(err error) { t.Errorf("told %v", err) }}
	if _, err := e.Measure(ctx, ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
