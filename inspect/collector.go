package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// CollectorName says where processes were read from.
type CollectorName string

// The collectors.
const (
	// CollectorProc reads files of /proc.
	CollectorProc CollectorName = "proc"
	// CollectorBPF asks the kernel's own iterator over tasks, by a BPF program, and
	// /proc for the rest.
	CollectorBPF CollectorName = "bpf"
)

// Collector is what read the processes of a capture.
type Collector struct {
	// Name is empty in captures of a version that knew one only.
	Name CollectorName
	// Reason is why it was not the kernel's iterator, which would have been taken;
	// empty if it was, or if nobody asked for it.
	Reason string `json:",omitzero"`
}

// ReadBy is the collector of the capture.
func (c *Capture) ReadBy() Collector {
	if c.Collector.Name == "" {
		return Collector{Name: CollectorProc}
	}
	return c.Collector
}

// Subreaper says whether the process adopts the orphans below it, which only the
// kernel itself tells: unread unless it was asked, unsupported where it could not be.
func (ix *Index) Subreaper(p *procfs.Process) procfs.Opt[bool] {
	if internals, ok := p.Internals.Get(); ok {
		return procfs.Some(internals.Subreaper)
	}
	if ix.Capture.Collector.Reason != "" && p.Internals.Absence() == procfs.Unread {
		return procfs.None[bool](procfs.Unsupported)
	}
	return procfs.None[bool](p.Internals.Absence())
}

// KernelWouldTell reports whether what only the kernel knows of the process was not
// asked for, though it may be.
func (ix *Index) KernelWouldTell(p *procfs.Process) bool {
	return p.Internals.Absence() == procfs.Unread && ix.Capture.Collector.Reason == "" && ix.Capture.ReadBy().Name == CollectorProc
}
