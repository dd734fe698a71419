package read

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// reader reads many processes, one after the other. It has one buffer and one handle on the
// root, and keeps equal values of several processes once.
type reader struct {
	root   string
	dir    int
	buffer *[64 << 10]byte

	comms   map[string]string
	cgroups map[string]procfs.Opt[[]procfs.Cgroup]
	idMaps  map[string]procfs.Opt[[]procfs.IDMapping]
	links   map[string]procfs.Opt[uint64]
	// afterZombie is true if the process that was surveyed last is a zombie.
	afterZombie bool
	// initialIDMap is the map of the initial user namespace, once it has been read.
	initialIDMap procfs.Opt[[]procfs.IDMapping]
	namespaces   map[namespaceKey]map[procfs.NamespaceType]procfs.Opt[uint64]
}

// namespaceKey are the inodes of a process in the order of NamespaceTypes.
type namespaceKey [8]procfs.Opt[uint64]

// buffers are reused, so that not every reader allocates one.
var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

func (f FS) newReader() (*reader, error) {
	dir, err := unix.Open(f.root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: f.root, Err: err}
	}
	return &reader{
		root: f.root, dir: dir, buffer: buffers.Get().(*[64 << 10]byte),
		comms: map[string]string{}, cgroups: map[string]procfs.Opt[[]procfs.Cgroup]{}, idMaps: map[string]procfs.Opt[[]procfs.IDMapping]{},
		links: map[string]procfs.Opt[uint64]{}, namespaces: map[namespaceKey]map[procfs.NamespaceType]procfs.Opt[uint64]{},
	}, nil
}

func (r *reader) close() {
	_ = unix.Close(r.dir)
	buffers.Put(r.buffer)
}

// open returns a handle on the folder of one process.
func (r *reader) open(pid int) (processDir, error) {
	name := strconv.Itoa(pid)
	fd, err := unix.Openat(r.dir, name, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return processDir{}, &os.PathError{Op: "open", Path: filepath.Join(r.root, name), Err: err}
	}
	return processDir{reader: r, pid: pid, fd: fd}, nil
}

// mostFile is how much is read of a file of /proc that has no limit of its own, in bytes. The
// longest file of an ordinary process is status with 65,536 groups.
const mostFile = 1 << 20

// errTooLong is about a file or a folder that is longer than what is read of it.
var errTooLong = errors.New("longer than what is read of it")

// readFile reads a whole file at a path below a handle. The result is valid until the next
// read.
func (r *reader) readFile(dir int, path string) ([]byte, error) {
	return r.readWhole(dir, path, mostFile)
}

// readWhole is readFile, but fails if the file is longer than the maximum.
func (r *reader) readWhole(dir int, path string, most int) ([]byte, error) {
	data, err := r.readStart(dir, path, most)
	if err == nil && len(data) > most {
		return nil, &os.PathError{Op: "read", Path: path, Err: errTooLong}
	}
	return data, err
}

// readStart is readFile, but stops soon after so many bytes and returns what it has.
func (r *reader) readStart(dir int, path string, most int) ([]byte, error) {
	fd, err := unix.Openat(dir, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	data, err := r.readUntil(fd, 0, most)
	if err != nil {
		return nil, &os.PathError{Op: "read", Path: path, Err: err}
	}
	return data, nil
}

// readUntil reads a file, of which some may be in the buffer already, up to its end or until
// it has more than the maximum number of bytes. The result is valid until the next read. It
// does not use os.File, which would first offer every descriptor to the runtime's poller.
func (r *reader) readUntil(fd, already, most int) ([]byte, error) {
	data := r.buffer[:already]
	for len(data) <= most {
		if len(data) == cap(data) { // longer than the buffer, so continue in a new one
			data = slices.Grow(data, cap(data))
		}
		n, err := unix.Read(fd, data[len(data):cap(data)])
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return nil, err
		case n == 0:
			return data, nil
		default:
			data = data[:len(data)+n]
		}
	}
	return data, nil
}

// comm returns the same string for the same name.
func (r *reader) comm(name string) string {
	if known, ok := r.comms[name]; ok {
		return known
	}
	r.comms[name] = name
	return name
}

// kept returns what was parsed of the same bytes before, or parses them now.
func kept[T any](known map[string]procfs.Opt[T], data []byte, parse func([]byte) (T, error)) procfs.Opt[T] {
	if value, ok := known[string(data)]; ok {
		return value
	}
	value := procfs.None[T](procfs.Malformed)
	if parsed, err := parse(data); err == nil {
		value = procfs.Some(parsed)
	}
	known[string(data)] = value
	return value
}

// shared returns one map of these types for all processes that are in the same namespaces. The
// map must not be changed.
func (r *reader) shared(key *namespaceKey, types []procfs.NamespaceType) map[procfs.NamespaceType]procfs.Opt[uint64] {
	if known, ok := r.namespaces[*key]; ok && len(known) == len(types) {
		return known
	}
	found := make(map[procfs.NamespaceType]procfs.Opt[uint64], len(types))
	for i, t := range procfs.NamespaceTypes {
		if slices.Contains(types, t) {
			found[t] = key[i]
		}
	}
	r.namespaces[*key] = found
	return found
}

// processesPerReader is the number of processes from which a second reader is worth its cost,
// and how many a reader takes at a time.
const processesPerReader = 250

// mostReaders limits how many processors of the host one look uses.
const mostReaders = 4

// inParts divides n items among readers, and each reader reads its part.
func (f FS) inParts(n, perReader int, read func(r *reader, part, from, to int) error) error {
	readers := max(min(n/perReader, runtime.GOMAXPROCS(0), mostReaders), 1)
	failures := make([]error, readers)
	one := func(i int) {
		r, err := f.newReader()
		if err == nil {
			err = read(r, i, i*n/readers, (i+1)*n/readers)
			r.close()
		}
		failures[i] = err
	}
	var group sync.WaitGroup
	for i := 1; i < readers; i++ {
		group.Go(func() { one(i) })
	}
	one(0)
	group.Wait()
	return errors.Join(failures...)
}

// each reads the processes, on several processors if there are many. It returns those that
// could be read and those that were missed, both in the order of pids.
func (f FS) each(ctx context.Context, pids []int, read func(*reader, int) (procfs.Process, error)) ([]procfs.Process, []procfs.Missed, error) {
	processes := make([]procfs.Process, len(pids)) // those of missed processes stay empty
	var missed [mostReaders][]procfs.Missed
	err := f.inParts(len(pids), processesPerReader, func(r *reader, part, from, to int) (err error) {
		missed[part], err = r.readPart(ctx, pids[from:to], processes[from:to], read, nil)
		return err
	})
	processes = slices.DeleteFunc(processes, func(p procfs.Process) bool { return p.PID == 0 })
	return processes, slices.Concat(missed[:]...), err
}

// readPart reads each of the pids into its place, and adds the missed ones.
func (r *reader) readPart(ctx context.Context, pids []int, into []procfs.Process, read func(*reader, int) (procfs.Process, error), missed []procfs.Missed) ([]procfs.Missed, error) {
	for i, pid := range pids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if into[i], err = read(r, pid); err != nil {
			into[i] = procfs.Process{}
			missed = append(missed, MissedBy(pid, err))
		}
	}
	return missed, nil
}

// MissedBy is the note about a process that could not be read because of err.
func MissedBy(pid int, err error) procfs.Missed {
	return procfs.Missed{PID: pid, Why: absenceOf(err), Detail: detailOf(err)}
}
