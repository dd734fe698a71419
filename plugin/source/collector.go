package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
)

// The collectors that a user can ask for.
const (
	CollectorProc = string(inspect.CollectorProc)
	CollectorBPF  = string(inspect.CollectorBPF)
	// CollectorAuto is the kernel's iterator if kernel and rights allow it, else /proc.
	CollectorAuto = "auto"
)

// Collectors are all of them.
var Collectors = []string{CollectorProc, CollectorBPF, CollectorAuto}

// Prepare starts what --collector bpf needs and what takes long, in the background, for a
// command with these arguments. The command may turn out not to need it.
func Prepare(args []string) {
	if asksTheKernel(args) {
		bpf.Prepare()
	}
}

// asksTheKernel reports whether the command, which is not a completion, loads a program into the
// kernel if possible.
func asksTheKernel(args []string) bool {
	if slices.Contains(args, "trace") && !strings.HasPrefix(args[0], "__complete") {
		return true
	}
	for i, arg := range args {
		value, given := strings.CutPrefix(arg, "--collector=")
		if arg == "--collector" && i+1 < len(args) {
			value, given = args[i+1], true
		}
		if given && (value == CollectorBPF || value == CollectorAuto) {
			return !strings.HasPrefix(args[0], "__complete")
		}
	}
	return false
}

// CollectorError says why the collector that was asked for by name cannot be used.
type CollectorError struct {
	// Endpoint is the engine on whose host the processes should be read.
	Endpoint string
	// Reason is why the collector cannot be used. TakesRoot is true if root can use it.
	Reason    string
	TakesRoot bool
	// Remedy is an imperative clause that says what else to do, "" if nothing is known to help.
	Remedy string
}

// Error is the reason.
func (e *CollectorError) Error() string { return "read processes from the kernel: " + e.Reason }

// opened is a collector that is not /proc, and how it is released.
type opened struct {
	Collector
	release func()
}

// choice is what reads the processes of a snapshot: /proc, or the collector that was asked for,
// which is opened while other work is done.
type choice struct {
	// wanted is one of Collectors, or "" for /proc.
	wanted string
	proc   Collector
	// open opens the collector that is not /proc, once.
	open func() (opened, error)
	// chosen is nil before the choice, and by says which collector it is.
	chosen Collector
	by     inspect.Collector
}

// newChoice starts to open the collector that was asked for.
func newChoice(wanted string, proc Collector, open func() (opened, error)) *choice {
	c := &choice{wanted: wanted, proc: proc, open: sync.OnceValues(open)}
	if c.isProc() {
		c.chosen, c.by = proc, inspect.Collector{Name: inspect.CollectorProc}
	} else {
		go c.open() // its result is requested later
	}
	return c
}

// isProc reports whether only /proc was asked for.
func (c *choice) isProc() bool { return c.wanted == "" || c.wanted == CollectorProc }

// isOpening reports whether the collector is still being opened. Other work can be done
// meanwhile.
func (c *choice) isOpening() bool { return c.chosen == nil }

// choose takes the collector that has been opened meanwhile, or /proc if that is allowed
// instead.
func (c *choice) choose() error {
	if c.chosen != nil {
		return nil
	}
	o, err := c.open()
	switch {
	case err == nil:
		c.chosen, c.by = o.Collector, inspect.Collector{Name: inspect.CollectorBPF}
		return nil
	case c.wanted == CollectorBPF:
		return whyRefused(err)
	default:
		c.fallBack(err)
		return nil
	}
}

// fallBack chooses /proc, and notes why.
func (c *choice) fallBack(err error) {
	c.chosen, c.by = c.proc, inspect.Collector{Name: inspect.CollectorProc, Reason: whyRefused(err).Reason}
}

// asksKernel reports whether the kernel's iterator was chosen.
func (c *choice) asksKernel() bool { return c.by.Name == inspect.CollectorBPF }

// release releases what was opened. If it is needed again, it is opened again.
func (c *choice) release() {
	if c.isProc() {
		return
	}
	if o, err := c.open(); err == nil {
		o.release()
	}
}

// orByProc reads with the collector. If that fails after it was opened, and the iterator was
// only to be used if possible, it reads /proc instead. A scan needs a larger program than a
// survey.
func (c *choice) orByProc(ctx context.Context, read func() error) error {
	err := read()
	if err == nil || ctx.Err() != nil || !c.asksKernel() {
		return err
	}
	if c.wanted == CollectorBPF {
		return whyRefused(err)
	}
	c.fallBack(err)
	return read()
}

// whyRefused says why the kernel's iterator cannot be used, from its error.
func whyRefused(err error) *CollectorError {
	var unsupported *bpf.UnsupportedError
	if errors.As(err, &unsupported) {
		return &CollectorError{Reason: err.Error(), TakesRoot: unsupported.TakesRoot, Remedy: unsupported.Remedy}
	}
	return &CollectorError{Reason: fmt.Sprintf("whether that is possible cannot be determined: %v", err)}
}

// purposeOf is for scans if more is needed of every process, because the kernel then reports it
// for all at once.
func purposeOf(q *need.Question) taskiter.Purpose {
	if q.IsSurvey() && q.Processes.Suffices.Others == need.Stat {
		return taskiter.ForSurveys
	}
	return taskiter.ForScans
}
