package render

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// limitKeys are the keys of one limit of one container.
type limitKeys struct {
	containerKeys
	// Limit is pids.max, nproc, pid_max, threads-max, address-space or max_map_count.
	Limit string
	// Scope is container, parent, inside, process, engine, user, neighbour, creator or
	// host: whose limit it is.
	Scope string
	// Stops is what fails at the limit: fork (every fork and thread of the container),
	// thread (of one process), exec (docker exec, health checks or starts) or neighbour
	// (forks of the host's user of the same number).
	Stops string
	// Unit is what is counted: tasks, bytes or mappings.
	Unit string
	// Path is the control group, "uid N" by the host's number, or the sysctl.
	Path string
	// UID (int) is the user of nproc, as the container has it.
	UID any
	// HostUID (int) is the user of nproc, as the host has it.
	HostUID any
	// HostPID (int) is the process that a limit of scope process or engine is about.
	HostPID any
	// Used (int) is what is in use, in Unit. Of pid_max it counts the numbers that cannot
	// be handed out.
	Used any
	// Max (int) is the limit, in Unit. It is null and not-held where there is no limit.
	Max any
	// Left (int) is what is free, in Unit. It is null and not-held where there is no limit.
	Left any
	// Exempt is true where RLIMIT_NPROC does not hold for the user's processes.
	Exempt bool
	// First is true for the limit of the container that is hit first.
	First bool
	// FirstCertainty is unknown where a limit that could not be read may come before the
	// first one, else certain. It is empty for limits that are not the first.
	FirstCertainty string
	// Refused (int) is how many forks have failed at the limit (pids.events).
	Refused any
	// Processes (int) is how many processes count against the limit.
	Processes any
	// Threads (int) is how many further threads count against the limit.
	Threads any
	// Zombies (int) is how many zombies count against the limit.
	Zombies any
	// HeldBy ([object]) are the containers whose tasks count, the largest number first.
	HeldBy any
	// Absent says why a value is null.
	Absent absences
}

// holderKeys are a container, or the host, with the number of its tasks.
type holderKeys struct {
	// Container (string) is the name of the container. It is null for the tasks of the host.
	Container any
	// Tasks is the number of tasks.
	Tasks int
}

func (s Screen) limitRows(list []limit.Set, host string) []limitKeys {
	var rows []limitKeys
	for i := range list {
		for j := range list[i].Limits {
			rows = append(rows, limitRowOf(&list[i], &list[i].Limits[j], s.hostName(list[i].Container, host)))
		}
	}
	return rows
}

func limitRowOf(c *limit.Set, l *limit.Limit, host string) limitKeys {
	k := limitKeys{
		containerKeys: containerKeysOf(host, l.Container), Limit: string(l.Kind), Scope: string(l.Scope), Path: l.Path,
		Stops: string(l.Stops()), Unit: l.Kind.Unit(),
		Exempt: l.Exempt, First: l.First, Absent: absences{},
	}
	if l.First {
		k.FirstCertainty = string(inspect.Certain)
		if !c.Certain() {
			k.FirstCertainty = string(inspect.Uncertain)
		}
	}
	uid, hostUID := procfs.None[int](procfs.NotHeld), procfs.None[int](procfs.NotHeld)
	if l.Kind == limit.User {
		uid, hostUID = l.UID, procfs.Some(l.HostUID)
	}
	pid := procfs.None[int](procfs.NotHeld)
	if l.Process != nil {
		pid = procfs.Some(l.Process.PID)
	}
	k.HostPID = orAbsent(k.Absent, "HostPID", pid)
	k.UID = orAbsent(k.Absent, "UID", uid)
	k.HostUID = orAbsent(k.Absent, "HostUID", hostUID)
	most := l.Max
	if l.Exempt {
		most = procfs.None[int](procfs.NotHeld)
	}
	k.Used, k.Max, k.Left = orAbsent(k.Absent, "Used", l.Used), orAbsent(k.Absent, "Max", most), orAbsent(k.Absent, "Left", l.Left())
	k.Refused = orAbsent(k.Absent, "Refused", l.Refused)
	k.fillHolders(l)
	return k
}

func (k *limitKeys) fillHolders(l *limit.Limit) {
	if l.Unseen != "" {
		for _, key := range []string{"Processes", "Threads", "Zombies", "HeldBy"} {
			k.Absent[key] = l.Unseen
		}
		return
	}
	k.Processes, k.Threads, k.Zombies = l.Processes, l.Threads, l.Zombies
	list := []holderKeys{}
	for _, h := range l.Shares {
		row := holderKeys{Tasks: h.Tasks}
		if h.Container != nil {
			row.Container = h.Container.Name
		}
		list = append(list, row)
	}
	k.HeldBy = list
}
