package rule

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var uninterruptible = Rule{
	ID:      "uninterruptible-sleep",
	Worst:   inspect.SeverityWarning,
	Title:   "A process is in uninterruptible sleep. docker stop waits for it",
	Means:   "The process waits in the kernel for a disk, a network file system or a device. Or it waits for a vfork child that uses its memory. It runs no signal handler meanwhile.",
	Matters: "The process counts in the load average and does not respond. docker stop waits for it. SIGKILL ends some of these sleeps and not others. State does not show which.",
	Proof:   "/proc/PID/stat shows State D at two looks. The second look was made when the wait channel was read. A paused container is left out, because its processes show State D too. With --watch-for, the option sets the time between the looks. A process then counts only if it has not been awake in between (voluntary_ctxt_switches). A program that is busy with a disk sleeps like this again and again.",
	Mend:    "Check the wait channel to see what the process waits for. With nfs and fuse, a server does not answer. With vfork, a child has not started its program.",
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

// hasSleptSince reports whether the process was in this same sleep at the look before, if
// there was one.
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
		Severity: inspect.SeverityNote, Container: c, Process: p,
		Evidence: []string{fmt.Sprintf("%s (%d) is in uninterruptible sleep (State D) at two looks", p.Comm, p.PID), where},
		Now:      fmt.Sprintf("docker pidns doctor --watch-for 10s %s", c.Name),
	}
	if l.Before != nil {
		f.Severity, f.Now = inspect.SeverityWarning, ""
		f.Evidence[0] = fmt.Sprintf("%s (%d) is in uninterruptible sleep (State D), and also was %s before", p.Comm, p.PID, l.between())
	}
	return f
}
