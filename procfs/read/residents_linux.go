package read

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// residents are the numbers that processes have in a PID namespace. A /proc that was mounted
// inside lists them.
type residents struct {
	inode   uint64
	numbers []int
	// proc is that /proc.
	proc int
}

// residentsOf lists the processes in the PID namespace of a process. It fails if the process's
// /proc is not that of its namespace, or cannot be read.
func (f FS) residentsOf(p *procfs.Process) (residents, bool) {
	inode, known := p.Namespace(procfs.PIDNamespace).Get()
	if !known {
		return residents{}, false
	}
	d, err := f.openProcess(p.PID)
	if err != nil {
		return residents{}, false
	}
	defer d.close()
	proc, err := d.openOwnProc()
	if err != nil {
		return residents{}, false
	}
	r := residents{inode: inode, proc: proc}
	if !isProcOf(proc, inode) {
		r.close()
		return residents{}, false
	}
	err = listNumbers(proc, func(some []int) bool { r.numbers = append(r.numbers, some...); return true })
	if err != nil {
		r.close()
		return residents{}, false
	}
	return r, true
}

func (r *residents) close() { _ = unix.Close(r.proc) }

// openOwnProc opens the folder /proc of a process. The process chooses what is there, so
// symbolic links cannot lead out of its root.
func (d processDir) openOwnProc() (int, error) {
	root, err := unix.Openat(d.fd, "root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer func() { _ = unix.Close(root) }()
	mounts, err := d.fuseMounts()
	if err != nil {
		return -1, err
	}
	found, err := unix.Openat2(root, "proc", &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return -1, err
	}
	defer func() { _ = unix.Close(found) }()
	if mounts.serve(found) {
		return -1, errServed
	}
	return unix.Openat(found, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
}

// procRootInode is the inode of the first folder of every procfs (PROC_ROOT_INO of the
// kernel's include/linux/proc_fs.h).
const procRootInode = 1

// isProcOf reports whether the folder is the root of a procfs, which lists a PID namespace,
// and the init of that namespace is in the namespace with the inode. No process can fake such
// a folder.
func isProcOf(folder int, inode uint64) bool {
	var system unix.Statfs_t
	var stat unix.Stat_t
	if unix.Fstatfs(folder, &system) != nil || system.Type != unix.PROC_SUPER_MAGIC {
		return false
	}
	if unix.Fstat(folder, &stat) != nil || stat.Ino != procRootInode {
		return false
	}
	// Fails if something is mounted over it.
	init, err := unix.Openat2(folder, "1/ns", &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_NO_XDEV | unix.RESOLVE_NO_SYMLINKS,
	})
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(init) }()
	var target [longestLink]byte
	n, err := unix.Readlinkat(init, string(procfs.PIDNamespace), target[:])
	if err != nil {
		return false
	}
	found, err := procfs.ParseNamespaceLink(procfs.PIDNamespace, string(target[:n]))
	return err == nil && found == inode
}

// isGone reports whether no process has the number any more.
func (r *residents) isGone(number int) bool {
	var stat unix.Stat_t
	return errors.Is(unix.Fstatat(r.proc, strconv.Itoa(number), &stat, 0), unix.ENOENT)
}

// listResidents lists the wanted namespaces, by known processes in them. Namespaces that could
// not be listed are left out.
func (f FS) listResidents(of *procfs.FamilyOf) []residents {
	var lists []residents
	for i := range of.Known {
		p := &of.Known[i]
		inode, known := p.Namespace(procfs.PIDNamespace).Get()
		listed := slices.ContainsFunc(lists, func(r residents) bool { return r.inode == inode })
		if !known || listed || !slices.Contains(of.PIDNamespaces, inode) {
			continue
		}
		if r, ok := f.residentsOf(p); ok {
			lists = append(lists, r)
		}
	}
	return lists
}

// entered are processes of the host that are in one of the wanted PID namespaces, if the
// processes that were read are not proved to be all. For each process of the host, only its
// link ns/pid shows its namespace.
func (f FS) entered(ctx context.Context, of *procfs.FamilyOf, lists []residents, read []procfs.Process) ([]int, error) {
	unsure := slices.DeleteFunc(slices.Clone(of.PIDNamespaces), func(inode uint64) bool {
		return slices.ContainsFunc(lists, func(r residents) bool { return r.inode == inode && r.areAmong(read) })
	})
	return f.inNamespaces(ctx, unsure)
}

// areAmong reports whether every process that was listed and is still there is one of the
// processes.
func (r *residents) areAmong(processes []procfs.Process) bool {
	return !slices.ContainsFunc(procfs.Strangers(r.numbers, r.inode, processes), func(number int) bool { return !r.isGone(number) })
}

func closeAll(lists []residents) {
	for i := range lists {
		lists[i].close()
	}
}
