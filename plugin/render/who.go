package render

import (
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
	return nil
}

// ContainerName is the name of the number's container; the short ID followed
// by a question mark where this engine does not know it; "?" where it could not
// be read; "-" for none.
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

// LineOwner is what stands in front of a line with that number: the name of its container, or
// in brackets why there is none.
func LineOwner(w *inspect.Identity) string {
	if w.Role == inspect.WhoNone {
		return "(gone)"
	}
	return ContainerName(w)
}

func whoContainerPID(w *inspect.Identity) Safe {
	if len(w.ContainerPIDs) == 0 {
		return "-"
	}
	return Safe(inspect.ChainString(w.ContainerPIDs))
}

// whoCommand says what the role leaves open: whose thread, who has not reaped,
// which unit.
func whoCommand(w *inspect.Identity) Safe {
	p := w.Process
	switch {
	case p == nil && w.Why == procfs.Unread:
		return "no process of the snapshot, which holds no threads"
	case p == nil && w.Role == inspect.WhoUnknown:
		return Say("cannot be read (%s)", w.Why)
	case p == nil:
		return "no such process now"
	case w.Role == inspect.WhoThread:
		return Say("of %d (%s)", p.PID, Escape(p.Comm))
	case w.Role == inspect.WhoZombie:
		return Say("%s, parent %d", treeName(&inspect.Row{Process: p}), p.ParentPID)
	case w.Row != nil && w.Row.Role == inspect.RoleShim:
		return treeName(w.Row)
	}
	row := inspect.Row{Process: p}
	text := command(&row)
	if w.Unit != "" {
		text = Say("%s: %s", w.Unit, text)
	}
	return text
}

// whoNote says what speaks against the container that was found; it is never cut.
func whoNote(w *inspect.Identity) Safe {
	if w.Row == nil {
		return ""
	}
	said := inspect.Row{Process: &procfs.Process{}, CgroupNames: w.Row.CgroupNames}
	if len(w.ContainerPIDs) == 0 { // in the container's group, but in another PID namespace
		said.ForeignParent = w.Row.ForeignParent
	}
	return note(&said)
}

// whoKeys are the keys of one number.
type whoKeys struct {
	// Host is the engine's name.
	Host string
	// Container and ContainerID (string) are null for a process of none.
	Container, ContainerID any
	HostPID                int
	// ContainerPID (int) is null outside of containers; a thread's is its TID
	// there.
	ContainerPID any
	PIDs         []int
	Role         string
	// ThreadOf (int) is the host PID of the thread's process.
	ThreadOf any
	Zombie   bool
	Command  string
	// Unit (string) is the systemd unit of a process of no container.
	Unit any
	// Via (string) is cgroup, shim, session or ancestry: how the container was
	// found.
	Via any
	// CgroupNames are the other containers whose IDs stand in its cgroup paths, although it
	// is not in their groups.
	CgroupNames []string
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
	for _, key := range []string{"Container", "ContainerID", "ContainerPID", "ThreadOf", "Unit", "Via"} {
		k.Absent[key] = procfs.NotHeld
	}
	if w.Why != "" {
		k.Absent = absences{"Container": w.Why, "ContainerID": w.Why, "ContainerPID": w.Why, "ThreadOf": w.Why, "Unit": w.Why, "Via": w.Why}
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
