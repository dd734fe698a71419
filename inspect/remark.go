package inspect

import (
	"cmp"
	"fmt"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Severity grades a remark or a finding.
type Severity string

// The severities, the worst first.
const (
	// SeverityError: broken, or losing now.
	SeverityError Severity = "error"
	// SeverityWarning: hurts at the next stop, restart or fork.
	SeverityWarning Severity = "warning"
	// SeverityNote: worth knowing.
	SeverityNote Severity = "note"
)

// Remark is a sentence about a container's namespaces, with the command to
// type next, or "".
type Remark struct {
	Severity  Severity
	Container *Container
	Text      string
	Next      string
}

// Remarks says of the containers' namespaces what deserves a word: joins that
// are stale or whose owner is gone, namespaces that were left, what a host namespace gives away, and PID
// namespaces nested inside.
func (ix *Index) Remarks(table [][]Membership) []Remark {
	var errors, notes []Remark
	for _, row := range table {
		for _, m := range row {
			if r, ok := BrokenJoin(m); ok {
				errors = append(errors, r)
			} else if text := cmp.Or(leftNote(m), ix.HostNote(m)); text != "" {
				notes = append(notes, Remark{SeverityNote, m.Container, text, ""})
			}
		}
		if len(row) > 0 {
			notes = append(notes, ix.nestedRemarks(row[0].Container)...)
		}
	}
	return append(errors, notes...)
}

// leftNote says that the main processes of two containers, or one and the host,
// parted without a restart, or "".
func leftNote(m Membership) string {
	switch {
	case m.Verdict != SharingLeft:
		return ""
	case m.OwnerRef == "":
		return fmt.Sprintf("%s=host, but its main process has left the host's %s namespace", hostOption[m.Type], m.Type)
	default:
		return fmt.Sprintf("%s=container:%s, but the two are in different %s namespaces, and %s was not restarted since: one of them has left it", hostOption[m.Type], m.OwnerRef, m.Type, m.OwnerRef)
	}
}

// HostNote says what a container was given with --TYPE=host, or with that of a
// container that was given it, or "": the host's namespace, or that of an engine
// which has one of its own.
func (ix *Index) HostNote(m Membership) string {
	joined := joinedRef(m.Declared)
	switch {
	case joined != "" && m.Mode == ModeHost:
		return fmt.Sprintf("%s=container:%s, and so the host's: %s", hostOption[m.Type], ix.nameOfRef(joined), givenAway[m.Type])
	case m.Declared != "host":
		return ""
	case m.Mode == ModeHost && givenAway[m.Type] != "":
		return hostOption[m.Type] + "=host: " + givenAway[m.Type]
	case m.Mode == ModeEngine && ix.knowsHosts(m.Type):
		return fmt.Sprintf("%s=host: uses the %s namespace of the engine, which is not the host's", hostOption[m.Type], m.Type)
	default:
		return ""
	}
}

// hostOption is the option of docker run that takes "host" and, of some,
// "container:X".
var hostOption = map[procfs.NamespaceType]string{
	procfs.PIDNamespace: "--pid", procfs.UTSNamespace: "--uts", procfs.IPCNamespace: "--ipc", procfs.NetNamespace: "--network",
	procfs.UserNamespace: "--userns", procfs.CgroupNamespace: "--cgroupns",
}

// givenAway is what a container gets with a namespace of the host's.
var givenAway = map[procfs.NamespaceType]string{
	procfs.PIDNamespace:  "sees every process of the host, and may signal them as its user may",
	procfs.UTSNamespace:  "has the host's host and domain name",
	procfs.IPCNamespace:  "shares the host's shared memory segments, semaphores and message queues",
	procfs.NetNamespace:  "uses the host's interfaces, ports and loopback",
	procfs.UserNamespace: "its root is the host's root",
}

// broken is what a container lacks whose joined namespace is not its owner's
// any more.
var broken = map[procfs.NamespaceType]string{
	procfs.NetNamespace: "the two have no network in common",
	procfs.IPCNamespace: "the two share no memory any more",
	procfs.PIDNamespace: "the two do not see each other's processes",
}

// BrokenJoin says of a namespace that is no longer its owner's, or whose owner is
// gone, what that means; false for others.
func BrokenJoin(m Membership) (Remark, bool) {
	r := Remark{Severity: SeverityError, Container: m.Container, Next: "docker restart " + m.Container.Name}
	switch m.Verdict {
	case SharingStale:
		r.Text = fmt.Sprintf("joined the %s namespace of %s, which was restarted since and has another: %s", m.Type, m.OwnerRef, broken[m.Type])
	case SharingOwnerGone:
		r.Text, r.Next = ownerGone(m)
	default:
		return Remark{}, false
	}
	return r, true
}

// ownerGone: a namespace lives as long as a member does, but a member cannot
// start again without its owner.
func ownerGone(m Membership) (text, next string) {
	text = fmt.Sprintf("joined the %s namespace of %s, which ", m.Type, ShortRef(m.OwnerRef))
	if m.OwnerRemoved {
		return text + "was removed: it keeps the namespace until it stops, and then cannot start again: create it anew", ""
	}
	return text + "does not run any more", "docker start " + m.OwnerRef + " && docker restart " + m.Container.Name
}

// nameOfRef is the name of a container that was declared, or its short ID where
// it is not known.
func (ix *Index) nameOfRef(ref string) string {
	if c := ix.containerNamed(ref); c != nil {
		return c.Name
	}
	return ShortRef(ref)
}

// ShortRef cuts an ID to the length that docker shows, and leaves a name as it
// is.
func ShortRef(ref string) string {
	if holdsContainerID(ref) {
		return ref[:ShortIDLength]
	}
	return ref
}

func (ix *Index) nestedRemarks(c *Container) []Remark {
	var list []Remark
	for _, n := range ix.Nested(c) {
		what := "a PID namespace nested inside"
		if n.InnerEngine {
			what = "a container of an engine inside"
		}
		processes := "1 process"
		if n.Processes > 1 {
			processes = fmt.Sprintf("%d processes", n.Processes)
		}
		list = append(list, Remark{
			SeverityNote, c,
			fmt.Sprintf("%s: init is %s (%d, inside %s), %s", what, n.Init.Comm, n.Init.PID, ChainString(n.Chain), processes), "",
		})
	}
	return list
}
