package inspect

import (
	"errors"
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// ChangeKind is what a change is about.
type ChangeKind string

// The kinds, in the order in which they are shown.
const (
	ChangeContainer ChangeKind = "container"
	ChangeProcess   ChangeKind = "process"
	ChangeZombie    ChangeKind = "zombie"
	ChangeNamespace ChangeKind = "namespace"
	ChangeFinding   ChangeKind = "finding"
)

// Direction says whether something is new or no longer there.
type Direction string

// The directions.
const (
	Came    Direction = "came"
	Went    Direction = "went"
	Changed Direction = "changed"
)

// Change is one difference between two captures of a host.
type Change struct {
	Kind      ChangeKind
	Direction Direction
	Container *Container
	// Process is the one that it is about, nil for a container or a namespace.
	Process *procfs.Process
	// Text says it; it may hold text that a process chose.
	Text string
}

// ErrOtherHost means that two captures are of different hosts, or of one before
// and after it was started again: their processes cannot be compared.
var ErrOtherHost = errors.New("they are not of the same host since the same boot")

// Diff says what came and went between two captures of one host: containers by
// their IDs, processes by PID and start time, so that a number that was used again
// is another process.
func Diff(before, after *Index) ([]Change, error) {
	if before.Capture.Host.BootID != after.Capture.Host.BootID || !after.Capture.Host.BootID.Held() {
		return nil, ErrOtherHost
	}
	var changes []Change
	for _, c := range unionByName(before, after) {
		then, now := before.runningNow(c.ID), after.runningNow(c.ID)
		switch {
		case then == nil && now != nil:
			changes = append(changes, Change{ChangeContainer, Came, now, nil, fmt.Sprintf("runs now, of %s", now.Image)})
		case then != nil && now == nil:
			changes = append(changes, Change{ChangeContainer, Went, then, nil, after.whatBecameOf(c.ID)})
		case then != nil && before.Binding(c).Main.Key != after.Binding(c).Main.Key:
			changes = append(changes, Change{ChangeContainer, Changed, now, nil, "was started again" + byPolicy(then, now)})
		}
		changes = append(changes, diffProcesses(before, after, c)...)
		if then != nil && now != nil {
			changes = append(changes, diffNamespaces(before, after, then, now)...)
		}
	}
	return changes, nil
}

// whatBecameOf is what the capture has of a container that ran before.
func (ix *Index) whatBecameOf(id string) string {
	c := ix.Container(id)
	if c == nil || c.FinishedAt.IsZero() {
		return "does not run any more"
	}
	return fmt.Sprintf("does not run any more: %s, %d%s", c.Status, c.ExitCode, SignalWords(c.ExitCode))
}

// byPolicy says how often the restart policy did so, "" where it did not.
func byPolicy(then, now *Container) string {
	if n := now.RestartCount - then.RestartCount; n > 0 {
		return fmt.Sprintf(" %s by its restart policy (%s)", Times(n), now.Policy())
	}
	return ""
}

func unionByName(before, after *Index) []*Container {
	var all []*Container
	for c := range after.Containers() {
		all = append(all, c)
	}
	for c := range before.Containers() {
		if after.Container(c.ID) == nil {
			all = append(all, c)
		}
	}
	SortByName(all)
	return all
}

func (ix *Index) runningNow(id string) *Container {
	if c := ix.Container(id); c != nil && ix.Main(c) != nil {
		return c
	}
	return nil
}

// diffProcesses: a process that has become a zombie is a zombie that came.
func diffProcesses(before, after *Index, c *Container) []Change {
	then, now := before.byKey(c.ID), after.byKey(c.ID)
	var changes []Change
	for _, p := range sortedByPID(then) {
		if now[p.Key] == nil {
			changes = append(changes, Change{kindOf(p), Went, c, p, before.describe(c.ID, p)})
		}
	}
	for _, p := range sortedByPID(now) {
		if earlier := then[p.Key]; earlier == nil || p.IsZombie() && !earlier.IsZombie() {
			changes = append(changes, Change{kindOf(p), Came, c, p, after.describe(c.ID, p)})
		}
	}
	return changes
}

func (ix *Index) byKey(id string) map[procfs.Key]*procfs.Process {
	all := map[procfs.Key]*procfs.Process{}
	if c := ix.Container(id); c != nil {
		for _, p := range ix.ProcessesOf(c) {
			all[p.Key] = p
		}
	}
	return all
}

func sortedByPID(all map[procfs.Key]*procfs.Process) []*procfs.Process {
	var list []*procfs.Process
	for _, p := range all {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b *procfs.Process) int { return a.PID - b.PID })
	return list
}

func kindOf(p *procfs.Process) ChangeKind {
	if p.IsZombie() {
		return ChangeZombie
	}
	return ChangeProcess
}

func (ix *Index) describe(id string, p *procfs.Process) string {
	c := ix.Container(id)
	text := fmt.Sprintf("%s, %s", ix.ProcessName(c, p), ix.RoleOf(c, p))
	if p.IsZombie() {
		text += ", not waited for by " + ix.parentName(c, p)
	}
	return text
}

func diffNamespaces(before, after *Index, then, now *Container) []Change {
	var changes []Change
	for _, t := range procfs.NamespaceTypes {
		old, okOld := before.InodeOf(then, t).Get()
		inode, ok := after.InodeOf(now, t).Get()
		if ok && okOld && old != inode {
			changes = append(changes, Change{ChangeNamespace, Changed, now, nil, fmt.Sprintf("its %s namespace is %d, and was %d", t, inode, old)})
		}
	}
	return changes
}
