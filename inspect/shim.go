package inspect

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// shimKinds are the programs that stay as the parent of a main process, by the base name of
// their first argument.
var shimKinds = []string{"containerd-shim", "conmon"}

// ShimName is the program's name if the process is a containerd shim or podman's conmon
// according to its first argument, else "". A process of a container can call itself the same:
// see Index.IsShim.
func ShimName(p *procfs.Process) string {
	args := p.Args.Or(nil)
	if len(args) == 0 {
		return ""
	}
	name := path.Base(args[0])
	for _, kind := range shimKinds {
		if strings.HasPrefix(name, kind) {
			return name
		}
	}
	return ""
}

// InitProgram is the program that --init puts before the container's main process: Docker's
// docker-init, which is tini, or podman's catatonit.
func (ix *Index) InitProgram(c *Container) string {
	if shim := ix.Binding(c).Shim; shim != nil && strings.HasPrefix(ShimName(shim), "conmon") {
		return "catatonit"
	}
	return "docker-init"
}

// ServedID is the container that a shim serves according to its arguments: -id (containerd) or
// -c or --cid (conmon), or "".
func ServedID(shim *procfs.Process) string {
	if shim == nil {
		return ""
	}
	args := shim.Args.Or(nil)
	for i, arg := range args[:max(len(args)-1, 0)] {
		if (arg == "-id" || arg == "-c" || arg == "--cid") && holdsContainerID(args[i+1]) {
			return args[i+1]
		}
	}
	return ""
}

// saysItServes reports whether a shim says that it serves this container. Clients of
// containerd other than engines choose IDs of their own.
func saysItServes(shim *procfs.Process, id string) bool {
	return shim != nil && (ServedID(shim) == id || Argument(shim, "-id") == id)
}

// MayBeShim reports whether the process has a name that shims have (comm), which any
// process can choose.
func MayBeShim(p *procfs.Process) bool {
	return slices.ContainsFunc(shimKinds, func(kind string) bool { return strings.HasPrefix(p.Comm, kind) })
}

// parentShim returns the process's parent if it is a shim, else nil. A process of the container
// itself is not a shim, whatever its name is.
func parentShim(p *procfs.Process, c *Container, processes procfs.PIDTable) *procfs.Process {
	parent := processes.At(p.ParentPID)
	if parent == nil || ShimName(parent) == "" || InCgroupOf(parent, c.ID) {
		return nil
	}
	return parent
}

// IsShim reports whether the process is a shim outside of the containers that the capture knows.
// Inside, a process can have any name, and an engine in a container has shims of its own. Those
// are in the PID namespace of the container, or in its control group.
func (ix *Index) IsShim(p *procfs.Process) bool {
	return ShimName(p) != "" && p.Depth() == 0 && ix.OwnerOf(p).Via != ViaCgroup
}

// Serves reports whether the process is a shim that serves the container with this ID according
// to its arguments, and is not in that container itself.
func Serves(p *procfs.Process, id string) bool {
	return ShimName(p) != "" && saysItServes(p, id) && p.Cgroups.Held() && !InCgroupOf(p, id)
}

// Names reports whether the process's cgroup paths or, for a shim, its arguments name the
// container with this ID.
func Names(p *procfs.Process, id string) bool {
	return InCgroupOf(p, id) || ShimName(p) != "" && saysItServes(p, id)
}

// StoppedShim is the container's containerd shim, if it is stopped. It is nil for podman, whose
// conmon sends no signals.
func (ix *Index) StoppedShim(c *Container) *procfs.Process {
	shim := ix.Binding(c).Shim
	if shim == nil || shim.State != procfs.StateStopped || !strings.HasPrefix(ShimName(shim), "containerd-shim") {
		return nil
	}
	return shim
}

// isShimOf reports whether the process is the main process's parent, or serves one of the
// container's exec sessions, as podman's second conmon does.
func (ix *Index) isShimOf(c *Container, p *procfs.Process) bool {
	return ix.Binding(c).Shim == p || ix.IsShim(p) && saysItServes(p, c.ID) && ix.mayServe(p, c)
}

// mayServe reports whether the shim has the user of the one that is proved to serve the
// container, or is root's where none is. A process of another user can call itself what it
// likes.
func (ix *Index) mayServe(shim *procfs.Process, c *Container) bool {
	if proved := ix.bindings[c.ID].Shim; proved != nil {
		return shim.UIDs.Effective == proved.UIDs.Effective
	}
	return shim.UIDs.Effective == 0
}

// servedBy is the container that a shim serves, nil for other processes.
func (ix *Index) servedBy(p *procfs.Process) *Container {
	if !ix.IsShim(p) {
		return nil
	}
	for _, id := range []string{ServedID(p), Argument(p, "-id")} {
		if c := ix.Container(id); c != nil && ix.mayServe(p, c) {
			return c
		}
	}
	return nil
}

// Held is a container whose main process has exited while its shim still serves it. If a
// remaining process holds its output open, Docker's engine from version 28 on waits until that
// is closed. Meanwhile docker inspect, stop and kill of the container hang.
type Held struct {
	// Shim is the shim's PID on the host. Comm and PID are the oldest process below it, "" and 0
	// if there is none. Processes is how many run below it.
	Shim      int
	Comm      string `json:",omitzero"`
	PID       int    `json:",omitzero"`
	Processes int    `json:",omitzero"`
}

// Text describes this as the rest of a sentence about the container.
func (h *Held) Text() string {
	if h.PID == 0 {
		return fmt.Sprintf("its main process has exited, but its shim (%d) still runs", h.Shim)
	}
	if h.Processes == 1 {
		return fmt.Sprintf("its main process has exited, but its process %[2]s (%[3]d) still runs below its shim (%[1]d). Docker 28 and later wait until no process holds its output", h.Shim, h.Comm, h.PID)
	}
	return fmt.Sprintf("its main process has exited, but %[2]s of it still run, the oldest %[3]s (%[4]d), below its shim (%[1]d). Docker 28 and later wait until no process holds its output", h.Shim, Counted(h.Processes, "process"), h.Comm, h.PID)
}

// KillHeld is the command that kills the container's remaining processes, "" if there are none.
func (ix *Index) KillHeld(c *Container) string {
	if c.Held == nil || c.Held.PID == 0 {
		return ""
	}
	return ix.AsRoot(fmt.Sprintf("kill %d", c.Held.PID))
}
