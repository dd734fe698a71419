package explain

import (
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// oomTrace has the victims of the OOM killer in a period, by the kernel log.
type oomTrace struct {
	// Own are the victims in the container's memory control group or below it, and Others the
	// victims in other groups.
	Own, Others []procfs.OOMKill
	// Reaches is true if the log was read and goes back to the beginning of the period. Even
	// then a missing victim proves nothing, because the kernel leaves out lines if there are
	// many.
	Reaches bool
	// Slack is the maximum difference between the log's clock and the engine's.
	Slack time.Duration
}

// oomBetween has the victims of a period. A victim within the slack of its beginning may have
// been killed before it: see oomIsAfter.
func oomBetween(ix *inspect.Index, c *inspect.Container, from, to time.Time) oomTrace {
	s, facts := &ix.Capture.Snapshot, ix.Capture.OOM
	trace := oomTrace{Slack: inspect.EndSlack + s.Uptime/logDrift}
	if facts == nil {
		return trace
	}
	since, read := facts.LogSince.Get()
	trace.Reaches = read && s.TakenAt.Add(since-s.Uptime).Before(from.Add(-trace.Slack))
	for _, kill := range facts.Victims {
		at := oomKilledAt(ix, kill)
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

// oomIsAfter reports whether the victim was certainly killed after that time.
func oomIsAfter(ix *inspect.Index, kill procfs.OOMKill, t time.Time) bool {
	return oomKilledAt(ix, kill).After(t.Add(inspect.EndSlack + ix.Capture.Snapshot.Uptime/logDrift))
}

// logDrift is the maximum difference between the kernel log's clock and the others, as a part
// of the time since boot: 100 in a million.
const logDrift = 10_000

// oomKilledAt is the wall-clock time of a record of the kernel log.
func oomKilledAt(ix *inspect.Index, kill procfs.OOMKill) time.Time {
	return ix.Capture.Snapshot.TakenAt.Add(kill.At - ix.Capture.Snapshot.Uptime)
}

// isGroupOf reports whether a control group is the container's or below it. The first ID in its
// path was put there by the runtime. Names below it may have been chosen inside the container.
func isGroupOf(path, id string) bool {
	return id != "" && inspect.GroupID(path) == id
}

// ownerOfGroup is the container whose control group has the path, nil if that is not known.
func ownerOfGroup(ix *inspect.Index, path string) *inspect.Container {
	return ix.Container(inspect.GroupID(path))
}

// noOOMKillSince reports whether it is certain that the OOM killer has not killed any process
// on the engine's host since then. It is certain if there was none since boot.
func noOOMKillSince(ix *inspect.Index, t time.Time) bool {
	s, facts := &ix.Capture.Snapshot, ix.Capture.OOM
	if facts == nil || ix.HostProof().Verdict != inspect.Yes {
		return false
	}
	kills, known := facts.Kills.Get()
	return known && kills == 0 && t.After(s.TakenAt.Add(inspect.EndSlack-s.Uptime))
}

// OOMIsItsOwn reports whether the engine's OOM events, and State.OOMKilled, are about victims in
// the container's own memory control group or below (memory.events). With cgroup v1 they are
// about a group that ran out of memory: the container's own or one above it. The victim can then
// be in any group below that.
func OOMIsItsOwn(ix *inspect.Index) bool {
	version, known := ix.Capture.Host.CgroupVersion.Get()
	return known && version == "v2" && ix.HostProof().Verdict == inspect.Yes
}
