package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// MayTrace reports whether the facts were read that need the right to trace the process.
func (ix *Index) MayTrace(p *procfs.Process) bool {
	a := ix.Attention(p)
	return a != nil && a.SignalFDs.Absence() != procfs.Denied
}

// StaysUninterruptible reports whether the process was in state D in the snapshot and again when
// its attention was read. It also returns where the process sleeps.
func (ix *Index) StaysUninterruptible(p *procfs.Process) (channel procfs.Opt[string], still bool) {
	a := ix.Attention(p)
	if p.State != procfs.StateUninterruptible || a == nil || len(a.Threads) == 0 || a.Threads[0].State != procfs.StateUninterruptible {
		return procfs.None[string](procfs.Unread), false
	}
	return a.Threads[0].WaitChannel, true
}

// Sleeps is how often the main thread of the process has gone to sleep by itself, unread if it
// was not looked at. If two looks have the same number, both saw the same sleep.
func (ix *Index) Sleeps(p *procfs.Process) procfs.Opt[int] {
	if threads := ix.ThreadsOf(p); len(threads) > 0 {
		return threads[0].Sleeps
	}
	return procfs.None[int](procfs.Unread)
}

// ThreadsOf are the threads of the process at the later look, the main thread first. It is nil
// if the threads were not read.
func (ix *Index) ThreadsOf(p *procfs.Process) []procfs.ThreadAttention {
	if a := ix.Attention(p); a != nil {
		return a.Threads
	}
	return nil
}
