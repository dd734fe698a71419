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
	// RemarkStale: a joined namespace no longer is its owner's.
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

// Remark says something about a container's namespaces, in whole sentences. It may hold
// text that a process chose.
type Remark struct {
	Kind RemarkKind
	Text string
	// Process is the process that it is about.
	Process *procfs.Process
	// Type is that of the namespace, and Owner the container whose namespace it is or was; ""
	// for none.
	Type  procfs.NamespaceType
	Owner string
	// Lost reports whether the container has lost what it joined the namespace for, as it has
	// in a stale one.
	Lost bool
	// Next is the command that fixes it now, and Cure the lasting fix; "" for none.
	Next, Cure string
}

// Remarks are those on the container's namespaces: joins that are stale or whose owner is
// gone, namespaces that were left, what a host namespace gives away, declared or not, and
// PID namespaces nested inside.
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

// RemarkOn is the remark on one namespace; false for none.
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
			Kind: RemarkUndeclared, Text: fmt.Sprintf("The main process is in the host's %s namespace. Docker's configuration does not say so.", m.Type),
			Cure: "remove the capability that let it enter (SYS_ADMIN).",
		}, true
	}
	return Remark{}, false
}

// isUndeclaredHost reports whether a namespace is the host's against the container's
// configuration. The engine's settings decide on user, cgroup and time namespaces.
func isUndeclaredHost(ix *inspect.Index, m Membership) bool {
	switch m.Type {
	case procfs.PIDNamespace, procfs.UTSNamespace, procfs.IPCNamespace, procfs.NetNamespace, procfs.MountNamespace:
		// The configuration is not known where the engine did not answer.
		return m.Mode == ModeHost && m.Declared != "host" && inspect.JoinedRef(m.Declared) == "" && !m.Container.Silent
	default:
		return false
	}
}

// leftNote says that the main process of a container left the namespace of the other, or of
// the host, without a restart; "" where it did not.
func leftNote(m Membership) string {
	switch {
	case m.Verdict != Left:
		return ""
	case m.OwnerRef == "":
		return fmt.Sprintf("Declared %s=host, but the main process has left the host's %s namespace.", hostOption[m.Type], m.Type)
	default:
		return fmt.Sprintf("Declared %s=container:%s, but both main processes are in different %s namespaces. %s was not restarted, so one of them has left the namespace.", hostOption[m.Type], m.OwnerRef, m.Type, m.OwnerRef)
	}
}

// hostNote says what a container gets with --TYPE=host, or by joining a container that has
// it: the host's namespace, or that of an engine which has its own; "" for others.
func hostNote(ix *inspect.Index, m Membership) string {
	joined := inspect.JoinedRef(m.Declared)
	switch {
	case joined != "" && m.Mode == ModeHost:
		return fmt.Sprintf("%s=container:%s, which has the host's: %s.", hostOption[m.Type], ix.NameOfRef(joined), givenAway[m.Type])
	case m.Declared != "host":
		return ""
	case m.Mode == ModeHost && m.Type == procfs.UTSNamespace && m.Container.IsGiven(setsHostname):
		return "--uts=host: " + givenAway[m.Type] + ". As root it may change both for the host (CAP_" + setsHostname + ")."
	case m.Mode == ModeHost && givenAway[m.Type] != "":
		return hostOption[m.Type] + "=host: " + givenAway[m.Type] + "."
	case m.Mode == ModeEngine && knowsHosts(ix, m.Type):
		return fmt.Sprintf("%s=host: uses the %s namespace of the engine, which is not the host's.", hostOption[m.Type], m.Type)
	default:
		return ""
	}
}

// hostOption is the option of docker run that takes "host" and, for some types, "container:X".
var hostOption = map[procfs.NamespaceType]string{
	procfs.PIDNamespace: "--pid", procfs.UTSNamespace: "--uts", procfs.IPCNamespace: "--ipc", procfs.NetNamespace: "--network",
	procfs.UserNamespace: "--userns", procfs.CgroupNamespace: "--cgroupns",
}

// setsHostname is the capability that sethostname(2) and setdomainname(2) require.
const setsHostname = "SYS_ADMIN"

// givenAway is what a container gets with a namespace of the host.
var givenAway = map[procfs.NamespaceType]string{
	procfs.PIDNamespace:  "sees every process of the host and may signal them as its user may",
	procfs.UTSNamespace:  "has the host name and domain name of the host",
	procfs.IPCNamespace:  "shares the host's shared memory segments, semaphores and message queues",
	procfs.NetNamespace:  "uses the host's interfaces, ports and loopback",
	procfs.UserNamespace: "its root is the host's root",
}

// broken is the effect of a joined namespace that no longer is its owner's.
var broken = map[procfs.NamespaceType]string{
	procfs.NetNamespace: "they cannot reach each other",
	procfs.IPCNamespace: "they no longer share memory",
	procfs.PIDNamespace: "they do not see each other's processes",
}

// BrokenJoin is the remark on a namespace that no longer is its owner's, or whose owner is
// gone; false for others.
func BrokenJoin(m Membership) (Remark, bool) {
	r := Remark{Kind: RemarkStale, Lost: true, Owner: m.OwnerRef, Next: manage.Restart(m.Container)}
	switch m.Verdict {
	case Stale:
		r.Text = fmt.Sprintf("Still uses the old %s of %s. %s was restarted and has a new one, so %s.", namespaceNoun(m.Type), m.OwnerRef, m.OwnerRef, broken[m.Type])
		if m.Declarer != nil {
			r.Cure = manage.RestartWith(m.Container, m.Declarer)
		}
	case OwnerGone:
		r.Kind, r.Lost = RemarkOwnerGone, losesNetwork(m)
		r.Text, r.Next = ownerGone(m)
		if r.Next == "" {
			r.Cure = rejoin(m)
		}
	default:
		return Remark{}, false
	}
	return r, true
}

// ownerGone says what is left of a joined namespace, and what to type. A namespace lives as
// long as a member does, but a member cannot start again without its owner.
func ownerGone(m Membership) (text, next string) {
	owner, end := inspect.ShortRef(m.OwnerRef), "has exited"
	if m.OwnerRemoved {
		end = "was removed"
	}
	text = fmt.Sprintf("Still uses the %s of %s, which %s.", namespaceNoun(m.Type), owner, end)
	if losesNetwork(m) {
		text += " That network has lost its interfaces."
	}
	if m.OwnerRemoved {
		text += " This container cannot be started again once it stops. Recreate it."
	}
	if m.Successor != nil {
		text += fmt.Sprintf(" %s has replaced %s.", m.Successor.Name, owner)
	}
	if m.OwnerRemoved {
		return text, manage.Recreate(m.Container)
	}
	return text, "docker start " + m.OwnerRef + " && " + manage.Restart(m.Container)
}

// rejoin says with which option to recreate a member whose owner was removed, where no
// manager knows how: docker has kept the ID of the owner and not its name.
func rejoin(m Membership) string {
	owner, which := "OWNER", ", where OWNER is the container that replaced "+inspect.ShortRef(m.OwnerRef)
	if m.Successor != nil {
		owner, which = m.Successor.Name, ""
	}
	return manage.Do(m.Container, manage.Setting{Option: hostOption[m.Type] + " container:" + owner}) + which
}

// namespaceNoun is what a namespace of this type is called in a sentence.
func namespaceNoun(t procfs.NamespaceType) string {
	if t == procfs.NetNamespace {
		return "network"
	}
	return string(t) + " namespace"
}

// losesNetwork reports whether a network namespace loses its interfaces when its owner
// exits: the engine removes them, except from one that has none (--network none).
func losesNetwork(m Membership) bool {
	return m.Type == procfs.NetNamespace && (m.Declarer == nil || m.Declarer.NetworkMode != "none")
}

// NestedRemarks are the remarks on PID namespaces inside the container.
func NestedRemarks(ix *inspect.Index, c *inspect.Container) []Remark {
	var list []Remark
	for _, n := range FindNested(ix, c) {
		what := "Nested PID namespace"
		if n.InnerEngine {
			what = "Container of an inner engine"
		}
		list = append(list, Remark{
			Kind: RemarkNested, Process: n.Init,
			Text: fmt.Sprintf("%s: init %s (host PID %d, container PID %s), %s.", what, n.Init.Comm, n.Init.PID, inspect.ChainString(n.Chain), inspect.Counted(n.Processes, "process")),
		})
	}
	return list
}

// Broken is what two containers can no longer do once they do not share a namespace of
// type t: "they cannot reach each other".
func Broken(t procfs.NamespaceType) string {
	if text, ok := broken[t]; ok {
		return text
	}
	return "they no longer share it"
}
