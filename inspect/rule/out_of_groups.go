package rule

import (
	"fmt"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var outOfGroups = Rule{
	ID:      "out-of-groups",
	Worst:   inspect.SeverityNote,
	Title:   "A process is outside the container's control groups and limits",
	Means:   "A process of the container is no longer in its control groups. It was moved from the host, or from inside through a writable /sys/fs/cgroup. Or it came from outside (nsenter) and was reparented to PID 1.",
	Matters: "The container's limits of memory, CPU and PIDs do not apply to the process. docker stats and docker top do not show it. docker pause does not pause it.",
	Proof:   "The main process's control groups (/proc/PID/cgroup) name the container. Those of a process below it, or reparented to its PID 1, do not. This is so in every hierarchy, or in those that the finding names.",
	Mend:    "Use docker restart to start every process in the container's groups again. Remove what lets a process leave them: SYS_ADMIN, --privileged, or a writable mount of /sys/fs/cgroup.",
	check:   checkOutOfGroups,
}

func checkOutOfGroups(l *Look) []Finding {
	var list []Finding
	for _, c := range l.Containers {
		var outside []*procfs.Process
		left := ""
		for _, p := range l.Index.ProcessesOf(c) {
			if from := l.leftGroups(c, p); from != "" {
				outside, left = append(outside, p), from
			}
		}
		if len(outside) == 0 {
			continue
		}
		first := oldest(outside)
		left = l.leftGroups(c, first)
		list = append(list, Finding{
			Severity: inspect.SeverityNote, Container: c, Process: first,
			Evidence: []string{
				fmt.Sprintf("%s outside of %s, the oldest %s (%d)", counted(len(outside), "process"), left, first.Comm, first.PID),
				"limits, docker stats and docker pause do not reach what is outside",
			},
			Now: signal.Restart(l.Index, c), NowEffect: "starts its processes again, in its control groups",
			Cure: "remove what lets a process leave them: SYS_ADMIN, --privileged, a writable /sys/fs/cgroup",
		})
	}
	return list
}

// leftGroups names the control groups of the container's main process that the process has
// left. It is "" if it is in all of them, or if that cannot be determined. A group below one
// of them counts as that group.
func (l *Look) leftGroups(c *inspect.Container, p *procfs.Process) string {
	main := l.Index.Main(c)
	if main == nil || p == main || p.IsZombie() || p.MainThreadExited() || !inspect.InCgroupOf(main, c.ID) || l.Index.IsInnerContainer(c, p) {
		return ""
	}
	lines, held := p.Cgroups.Get()
	if !held {
		return ""
	}
	paths := map[int]string{}
	for _, line := range lines {
		paths[line.Hierarchy] = line.Path
		for _, id := range inspect.CgroupIDs(line.Path) {
			if l.Index.Container(id) == nil {
				return "" // a container of an engine inside, or of an engine that is not asked
			}
		}
	}
	var left []string
	own := 0
	for _, line := range main.Cgroups.Or(nil) {
		path, there := paths[line.Hierarchy]
		group, named := groupOf(line.Path, c.ID)
		if !there || !named {
			continue
		}
		if own++; !isWithin(path, group) {
			left = append(left, groupName(line))
		}
	}
	switch {
	case len(left) == 0:
		return ""
	case len(left) == own:
		return "all of its control groups"
	default:
		return "its control groups of " + strings.Join(left, ", ")
	}
}

// groupOf is the container's group in a path that may lead to a group below it, as an init
// inside makes them.
func groupOf(path, id string) (group string, named bool) {
	before, after, named := strings.Cut(path, id)
	name, _, _ := strings.Cut(after, "/") // docker-ID.scope
	return before + id + name, named
}

func isWithin(path, group string) bool { return path == group || strings.HasPrefix(path, group+"/") }

func groupName(line procfs.Cgroup) string {
	if line.Unified() {
		return "the unified hierarchy"
	}
	return strings.Join(line.Controllers, ",")
}
