package read

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// TaskLimits reads the host's limits on tasks, and how many tasks there are.
func (f FS) TaskLimits() procfs.TaskLimits {
	return procfs.TaskLimits{
		PIDMax: f.pidMax(), ThreadsMax: f.number("sys/kernel/threads-max"), Tasks: f.tasks(),
		MaxMappings: f.number("sys/vm/max_map_count"),
	}
}

// initialPIDNamespace is the inode of the host's PID namespace on every kernel
// (PROC_PID_INIT_INO).
const initialPIDNamespace = 4026531836

// pidMax is valid only if the reader is in the host's PID namespace, because the file depends
// on the reader and not on the mount.
func (f FS) pidMax() procfs.Opt[int] {
	own := f.OwnNamespace(procfs.PIDNamespace)
	switch inode, ok := own.Get(); {
	case !ok:
		return procfs.None[int](own.Absence())
	case inode != initialPIDNamespace:
		return procfs.None[int](procfs.Unsupported)
	default:
		return f.number("sys/kernel/pid_max")
	}
}

// OwnNamespace is the inode of this program's namespace of type t
// (self/ns/TYPE), which needs no rights.
func (f FS) OwnNamespace(t procfs.NamespaceType) procfs.Opt[uint64] {
	target, err := os.Readlink(filepath.Join(f.root, "self", "ns", string(t)))
	if err != nil {
		return procfs.None[uint64](absenceOf(err))
	}
	inode, err := procfs.ParseNamespaceLink(t, target)
	if err != nil {
		return procfs.None[uint64](procfs.Malformed)
	}
	return procfs.Some(inode)
}

// TaskCount is the kernel's own count of tasks (/proc/loadavg).
func (f FS) TaskCount() procfs.Opt[procfs.TaskCount] {
	data, err := os.ReadFile(filepath.Join(f.root, "loadavg"))
	if err != nil {
		return procfs.None[procfs.TaskCount](absenceOf(err))
	}
	count, err := procfs.ParseTaskCount(data)
	if err != nil {
		return procfs.None[procfs.TaskCount](procfs.Malformed)
	}
	return procfs.Some(count)
}

func (f FS) tasks() procfs.Opt[int] {
	count := f.TaskCount()
	if n, ok := count.Get(); ok {
		return procfs.Some(n.Tasks)
	}
	return procfs.None[int](count.Absence())
}

// The limits on counting the mappings of one container's processes. The name of a mapped file
// can be as long as a path, and the number of mappings is limited only by vm.max_map_count.
const (
	mostMappingsTime  = 250 * time.Millisecond
	mostMappingsBytes = 128 << 20
)

// AddressSpaces reads how much room processes of one container have for the stacks of further
// threads. Mappings are counted if there may be half as many as maxMappings. Counting needs
// the right to trace. Processes that have exited are left out.
func (f FS) AddressSpaces(keys []procfs.Key, maxMappings procfs.Opt[int]) []procfs.AddressSpace {
	spend := newAllowance()
	spend.time, spend.bytes = mostMappingsTime, mostMappingsBytes
	var list []procfs.AddressSpace
	for _, key := range keys {
		if space, err := f.addressSpace(key, maxMappings, spend); err == nil {
			list = append(list, space)
		}
	}
	return list
}

func (f FS) addressSpace(key procfs.Key, maxMappings procfs.Opt[int], spend *allowance) (procfs.AddressSpace, error) {
	d, err := f.openKnown(key, spend)
	if err != nil {
		return procfs.AddressSpace{}, err
	}
	defer d.close()
	space := procfs.AddressSpace{Key: key}
	limits, why := d.limits()
	space.Max, space.MaxStack = limits.MaxAddressSpace, limits.MaxStack
	if why != "" {
		space.Max, space.MaxStack = procfs.None[int](why), procfs.None[int](why)
	}
	pages := d.pages()
	if n, ok := pages.Get(); ok {
		space.Size = procfs.Some(n * os.Getpagesize())
	} else {
		space.Size = procfs.None[int](pages.Absence())
	}
	if most, ok := maxMappings.Get(); ok && pages.Or(0) >= most/2 {
		space.Mappings = f.mappings(key, spend)
	}
	return space, nil
}

// pages is the size of the process's virtual memory.
func (d processDir) pages() procfs.Opt[int] {
	data, err := d.reader.readRecord(d.fd, "statm")
	if err != nil {
		return procfs.None[int](absenceOf(err))
	}
	pages, err := procfs.ParseStatm(data)
	if err != nil {
		return procfs.None[int](procfs.Malformed)
	}
	return procfs.Some(pages)
}

// mappings counts the lines of /proc/PID/maps. The kernel writes a line feed in a name
// as an escape.
func (f FS) mappings(key procfs.Key, spend *allowance) procfs.Opt[int] {
	n, err := aside(spend, func() (int, error) {
		d, err := f.openKnown(key, spend)
		if err != nil {
			return 0, err
		}
		defer d.close()
		return d.countLines("maps")
	})
	if err != nil {
		return procfs.None[int](absenceOf(err))
	}
	return procfs.Some(n)
}

// countLines counts the lines of a file of the process, within its allowance.
func (d processDir) countLines(name string) (int, error) {
	fd, err := unix.Openat(d.fd, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0, &os.PathError{Op: "open", Path: d.path(name), Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	lines := 0
	for {
		n, err := unix.Read(fd, d.reader.buffer[:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, &os.PathError{Op: "read", Path: d.path(name), Err: err}
		case n == 0:
			return lines, nil
		}
		lines += bytes.Count(d.reader.buffer[:n], []byte{'\n'})
		if err := d.spend.takeBytes(n); err != nil {
			return 0, err
		}
	}
}
