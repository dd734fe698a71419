package namespace

import (
	"fmt"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// RemarkKind is what a remark is about.
type RemarkKind string

// The kinds of remarks.
const (
	// RemarkStale means that a joined namespace is no longer the namespace of its owner.
	RemarkStale RemarkKind = "stale"
	// RemarkOwnerGone means that the owner of a joined namespace does not run.
	RemarkOwnerGone RemarkKind = "owner-gone"
	// RemarkLeft means that a main process has left the namespace that was declared.
	RemarkLeft RemarkKind = "left"
	// RemarkHost means that a namespace is the host's, as declared.
	RemarkHost RemarkKind = "host"
	// RemarkUndeclared means that a namespace is the host's, and that this was not declared.
	RemarkUndeclared RemarkKind = "undeclared"
	// RemarkNested means that a PID namespace was made inside the container.
	RemarkNested RemarkKind = "nested"
)

// Remark is a sentence about a container's namespaces. It may hold text that a
// process chose.
type Remark struct {
	Kind RemarkKind
	Text string
	// Process is the process that the remark is about.
	Process *procfs.Process
	// Type is the type of the namespace. Owner is the container whose namespace it is or was,
	// "" for none.
	Type  procfs.NamespaceType
	Owner string
	// Lost is true if the container has lost what it joined the namespace for, as with a stale
	// one.
	Lost bool
	// Next is the command to type next, and Cure is the lasting fix. Each is "" for none.
	Next, Cure string
}

// Remarks are the remarks on the container's namespaces: stale joins, owners that do not run,
// namespaces that were left, namespaces of the host, declared or not, and nested PID
// namespaces.
func Remarks(ix *inspect.Index, c *inspect.Container) []Remark {
	var list []Remark
	for _, t := range procfs.NamespaceTypes {
		if r, ok := RemarkOn(ix, Of(ix, c, t)); ok {
			r.Process, r.Type = ix.Main(c), t
			list = append(list, r)
		}
	}
	return append(list, NestedRemarks(ix, c)...)
}

// RemarkOn is the remark on one namespace, false if there is none.
func RemarkOn(ix *inspect.Index, m Membership) (Remark, bool) {
	if r, ok := BrokenJoin(m); ok {
		return r, true
	}
	if r, ok := staleChain(ix, m); ok {
		return r, true
	}
	if text := leftNote(m); text != "" {
		return Remark{Kind: RemarkLeft, Owner: m.OwnerRef, Text: text}, true
	}
	if text := hostNote(ix, m); text != "" {
		return Remark{Kind: RemarkHost, Text: text}, true
	}
	if isUndeclaredHost(ix, m) {
		return Remark{
			Kind: RemarkUndeclared, Text: fmt.Sprintf("its main process is in the host's %s namespace, which docker was not told", m.Type),
			Cure: "take the capability away by which it got there (SYS_ADMIN)",
		}, true
	}
	return Remark{}, false
}

// isUndeclaredHost reports whether the namespace is the host's without being declared. The
// user, cgroup and time namespaces are left out, because the engine's settings decide.
func isUndeclaredHost(ix *inspect.Index, m Membership) bool {
	switch m.Type {
	case procfs.PIDNamespace, procfs.UTSNamespace, procfs.IPCNamespace, procfs.NetNamespace, procfs.MountNamespace:
		// Nothing is known of the configuration if the engine did not answer.
		return m.Mode == ModeHost && m.Declared != "host" && inspect.JoinedRef(m.Declared) == "" && !m.Container.Silent
	default:
		return false
	}
}

// leftNote says that the main processes of two containers, or a main process and the host, are
// in different namespaces without a restart. Otherwise it is "".
func leftNote(m Membership) string {
	switch {
	case m.Verdict != Left:
		return ""
	case m.OwnerRef == "":
		return fmt.Sprintf("%s=host, but its main process has left the host's %s namespace", hostOption[m.Type], m.Type)
	default:
		return fmt.Sprintf("%s=container:%s, but the two are in different %s namespaces, and %s was not restarted since: one of them has left it", hostOption[m.Type], m.OwnerRef, m.Type, m.OwnerRef)
	}
}

// hostNote says what a container gets by --TYPE=host, or by joining a container that has it.
// The namespace is the host's, or that of an engine with a namespace of its own. Otherwise it
// is "".
func hostNote(ix *inspect.Index, m Membership) string {
	joined := inspect.JoinedRef(m.Declared)
	switch {
	case joined != "" && m.Mode == ModeHost:
		return fmt.Sprintf("%s=container:%s, and so the host's: %s", hostOption[m.Type], ix.NameOfRef(joined), givenAway[m.Type])
	case m.Declared != "host":
		return ""
	case m.Mode == ModeHost && m.Type == procfs.UTSNamespace && m.Container.IsGiven(setsHostname):
		return "--uts=host: " + givenAway[m.Type] + ", and as root may change both for the host (CAP_" + setsHostname + ")"
	case m.Mode == ModeHost && givenAway[m.Type] != "":
		return hostOption[m.Type] + "=host: " + givenAway[m.Type]
	case m.Mode == ModeEngine && knowsHosts(ix, m.Type):
		return fmt.Sprintf("%s=host: uses the %s namespace of the engine, which is not the host's", hostOption[m.Type], m.Type)
	default:
		return ""
	}
}

// hostOption is the option of docker run that takes "host" and, for some types, "container:X".
var hostOption = map[procfs.NamespaceType]string{
	procfs.PIDNamespace: "--pid", procfs.UTSNamespace: "--uts", procfs.IPCNamespace: "--ipc", procfs.NetNamespace: "--network",
	procfs.UserNamespace: "--userns", procfs.CgroupNamespace: "--cgroupns",
}

// setsHostname is the capability that sethostname(2) and setdomainname(2) need.
const setsHostname = "SYS_ADMIN"

// givenAway is what a container gets with a namespace of the host.
var givenAway = map[procfs.NamespaceType]string{
	procfs.PIDNamespace:  "sees every process of the host, and may signal them as its user may",
	procfs.UTSNamespace:  "has the host's host and domain name",
	procfs.IPCNamespace:  "shares the host's shared memory segments, semaphores and message queues",
	procfs.NetNamespace:  "uses the host's interfaces, ports and loopback",
	procfs.UserNamespace: "its root is the host's root",
}

// broken is what a container lacks if its joined namespace is no longer the namespace of its
// owner.
var broken = map[procfs.NamespaceType]string{
	procfs.NetNamespace: "the two have no network in common",
	procfs.IPCNamespace: "the two share no memory any more",
	procfs.PIDNamespace: "the two do not see each other's processes",
}

// BrokenJoin is the remark on a namespace that is no longer the owner's, or whose owner does
// not run. It is false for other namespaces.
func BrokenJoin(m Membership) (Remark, bool) {
	r := Remark{Kind: RemarkStale, Lost: true, Owner: m.OwnerRef, Next: manage.Restart(m.Container)}
	switch m.Verdict {
	case Stale:
		r.Text = fmt.Sprintf("joined the %s namespace of %s, which was restarted since and has another: %s", m.Type, m.OwnerRef, broken[m.Type])
		if m.Declarer != nil {
			r.Cure = manage.RestartWith(m.Container, m.Declarer)
		}
	case OwnerGone:
		r.Kind, r.Lost = RemarkOwnerGone, losesNetwork(m)
		r.Text, r.Next = ownerGone(m)
	default:
		return Remark{}, false
	}
	return r, true
}

// ownerGone is the remark on an owner that does not run. A namespace exists as long as a
// member runs, but a member cannot start again without its owner.
func ownerGone(m Membership) (text, next string) {
	text = fmt.Sprintf("joined the %s namespace of %s, which ", m.Type, inspect.ShortRef(m.OwnerRef))
	lost := losesNetwork(m)
	switch {
	case !m.OwnerRemoved && lost:
		text += "does not run any more and took its interfaces with it"
	case !m.OwnerRemoved:
		text += "does not run any more"
	case lost:
		text += "was removed and took its interfaces with it; this container cannot start again: create it anew"
	default:
		text += "was removed: it keeps the namespace until it stops, and then cannot start again: create it anew"
	}
	if m.Successor != nil {
		text += fmt.Sprintf("; %s has taken the place of that one", m.Successor.Name)
	}
	if m.OwnerRemoved {
		return text, manage.Recreate(m.Container)
	}
	return text, "docker start " + m.OwnerRef + " && " + manage.Restart(m.Container)
}

// losesNetwork reports whether the member has lost its network. When the owner exits, the
// engine removes its interfaces from the network namespace, and moves them to no other
// namespace.
func losesNetwork(m Membership) bool {
	return m.Type == procfs.NetNamespace && (m.Declarer == nil || m.Declarer.NetworkMode != "none")
}

// NestedRemarks are the remarks on PID namespaces inside the container.
func NestedRemarks(ix *inspect.Index, c *inspect.Container) []Remark {
	var list []Remark
	for _, n := range FindNested(ix, c) {
		what := "a PID namespace nested inside"
		if n.InnerEngine {
			what = "a container of an engine inside"
		}
		list = append(list, Remark{
			Kind: RemarkNested, Process: n.Init,
			Text: fmt.Sprintf("%s: init is %s (%d, inside %s), %s", what, n.Init.Comm, n.Init.PID, inspect.ChainString(n.Chain), inspect.Counted(n.Processes, "process")),
		})
	}
	return list
}

// Broken says what two containers lack if they no longer share a namespace of type t.
func Broken(t procfs.NamespaceType) string {
	if text, ok := broken[t]; ok {
		return text
	}
	return "the two no longer share it"
}
