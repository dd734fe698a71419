package origin

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Kind is where a process came from.
type Kind string

// The kinds of origin.
const (
	FromExec        Kind = "exec"
	FromHealthCheck Kind = "healthcheck"
	FromUnknown     Kind = "unknown"
)

// Origin is where a process came from, and how certain that is.
type Origin struct {
	Kind      Kind
	Certainty inspect.Certainty
	// ExecID is the exec session, if the engine still knows it.
	ExecID string
}

// Unknown is the origin of a process about which nothing is known.
var unknown = Origin{Kind: FromUnknown, Certainty: inspect.Uncertain}

// All are the origins of processes of one container, in their order. Several processes together
// show more than each one alone: the intervals at which they were started.
func All(ix *inspect.Index, c *inspect.Container, list []*procfs.Process) []Origin {
	origins := make([]Origin, len(list))
	for i, p := range list {
		origins[i] = of(ix, c, p)
	}
	if c.Health != nil {
		markHealthRhythm(ix, c, list, origins)
	}
	return origins
}

// Mark sets the origin of the living orphans in a container's tree.
func Mark(ix *inspect.Index, t *inspect.Tree) {
	var rows []*inspect.Row
	var orphans []*procfs.Process
	var collect func(nodes []*inspect.Node)
	collect = func(nodes []*inspect.Node) {
		for _, n := range nodes {
			if n.Role == inspect.RoleOrphan && !n.Process.IsZombie() {
				rows, orphans = append(rows, n.Row), append(orphans, n.Process)
			}
			collect(n.Children)
		}
	}
	collect(t.Roots)
	for i, o := range All(ix, t.Container, orphans) {
		if o.Kind != FromUnknown {
			rows[i].Origin, rows[i].OriginCertainty = string(o.Kind), o.Certainty
		}
	}
}

// of finds the origin of one process. It is proved if its session ID is the PID of an exec
// session that the engine still knows, or of one whose first process still runs. A health check
// that ran when it started makes the check likely.
func of(ix *inspect.Index, c *inspect.Container, p *procfs.Process) Origin {
	if e := cmp.Or(ix.ExecOf(c, p), ix.SessionExec(p)); e != nil {
		return execOrigin(ix, c, e, ix.Capture.Snapshot.StartedAt(p.StartTicks))
	}
	if root := ix.SessionExecRoot(p); root != nil {
		if runsCheck(c, root) {
			return checkOrigin(c, ix.Capture.Snapshot.StartedAt(root.StartTicks), "")
		}
		return Origin{Kind: FromExec, Certainty: inspect.Certain}
	}
	if runsCheck(c, p) && ix.RoleOf(c, p) == inspect.RoleExec {
		return checkOrigin(c, ix.Capture.Snapshot.StartedAt(p.StartTicks), "")
	}
	if startedDuringProbe(ix, c, p) {
		return Origin{Kind: FromHealthCheck, Certainty: inspect.Likely}
	}
	return unknown
}

// execOrigin is a health check if the command of the exec session is that of the check. The
// command is from the engine's event, or from the process that still runs it.
func execOrigin(ix *inspect.Index, c *inspect.Container, e *inspect.Exec, started time.Time) Origin {
	if !e.StartedAt.IsZero() {
		started = e.StartedAt
	}
	root := ix.ProcessAt(e.HostPID)
	if c.Health != nil && e.Command == strings.Join(c.Health.Command, " ") || e.Running && root != nil && runsCheck(c, root) {
		return checkOrigin(c, started, e.ID)
	}
	return Origin{Kind: FromExec, Certainty: inspect.Certain, ExecID: e.ID}
}

// checkOrigin is certain if the log has a check of that moment. A user could have typed the same
// command.
func checkOrigin(c *inspect.Container, started time.Time, execID string) Origin {
	o := Origin{Kind: FromHealthCheck, Certainty: inspect.Likely, ExecID: execID}
	if c.Health.RanAt(started) {
		o.Certainty = inspect.Certain
	}
	return o
}

// runsCheck reports whether the first process of an exec session executes the container's health
// check.
func runsCheck(c *inspect.Container, root *procfs.Process) bool {
	return c.Health != nil && slices.Equal(root.Args.Or(nil), c.Health.Command)
}

// startedDuringProbe needs the proof that PID 1 adopted the process, because children of PID 1
// also start at such moments. Or it must be a program of the check that started a session of its
// own.
func startedDuringProbe(ix *inspect.Index, c *inspect.Container, p *procfs.Process) bool {
	return c.Health != nil && c.Health.RanAt(ix.Capture.Snapshot.StartedAt(p.StartTicks)) &&
		(ix.IsAdopted(p) || leftSession(ix, p) && names(c.Health.Command, p.Comm))
}

// leftSession reports whether the process is a child of the container's PID 1 that leads a
// session of its own, as after setsid(2) before its parent exited. A process that PID 1 has
// started in this way looks the same.
func leftSession(ix *inspect.Index, p *procfs.Process) bool {
	parent := ix.Parent(p)
	return parent != nil && p.LeadsSession() && ix.MainOf(parent) != nil && ix.ReaperOf(p) == parent
}

// commLength is how much of a program's name the kernel keeps (TASK_COMM_LEN without the final
// zero byte).
const commLength = 15

// names reports whether the command contains the program's name.
func names(command []string, comm string) bool {
	for _, arg := range command {
		for word := range strings.FieldsFuncSeq(arg, isNoPartOfName) {
			if word[:min(len(word), commLength)] == comm {
				return true
			}
		}
	}
	return false
}

func isNoPartOfName(r rune) bool { return strings.ContainsRune(" \t\n;&|()<>/'\"`${}", r) }
