package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker/go-units"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var leftovers = Rule{
	ID:          "leftovers",
	Worst:       inspect.SeverityError,
	Title:       "Processes still run although Docker considers the container exited",
	Means:       "The engine reports the container as exited, or no longer knows it. But processes of the container are still alive, or a shim still serves it.",
	Matters:     "The processes hold memory, ports, files and PIDs that no docker command shows. No docker command kills them. If one holds the container's output, engine 28 and later hang on that container until the process exits.",
	Proof:       "The engine's list of all containers was read before and after the processes. Both lists show the container as exited, or not at all. The processes have its ID in their control group. Or they are below a shim of this engine's containerd that names the container. Shims and processes of other engines are left out. A container holds up the engine if the engine misses the deadline for it and answers about others. In addition, that container has a running shim and no main process. Memory comes from /proc/PID/statm. Ports are the listening sockets in /proc/PID/net/tcp that are also in /proc/PID/fd.",
	Mend:        "Kill the processes from the host. The shim exits with them.",
	NeedsEngine: true,
	check:       checkLeftovers,
}

func checkLeftovers(l *Look) []Finding {
	if !l.Everything {
		return nil
	}
	var list []Finding
	for _, leak := range shim.Leftovers(l.Index) {
		c := l.Index.Container(leak.ID)
		if c == nil {
			c = &inspect.Container{ID: leak.ID, Name: leak.Name, Status: leak.Status}
		}
		if c.Name == "" {
			c.Name = c.ShortID()
		}
		list = append(list, l.leftoverFinding(c, leak))
	}
	return append(list, l.heldFindings()...)
}

// heldFindings are about containers whose exit the engine cannot process.
func (l *Look) heldFindings() []Finding {
	var list []Finding
	for i := range l.Index.Capture.Containers {
		c := &l.Index.Capture.Containers[i]
		if c.Held == nil || c.Held.PID == 0 || l.Index.Capture.Engine.Silent {
			continue
		}
		list = append(list, Finding{
			Severity: inspect.SeverityError, Container: c, Process: l.Index.ProcessAt(c.Held.PID),
			Evidence: []string{c.Held.Text(), "docker inspect, stop and kill hang until then"},
			Now:      l.Index.KillHeld(c), NowEffect: "lets Docker continue",
			Cure: "have the program that starts it stop it, or redirect its output (>/dev/null 2>&1)",
		})
	}
	return list
}

func (l *Look) leftoverFinding(c *inspect.Container, leak shim.Leftover) Finding {
	says := "Docker says its container is " + leak.Status
	if leak.Status == "" {
		says = "Docker no longer knows its container"
	}
	f := Finding{Severity: inspect.SeverityError, Container: c, Process: leak.Shim, Cure: "find out what killed its shim"}
	if len(leak.Processes) == 0 {
		f.Severity = inspect.SeverityNote // one that is about to exit looks the same
		f.Evidence = []string{fmt.Sprintf("Its shim (%d) still runs, but %s", leak.Shim.PID, says)}
		if l.wasLeft(leak) {
			f.Severity = inspect.SeverityWarning
			f.Evidence = append(f.Evidence, "The same was seen "+l.between()+" before")
		}
		f.Now, f.Cure = l.Index.KillCommand(leak.Shim, ""), ""
		return f
	}
	first := oldest(leak.Processes)
	f.Process = first
	f.Evidence = []string{fmt.Sprintf("%s still running, the oldest %s (%d), but %s", counted(len(leak.Processes), "process"), first.Comm, first.PID, says)}
	f.Evidence = append(f.Evidence, l.holdings(&leak)...)
	f.Now = l.Index.KillCommand(first, "-9 ")
	return f
}

// holdings says what resources the processes hold, as far as that could be read. Shared memory
// is counted for each process, so it is "up to".
func (l *Look) holdings(leak *shim.Leftover) []string {
	resident, listening, whole := shim.Resources(l.Index, leak)
	var says []string
	if resident > 0 {
		says = append(says, "They hold up to "+units.BytesSize(float64(resident))+" of memory")
	}
	if len(listening) > 0 {
		says = append(says, "They listen on tcp "+strings.Join(listening, ", "))
	}
	if !whole {
		says = append(says, "Not all that they hold could be read")
	}
	return says
}

// wasLeft reports whether the same shim was a leftover at the look before too.
func (l *Look) wasLeft(leak shim.Leftover) bool {
	return l.Before != nil && slices.ContainsFunc(shim.Leftovers(l.Before), func(before shim.Leftover) bool {
		return before.Shim != nil && before.Shim.Key == leak.Shim.Key
	})
}

func oldest(list []*procfs.Process) *procfs.Process {
	first := list[0]
	for _, p := range list {
		if p.StartTicks < first.StartTicks {
			first = p
		}
	}
	return first
}
