package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// MayTrace reports whether what takes the right to trace the process was read.
func (ix *Index) MayTrace(p *procfs.Process) bool {
	a := ix.Attention(p)
	return a != nil && a.SignalFDs.Absence() != procfs.Denied
}

// StaysUninterruptible reports whether the process was in state D when the
// snapshot was taken and when its attention was asked, and where it sleeps.
func (ix *Index) StaysUninterruptible(p *procfs.Process) (channel procfs.Opt[string], still bool) {
	a := ix.Attention(p)
	if p.State != procfs.StateUninterruptible || a == nil || len(a.Threads) == 0 || a.Threads[0].State != procfs.StateUninterruptible {
		return procfs.None[string](procfs.Unread), false
	}
	return a.Threads[0].WaitChannel, true
}

// Sleeps is how often the process's main thread has gone to sleep by itself, unread
// where it was not asked: two looks with the same number saw one sleep.
func (ix *Index) Sleeps(p *procfs.Process) procfs.Opt[int] {
	if threads := ix.ThreadsOf(p); len(threads) > 0 {
		return threads[0].Sleeps
	}
	return procfs.None[int](procfs.Unread)
}

// ThreadsOf are the process's threads as of the later look, the main one first; nil
// where they were not asked.
func (ix *Index) ThreadsOf(p *procfs.Process) []procfs.ThreadAttention {
	if a := ix.Attention(p); a != nil {
		return a.Threads
	}
	return nil
}
