package read

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// processDir is an open handle on /proc/PID. The kernel binds it to one process. After that
// process has exited, every read through it fails, even if the PID has been given to another
// process.
type processDir struct {
	reader *reader
	pid    int
	fd     int
	// alone is true if the reader is used for this process only.
	alone bool
	// spend is the allowance for reading what the process has chosen.
	spend *allowance
}

// openProcess returns a handle on one process.
func (f FS) openProcess(pid int) (processDir, error) {
	r, err := f.newReader()
	if err != nil {
		return processDir{}, err
	}
	d, err := r.open(pid)
	if err != nil {
		r.close()
		return processDir{}, err
	}
	d.alone, d.spend = true, newAllowance()
	return d, nil
}

// openKnown returns a handle on a known process, and fails if another process has its PID by
// now.
func (f FS) openKnown(key procfs.Key, spend *allowance) (processDir, error) {
	d, err := f.openProcess(key.PID)
	if err != nil {
		return processDir{}, err
	}
	d.spend = spend
	stat, err := d.stat()
	if err == nil && stat.StartTicks != key.StartTicks {
		err = &os.PathError{Op: "open", Path: d.path(""), Err: unix.ESRCH}
	}
	if err != nil {
		d.close()
		return processDir{}, err
	}
	return d, nil
}

func (d processDir) close() {
	_ = unix.Close(d.fd)
	if d.alone {
		d.reader.close()
	}
}

func (d processDir) path(name string) string {
	return filepath.Join(d.reader.root, strconv.Itoa(d.pid), name)
}

// read reads a whole file of the process. The result is valid until the next read.
func (d processDir) read(name string) ([]byte, error) {
	data, err := d.reader.readFile(d.fd, name)
	return data, d.named(err, name)
}

// record reads a whole file of the process that the kernel writes as one record (readRecord).
func (d processDir) record(name string) ([]byte, error) {
	data, err := d.reader.readRecord(d.fd, name)
	if err != nil {
		return nil, &os.PathError{Op: "read", Path: d.path(name), Err: err}
	}
	return data, nil
}

// readWhole reads a whole file of the process, up to a maximum length.
func (d processDir) readWhole(name string, most int) ([]byte, error) {
	data, err := d.reader.readWhole(d.fd, name, most)
	return data, d.named(err, name)
}

// named adds the whole path to an error about a file of the process.
func (d processDir) named(err error, name string) error {
	var failed *os.PathError
	if errors.As(err, &failed) {
		failed.Path = d.path(name)
	}
	return err
}

func (d processDir) readlink(name string) (string, error) {
	n, err := unix.Readlinkat(d.fd, name, d.reader.buffer[:unix.PathMax])
	if err != nil {
		return "", &os.PathError{Op: "readlink", Path: d.path(name), Err: err}
	}
	return string(d.reader.buffer[:n]), nil
}

func (d processDir) stat() (procfs.Stat, error) {
	data, err := d.record("stat")
	if err != nil {
		return procfs.Stat{}, err
	}
	return procfs.ParseStat(data)
}

// Process reads one process. An error means that it does not exist now (absenceOf returns
// Gone), or that its stat or status cannot be read.
func (f FS) Process(pid int, detail procfs.Detail) (procfs.Process, error) {
	r, err := f.newReader()
	if err != nil {
		return procfs.Process{}, err
	}
	defer r.close()
	return r.process(pid, detail)
}

// process reads one process completely.
func (r *reader) process(pid int, detail procfs.Detail) (procfs.Process, error) {
	return r.processOrZombie(pid, detail, nil)
}

// processOrZombie is process, but reads of a zombie what is wanted of zombies too.
func (r *reader) processOrZombie(pid int, detail procfs.Detail, zombies *procfs.Detail) (procfs.Process, error) {
	d, err := r.open(pid)
	if err != nil {
		return procfs.Process{}, err
	}
	defer d.close()
	// A process may exit between two files. What was read is one moment only if the process
	// was a zombie both before and after, or neither.
	for range attempts {
		stat, err := d.stat()
		if err != nil {
			return procfs.Process{}, err
		}
		if zombies != nil && stat.IsZombie() {
			detail = zombies.And(detail)
		}
		if p, consistent, err := d.readAfter(stat, detail); err != nil || consistent {
			return p, err
		}
	}
	return procfs.Process{}, d.changes()
}

// changes is the error about a process that was different at every attempt.
func (d processDir) changes() error {
	return fmt.Errorf("%w process %d: changes while it is read", procfs.ErrMalformed, d.pid)
}

// attempts is how often a process that changes meanwhile is read. It exits only once. But if
// its main thread has exited, another thread is read in its place, and that can exit at every
// attempt.
const attempts = 10

// readAfter reads the rest of a process whose stat has just been read. It is consistent if all
// of it is of one moment.
func (d processDir) readAfter(before procfs.Stat, detail procfs.Detail) (p procfs.Process, consistent bool, err error) {
	data, err := d.record("status")
	if err != nil {
		return procfs.Process{}, false, err
	}
	status, err := procfs.ParseStatus(data)
	if err != nil {
		return procfs.Process{}, false, err
	}
	if status.TGID != before.PID { // reaped meanwhile, or a thread's number
		return procfs.Process{}, false, &os.PathError{Op: "read", Path: d.path("status"), Err: unix.ESRCH}
	}
	p = assemble(before, status)
	live, err := d.liveThread(&p)
	if err != nil {
		return procfs.Process{}, false, err
	}
	if !detail.WithoutArgs {
		p.Args = d.args(live, &p)
	}
	p.Cgroups = d.cgroups(live)
	user := procfs.None[uint64](procfs.Unread)
	if detail.UIDMaps {
		user = d.namespace(live, procfs.UserNamespace)
		p.UIDMap = d.uidMapOf(user)
	}
	if detail.Limits {
		p.MaxProcesses = d.maxProcesses(&p)
	}
	if detail.EtcMounts {
		p.EtcMounts = d.etcMounts(live, &p)
	}
	if p.IsZombie() {
		p.WaitStatus, p.Namespaces = d.remains(before.WaitStatus, detail.Namespaces, user)
		if p.WaitStatus.Held() { // so it was still there when the last link was read
			return p, true, nil
		}
	} else {
		p.WaitStatus, p.Namespaces = procfs.None[procfs.WaitStatus](procfs.NotHeld), d.namespaces(live, detail.Namespaces, user)
	}
	if lastedTo(&p, detail) {
		return p, true, nil
	}
	if !detail.MainThread {
		p.Apart = d.apartThreads(&p, detail.Namespaces)
	}
	after, err := d.stat()
	if err != nil {
		return procfs.Process{}, false, err
	}
	unchanged := after.State == before.State || (after.State != procfs.StateZombie && before.State != procfs.StateZombie)
	return p, unchanged && d.livesOn(live), nil
}

// lastedTo reports whether the namespaces, which were read last, show that the process had not
// exited before. An exiting process drops all but its user and PID namespace before it becomes
// a zombie (do_exit of kernel/exit.c). If threads are looked at after that, it shows nothing.
func lastedTo(p *procfs.Process, detail procfs.Detail) bool {
	if p.State == procfs.StateZombie || p.Threads > 1 && !detail.MainThread {
		return false
	}
	held := 0
	for _, t := range detail.Namespaces {
		if !slices.Contains(perThread, t) {
			continue
		}
		if !p.Namespace(t).Held() {
			return false
		}
		held++
	}
	return held > 0
}

func assemble(stat procfs.Stat, status procfs.Status) procfs.Process {
	p := procfs.Process{
		Key:          procfs.Key{PID: stat.PID, StartTicks: stat.StartTicks},
		ParentPID:    stat.ParentPID,
		State:        stat.State,
		Comm:         stat.Comm,
		Threads:      stat.Threads,
		KernelThread: stat.Flags&procfs.PFKThread != 0,
		PGID:         stat.PGID,
		SID:          stat.SID,
		NSPIDs:       status.NSPIDs,
		NSSIDs:       status.NSSIDs,
		TracerPID:    status.TracerPID,
		UIDs:         status.UIDs,
		Signals:      status.Signals,
		Effective:    status.Effective,
	}
	if len(p.NSPIDs) == 0 {
		p.NSPIDs = []int{p.PID}
	}
	return p
}

// liveThread returns the folder, relative to /proc/PID, of a thread that still has an address
// space and namespaces. It is "" unless the main thread has exited, and if all other threads
// have exited too. The thread can exit at any time, and may have started another one. livesOn
// reports whether what was read of it is valid.
func (d processDir) liveThread(p *procfs.Process) (string, error) {
	if !p.MainThreadExited() {
		return "", nil
	}
	for range attempts {
		tids, err := d.threads()
		if err != nil {
			return "", err
		}
		for _, tid := range tids {
			if tid != p.PID && d.livesOn(taskDir(tid)) {
				return taskDir(tid), nil
			}
		}
	}
	return "", nil
}

// livesOn reports whether the thread of a folder has not begun to exit. An exiting thread drops
// its namespaces and its control groups.
func (d processDir) livesOn(live string) bool {
	if live == "" {
		return true
	}
	data, err := d.reader.readRecord(d.fd, live+"/stat")
	if err != nil {
		return false
	}
	stat, err := procfs.ParseStat(data)
	return err == nil && stat.Flags&procfs.PFExiting == 0
}

// numbers lists a folder of the process whose names are numbers, sorted. It stops soon after
// the maximum.
func (d processDir) numbers(folder string, most int) ([]int, error) {
	fd, err := unix.Openat(d.fd, folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: d.path(folder), Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	var list []int
	err = listNumbers(fd, func(some []int) bool {
		list = append(list, some...)
		return len(list) <= most
	})
	if err != nil {
		return nil, &os.PathError{Op: "readdirent", Path: d.path(folder), Err: err}
	}
	slices.Sort(list)
	return list, nil
}

// threads lists the thread IDs of /proc/PID/task.
func (d processDir) threads() ([]int, error) { return d.numbers("task", math.MaxInt) }

// args is the argument vector, or its beginning if it is too long.
func (d processDir) args(live string, p *procfs.Process) procfs.Opt[[]string] {
	p.ArgsCut = false
	if p.IsZombie() || p.KernelThread {
		return procfs.None[[]string](procfs.NotHeld)
	}
	data, cut, err := d.cmdline(live)
	if err != nil {
		return procfs.None[[]string](absenceOf(err))
	}
	p.ArgsCut = cut
	switch args := procfs.ParseCmdline(data); {
	case len(args) > 0:
		return procfs.Some(args)
	case cut:
		return procfs.None[[]string](procfs.TooLong)
	default:
		return procfs.None[[]string](procfs.NotHeld)
	}
}

// cmdline reads the command line up to the length that is shown and judged. The result is valid
// until the next read.
func (d processDir) cmdline(live string) (data []byte, cut bool, err error) {
	data, err = d.reader.readStart(d.fd, filepath.Join(live, "cmdline"), procfs.MostCmdline)
	if err != nil {
		return nil, false, d.named(err, "cmdline")
	}
	data, cut = procfs.CutCmdline(data)
	return data, cut, nil
}

// namespaces reads the namespaces of these types. The user namespace is read only if it was not
// read before.
func (d processDir) namespaces(live string, types []procfs.NamespaceType, user procfs.Opt[uint64]) map[procfs.NamespaceType]procfs.Opt[uint64] {
	if len(types) == 0 {
		return nil
	}
	var key namespaceKey
	for _, t := range types {
		i := slices.Index(procfs.NamespaceTypes, t)
		key[i] = user
		if t != procfs.UserNamespace || !user.Held() {
			key[i] = d.namespace(live, t)
		}
	}
	return d.reader.shared(&key, types)
}

func (d processDir) namespace(live string, t procfs.NamespaceType) procfs.Opt[uint64] {
	path := "ns/" + string(t)
	if live != "" {
		path = filepath.Join(live, path)
	}
	n, err := unix.Readlinkat(d.fd, path, d.reader.buffer[:longestLink])
	if errors.Is(err, unix.EACCES) {
		// The kernel returns this error too for a process that exited meanwhile
		// (proc_ns_readlink of fs/proc/namespaces.c). Then the link no longer exists.
		n, err = unix.Readlinkat(d.fd, path, d.reader.buffer[:longestLink])
	}
	if err != nil {
		return procfs.None[uint64](absenceOf(err))
	}
	// Most processes share their namespaces with others.
	return kept(d.reader.links, d.reader.buffer[:n], func(target []byte) (uint64, error) { return procfs.ParseNamespaceLink(t, string(target)) })
}

// longestLink is the maximum length of the target of a link in ns.
const longestLink = 64

// remains is what a zombie still has: its wait status and its user and PID namespace. Field 52
// is valid only if this reader may read ns/pid, for which the kernel requires the same right.
// ns/pid is read last, which shows that the zombie still exists. The user namespace may have
// been read before.
func (d processDir) remains(field procfs.WaitStatus, types []procfs.NamespaceType, user procfs.Opt[uint64]) (procfs.Opt[procfs.WaitStatus], map[procfs.NamespaceType]procfs.Opt[uint64]) {
	if slices.Contains(types, procfs.UserNamespace) && !user.Held() {
		user = d.namespace("", procfs.UserNamespace)
	}
	pidNamespace := d.namespace("", procfs.PIDNamespace)
	status, lost := procfs.Some(field), procfs.Gone
	if !pidNamespace.Held() {
		status, lost = procfs.None[procfs.WaitStatus](pidNamespace.Absence()), pidNamespace.Absence()
	}
	if len(types) == 0 {
		return status, nil
	}
	var key namespaceKey
	for _, t := range types {
		i := slices.Index(procfs.NamespaceTypes, t)
		switch t {
		case procfs.PIDNamespace:
			key[i] = pidNamespace
		case procfs.UserNamespace:
			key[i] = user
		default:
			key[i] = procfs.None[uint64](lost)
		}
	}
	return status, d.reader.shared(&key, types)
}

// initialUserNamespace is the inode of the host's first user namespace (PROC_USER_INIT_INO of
// include/linux/proc_ns.h). It is never reused, and the map of that namespace never changes.
const initialUserNamespace = 0xEFFFFFFD

// uidMapOf is the map of the process's user namespace, whose inode is user if it could be read.
// The map of the initial namespace is read only once.
func (d processDir) uidMapOf(user procfs.Opt[uint64]) procfs.Opt[[]procfs.IDMapping] {
	if user != procfs.Some[uint64](initialUserNamespace) {
		return d.uidMap()
	}
	if !d.reader.initialIDMap.Held() {
		d.reader.initialIDMap = d.uidMap()
	}
	return d.reader.initialIDMap
}

func (d processDir) uidMap() procfs.Opt[[]procfs.IDMapping] {
	data, err := d.read("uid_map")
	if err != nil {
		return procfs.None[[]procfs.IDMapping](absenceOf(err))
	}
	return kept(d.reader.idMaps, data, procfs.ParseIDMap)
}

// mostMounts is how much of a mountinfo is read, in bytes: about 10,000 mounts.
const mostMounts = 1 << 20

func (d processDir) etcMounts(live string, p *procfs.Process) procfs.Opt[[]string] {
	if p.IsZombie() {
		return procfs.None[[]string](procfs.NotHeld)
	}
	data, err := d.readWhole(filepath.Join(live, "mountinfo"), mostMounts)
	if err != nil {
		return procfs.None[[]string](absenceOf(err))
	}
	return procfs.Some(procfs.ParseEtcMounts(data))
}

func (d processDir) maxProcesses(p *procfs.Process) procfs.Opt[int] {
	if p.IsZombie() {
		return procfs.None[int](procfs.NotHeld)
	}
	limits, why := d.limits()
	if why != "" {
		return procfs.None[int](why)
	}
	return limits.MaxProcesses
}

// limits are the limits of the process, or the reason why they could not be read.
func (d processDir) limits() (procfs.Limits, procfs.Absence) {
	data, err := d.record("limits")
	if err != nil {
		return procfs.Limits{}, absenceOf(err)
	}
	limits, err := procfs.ParseLimits(data)
	if err != nil {
		return procfs.Limits{}, procfs.Malformed
	}
	return limits, ""
}

// cgroups reads the control groups. A main thread that has exited is no longer in a group of
// cgroup v1.
func (d processDir) cgroups(live string) procfs.Opt[[]procfs.Cgroup] {
	data, err := d.record(filepath.Join(live, "cgroup"))
	if err != nil {
		return procfs.None[[]procfs.Cgroup](absenceOf(err))
	}
	return kept(d.reader.cgroups, data, procfs.ParseCgroups)
}
