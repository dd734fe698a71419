package read

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// signalFDs reads the sets of all signalfd(2) descriptors.
func (d processDir) signalFDs() procfs.Opt[[]procfs.SignalSet] {
	names, err := d.descriptors()
	if err != nil {
		return procfs.None[[]procfs.SignalSet](absenceOf(err))
	}
	sets := []procfs.SignalSet{}
	for _, name := range names {
		target, err := d.readlink(filepath.Join("fd", name))
		if err != nil && absenceOf(err) != procfs.Gone {
			return procfs.None[[]procfs.SignalSet](absenceOf(err))
		}
		if target != "anon_inode:[signalfd]" {
			continue
		}
		if set, ok := d.fdinfo(name, "sigmask:"); ok {
			if set, err := procfs.ParseSignalSet([]byte(set)); err == nil {
				sets = append(sets, set)
			}
		}
	}
	return procfs.Some(sets)
}

func (d processDir) descriptors() ([]string, error) {
	fd, err := unix.Openat(d.fd, "fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: d.path("fd"), Err: err}
	}
	dir := os.NewFile(uintptr(fd), d.path("fd"))
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

func (d processDir) fdinfo(name, key string) (string, bool) {
	data, err := d.read(filepath.Join("fdinfo", name))
	if err != nil {
		return "", false
	}
	for line := range bytes.Lines(data) {
		if value, ok := strings.CutPrefix(string(line), key); ok {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

func (d processDir) descriptor(name string) procfs.Opt[procfs.Descriptor] {
	target, err := os.Readlink(d.path(filepath.Join("fd", name)))
	if err != nil {
		return procfs.None[procfs.Descriptor](absenceOf(err))
	}
	id, _ := d.fdinfo(name, "mnt_id:")
	mount, _ := strconv.Atoi(id)
	return procfs.Some(procfs.Descriptor{Path: target, MountID: mount})
}
