package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var whoColumns = []column{{heading: "HOST PID", right: true}, {heading: "CONTAINER"}, {heading: "CTR PID", right: true}, {heading: "ROLE"}}

// Who writes a row for each number, in the order in which they were asked for.
func (s Screen) Who(identities []inspect.Identity, options ListOptions) error {
	switch {
	case options.Quiet:
		for i := range identities {
			s.Line(Escape(ContainerName(&identities[i])))
		}
		return nil
	case !options.Format.IsDefault() && !options.Format.IsPlainTable():
		return writeRows(s, options.Format, whoRows(identities, options.Host))
	}
	rows := make([][]Safe, len(identities))
	for i := range identities {
		w := &identities[i]
		rows[i] = []Safe{Say("%v", w.HostPID), Escape(ContainerName(w)), whoContainerPID(w), Safe(w.Role)}
	}
	width := s.widthLeft(whoColumns, rows)
	if options.NoTrunc {
		width = 0
	}
	for i := range identities {
		behind := whoNote(&identities[i])
		if width > 0 {
			rows[i] = append(rows[i], s.cut(whoCommand(&identities[i]), max(width-behind.width(), minimalCommand))+behind)
			continue
		}
		rows[i] = append(rows[i], whoCommand(&identities[i])+behind)
	}
	s.writeTable(append(append([]column{}, whoColumns...), column{heading: "COMMAND"}), rows)
	if options.Format.IsDefault() && slices.ContainsFunc(identities, mayBeLeft) {
		s.commandLine("", lookOn, "docker pidns doctor --rule leftovers", "")
	}
	return nil
}

// mayBeLeft reports whether a process may be left over from a container of this engine: a shim
// in the namespace of Docker's engines serves it, and this engine does not know the container.
// To determine whose shim that is, all processes must be read, which doctor does.
func mayBeLeft(w inspect.Identity) bool {
	return w.Role == inspect.WhoOtherEngine && w.ForeignNamespace == "moby" && !w.NoEngine
}

// ContainerName is the name of the container of the number. It is the short ID and a question
// mark if this engine does not know the container, "?" if it could not be read, and "-" if there
// is none.
func ContainerName(w *inspect.Identity) string {
	switch {
	case w.Owner.Container != nil:
		return w.Owner.Container.Name
	case w.ForeignID != "":
		return inspect.ShortRef(w.ForeignID) + "?"
	case w.Role == inspect.WhoUnknown:
		return "?"
	default:
		return "-"
	}
}

// LineOwner is the owner that is written before a line with that number: the name of its
// container, an arrow and the container to which it forwards a port, or in brackets why there is
// none.
func LineOwner(w *inspect.Identity) string {
	switch {
	case w.Role == inspect.WhoNone:
		return "(gone)"
	case w.Role == inspect.WhoBuildStep:
		return "(build)"
	case w.Proxy != nil && w.Proxy.Container != nil:
		return "->" + w.Proxy.Container.Name
	default:
		return ContainerName(w)
	}
}

func whoContainerPID(w *inspect.Identity) Safe {
	if len(w.ContainerPIDs) == 0 {
		return "-"
	}
	return Safe(inspect.ChainString(w.ContainerPIDs))
}

// whoCommand is the command, and what the role does not show: the process of a thread, the
// parent of a zombie, the unit of a process of the host.
func whoCommand(w *inspect.Identity) Safe {
	p := w.Process
	switch {
	case p == nil && w.Why == procfs.Unread:
		return "not a process in the snapshot (snapshots have no threads)"
	case p == nil && w.Role == inspect.WhoUnknown:
		return Say("could not be read (%s)", w.Why)
	case p == nil:
		return "no such process now"
	case w.Role == inspect.WhoThread:
		return Say("of %d (%s)", p.PID, Escape(p.Comm))
	case w.Role == inspect.WhoZombie:
		return Say("%s, parent %d", treeName(&inspect.Row{Process: p}), p.ParentPID)
	case w.Row != nil && w.Row.Role == inspect.RoleShim:
		return treeName(w.Row)
	case w.Proxy != nil: // the note has its arguments in words
		return Escape(p.Comm)
	}
	row := inspect.Row{Process: p}
	text := command(&row)
	if w.Unit != "" {
		text = Say("%s: %s", w.Unit, text)
	}
	return text
}

// whoNote says what contradicts the container that was found. It is never cut.
func whoNote(w *inspect.Identity) Safe {
	if w.Row == nil {
		return outsideNote(w)
	}
	said := inspect.Row{Process: &procfs.Process{}, CgroupNames: w.Row.CgroupNames}
	if len(w.ContainerPIDs) == 0 { // in the container's group, but in another PID namespace
		said.ForeignParent = w.Row.ForeignParent
	}
	return note(&said)
}

// outsideNote says how a process outside of this engine's containers relates to one.
func outsideNote(w *inspect.Identity) Safe {
	var notes []Safe
	if w.ForeignNamespace != "" {
		notes = append(notes, Say("containerd namespace %s", Escape(w.ForeignNamespace)))
	}
	if mayBeLeft(*w) {
		notes = append(notes, "left over, or of another Docker engine")
	}
	if w.BuildStep != "" {
		notes = append(notes, "a step of docker build")
	}
	if x := w.Proxy; x != nil {
		to := x.ContainerIP
		if x.Container != nil {
			to = x.Container.Name
		}
		notes = append(notes, Say("forwards port %d/%s to port %d of %s", x.HostPort, Escape(x.Protocol), x.ContainerPort, Escape(to)))
	}
	notes = append(notes, enteredWords(w.Entered)...)
	switch {
	case w.Kept != nil:
		notes = append(notes, keptWords(w.Kept))
	case w.KeptUnread == procfs.Denied:
		notes = append(notes, "only root can determine whether it keeps a container's namespaces")
	case w.KeptUnread != "":
		notes = append(notes, "could not determine whether it keeps a container's namespaces: try again")
	}
	if w.EnteredUnread != "" && w.Process != nil && w.Process.Depth() > 0 {
		notes = append(notes, "in a PID namespace that only root can identify")
	}
	if len(notes) == 0 {
		return ""
	}
	return "  (" + join(notes, "; ") + ")"
}

// mostEntered is how many of the containers that share a namespace are named.
const mostEntered = 3

// enteredWords name the containers whose namespaces the process is in, and its PID there.
// Namespaces of the same containers are named together.
func enteredWords(all []inspect.Entered) []Safe {
	var words []Safe
	for left := all; len(left) > 0; {
		of := left[0].Containers
		var types, there []Safe
		var others []inspect.Entered
		for _, e := range left {
			if !slices.Equal(e.Containers, of) {
				others = append(others, e)
				continue
			}
			types = append(types, Safe(e.Type))
			if len(e.ContainerPIDs) > 0 {
				there = append(there, Say(" as PID %s", Safe(inspect.ChainString(e.ContainerPIDs))))
			}
		}
		noun := Safe("namespace")
		if len(types) > 1 {
			noun = "namespaces"
		}
		more := Safe("")
		if len(of) > mostEntered {
			more = Say(" and %d more", len(of)-mostEntered)
		}
		words = append(words, Say("in the %s %s of %s%s%s", join(types, ", "), noun, names(of[:min(len(of), mostEntered)]), more, join(there, "")))
		left = others
	}
	return words
}

// mountsUnread is why the mount namespace of a process of no container is not known, "" where
// it is.
func mountsUnread(w *inspect.Identity) procfs.Absence {
	if w.Row != nil || w.Process == nil {
		return ""
	}
	return w.Process.Namespace(procfs.MountNamespace).Absence()
}

// keptWords say of which container the mount namespace is, as its mounts tell, and of others
// that no running container has them.
func keptWords(k *inspect.Kept) Safe {
	var words, others []Safe
	for _, t := range k.Types {
		if t == procfs.MountNamespace {
			words = append(words, keptMounts(k))
		} else {
			others = append(others, Safe(t))
		}
	}
	switch len(others) {
	case 0:
	case 1:
		words = append(words, Say("in a %s namespace that is neither the host's nor a running container's", others[0]))
	default:
		words = append(words, Say("in %s namespaces that are neither the host's nor a running container's", join(others, ", ")))
	}
	return join(words, "; ")
}

func keptMounts(k *inspect.Kept) Safe {
	switch c := k.Container; {
	case c == nil && k.Removed:
		return Say("in the mnt namespace of container %s, which was removed: its files take up room until this process exits", Escape(inspect.ShortRef(k.ContainerID)))
	case c == nil:
		return Say("in the mnt namespace of container %s, which this engine does not know", Escape(inspect.ShortRef(k.ContainerID)))
	case c.IsRunning():
		return Say("in a mnt namespace of %s, which has another now", Escape(c.Name))
	default:
		return Say("in the mnt namespace of %s, which does not run", Escape(c.Name))
	}
}

// keptKeys are namespaces that a process of no container keeps.
type keptKeys struct {
	Namespaces []procfs.NamespaceType
	// Container and ContainerID (string) are the one whose mount namespace it is, null where
	// the mounts name none; Container also where the engine does not know it.
	Container, ContainerID any
	// Removed: the container's files have been removed.
	Removed bool
}

func keptKeysOf(k *inspect.Kept) keptKeys {
	keys := keptKeys{Namespaces: k.Types, Removed: k.Removed}
	if k.ContainerID != "" {
		keys.ContainerID = k.ContainerID
	}
	if k.Container != nil {
		keys.Container = k.Container.Name
	}
	return keys
}

// proxyKeys are what a docker-proxy forwards.
type proxyKeys struct {
	// Protocol is the protocol of both ports, such as tcp.
	Protocol string
	// HostIP is the address on the host.
	HostIP string
	// HostPort is the port on the host.
	HostPort int
	// ContainerIP is the address in the container.
	ContainerIP string
	// ContainerPort is the port in the container.
	ContainerPort int
	// Container (string) is the name of the container that has the address and the port.
	Container any
	// ContainerID (string) is the ID of that container.
	ContainerID any
}

func proxyKeysOf(x *inspect.Proxy) proxyKeys {
	k := proxyKeys{Protocol: x.Protocol, HostIP: x.HostIP, HostPort: x.HostPort, ContainerIP: x.ContainerIP, ContainerPort: x.ContainerPort}
	if x.Container != nil {
		k.Container, k.ContainerID = x.Container.Name, x.Container.ID
	}
	return k
}

// enteredKeys are a namespace of containers that a process of none is in.
type enteredKeys struct {
	// Namespace is the type: pid, uts, ipc, net, mnt, user, cgroup or time.
	Namespace procfs.NamespaceType
	// Containers are the containers in the namespace.
	Containers []string
	// ContainerPIDs are the PIDs from there inwards, empty but for a PID namespace.
	ContainerPIDs []int
}

func enteredKeysOf(w *inspect.Identity) procfs.Opt[[]enteredKeys] {
	if why := cmp.Or(w.Why, w.EnteredUnread); why != "" {
		return procfs.None[[]enteredKeys](why)
	}
	list := []enteredKeys{}
	for _, e := range w.Entered {
		list = append(list, enteredKeys{e.Type, namesOf(e.Containers), append([]int{}, e.ContainerPIDs...)})
	}
	return procfs.Some(list)
}

// whoKeys are the keys of one number.
type whoKeys struct {
	// Host is the engine's name.
	Host string
	// Container (string) is the name of the container; a process of the host has none.
	Container any
	// ContainerID (string) is the ID of the container.
	ContainerID any
	// HostPID is the number that was asked for.
	HostPID int
	// ContainerPID (int) is the PID in the container, or the TID of a thread.
	ContainerPID any
	// PIDs are the PIDs in all PID namespaces of the process, that of the host first.
	PIDs []int
	// Role is shim, main, exec, orphan, child, entered, zombie, thread, host, kernel,
	// other-engine, build-step, docker-proxy, none or unknown.
	Role string
	// ThreadOf (int) is the host PID of the thread's process.
	ThreadOf any
	// Zombie is true for a process that has exited and was not reaped.
	Zombie bool
	// Command is the arguments, joined by blanks, or the command name where there are none.
	Command string
	// Unit (string) is the systemd unit of a process of the host.
	Unit any
	// Via (string) is cgroup, shim, session, ancestry, or own where the reader is in the container: how the container was found.
	Via any
	// CgroupNames are other containers whose IDs stand in the cgroup paths of the process,
	// although it is not in their groups.
	CgroupNames []string
	// EngineNamespace (string) is the containerd namespace of another engine's container.
	EngineNamespace any
	// BuildStep (string) is the ID of the step of docker build.
	BuildStep any
	// Proxy (object) is what a docker-proxy forwards.
	Proxy any
	// Entered ([object]) are the containers' namespaces that a process of the host is in.
	Entered any
	// Kept (object) are namespaces that a process of no container keeps: neither the host's
	// nor a running container's.
	Kept any
	// Absent says why a value is null.
	Absent absences
}

// FullHeader makes it a row for docker's formatter, which asks headed for the headings.
func (whoKeys) FullHeader() any { return nil }

func whoRows(identities []inspect.Identity, host string) []whoKeys {
	rows := make([]whoKeys, len(identities))
	for i := range identities {
		rows[i] = whoRowOf(&identities[i], host)
	}
	return rows
}

func whoRowOf(w *inspect.Identity, host string) whoKeys {
	k := whoKeys{Host: host, HostPID: w.HostPID, Role: string(w.Role), PIDs: []int{}, CgroupNames: []string{}, Absent: absences{}}
	if w.Row != nil {
		k.CgroupNames = namesOf(w.Row.CgroupNames)
	}
	why := cmp.Or(w.Why, procfs.NotHeld)
	for _, key := range []string{"Container", "ContainerID", "ContainerPID", "ThreadOf", "Unit", "Via", "EngineNamespace", "BuildStep", "Proxy", "Kept"} {
		k.Absent[key] = why
	}
	hold := func(key string, field *any, value any) {
		*field = value
		delete(k.Absent, key)
	}
	if c := w.Owner.Container; c != nil {
		hold("Container", &k.Container, c.Name)
		hold("ContainerID", &k.ContainerID, c.ID)
		hold("Via", &k.Via, string(w.Owner.Via))
	} else if w.ForeignID != "" {
		hold("ContainerID", &k.ContainerID, w.ForeignID)
	}
	if w.Unit != "" {
		hold("Unit", &k.Unit, w.Unit)
	}
	if w.ForeignNamespace != "" {
		hold("EngineNamespace", &k.EngineNamespace, w.ForeignNamespace)
	}
	if w.BuildStep != "" {
		hold("BuildStep", &k.BuildStep, w.BuildStep)
	}
	if w.Proxy != nil {
		hold("Proxy", &k.Proxy, proxyKeysOf(w.Proxy))
	}
	if w.Kept != nil {
		hold("Kept", &k.Kept, keptKeysOf(w.Kept))
	} else {
		k.Absent["Kept"] = cmp.Or(w.Why, w.EnteredUnread, w.KeptUnread, mountsUnread(w), procfs.NotHeld)
	}
	k.Entered = orAbsent(k.Absent, "Entered", enteredKeysOf(w))
	if w.Process == nil {
		return k
	}
	k.Zombie, k.PIDs = w.Process.IsZombie(), w.PIDs
	k.Command = strings.Join(w.Process.Args.Or([]string{w.Process.Comm}), " ") + string(cutArgs(w.Process))
	if w.Role == inspect.WhoThread {
		hold("ThreadOf", &k.ThreadOf, w.Process.PID)
	}
	if len(w.ContainerPIDs) > 0 {
		hold("ContainerPID", &k.ContainerPID, w.ContainerPIDs[0])
	}
	return k
}
