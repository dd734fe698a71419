package inspect

import (
	"cmp"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// A process that belongs to no container of this engine can still be related to one. It may
// belong to another runtime or to a step of docker build, forward a container's port, or have
// entered a container's namespaces.

// Entered is a namespace of containers that a process of no container is in (nsenter(1)).
type Entered struct {
	Type procfs.NamespaceType
	// Containers are those whose main processes are in it, by name.
	Containers []*Container
	// ContainerPIDs is the process's chain of PIDs from there inwards, only for a PID namespace.
	ContainerPIDs []int
}

// enteredBy are the containers' namespaces that a process of no container is in, or why they
// cannot be determined. If the host's own namespaces are not known, a container may share them.
func (ix *Index) enteredBy(p *procfs.Process) ([]Entered, procfs.Absence) {
	hosts, unread := ix.Capture.Host.Namespaces, procfs.Absence("")
	var list []Entered
	for _, t := range procfs.NamespaceTypes {
		inode, left := leftHost(p, t, hosts)
		if !left {
			if mine := p.Namespace(t); mine.Absence() == procfs.Denied || mine.Held() && !hosts[t].Held() {
				unread = procfs.Denied
			}
			continue
		}
		containers := ix.ContainersIn(t, inode)
		if len(containers) == 0 {
			continue
		}
		e := Entered{Type: t, Containers: containers}
		if t == procfs.PIDNamespace {
			e.ContainerPIDs = ix.ContainerPIDs(containers[0], p)
		}
		list = append(list, e)
	}
	return list, unread
}

// Kept are namespaces of a process of no container that are neither the host's nor a running
// container's. The process keeps them in existence.
type Kept struct {
	// Types are the types that every container has of its own. It is net alone if ContainerID is
	// "".
	Types []procfs.NamespaceType
	// ContainerID is the container whose files are mounted over those of /etc in the mount
	// namespace, "" if there is none or it cannot be determined.
	ContainerID string
	// Container is that container, nil if this engine does not know it.
	Container *Container
	// Removed is true if these files have been removed. The engine does that when it removes the
	// container.
	Removed bool
}

// keepable are the types of which a container has a namespace of its own or shares another
// container's, unless it was given the host's.
var keepable = []procfs.NamespaceType{procfs.MountNamespace, procfs.NetNamespace, procfs.IPCNamespace, procfs.UTSNamespace}

// keptNamespaces are the types of which the process is proved to be in a namespace that is
// neither the host's nor that of a running container's main process.
func (ix *Index) keptNamespaces(p *procfs.Process) []procfs.NamespaceType {
	var types []procfs.NamespaceType
	for _, t := range keepable {
		if inode, left := leftHost(p, t, ix.Capture.Host.Namespaces); left && len(ix.ContainersIn(t, inode)) == 0 && ix.knowsMains(t) {
			types = append(types, t)
		}
	}
	return types
}

// knowsMains reports whether the namespace of type t was read for the main process of every
// running container.
func (ix *Index) knowsMains(t procfs.NamespaceType) bool {
	for c := range ix.Containers() {
		if c.IsRunning() && (c.HostPID != 0 || c.Silent) && !ix.InodeOf(c, t).Held() {
			return false
		}
	}
	return !ix.Capture.OthersUnread
}

// mountedID is the container whose files are mounted over those of /etc that engines write, ""
// if there are several or none, or if that was not read. Every process with the right to mount
// could have mounted them.
func mountedID(p *procfs.Process) string {
	id := ""
	for _, path := range p.EtcMounts.Or(nil) {
		switch next := GroupID(path); {
		case next == "", id != "" && next != id:
			return ""
		default:
			id = next
		}
	}
	return id
}

// removedFile is what the kernel appends to the path of a removed file (proc_pid_mountinfo(5)).
// No other path has two slashes in a row.
const removedFile = "//deleted"

// keptBy is what a process of no container keeps, nil for nothing, and why the rest could not be
// read. Many services of the host have a mount namespace of their own. So a mount namespace
// counts only with a container's files in it.
func (ix *Index) keptBy(p *procfs.Process) (kept *Kept, unread procfs.Absence) {
	types := ix.keptNamespaces(p)
	unread = ix.keptUnread(p, types)
	if id := mountedID(p); id != "" && slices.Contains(types, procfs.MountNamespace) {
		remains := slices.ContainsFunc(p.EtcMounts.Or(nil), func(path string) bool { return !strings.HasSuffix(path, removedFile) })
		return &Kept{Types: types, ContainerID: id, Container: ix.Container(id), Removed: !remains}, unread
	}
	if slices.Contains(types, procfs.NetNamespace) {
		return &Kept{Types: []procfs.NamespaceType{procfs.NetNamespace}}, unread
	}
	return nil, unread
}

// keptUnread is why the process may keep more than these types, "" where it does not.
func (ix *Index) keptUnread(p *procfs.Process, kept []procfs.NamespaceType) procfs.Absence {
	if slices.Contains(kept, procfs.MountNamespace) {
		return p.EtcMounts.Absence()
	}
	if ix.mayKeep(p, procfs.NetNamespace) {
		return procfs.Unread
	}
	if ix.mayKeep(p, procfs.MountNamespace) && (!p.EtcMounts.Held() || mountedID(p) != "") {
		return cmp.Or(p.EtcMounts.Absence(), procfs.Unread)
	}
	return ""
}

// mayKeep reports whether the process has left the host's namespace of type t, and that of
// a running container's main process, which could be the same, was not read.
func (ix *Index) mayKeep(p *procfs.Process, t procfs.NamespaceType) bool {
	inode, left := leftHost(p, t, ix.Capture.Host.Namespaces)
	return left && len(ix.ContainersIn(t, inode)) == 0 && !ix.knowsMains(t)
}

// LeftHost reports whether the process is proved to be in a namespace that is not the host's.
func LeftHost(p *procfs.Process, hosts map[procfs.NamespaceType]procfs.Opt[uint64]) bool {
	return slices.ContainsFunc(procfs.NamespaceTypes, func(t procfs.NamespaceType) bool {
		_, left := leftHost(p, t, hosts)
		return left
	})
}

func leftHost(p *procfs.Process, t procfs.NamespaceType, hosts map[procfs.NamespaceType]procfs.Opt[uint64]) (inode uint64, left bool) {
	inode, ok := p.Namespace(t).Get()
	host, known := hosts[t].Get()
	return inode, ok && known && inode != host
}

// entered are the processes of no container in the PID namespace of the container's main
// process, and in those nested there. The engine did not put them there. The container must own
// that namespace, so that each process is listed once.
func (ix *Index) entered(c *Container) []*procfs.Process {
	if ix.PIDNamespaceOwner(c) != c {
		return nil
	}
	var list []*procfs.Process
	for _, p := range ix.Visible(c) {
		if ix.OwnerOf(p).Container == nil && len(ix.NamedIDs(p)) == 0 {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b *procfs.Process) int { return cmp.Compare(a.PID, b.PID) })
	return list
}

// foreign is the ID of the container of the process, if it belongs to another engine or was
// removed. The ID is from the process itself, or from the process that names a container for it.
// The cgroups of a rootless engine's containers have no ID. There only the shims have it, and
// containerd's own containers can have any name. The namespace is containerd's, "" if no shim
// has it. Both are "" for what a shim of this engine runs for itself, such as runc.
func (ix *Index) foreign(p *procfs.Process) (id, namespace string) {
	shim := ix.shimAbove(p)
	if speaker := ix.speakerFor(p); speaker != nil {
		id = cmp.Or(CgroupID(speaker), ServedID(speaker))
	} else {
		id = containerdName(Argument(shim, "-id"))
	}
	if id == "" || ix.Container(id) != nil {
		return "", ""
	}
	return id, containerdName(Argument(shim, "-namespace"))
}

// longestName is the longest name that containerd gives to containers and namespaces, in bytes
// (pkg/identifiers of containerd).
const longestName = 76

// containerdName is the text if it is valid as a name in containerd, else "". Any process can
// call itself a shim.
func containerdName(text string) string {
	if len(text) > longestName || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
		return ""
	}
	return text
}

// shimAbove is the process, or its nearest ancestor, that is a shim of this host, or nil.
func (ix *Index) shimAbove(p *procfs.Process) *procfs.Process {
	for range len(ix.processes) {
		if p == nil || p.Depth() == 0 && strings.HasPrefix(ShimName(p), "containerd-shim") {
			return p
		}
		p = ix.Parent(p)
	}
	return nil
}

// Argument is the value of an option in a process's arguments (/proc/PID/cmdline), in the next
// argument or after "=", or "".
func Argument(p *procfs.Process, option string) string {
	if p == nil {
		return ""
	}
	args := p.Args.Or(nil)
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, option+"="); ok {
			return value
		}
		if arg == option && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// buildStep is the ID of the docker build step of the process, or "". The engine's BuildKit puts
// steps into /docker/buildkit/ID. With the systemd driver it names the group
// system.slice:docker:ID (executor/oci of BuildKit). runc then makes docker-ID.scope if it uses
// systemd, and otherwise a group with exactly that name.
func buildStep(p *procfs.Process) string {
	for _, line := range p.Cgroups.Or(nil) {
		before := ""
		for name := range strings.SplitSeq(line.Path, "/") {
			id := stepOfUnit(name)
			if before == "buildkit" {
				id = name
			}
			if isBuildID(id) {
				return id
			}
			before = name
		}
	}
	return ""
}

// stepOfUnit is the part of a systemd group's name where the ID of the step is.
func stepOfUnit(name string) string {
	if slice, id, is := strings.Cut(name, ":docker:"); is && strings.HasSuffix(slice, ".slice") {
		return id
	}
	unit, isScope := strings.CutSuffix(name, ".scope")
	id, isDocker := strings.CutPrefix(unit, "docker-")
	if !isScope || !isDocker {
		return ""
	}
	return id
}

// isBuildID reports whether the ID has the form of BuildKit's IDs: 25 digits to the base 36
// (identity.NewID).
func isBuildID(id string) bool {
	return len(id) == 25 && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

// Proxy is what a docker-proxy forwards, according to its arguments.
type Proxy struct {
	// Protocol is tcp, udp or sctp (-proto).
	Protocol string
	// HostIP and HostPort are the address at which it listens (-host-ip, -host-port).
	// ContainerIP and ContainerPort are the address to which it connects (-container-ip,
	// -container-port).
	HostIP, ContainerIP     string
	HostPort, ContainerPort int
	// Container is the container with that address that has published that port, nil if none is
	// known.
	Container *Container
}

// ProxyOf reads the arguments of a docker-proxy. It is false for other processes.
func ProxyOf(p *procfs.Process) (Proxy, bool) {
	args := p.Args.Or(nil)
	if len(args) == 0 || !strings.HasSuffix(path.Base(args[0]), "docker-proxy") || p.Depth() > 0 {
		return Proxy{}, false
	}
	x := Proxy{Protocol: Argument(p, "-proto"), HostIP: Argument(p, "-host-ip"), ContainerIP: Argument(p, "-container-ip")}
	x.HostPort, _ = strconv.Atoi(Argument(p, "-host-port"))
	x.ContainerPort, _ = strconv.Atoi(Argument(p, "-container-port"))
	_, err := netip.ParseAddr(x.ContainerIP)
	return x, slices.Contains([]string{"tcp", "udp", "sctp"}, x.Protocol) && x.HostPort > 0 && err == nil && x.ContainerPort > 0
}

// IsFor reports whether it forwards a port of the container. The address alone can be that of
// another engine's container in another network namespace.
func (x Proxy) IsFor(c *Container) bool {
	return slices.Contains(c.Addresses, x.ContainerIP) && slices.ContainsFunc(c.Published, func(port Published) bool {
		return port.HostPort == x.HostPort && port.Port == x.ContainerPort && port.Protocol == x.Protocol
	})
}

// proxyOf is what the process forwards, and to which container, nil for other processes.
func (ix *Index) proxyOf(p *procfs.Process) *Proxy {
	x, is := ProxyOf(p)
	if !is {
		return nil
	}
	for c := range ix.Containers() {
		if c.IsRunning() && x.IsFor(c) {
			x.Container = c
			break
		}
	}
	return &x
}
