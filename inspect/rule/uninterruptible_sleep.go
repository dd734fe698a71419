package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var uninterruptible = Rule{
	ID:      "uninterruptible-sleep",
	Worst:   inspect.SeverityWarning,
	Title:   "a process stays in uninterruptible sleep",
	Means:   "It waits in the kernel for a disk, a network file system, a device, or a child that vfork has lent its memory, and runs no signal handler meanwhile.",
	Matters: "It counts into the load, answers nobody, and docker stop waits for it. Some such sleeps end by SIGKILL and some do not, which State does not tell.",
	Proof:   "State D in /proc/PID/stat at two looks, the second when its wait channel was read; a paused container, whose processes show D too, is left out. With --watch-for the time between the looks is yours, and only what has not been awake in between counts (voluntary_ctxt_switches): a program that is busy with a disk sleeps so again and again.",
	Mend:    "See by the wait channel what it waits for: nfs and fuse are servers that do not answer, vfork a child that has not started its program.",
	check:   checkUninterruptible,

	NeedsTrace: true,
}

func checkUninterruptible(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		if c.Status == "paused" {
			continue
		}
		for _, p := range l.Index.ProcessesOf(c) {
			if channel, still := l.Index.StaysUninterruptible(p); still && l.hasSleptSince(p) {
				list = append(list, l.sleepFinding(c, p, channel))
			}
		}
	}
	return list
}

// hasSleptSince: it was in this very sleep at the look before, if there was one.
func (l *Look) hasSleptSince(p *procfs.Process) bool {
	if l.Before == nil {
		return true
	}
	before := l.Before.Process(p.Key)
	if before == nil || before.State != procfs.StateUninterruptible {
		return false
	}
	now, known := l.Index.Sleeps(p).Get()
	return known && l.Before.Sleeps(before) == procfs.Some(now)
}

func (l *Look) sleepFinding(c *inspect.Container, p *procfs.Process, channel procfs.Opt[string]) Finding {
	where := "Its wait channel is not shown"
	if name, ok := channel.Get(); ok {
		where = "It sleeps in " + name
	}
	f := Finding{
		Severity: inspect.SeverityNote, Container: c, Process: p, Merge: p.Comm,
		Evidence: []string{fmt.Sprintf("%s (%d) is in uninterruptible sleep (State D) at two looks", p.Comm, p.PID), where},
		Now:      fmt.Sprintf("docker pidns doctor --watch-for 10s %s", c.Name),
	}
	if l.Before != nil {
		f.Severity, f.Now = inspect.SeverityWarning, ""
		f.Evidence[0] = fmt.Sprintf("%s (%d) is in uninterruptible sleep (State D), and also was %s before", p.Comm, p.PID, l.between())
	}
	return f
}
