package source

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
)

// What is expensive is started early for commands that name the kernel's iterator, and for no
// others.
func TestAsksTheKernel(t *testing.T) {
	for args, want := range map[string]bool{
		"zombies --collector bpf": true, "--host x tree --collector=auto demo": true, "zombies": false,
		"zombies --collector proc": false, "zombies --collector": false, "zombies --collect bpf": false,
		"__complete zombies --collector bpf ": false, "": false, "pidns trace web": true, "__complete trace ": false,
	} {
		if got := asksTheKernel(strings.Fields(args)); got != want {
			t.Errorf("%q: got %t", args, got)
		}
	}
	Prepare([]string{"zombies"}) // this does not need the kernel's iterator
}

var errUnsupported = &bpf.UnsupportedError{Reason: "the verifier refuses it", Remedy: "use a newer kernel"}

// failing is a collector that was opened and cannot read.
type failing struct {
	Collector
	err error
}

func (f failing) Survey(context.Context, procfs.SurveyOf) (procfs.Snapshot, error) {
	return procfs.Snapshot{}, f.err
}

// The collector is the one that was asked for, or /proc with the reason. One that was asked for
// by name is never replaced silently.
func TestChoose(t *testing.T) {
	for name, test := range map[string]struct {
		wanted string
		err    error
		by     inspect.Collector
		failed error
	}{
		"nothing asked for": {"", nil, inspect.Collector{Name: inspect.CollectorProc}, nil},
		"/proc":             {CollectorProc, nil, inspect.Collector{Name: inspect.CollectorProc}, nil},
		"bpf":               {CollectorBPF, nil, inspect.Collector{Name: inspect.CollectorBPF}, nil},
		"auto":              {CollectorAuto, nil, inspect.Collector{Name: inspect.CollectorBPF}, nil},
		"bpf, refused":      {CollectorBPF, errUnsupported, inspect.Collector{}, &CollectorError{Reason: "the verifier refuses it", Remedy: "use a newer kernel"}},
		"bpf, who knows why": {CollectorBPF, errors.New("EIO"), inspect.Collector{},
			&CollectorError{Reason: "whether that is possible cannot be determined: EIO"}},
		"auto, refused": {CollectorAuto, errUnsupported, inspect.Collector{Name: inspect.CollectorProc, Reason: "the verifier refuses it"}, nil},
		"auto, who knows why": {CollectorAuto, errors.New("EIO"),
			inspect.Collector{Name: inspect.CollectorProc, Reason: "whether that is possible cannot be determined: EIO"}, nil},
	} {
		proc, iterator, tries := &fakeProcesses{}, &fakeProcesses{}, 0
		c := newChoice(test.wanted, proc, func() (opened, error) {
			tries++
			return opened{iterator, func() {}}, test.err
		})
		if isProc := test.wanted == "" || test.wanted == CollectorProc; c.isOpening() == isProc {
			t.Errorf("%s: is opening: %t", name, c.isOpening())
		}
		err := errors.Join(c.choose())
		if again := errors.Join(c.choose()); (again == nil) != (err == nil) || tries > 1 {
			t.Errorf("%s: tried %d times, then %v", name, tries, again)
		}
		if test.failed != nil {
			var failed *CollectorError
			if !errors.As(err, &failed) || *failed != *test.failed.(*CollectorError) || !strings.HasPrefix(failed.Error(), "read processes from the kernel: ") {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		want := Collector(proc)
		if test.by.Name == inspect.CollectorBPF {
			want = iterator
		}
		if err != nil || c.by != test.by || c.chosen != want || c.asksKernel() != (want == Collector(iterator)) || c.isOpening() {
			t.Errorf("%s: got %+v, %v", name, c.by, err)
		}
	}
}

// A collector that fails after it was opened is replaced by /proc if that is allowed. Otherwise
// the error says why.
func TestOrByProc(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx    context.Context
		wanted string
		err    error
		tries  int
		reason string
		failed string
	}{
		"it reads":                    {t.Context(), CollectorAuto, nil, 1, "", ""},
		"auto, refused":               {t.Context(), CollectorAuto, errUnsupported, 2, "the verifier refuses it", ""},
		"auto, who knows why":         {t.Context(), CollectorAuto, errors.New("EIO"), 2, "whether that is possible cannot be determined: EIO", ""},
		"by name":                     {t.Context(), CollectorBPF, errUnsupported, 1, "", "read processes from the kernel: the verifier refuses it"},
		"/proc fails":                 {t.Context(), CollectorProc, errors.New("EIO"), 1, "", "EIO"},
		"nobody waits for it anymore": {ended, CollectorAuto, context.Canceled, 1, "", "context canceled"},
	} {
		proc := &fakeProcesses{}
		c := newChoice(test.wanted, proc, func() (opened, error) { return opened{failing{}, func() {}}, nil })
		if err := c.choose(); err != nil {
			t.Fatal(err)
		}
		tries := 0
		err := c.orByProc(test.ctx, func() error {
			tries++
			if tries == 1 {
				return test.err
			}
			return nil
		})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if tries != test.tries || c.by.Reason != test.reason || got != test.failed {
			t.Errorf("%s: %d tries, reason %q, error %v", name, tries, c.by.Reason, err)
		}
		if byProc := c.chosen == Collector(proc); byProc != (test.tries == 2 || test.wanted == CollectorProc) {
			t.Errorf("%s: read by %T", name, c.chosen)
		}
	}
}

// The capture says what read its processes, and why that was /proc. It has the same processes in
// both cases. The collector that was opened is released.
func TestCollectorOfACapture(t *testing.T) {
	for name, test := range map[string]struct {
		wanted string
		opens  error
		reads  error
		want   string
		let    int
	}{
		"bpf":                     {CollectorBPF, nil, nil, "bpf", 1},
		"auto, refused":           {CollectorAuto, errUnsupported, nil, "proc: the verifier refuses it", 0},
		"auto, fails as it reads": {CollectorAuto, nil, errUnsupported, "proc: the verifier refuses it", 1},
		"bpf, refused":            {CollectorBPF, errUnsupported, nil, "error: read processes from the kernel: the verifier refuses it", 0},
		"bpf, fails as it reads":  {CollectorBPF, nil, errUnsupported, "error: read processes from the kernel: the verifier refuses it", 1},
		"/proc":                   {CollectorProc, nil, nil, "proc", 0},
	} {
		r, let := newRig(peopled()), 0
		r.choice = newChoice(test.wanted, r.processes, func() (opened, error) {
			if test.reads != nil {
				return opened{failing{r.processes, test.reads}, func() { let++ }}, nil
			}
			return opened{r.processes, func() { let++ }}, test.opens
		})
		c, err := record(t.Context(), r.host(), need.Tree(nil))
		r.choice.release()
		got := ""
		switch {
		case err != nil:
			got = "error: " + err.Error()
		case c.Collector.Reason != "":
			got = string(c.Collector.Name) + ": " + c.Collector.Reason
		default:
			got = string(c.Collector.Name)
		}
		if got != test.want || let != test.let {
			t.Errorf("%s: got %s, let go %d times", name, got, let)
		}
		if err == nil && (len(c.Snapshot.Processes) != len(peopled().Snapshot.Processes) || len(c.Groups) != 2) {
			t.Errorf("%s: %d processes, %d groups", name, len(c.Snapshot.Processes), len(c.Groups))
		}
	}
}

// The control groups are listed while the collector is opened. Nothing continues afterwards,
// however that ends, because the containers may be asked for again.
func TestGroupsAreListedMeanwhile(t *testing.T) {
	r, listed := newRig(peopled()), make(chan struct{})
	r.processes.script = func(name string, _ int) error {
		if name == "GroupPIDs" {
			select {
			case listed <- struct{}{}:
			default:
			}
		}
		return nil
	}
	r.choice = newChoice(CollectorBPF, r.processes, func() (opened, error) {
		<-listed // opening it waits for the groups
		return opened{}, errUnsupported
	})
	if _, err := record(t.Context(), r.host(), need.Tree(nil)); err == nil {
		t.Error("it was opened")
	}
	if n := r.processes.times("GroupPIDs"); n != 2 {
		t.Errorf("listed %d groups", n)
	}
}

// The larger program is loaded at once if more than a survey is certainly needed.
func TestPurposeOf(t *testing.T) {
	for name, test := range map[string]struct {
		question need.Question
		want     taskiter.Purpose
	}{
		"zombies": {need.Zombies(nil, 0), taskiter.ForSurveys}, "namespaces": {need.Namespaces(nil), taskiter.ForSurveys},
		"trees": {need.Tree(nil), taskiter.ForScans}, "zombies of one": {need.Zombies([]string{"demo"}, 0), taskiter.ForScans},
		"a snapshot": {need.Snapshot(0), taskiter.ForScans}, "numbers": {need.Who([]int{1}), taskiter.ForScans},
	} {
		if got := purposeOf(&test.question); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}
