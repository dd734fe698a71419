package read

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// signalFDs reads the sets of all signalfd(2) descriptors.
func (d processDir) signalFDs() procfs.Opt[[]procfs.SignalSet] {
	descriptors, err := d.descriptors("fd")
	if err != nil {
		return procfs.None[[]procfs.SignalSet](absenceOf(err))
	}
	sets := []procfs.SignalSet{}
	for _, fd := range descriptors {
		name := strconv.Itoa(fd)
		target, err := d.readlink(filepath.Join("fd", name))
		if err != nil && absenceOf(err) != procfs.Gone {
			return procfs.None[[]procfs.SignalSet](absenceOf(err))
		}
		if target != "anon_inode:[signalfd]" {
			continue
		}
		if d.spend.takeSignalFDs(1) == 0 {
			return procfs.None[[]procfs.SignalSet](procfs.TooLong)
		}
		if set, ok := d.fdinfo(name, "sigmask:"); ok {
			if set, err := procfs.ParseSignalSet([]byte(set)); err == nil {
				sets = append(sets, set)
			}
		}
	}
	return procfs.Some(sets)
}

// descriptors are the open descriptors. A process can have millions, so there is an error if
// there are more than may be looked at.
func (d processDir) descriptors(folder string) ([]int, error) {
	most := d.spend.descriptorsLeft()
	list, err := d.numbers(folder, most)
	if err == nil && d.spend.takeDescriptors(len(list)) < len(list) {
		err = &os.PathError{Op: "read", Path: d.path(folder), Err: errTooLong}
	}
	if err != nil {
		return nil, err
	}
	return list, nil
}

// mostInfo is how much is read of fdinfo, in bytes. The values that are used are in its first
// lines. After them an epoll or inotify descriptor has a line for each file that it watches.
const mostInfo = 4 << 10

func (d processDir) fdinfo(name, key string) (string, bool) {
	data, err := d.reader.readStart(d.fd, filepath.Join("fdinfo", name), mostInfo)
	if err != nil {
		return "", false
	}
	for line := range bytes.Lines(data) {
		if value, ok := bytes.CutPrefix(line, []byte(key)); ok && bytes.HasSuffix(value, []byte("\n")) {
			return string(bytes.TrimSpace(value)), true
		}
	}
	return "", false
}

func (d processDir) descriptor(name string) procfs.Opt[procfs.Descriptor] {
	target, err := d.readlink(filepath.Join("fd", name))
	if err != nil {
		return procfs.None[procfs.Descriptor](absenceOf(err))
	}
	id, _ := d.fdinfo(name, "mnt_id:")
	mount, _ := strconv.Atoi(id)
	return procfs.Some(procfs.Descriptor{Path: target, MountID: mount})
}
