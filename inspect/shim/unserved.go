package shim

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Unserved is a container that runs according to the engine, although its shim or its main
// process is gone.
type Unserved struct {
	Container *inspect.Container
	// Main is its main process, which still runs without a shim, nil if it has exited.
	Main *procfs.Process
	// Shim is the shim that still serves a container whose main process has exited, nil if there
	// is none.
	Shim *procfs.Process
	// Confirmed is true if this was still so at the second look, and the engine still reported
	// the container as running.
	Confirmed bool
}

// FindUnserved finds such containers among all that the capture has. Each container looks like
// this for a moment when it exits, so a second look is needed. Nothing is found without a
// Listing in which the container was running both times, and nothing if not every process was
// seen.
func FindUnserved(ix *inspect.Index) []Unserved {
	if ix.Capture.Listing == nil || !seesAll(ix) {
		return nil
	}
	var list []Unserved
	for i := range ix.Capture.Containers {
		c := &ix.Capture.Containers[i]
		listed, settled := ix.Capture.Listing.Status(c.ID)
		if !settled || listed.Status != "running" && listed.Status != "paused" || c.Silent || !c.IsRunning() {
			continue
		}
		if u, ok := judgeUnserved(ix, c); ok {
			u.Confirmed = ix.StillUnserved(c)
			list = append(list, u)
		}
	}
	return list
}

// seesAll reports whether the capture has every process of the engine's host.
func seesAll(ix *inspect.Index) bool {
	return ix.Capture.Snapshot.Whole && !ix.HidesProcesses() && ix.HostProof().Verdict == inspect.Yes
}

func judgeUnserved(ix *inspect.Index, c *inspect.Container) (Unserved, bool) {
	b := ix.Binding(c)
	switch {
	case b.Outcome == inspect.Vanished, b.Main != nil && b.Main.IsZombie():
		return Unserved{Container: c, Shim: shimServing(ix, c)}, true
	case b.Outcome == inspect.Bound && b.Shim == nil && inspect.ShimName(b.Main) == "" && shimServing(ix, c) == nil && adoptsShims(ix, ix.Parent(b.Main)):
		return Unserved{Container: c, Main: b.Main}, true
	default:
		return Unserved{}, false
	}
}

func shimServing(ix *inspect.Index, c *inspect.Container) *procfs.Process {
	for _, p := range ix.Processes() {
		if inspect.ServedID(p) == c.ID && ix.IsShim(p) {
			return p
		}
	}
	return nil
}

// adoptsShims reports whether the process is the parent of what the engine's shims leave behind:
// the first process, or an ancestor of the engine. Another parent may be a shim that is not
// recognised as one.
func adoptsShims(ix *inspect.Index, p *procfs.Process) bool {
	if p == nil {
		return false
	}
	if p.InnermostPID() == 1 {
		return true
	}
	above := ix.ProcessAt(ix.Capture.Listing.Daemon)
	for range len(ix.Processes()) {
		if above == nil || above == p {
			break
		}
		above = ix.Parent(above)
	}
	return above == p && p.PID != ix.Capture.Listing.Daemon
}
