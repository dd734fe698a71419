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
	// Stops is what fails at it: fork (every fork and thread of the container), thread (of
	// one process), exec (docker exec, health checks or starts) or neighbour (forks of the
	// host's user of the same number).
	Stops string
	// Unit is what is counted: tasks, bytes or mappings.
	Unit string
	// Path is the control group's, "uid N" by the host's number, or the sysctl.
	Path string
	// UID (int) is the user as the container has it, of nproc; HostUID (int) as
	// the host does.
	UID, HostUID any
	// HostPID (int) is the process of which scope process and engine tell.
	HostPID any
	// Used, Max and Left (int) are in Unit. Max and Left are null and not-held
	// where there is no limit. Used of pid_max counts numbers that cannot be
	// handed out.
	Used, Max, Left any
	// Exempt: RLIMIT_NPROC does not hold for the user's processes.
	Exempt bool
	// First: it is the first of the container's limits to be hit; FirstCertainty
	// is then unknown where one that could not be read may come before it, else
	// certain; empty for the others.
	First          bool
	FirstCertainty string
	// Refused (int) is how many forks have failed at it (pids.events).
	Refused any
	// Processes, Threads (further ones) and Zombies (int) are what holds it.
	Processes, Threads, Zombies any
	// HeldBy (a list) are whose those are, most first.
	HeldBy any
	// Absent says why a value is null.
	Absent absences
}

// holderKeys are one that holds tasks.
type holderKeys struct {
	// Container (string) is null for the tasks outside of containers.
	Container any
	Tasks     int
}

func limitRows(list []limit.Set, host string) []limitKeys {
	var rows []limitKeys
	for i := range list {
		for j := range list[i].Limits {
			rows = append(rows, limitRowOf(&list[i], &list[i].Limits[j], host))
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
