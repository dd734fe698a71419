package read

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Survey reads for every process of the host only its stat, and its PID namespace and control
// groups if they are wanted. That shows the parent of each process, which ones are zombies, and
// for which ones the rest should be read (Complete). It fails as Scan does.
func (f FS) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	return f.look(ctx, func(r *reader, pid int) (procfs.Process, error) {
		if of.Ahead != nil {
			if detail, wanted := of.Ahead(pid); wanted {
				return r.process(pid, detail)
			}
		}
		return r.survey(pid, &of)
	})
}

func (r *reader) survey(pid int, of *procfs.SurveyOf) (procfs.Process, error) {
	if !of.PIDNamespaces && !of.Cgroups {
		return r.surveyedByNumber(pid, of.ZombieCgroups)
	}
	d, err := r.open(pid)
	if err != nil {
		return procfs.Process{}, err
	}
	defer d.close()
	var p procfs.Process
	for range attempts {
		if p, err = r.surveyed(pid, d.fd, "stat"); err != nil {
			return procfs.Process{}, err
		}
		live, err := d.liveThread(&p)
		if of.PIDNamespaces {
			p.Namespaces = d.pidNamespace(live, err)
		}
		if of.Cgroups {
			p.Cgroups = d.surveyedCgroups(live, err)
		}
		if d.livesOn(live) {
			break
		}
	}
	return p, nil
}

// surveyedByNumber reads the process's stat, and the control groups of a zombie if they are
// wanted. A single file needs no handle on the process. For a zombie, the open stat shows that
// both files are of one process.
func (r *reader) surveyedByNumber(pid int, zombieCgroups bool) (procfs.Process, error) {
	folder := strconv.Itoa(pid)
	fd, err := unix.Openat(r.dir, folder+"/stat", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return procfs.Process{}, r.statError(pid, err)
	}
	defer func() { _ = unix.Close(fd) }()
	data, err := r.readOpenLine(fd)
	if err != nil {
		return procfs.Process{}, r.statError(pid, err)
	}
	p, err := r.surveyedStat(pid, data)
	if err != nil || !zombieCgroups || !p.IsZombie() {
		return p, err
	}
	p.Cgroups = processDir{reader: r, pid: pid, fd: r.dir}.cgroups(folder)
	var first [1]byte
	if _, err := unix.Pread(fd, first[:], 0); err != nil { // it was reaped, and another process may have its PID
		return procfs.Process{}, r.statError(pid, err)
	}
	return p, nil
}

// surveyed reads the process's stat, at a path below a handle.
func (r *reader) surveyed(pid, dir int, path string) (procfs.Process, error) {
	data, err := r.readLine(dir, path)
	if err != nil {
		return procfs.Process{}, r.statError(pid, err)
	}
	return r.surveyedStat(pid, data)
}

func (r *reader) surveyedStat(pid int, data []byte) (procfs.Process, error) {
	stat, err := procfs.ParseStat(data)
	if err != nil {
		return procfs.Process{}, err
	}
	if stat.State == procfs.StateDead {
		return procfs.Process{}, r.statError(pid, unix.ESRCH)
	}
	stat.Comm = r.comm(stat.Comm)
	p := assemble(stat, procfs.Status{})
	p.StatOnly, p.NSPIDs = true, nil
	return p, nil
}

func (r *reader) statError(pid int, err error) error {
	return &os.PathError{Op: "read", Path: filepath.Join(r.root, strconv.Itoa(pid), "stat"), Err: err}
}

// readLine reads a file that is one line. After that line it does not try to read more.
func (r *reader) readLine(dir int, path string) ([]byte, error) {
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }()
	return r.readOpenLine(fd)
}

func (r *reader) readOpenLine(fd int) ([]byte, error) {
	n, err := unix.Read(fd, r.buffer[:])
	if err == nil && n > 0 && n < len(r.buffer) && r.buffer[n-1] == '\n' {
		return r.buffer[:n], nil
	}
	if err != nil && !errors.Is(err, unix.EINTR) {
		return nil, err
	}
	data, err := r.readUntil(fd, max(n, 0), mostFile)
	if err == nil && len(data) > mostFile {
		return nil, errTooLong
	}
	return data, err
}

// pidNamespace is read from a living thread if the main thread has exited. err says why there
// is none.
func (d processDir) pidNamespace(live string, err error) map[procfs.NamespaceType]procfs.Opt[uint64] {
	if err != nil {
		return map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.None[uint64](absenceOf(err))}
	}
	return d.namespaces(live, []procfs.NamespaceType{procfs.PIDNamespace}, procfs.None[uint64](procfs.Unread))
}

func (d processDir) surveyedCgroups(live string, err error) procfs.Opt[[]procfs.Cgroup] {
	if err != nil {
		return procfs.None[[]procfs.Cgroup](absenceOf(err))
	}
	return d.cgroups(live)
}

// Complete reads those processes of a survey that are selected, now with more detail. A process
// that has exited since is removed from the snapshot, and is among the missed.
func (f FS) Complete(ctx context.Context, s *procfs.Snapshot, selected procfs.Selection) error {
	var pids []int
	for i := range s.Processes {
		if _, wanted := selected(&s.Processes[i]); wanted {
			pids = append(pids, s.Processes[i].PID)
		}
	}
	found, missed, err := f.each(ctx, pids, func(r *reader, pid int) (procfs.Process, error) {
		at, _ := s.Position(pid)
		detail, _ := selected(&s.Processes[at])
		return r.process(pid, detail)
	})
	if err != nil {
		return err
	}
	s.Replace(found, missed)
	return nil
}
