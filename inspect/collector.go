package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// CollectorName says where processes were read from.
type CollectorName string

// The collectors.
const (
	// CollectorProc reads files of /proc.
	CollectorProc CollectorName = "proc"
	// CollectorBPF reads the kernel's own iterator over tasks with a BPF program, and /proc for
	// the rest.
	CollectorBPF CollectorName = "bpf"
)

// Collector is what read the processes of a capture.
type Collector struct {
	// Name is empty in captures of versions that had only one collector.
	Name CollectorName
	// Reason is why the kernel's iterator was not used although it was wanted, "" otherwise.
	Reason string `json:",omitzero"`
}

// ReadBy is the collector of the capture.
func (c *Capture) ReadBy() Collector {
	if c.Collector.Name == "" {
		return Collector{Name: CollectorProc}
	}
	return c.Collector
}

// Subreaper says whether the process adopts the orphans below it. Only the kernel's iterator
// reports that. It is unread if the iterator was not asked, and unsupported if it could not be
// asked.
func (ix *Index) Subreaper(p *procfs.Process) procfs.Opt[bool] {
	if internals, ok := p.Internals.Get(); ok {
		return procfs.Some(internals.Subreaper)
	}
	if ix.Capture.Collector.Reason != "" && p.Internals.Absence() == procfs.Unread {
		return procfs.None[bool](procfs.Unsupported)
	}
	return procfs.None[bool](p.Internals.Absence())
}

// KernelWouldTell reports whether the kernel's iterator was not used, but could be. It has facts
// about the process that /proc does not have.
func (ix *Index) KernelWouldTell(p *procfs.Process) bool {
	return p.Internals.Absence() == procfs.Unread && ix.Capture.Collector.Reason == "" && ix.Capture.ReadBy().Name == CollectorProc
}
