package inspect

import (
	"path"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// WhoRole is what a number was found to be: a Role of a container's process, or one of these.
type WhoRole string

// These roles exist only in a look-up by number.
const (
	// WhoZombie: a process that has exited and is not reaped.
	WhoZombie WhoRole = "zombie"
	// WhoThread: not a process but a thread of one.
	WhoThread WhoRole = "thread"
	// WhoHost: a process that is not in a container.
	WhoHost WhoRole = "host"
	// WhoKernel: a kernel thread.
	WhoKernel WhoRole = "kernel"
	// WhoOtherEngine: a process of a container that this engine does not know. It is another
	// engine's, or was removed.
	WhoOtherEngine WhoRole = "other-engine"
	// WhoBuildStep: a process of a step of docker build, which is not a container.
	WhoBuildStep WhoRole = "build-step"
	// WhoProxy: a docker-proxy, which forwards a port of the host to a container.
	WhoProxy WhoRole = "docker-proxy"
	// WhoNone: there is no such process now.
	WhoNone WhoRole = "none"
	// WhoUnknown: a process that could not be read.
	WhoUnknown WhoRole = "unknown"
)

// Identity is the answer to "whose process is this?".
type Identity struct {
	// HostPID is the number that was asked for, a TID where Role is thread.
	HostPID int
	Role    WhoRole
	// Owner is the container, and how it was found.
	Owner Owner
	// ForeignID is the ID of a container that this engine does not know. ForeignNamespace is its
	// namespace in containerd, "" if no shim names it.
	ForeignID, ForeignNamespace string
	// NoEngine: no engine has answered, so that containers which it does not know cannot be
	// told from another's.
	NoEngine bool
	// BuildStep is the ID of the docker build step of the process, or "".
	BuildStep string
	// Proxy is what a docker-proxy forwards, nil for other processes.
	Proxy *Proxy
	// Entered are the namespaces of containers that a process outside of containers is in.
	// EnteredUnread is why that could not be read, or "".
	Entered       []Entered
	EnteredUnread procfs.Absence
	// Kept are namespaces that a process of no container keeps, or nil. KeptUnread is why there
	// may be more, or "".
	Kept       *Kept
	KeptUnread procfs.Absence
	// Row is the process's row in its container, nil without a container.
	Row *Row
	// PIDs is the number's chain in all PID namespaces, host first. ContainerPIDs is the chain
	// from the container's namespace inwards. For a thread they are the thread's own.
	PIDs, ContainerPIDs []int
	// Process is the process, for a thread the process that it belongs to, nil if there is none.
	Process *procfs.Process
	// Unit is the systemd unit or slice of a process outside of containers, "" if its cgroup
	// names none.
	Unit string
	// Why is why the process could not be read, "" otherwise.
	Why procfs.Absence
}

// Who identifies a host PID or TID.
func (ix *Index) Who(number int) Identity {
	w := Identity{HostPID: number}
	thread, isThread := ix.Capture.Threads[number]
	pid := number
	if isThread {
		pid = thread.PID
	}
	w.Process = ix.ProcessAt(pid)
	if w.Process == nil {
		w.Role, w.Why = ix.whyUnseen(pid)
		return w
	}
	w.Owner = ix.OwnerOf(w.Process)
	ix.identify(&w)
	w.PIDs = w.Process.NSPIDs
	if w.Row != nil {
		w.ContainerPIDs = w.Row.ContainerPIDs
	}
	if isThread {
		w.Role, w.PIDs = WhoThread, thread.NSPIDs
		outer := len(w.Process.NSPIDs) - len(w.ContainerPIDs)
		w.ContainerPIDs = thread.NSPIDs[min(outer, len(thread.NSPIDs)):]
	}
	return w
}

func (ix *Index) whyUnseen(pid int) (WhoRole, procfs.Absence) {
	for _, m := range ix.Capture.Snapshot.Unreadable() {
		if m.PID == pid {
			return WhoUnknown, m.Why
		}
	}
	if ix.Capture.Threads == nil {
		return WhoUnknown, procfs.Unread // it may be a thread
	}
	return WhoNone, procfs.Gone
}

func (ix *Index) identify(w *Identity) {
	p := w.Process
	container := w.Owner.Container
	if container == nil {
		container = ix.servedBy(p)
	}
	switch {
	case container != nil:
		row := ix.RowOf(container, p)
		w.Owner.Container, w.Row, w.Role = container, &row, WhoRole(row.Role)
		if w.Owner.Via == "" {
			w.Owner.Via = ViaShim
		}
	case p.KernelThread:
		w.Role = WhoKernel
	default:
		ix.identifyOutside(w)
	}
	if p.IsZombie() {
		w.Role = WhoZombie
	}
}

// identifyOutside identifies a process outside of this engine's containers.
func (ix *Index) identifyOutside(w *Identity) {
	p := w.Process
	w.ForeignID, w.ForeignNamespace = ix.foreign(p)
	w.NoEngine = ix.Capture.Engine.Absent || ix.Capture.Engine.Silent
	if w.ForeignID != "" {
		w.Role = WhoOtherEngine
		return
	}
	w.Role, w.Unit = WhoHost, unitOf(p)
	w.BuildStep, w.Proxy = buildStep(p), ix.proxyOf(p)
	w.Entered, w.EnteredUnread = ix.enteredBy(p)
	switch {
	case w.BuildStep != "":
		w.Role = WhoBuildStep
	case w.Proxy != nil:
		w.Role = WhoProxy
	default:
		w.Kept, w.KeptUnread = ix.keptBy(p)
	}
}

// unitOf is the innermost systemd unit in the process's cgroup paths.
func unitOf(p *procfs.Process) string {
	for _, g := range p.Cgroups.Or(nil) {
		for dir := g.Path; dir != "/" && dir != "." && dir != ""; dir = path.Dir(dir) {
			if name := path.Base(dir); isUnit(name) {
				return name
			}
		}
	}
	return ""
}

func isUnit(name string) bool {
	for _, suffix := range []string{".service", ".scope", ".slice"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}
