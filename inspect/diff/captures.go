package diff

import (
	"errors"
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Kind is what a change is about.
type Kind string

// The kinds, in the order in which they are shown.
const (
	KindContainer Kind = "container"
	KindProcess   Kind = "process"
	KindZombie    Kind = "zombie"
	KindNamespace Kind = "namespace"
	KindFinding   Kind = "finding"
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
	Kind      Kind
	Direction Direction
	Container *inspect.Container
	// Process is the one that it is about, nil for a container or a namespace.
	Process *procfs.Process
	// Text says it; it may hold text that a process chose.
	Text string
	// Alike is the text without what tells processes of one name from each other, "" where
	// there is nothing else to tell.
	Alike string
}

// Fold puts changes together that are alike, where so many or more are: of each list all
// are of one container, kind and direction, at the place of its first.
func Fold(changes []Change, least int) [][]Change {
	type key struct {
		kind             Kind
		direction        Direction
		container, alike string
	}
	keyOf := func(c *Change) key { return key{c.Kind, c.Direction, c.Container.ID, c.Alike} }
	count := map[key]int{}
	for i := range changes {
		count[keyOf(&changes[i])]++
	}
	var folded [][]Change
	place := map[key]int{}
	for i := range changes {
		k := keyOf(&changes[i])
		at, there := place[k]
		switch {
		case k.alike == "" || count[k] < least:
			folded = append(folded, changes[i:i+1:i+1])
		case there:
			folded[at] = append(folded[at], changes[i])
		default:
			place[k] = len(folded)
			folded = append(folded, changes[i:i+1:i+1])
		}
	}
	return folded
}

// ErrOtherHost means that two captures are of different hosts, or of one before
// and after it was started again: their processes cannot be compared.
var ErrOtherHost = errors.New("they are not of the same host since the same boot")

// Captures says what came and went between two captures of one host: containers by
// their IDs, processes by PID and start time, so that a number that was used again
// is another process.
func Captures(before, after *inspect.Index) ([]Change, error) {
	if before.Capture.Host.BootID != after.Capture.Host.BootID || !after.Capture.Host.BootID.Held() {
		return nil, ErrOtherHost
	}
	var changes []Change
	for _, c := range unionByName(before, after) {
		then, now := runningNow(before, c.ID), runningNow(after, c.ID)
		switch {
		case then == nil && now != nil:
			changes = append(changes, Change{Kind: KindContainer, Direction: Came, Container: now, Text: fmt.Sprintf("runs now, of %s", now.Image)})
		case then != nil && now == nil:
			changes = append(changes, Change{Kind: KindContainer, Direction: Went, Container: then, Text: whatBecameOf(after, c.ID)})
		case then != nil && before.Binding(c).Main.Key != after.Binding(c).Main.Key:
			changes = append(changes, Change{Kind: KindContainer, Direction: Changed, Container: now, Text: "was started again" + byPolicy(then, now)})
		}
		changes = append(changes, diffProcesses(before, after, c)...)
		if then != nil && now != nil {
			changes = append(changes, diffNamespaces(before, after, then, now)...)
		}
	}
	return changes, nil
}

// whatBecameOf is what the capture has of a container that ran before.
func whatBecameOf(ix *inspect.Index, id string) string {
	c := ix.Container(id)
	if c == nil || c.FinishedAt.IsZero() {
		return "no longer runs"
	}
	return fmt.Sprintf("no longer runs: %s, %d%s", c.Status, c.ExitCode, inspect.SignalWords(c.ExitCode))
}

// byPolicy says how often the restart policy did so, "" where it did not.
func byPolicy(then, now *inspect.Container) string {
	if n := now.RestartCount - then.RestartCount; n > 0 {
		return fmt.Sprintf(" %s by its restart policy (%s)", inspect.Times(n), now.Policy())
	}
	return ""
}

func unionByName(before, after *inspect.Index) []*inspect.Container {
	var all []*inspect.Container
	for c := range after.Containers() {
		all = append(all, c)
	}
	for c := range before.Containers() {
		if after.Container(c.ID) == nil {
			all = append(all, c)
		}
	}
	inspect.SortByName(all)
	return all
}

func runningNow(ix *inspect.Index, id string) *inspect.Container {
	if c := ix.Container(id); c != nil && ix.Main(c) != nil {
		return c
	}
	return nil
}

// diffProcesses: a process that has become a zombie is a zombie that came.
func diffProcesses(before, after *inspect.Index, c *inspect.Container) []Change {
	then, now := byKey(before, c.ID), byKey(after, c.ID)
	var changes []Change
	for _, p := range sortedByPID(then) {
		if now[p.Key] == nil {
			changes = append(changes, changeOfProcess(before, Went, c, p))
		}
	}
	for _, p := range sortedByPID(now) {
		if earlier := then[p.Key]; earlier == nil || p.IsZombie() && !earlier.IsZombie() {
			changes = append(changes, changeOfProcess(after, Came, c, p))
		}
	}
	return changes
}

func byKey(ix *inspect.Index, id string) map[procfs.Key]*procfs.Process {
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

func kindOf(p *procfs.Process) Kind {
	if p.IsZombie() {
		return KindZombie
	}
	return KindProcess
}

// changeOfProcess describes it as the capture of the index has it.
func changeOfProcess(ix *inspect.Index, d Direction, c *inspect.Container, p *procfs.Process) Change {
	then := ix.Container(c.ID)
	what := fmt.Sprintf(", %s", ix.RoleOf(then, p))
	if p.IsZombie() {
		what += ", not waited for by " + ix.ParentName(then, p)
	}
	return Change{Kind: kindOf(p), Direction: d, Container: c, Process: p, Text: ix.ProcessName(then, p) + what, Alike: p.Comm + what}
}

func diffNamespaces(before, after *inspect.Index, then, now *inspect.Container) []Change {
	var changes []Change
	for _, t := range procfs.NamespaceTypes {
		old, okOld := before.InodeOf(then, t).Get()
		inode, ok := after.InodeOf(now, t).Get()
		if ok && okOld && old != inode {
			changes = append(changes, Change{Kind: KindNamespace, Direction: Changed, Container: now, Text: fmt.Sprintf("its %s namespace changed from %d to %d", t, old, inode)})
		}
	}
	return changes
}
