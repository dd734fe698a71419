package inspect

import (
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// OOMTrace is what the kernel log has of victims of the OOM killer within a time.
type OOMTrace struct {
	// Own are those in the container's memory control group or below it, and Others those
	// in other groups.
	Own, Others []procfs.OOMKill
	// Reaches: the log was read and goes back to the beginning of that time. The kernel
	// leaves out lines where there are many, so that even then what is not there is not
	// certain.
	Reaches bool
	// Slack is how far the log's clock may be from the engine's.
	Slack time.Duration
}

// OOMBetween is what the kernel log has of that time. What it has within the slack of its
// beginning may have been before: see [Index.OOMIsAfter].
func (ix *Index) OOMBetween(c *Container, from, to time.Time) OOMTrace {
	s, facts := &ix.Capture.Snapshot, ix.Capture.OOM
	trace := OOMTrace{Slack: EndSlack + s.Uptime/logDrift}
	if facts == nil {
		return trace
	}
	since, read := facts.LogSince.Get()
	trace.Reaches = read && s.TakenAt.Add(since-s.Uptime).Before(from.Add(-trace.Slack))
	for _, kill := range facts.Victims {
		at := ix.OOMKilledAt(kill)
		if at.Before(from) || at.After(to.Add(trace.Slack)) {
			continue
		}
		if isGroupOf(kill.Group, c.ID) {
			trace.Own = append(trace.Own, kill)
		} else {
			trace.Others = append(trace.Others, kill)
		}
	}
	return trace
}

// OOMIsAfter reports whether the victim was killed after that time for certain.
func (ix *Index) OOMIsAfter(kill procfs.OOMKill, t time.Time) bool {
	return ix.OOMKilledAt(kill).After(t.Add(EndSlack + ix.Capture.Snapshot.Uptime/logDrift))
}

// logDrift is the part of the time since boot by which the kernel log's clock is apart from
// the others at most: 100 in a million.
const logDrift = 10_000

// OOMKilledAt is the wall-clock time of a record of the kernel log.
func (ix *Index) OOMKilledAt(kill procfs.OOMKill) time.Time {
	return ix.Capture.Snapshot.TakenAt.Add(kill.At - ix.Capture.Snapshot.Uptime)
}

// isGroupOf: the first ID in a group's path is the one that the runtime has put there; what
// is below it may have been named from inside.
func isGroupOf(path, id string) bool {
	ids := appendContainerIDs(nil, path)
	return len(ids) > 0 && ids[0] == id
}

// OwnerOfGroup is the container in whose control group a path is, nil for none that is
// known.
func (ix *Index) OwnerOfGroup(path string) *Container {
	ids := appendContainerIDs(nil, path)
	if len(ids) == 0 {
		return nil
	}
	return ix.Container(ids[0])
}

// NoOOMKillSince reports whether it is certain that the kernel's OOM killer has killed
// nobody on the engine's host since then: nobody since boot.
func (ix *Index) NoOOMKillSince(t time.Time) bool {
	s, facts := &ix.Capture.Snapshot, ix.Capture.OOM
	if facts == nil || ix.HostProof().Verdict != Yes {
		return false
	}
	kills, known := facts.Kills.Get()
	return known && kills == 0 && t.After(s.TakenAt.Add(EndSlack-s.Uptime))
}

// OOMIsItsOwn reports whether the engine's word of the OOM killer is about a victim in the
// container's own memory control group or below. With cgroup v1 it is about a group that
// has run out: its own, or one above it, with a victim in any group below that.
func (ix *Index) OOMIsItsOwn() bool {
	version, known := ix.Capture.Host.CgroupVersion.Get()
	return known && version == "v2" && ix.HostProof().Verdict == Yes
}
