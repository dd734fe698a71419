package render

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// HostPIDRow is one container's main process, or one process that was asked
// for by its container PID.
type HostPIDRow struct {
	inspect.Row
	// StartedBy is the container whose cgroup has the process, if several share the PID
	// namespace.
	StartedBy *inspect.Container
	// Processes and Zombies are the numbers of the container's, absent if they were not counted.
	Processes, Zombies procfs.Opt[int]
	// Thread is the thread that was asked for, nil for the process itself.
	Thread *HostThread
}

// HostThread is a thread that is not a main thread.
type HostThread struct {
	// TID is its number on the host. PIDs are all its numbers, host first. ContainerPIDs are
	// those from the container's namespace inwards.
	TID                 int
	PIDs, ContainerPIDs []int
}

// hostPID is the host PID or TID of what was asked for.
func (r *HostPIDRow) hostPID() int {
	if r.Thread != nil {
		return r.Thread.TID
	}
	return r.Process.PID
}

var hostPIDColumns = []column{{heading: "CONTAINER"}, {heading: "HOST PID", right: true}, {heading: "PROCS", right: true}, {heading: "ZOMBIES", right: true}}

// HostPIDTable writes a row for each container, like docker ps for PIDs.
func (s Screen) HostPIDTable(rows []HostPIDRow, options ListOptions) error {
	switch {
	case options.Quiet:
		return s.writeQuiet(hostPIDs(rows))
	case !options.Format.IsDefault() && !options.Format.IsPlainTable():
		return s.HostPIDRows(rows, options)
	}
	cells := make([][]Safe, len(rows))
	for i := range rows {
		r := &rows[i]
		cells[i] = s.cells(r.Container, []Safe{Escape(r.Container.Name), Say("%v", r.Process.PID), optCount(r.Processes), optCount(r.Zombies)})
	}
	columns := s.columns(hostPIDColumns)
	width := s.widthLeft(columns, cells)
	if options.NoTrunc {
		width = 0
	}
	for i := range rows {
		cells[i] = append(cells[i], s.cut(treeName(&rows[i].Row), width))
	}
	s.writeTable(append(slices.Clone(columns), column{heading: "COMMAND"}), cells)
	return nil
}

func optCount(n procfs.Opt[int]) Safe {
	if v, ok := n.Get(); ok {
		return Say("%v", v)
	}
	return "?"
}

func hostPIDs(rows []HostPIDRow) []quietKey {
	keys := make([]quietKey, len(rows))
	for i := range rows {
		keys[i] = pidKey(rows[i].Container, rows[i].hostPID())
	}
	return keys
}

// HostPIDs writes the host PIDs alone, one a line, for scripts; with a format, the rows. Of
// several hosts a PID alone says nothing, so there is a table.
func (s Screen) HostPIDs(rows []HostPIDRow, options ListOptions) error {
	switch {
	case options.Quiet || options.Format.IsDefault() && s.Hosts == nil:
		return s.writeQuiet(hostPIDs(rows))
	case options.Format.IsDefault() && len(rows) == 0:
		return nil
	case options.Format.IsDefault() || options.Format.IsPlainTable():
		s.pidTable(rows)
		return nil
	default:
		return s.HostPIDRows(rows, options)
	}
}

// pidTable is the plain table of processes that were asked for by number.
func (s Screen) pidTable(rows []HostPIDRow) {
	cells := make([][]Safe, len(rows))
	for i := range rows {
		r := &rows[i]
		inside, command := containerPID(&r.Row), treeName(&r.Row)+leftNote(&r.Row)
		if r.Thread != nil {
			inside, command = Safe(inspect.ChainString(r.Thread.ContainerPIDs)), Say("thread of %d (%s)", r.Process.PID, r.Process.Comm)
		}
		cells[i] = s.cells(r.Container, []Safe{Escape(r.Container.Name), Say("%v", r.hostPID()), inside, command})
	}
	columns := []column{{heading: "CONTAINER"}, {heading: "HOST PID", right: true}, {heading: "CTR PID", right: true}, {heading: "COMMAND"}}
	s.writeTable(s.columns(columns), cells)
}

// hostPIDKeys are the keys of one row.
type hostPIDKeys struct {
	processKeys
	// StartedBy is the name of the container that owns the process.
	StartedBy string
	// Processes (int) is the number of the container's processes.
	Processes any
	// Zombies (int) is the number of the container's zombies.
	Zombies any
	// ThreadOf (int) is the host PID of the process whose thread was asked for. HostPID,
	// ContainerPID and PIDs are then the thread's.
	ThreadOf any
}

// HostPIDRows writes the rows in the format.
func (s Screen) HostPIDRows(rows []HostPIDRow, options ListOptions) error {
	keys := make([]hostPIDKeys, len(rows))
	for i := range rows {
		r := &rows[i]
		keys[i] = hostPIDKeys{processKeys: processKeysOf(s.hostName(r.Container, options.Host), &r.Row), StartedBy: r.Container.Name}
		if r.StartedBy != nil {
			keys[i].StartedBy = r.StartedBy.Name
		}
		keys[i].Processes = orAbsent(keys[i].Absent, "Processes", r.Processes)
		keys[i].Zombies = orAbsent(keys[i].Absent, "Zombies", r.Zombies)
		threadOf := procfs.None[int](procfs.NotHeld)
		if r.Thread != nil {
			threadOf = procfs.Some(r.Process.PID)
			keys[i].HostPID, keys[i].PIDs = r.Thread.TID, r.Thread.PIDs
			keys[i].ContainerPID = orAbsent(keys[i].Absent, "ContainerPID", firstOf(r.Thread.ContainerPIDs))
		}
		keys[i].ThreadOf = orAbsent(keys[i].Absent, "ThreadOf", threadOf)
	}
	return writeRows(s, options.Format, keys)
}
