package procfs

import (
	"context"
	"strings"
)

// Remainder says what another collector of processes leaves to /proc of one process.
type Remainder struct {
	// Process takes what is read. Its key, state and threads are known.
	Process *Process
	// Comm: its name is read, which the kernel shows longer where it is a kernel thread,
	// with what it works on (/proc/PID/comm).
	Comm bool
	// Args, Cgroups and UIDMap: these are read.
	Args, Cgroups, UIDMap bool
}

func (m *Remainder) isEmpty() bool { return !m.Comm && !m.Args && !m.Cgroups && !m.UIDMap }

// ReadRemainders reads what is left to /proc, on several processors where it is much.
// What could not be read is absent, and a name stays as it was. It fails only if ctx
// ends or no process can be read at all.
func (f FS) ReadRemainders(ctx context.Context, list []Remainder) error {
	return f.inParts(len(list), processesPerReader, func(r *reader, _, from, to int) error {
		for i := range list[from:to] {
			if err := ctx.Err(); err != nil {
				return err
			}
			if m := &list[from+i]; !m.isEmpty() {
				r.remainder(m)
			}
		}
		return nil
	})
}

func (r *reader) remainder(m *Remainder) {
	d, err := r.open(m.Process.PID)
	if err != nil {
		m.take(None[[]string](absenceOf(err)), None[[]Cgroup](absenceOf(err)), None[[]IDMapping](absenceOf(err)))
		return
	}
	defer d.close()
	if m.Comm {
		if data, err := d.read("comm"); err == nil {
			m.Process.Comm = strings.TrimSuffix(string(data), "\n")
		}
	}
	for range attempts {
		if live := d.remainderOf(m); d.livesOn(live) {
			return
		}
	}
}

// remainderOf reads it, where the main thread has exited of the thread that it returns.
func (d processDir) remainderOf(m *Remainder) (live string) {
	var args Opt[[]string]
	var groups Opt[[]Cgroup]
	var mappings Opt[[]IDMapping]
	live, _ = d.liveThread(m.Process)
	if m.Args {
		args = d.args(live, m.Process)
	}
	if m.Cgroups {
		groups = d.cgroups(live)
	}
	if m.UIDMap {
		mappings = d.uidMap()
	}
	m.take(args, groups, mappings)
	return live
}

// take gives the process what was to be read of it.
func (m *Remainder) take(args Opt[[]string], groups Opt[[]Cgroup], mappings Opt[[]IDMapping]) {
	if m.Args {
		m.Process.Args = args
	}
	if m.Cgroups {
		m.Process.Cgroups = groups
	}
	if m.UIDMap {
		m.Process.UIDMap = mappings
	}
}
