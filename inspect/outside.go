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

// A process of no container of this engine can still have to do with one: it is another
// runtime's, a step of docker build, forwards a container's port, or has entered a container's
// namespaces.

// Entered is a namespace of containers that a process of none of them is in (nsenter(1)).
type Entered struct {
	Type procfs.NamespaceType
	// Containers are those whose main processes are in it, by name.
	Containers []*Container
	// ContainerPIDs is its chain of PIDs from there inwards, for a PID namespace alone.
	ContainerPIDs []int
}

// enteredBy are the namespaces of containers that a process of none is in, or why that cannot
// be told: where the host's own are not known, a container can share them.
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
// container's: the process keeps them.
type Kept struct {
	// Types are those that every container has of its own, net alone where ContainerID is "".
	Types []procfs.NamespaceType
	// ContainerID is the container whose files are mounted over those of /etc in the mount
	// namespace, "" where that is none, or cannot be told.
	ContainerID string
	// Container is that container, nil where this engine does not know it.
	Container *Container
	// Removed: these files have been removed, as the engine does with the container.
	Removed bool
}

// keepable are the types of which every container has one of its own, or shares another
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

// knowsMains reports whether the namespace of type t was read of the main process of every
// container that runs.
func (ix *Index) knowsMains(t procfs.NamespaceType) bool {
	for c := range ix.Containers() {
		if c.IsRunning() && (c.HostPID != 0 || c.Silent) && !ix.InodeOf(c, t).Held() {
			return false
		}
	}
	return !ix.Capture.OthersUnread
}

// mountedID is the container whose files are mounted over those of /etc that engines write,
// "" where several are, or none, or that was not read. Whoever may mount could have mounted
// them so.
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

// removedFile is what the kernel puts behind the path of a file that was removed
// (proc_pid_mountinfo(5)). No path has two slashes in a row.
const removedFile = "//deleted"

// keptBy is what a process of no container keeps, nil for nothing, and why more of that cannot
// be told. Many services of the host have a mount namespace of their own, so that it takes a
// container's files to speak of one.
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

// entered are the processes in the PID namespace of the container's main process, and in those
// nested there, that are no container's: whoever has put them there is not the engine. The
// container has to own that namespace, so that each is told of once.
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

// foreign is the container of another engine, or of one that was removed, that the process is
// of, by the word of the process or of the one that speaks for it: in the cgroups of a
// rootless engine's containers stands no ID, so that only their shims tell, and containerd's
// own containers have any name. The namespace is containerd's, "" where no shim tells it. Both
// are "" for what a shim of this engine runs for itself, such as runc.
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

// longestName is the longest that containerd gives containers and namespaces, in bytes
// (pkg/identifiers of containerd).
const longestName = 76

// containerdName is the text if containerd takes it for a name, else "": any process can call
// itself a shim.
func containerdName(text string) string {
	if len(text) > longestName || strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
		return ""
	}
	return text
}

// shimAbove is the process, or its nearest ancestor, that is a shim of this host, nil for none.
func (ix *Index) shimAbove(p *procfs.Process) *procfs.Process {
	for range len(ix.processes) {
		if p == nil || p.Depth() == 0 && strings.HasPrefix(ShimName(p), "containerd-shim") {
			return p
		}
		p = ix.Parent(p)
	}
	return nil
}

// Argument is what stands behind an option in a process's arguments (/proc/PID/cmdline), or
// behind the option's "="; "" for none.
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

// buildStep is the ID of the step of docker build that the process is of, "" for none. The
// engine's BuildKit puts steps into /docker/buildkit/ID; with the systemd driver it names the
// group system.slice:docker:ID (executor/oci of BuildKit), of which runc makes docker-ID.scope
// where it is told to ask systemd, and else a group of that very name.
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

// stepOfUnit is what stands for the step in a group's name of the systemd driver.
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

// isBuildID reports whether the ID has the form of BuildKit's: 25 digits to the base 36
// (identity.NewID).
func isBuildID(id string) bool {
	return len(id) == 25 && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyz") == ""
}

// Proxy is what a docker-proxy says that it forwards (its arguments).
type Proxy struct {
	// Protocol is tcp, udp or sctp (-proto).
	Protocol string
	// HostIP and HostPort are where it listens (-host-ip, -host-port), ContainerIP and
	// ContainerPort where it connects to (-container-ip, -container-port).
	HostIP, ContainerIP     string
	HostPort, ContainerPort int
	// Container is the one that has that address and has published that port, nil if none is
	// known to.
	Container *Container
}

// ProxyOf reads the arguments of a docker-proxy; false for other processes.
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

// IsFor reports whether it forwards a port of the container's: the address alone can be that
// of another engine's container, in a network namespace of its own.
func (x Proxy) IsFor(c *Container) bool {
	return slices.Contains(c.Addresses, x.ContainerIP) && slices.ContainsFunc(c.Published, func(port Published) bool {
		return port.HostPort == x.HostPort && port.Port == x.ContainerPort && port.Protocol == x.Protocol
	})
}

// proxyOf is what the process forwards, and whose port that is; nil for other processes.
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
