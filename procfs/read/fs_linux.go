package read

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// FS is a mounted /proc.
type FS struct {
	root string
	// mounts reads self/mountinfo once.
	mounts func() ([]procfs.Mount, error)
}

// Open returns the /proc mounted at root. It fails if no /proc is mounted there.
func Open(root string) (FS, error) {
	root = filepath.Clean(root)
	if _, err := readUptime(root); err != nil {
		return FS{}, fmt.Errorf("%s is no mounted /proc: %w", root, err)
	}
	return FS{root: root, mounts: sync.OnceValues(func() ([]procfs.Mount, error) { return readMounts(root, "self") })}, nil
}

// Root is where this /proc is mounted.
func (f FS) Root() string { return f.root }

// Scan reads every process of the host. It fails only if the list of processes cannot be read,
// or if ctx is cancelled. A process that cannot be read is among the missed.
func (f FS) Scan(ctx context.Context, detail procfs.Detail) (procfs.Snapshot, error) {
	return f.look(ctx, nil, func(r *reader, pid int) (procfs.Process, error) { return r.process(pid, detail) })
}

// look reads every process of the host, except those that are known to live.
func (f FS) look(ctx context.Context, living func(pid int) bool, read func(*reader, int) (procfs.Process, error)) (procfs.Snapshot, error) {
	s, err := f.Begin()
	if err != nil {
		return procfs.Snapshot{}, err
	}
	if err := f.all(ctx, &s, living, read); err != nil {
		return procfs.Snapshot{}, err
	}
	s.Whole = true
	return s, nil
}

// Begin starts a snapshot with its clocks and without processes.
func (f FS) Begin() (procfs.Snapshot, error) {
	uptime, err := readUptime(f.root)
	if err != nil {
		return procfs.Snapshot{}, err
	}
	return procfs.Snapshot{Root: f.root, TakenAt: time.Now().UTC(), Uptime: uptime}, nil
}

// detailOf is the error's text. It is "" for vanished processes, which are ordinary and many.
func detailOf(err error) string {
	if absenceOf(err) == procfs.Gone {
		return ""
	}
	return err.Error()
}

func readUptime(root string) (time.Duration, error) {
	data, err := os.ReadFile(filepath.Join(root, "uptime"))
	if err != nil {
		return 0, err
	}
	return procfs.ParseUptime(data)
}

// absenceOf turns an error of reading a process into the reason why a value is absent.
func absenceOf(err error) procfs.Absence {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, procfs.ErrMalformed):
		return procfs.Malformed
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ESRCH):
		return procfs.Gone
	case errors.Is(err, fs.ErrPermission):
		return procfs.Denied
	case errors.Is(err, errServed):
		return procfs.Unread
	case errors.Is(err, errTooLong):
		return procfs.TooLong
	case errors.Is(err, errTooLarge):
		return procfs.TooLarge
	case errors.Is(err, errTimedOut):
		return procfs.TimedOut
	case errors.Is(err, errFormat):
		return procfs.Unsupported
	default:
		return procfs.Malformed
	}
}

// Threads lists the TIDs of a process, including its main thread (task). A vanished process has
// none.
func (f FS) Threads(pid int) []int {
	r, err := f.newReader()
	if err != nil {
		return nil
	}
	defer r.close()
	return r.threads(pid)
}

func (r *reader) threads(pid int) []int {
	d, err := r.open(pid)
	if err != nil {
		return nil
	}
	defer d.close()
	tids, err := d.threads()
	if err != nil {
		return nil
	}
	return tids
}

// Thread returns the thread with a TID. /proc does not list threads among processes, but opens
// them by number. The PID of a process is the TID of its main thread.
func (f FS) Thread(tid int) (procfs.Thread, error) {
	data, err := os.ReadFile(filepath.Join(f.root, strconv.Itoa(tid), "status"))
	if err != nil {
		return procfs.Thread{}, err
	}
	status, err := procfs.ParseStatus(data)
	if err != nil {
		return procfs.Thread{}, err
	}
	if status.TGID == 0 {
		return procfs.Thread{}, fs.ErrNotExist // it was reaped while the kernel wrote this
	}
	return procfs.Thread{PID: status.TGID, NSPIDs: status.NSPIDs}, nil
}

// Lives reports whether the process is alive: it is there, started at the same time, and is
// not a zombie (stat). A process that cannot be read counts as alive.
func (f FS) Lives(key procfs.Key) bool {
	data, err := os.ReadFile(filepath.Join(f.root, strconv.Itoa(key.PID), "stat"))
	if err != nil {
		return absenceOf(err) != procfs.Gone
	}
	stat, err := procfs.ParseStat(data)
	return err != nil || stat.StartTicks == key.StartTicks && (stat.State != procfs.StateZombie || stat.Threads > 1) && stat.State != procfs.StateDead
}

// StillZombies looks again at processes that were zombies. It returns those that still are: the
// same PID, the same start time, not reaped. One stat (/proc/PID/stat) shows all of that, and the
// parent.
func (f FS) StillZombies(keys []procfs.Key) []procfs.ZombieSeen {
	var parts [mostReaders][]procfs.ZombieSeen
	_ = f.inParts(len(keys), processesPerReader, func(r *reader, part, from, to int) error {
		for _, key := range keys[from:to] {
			stat, err := r.surveyedStat(key.PID, r.dir, strconv.Itoa(key.PID)+"/stat")
			if err == nil && stat.StartTicks == key.StartTicks && stat.IsZombie() {
				parts[part] = append(parts[part], procfs.ZombieSeen{Key: key, ParentPID: stat.ParentPID})
			}
		}
		return nil
	})
	return slices.Concat(parts[:]...)
}
