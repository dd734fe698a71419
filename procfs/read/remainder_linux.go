package read

import (
	"context"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Remainder says what another collector needs from /proc for one process.
type Remainder struct {
	// Process receives what is read. Its key, state and threads are known.
	Process *procfs.Process
	// Comm is true if the name is read (/proc/PID/comm). For a kernel thread it is longer
	// there, with what the thread works on.
	Comm bool
	// Args, Cgroups and UIDMap say which of these are read.
	Args, Cgroups, UIDMap bool
}

func (m *Remainder) isEmpty() bool { return !m.Comm && !m.Args && !m.Cgroups && !m.UIDMap }

// ReadRemainders reads what only /proc has, on several processors if it is much. A value that
// could not be read is absent, and a name stays as it was. It fails only if ctx is cancelled,
// or if no process can be read at all.
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
		m.take(procfs.None[[]string](absenceOf(err)), procfs.None[[]procfs.Cgroup](absenceOf(err)), procfs.None[[]procfs.IDMapping](absenceOf(err)))
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

// remainderOf reads it. If the main thread has exited, it is read from another thread, which is
// returned.
func (d processDir) remainderOf(m *Remainder) (live string) {
	var args procfs.Opt[[]string]
	var groups procfs.Opt[[]procfs.Cgroup]
	var mappings procfs.Opt[[]procfs.IDMapping]
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

// take stores what was read in the process.
func (m *Remainder) take(args procfs.Opt[[]string], groups procfs.Opt[[]procfs.Cgroup], mappings procfs.Opt[[]procfs.IDMapping]) {
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
