package read

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Survey reads for every process of the host only its stat, and its PID namespace and control
// groups if they are wanted. That shows the parent of each process, which ones are zombies, and
// for which ones the rest should be read (Complete). It fails as Scan does.
func (f FS) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	if of.Living != nil && !f.isOfOwnNamespace() {
		of.Living = nil
	}
	s, err := f.look(ctx, of.Living, func(r *reader, pid int) (procfs.Process, error) {
		if of.Ahead != nil {
			if detail, wanted := of.Ahead(pid); wanted {
				return r.processOrZombie(pid, detail, of.Zombies)
			}
		}
		return r.survey(pid, &of)
	})
	if err == nil {
		err = f.readPointed(ctx, &s, &of)
	}
	return s, err
}

// mostGenerations limits how many generations of ancestors are read one after the other. If there
// are more, all processes are read, several at a time.
const mostGenerations = 32

// readPointed reads those of the processes that are only listed to which others point, and then
// those to which these point.
func (f FS) readPointed(ctx context.Context, s *procfs.Snapshot, of *procfs.SurveyOf) error {
	var read []procfs.Process
	var missed []procfs.Missed
	known := map[int]bool{}
	for generation, pids := 0, s.Pointed(s.Processes); len(pids) > 0; generation++ {
		if generation == mostGenerations {
			pids = s.Listed
		}
		pids = slices.DeleteFunc(slices.Clone(pids), func(pid int) bool { return known[pid] })
		for _, pid := range pids {
			known[pid] = true
		}
		found, lost, err := f.each(ctx, pids, func(r *reader, pid int) (procfs.Process, error) { return r.survey(pid, of) })
		if err != nil {
			return err
		}
		read, missed = append(read, found...), append(missed, lost...)
		pids = s.Pointed(found)
	}
	s.Take(read, missed)
	return nil
}

// isOfOwnNamespace reports whether this /proc is that of this program's own PID namespace. Then
// it numbers processes as control groups do (/proc/self/status NSpid).
func (f FS) isOfOwnNamespace() bool {
	data, err := os.ReadFile(filepath.Join(f.root, "self", "status"))
	if err != nil {
		return false
	}
	status, err := procfs.ParseStatus(data)
	return err == nil && len(status.NSPIDs) == 1
}

// survey reads the process's stat, and more of it if that is wanted. A single file needs no
// handle on the process. Zombies often follow each other, as children of one process that were
// never reaped. So after a zombie a handle is opened at once, which saves reading stat twice.
func (r *reader) survey(pid int, of *procfs.SurveyOf) (procfs.Process, error) {
	moreOfZombies := of.Zombies != nil || of.ZombieCgroups
	if !of.PIDNamespaces && !of.Cgroups && (!moreOfZombies || !r.afterZombie) {
		stat, err := r.surveyedStat(pid, r.dir, strconv.Itoa(pid)+"/stat")
		r.afterZombie = stat.IsZombie()
		if err != nil || !moreOfZombies || !stat.IsZombie() {
			return r.statOnly(stat), err
		}
	}
	d, err := r.open(pid)
	if err != nil {
		return procfs.Process{}, err
	}
	defer d.close()
	for range attempts {
		p, settled, err := d.surveyOnce(of)
		r.afterZombie = p.IsZombie()
		if err != nil || settled {
			return p, err
		}
	}
	return procfs.Process{}, d.changes()
}

// surveyOnce reads what a survey needs. It is not settled if the process has changed meanwhile.
func (d processDir) surveyOnce(of *procfs.SurveyOf) (p procfs.Process, settled bool, err error) {
	stat, err := d.reader.surveyedStat(d.pid, d.fd, "stat")
	if err != nil {
		return procfs.Process{}, false, err
	}
	if stat.IsZombie() && of.Zombies != nil {
		return d.readAfter(stat, *of.Zombies)
	}
	p = d.reader.statOnly(stat)
	live, err := d.liveThread(&p)
	if of.PIDNamespaces {
		p.Namespaces = d.pidNamespace(live, err)
	}
	if of.Cgroups || of.ZombieCgroups && p.IsZombie() {
		p.Cgroups = d.surveyedCgroups(live, err)
	}
	if p.IsZombie() && p.Cgroups.Absence() == procfs.Gone { // it was reaped meanwhile
		return procfs.Process{}, false, d.reader.statError(d.pid, unix.ESRCH)
	}
	return p, d.livesOn(live), nil
}

// surveyedStat reads the stat of a process, at a path below a handle.
func (r *reader) surveyedStat(pid, dir int, path string) (procfs.Stat, error) {
	data, err := r.readRecord(dir, path)
	if err != nil {
		return procfs.Stat{}, r.statError(pid, err)
	}
	stat, err := procfs.ParseStat(data)
	if err == nil && stat.State == procfs.StateDead {
		err = r.statError(pid, unix.ESRCH)
	}
	if err != nil {
		return procfs.Stat{}, err
	}
	stat.Comm = r.comm(stat.Comm)
	return stat, nil
}

// statOnly is a process of which only this was read.
func (r *reader) statOnly(stat procfs.Stat) procfs.Process {
	p := assemble(stat, procfs.Status{})
	p.StatOnly, p.NSPIDs = true, nil
	return p
}

func (r *reader) statError(pid int, err error) error {
	return &os.PathError{Op: "read", Path: filepath.Join(r.root, strconv.Itoa(pid), "stat"), Err: err}
}

// readRecord reads a file that the kernel writes as one record that ends with a newline
// (single_open of fs/seq_file.c), as stat, status and cgroup. If the first read has less than
// fits into the buffer, it has all, and there is no second one.
func (r *reader) readRecord(dir int, path string) ([]byte, error) {
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }()
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
