package source

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
)

func TestAsksTheKernel(t *testing.T) {
	for args, want := range map[string]bool{
		"zombies --collector bpf": true, "--host x tree --collector=auto demo": true, "zombies": false,
		"zombies --collector proc": false, "zombies --collector": false, "zombies --collect bpf": false,
		"__complete zombies --collector bpf ": false, "": false,
	} {
		if got := asksTheKernel(strings.Fields(args)); got != want {
			t.Errorf("%q: got %t", args, got)
		}
	}
}

// broken is a collector that was opened and cannot read.
type broken struct {
	collector
	err error
}

// What fails after it was opened is replaced by /proc where that was left open, and
// else says why.
func TestOrByProc(t *testing.T) {
	unsupported := &taskiter.UnsupportedError{Reason: "the verifier refuses it", Remedy: "a newer kernel"}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx    context.Context
		wanted string
		by     inspect.CollectorName
		err    error
		tries  int
		reason string
		failed error
	}{
		"it reads":                    {t.Context(), CollectorAuto, inspect.CollectorBPF, nil, 1, "", nil},
		"auto, refused":               {t.Context(), CollectorAuto, inspect.CollectorBPF, unsupported, 2, "the verifier refuses it", nil},
		"auto, who knows why":         {t.Context(), CollectorAuto, inspect.CollectorBPF, errors.New("EIO"), 2, "it cannot be told whether that is possible: EIO", nil},
		"by name":                     {t.Context(), CollectorBPF, inspect.CollectorBPF, unsupported, 1, "", &CollectorError{"the verifier refuses it", "a newer kernel"}},
		"/proc fails":                 {t.Context(), CollectorAuto, inspect.CollectorProc, errors.New("EIO"), 1, "", errors.New("EIO")},
		"nobody waits for it anymore": {ended, CollectorAuto, inspect.CollectorBPF, context.Canceled, 1, "", context.Canceled},
	} {
		s := &session{
			local: &Local{Collector: test.wanted}, processes: broken{err: test.err},
			capture: &inspect.Capture{Collector: inspect.Collector{Name: test.by}},
		}
		tries := 0
		err := s.orByProc(test.ctx, func() error {
			tries++
			if b, ok := s.processes.(broken); ok {
				return b.err
			}
			return nil
		})
		if tries != test.tries || s.capture.Collector.Reason != test.reason || (err == nil) != (test.failed == nil) {
			t.Errorf("%s: %d tries, reason %q, error %v", name, tries, s.capture.Collector.Reason, err)
		}
		if err != nil && err.Error() != test.failed.Error() {
			t.Errorf("%s: got %v, want %v", name, err, test.failed)
		}
		if _, proc := s.processes.(read.FS); proc != (test.tries == 2) {
			t.Errorf("%s: read by %T", name, s.processes)
		}
	}
}
