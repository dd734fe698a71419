package read

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Resources reads what a process holds. Reading its sockets needs the right to trace it. An
// error means that there is no such process now.
func (f FS) Resources(pid int) (procfs.Resources, error) {
	d, err := f.openProcess(pid)
	if err != nil {
		return procfs.Resources{}, err
	}
	defer d.close()
	stat, err := d.stat()
	if err != nil {
		return procfs.Resources{}, err
	}
	p := assemble(stat, procfs.Status{})
	live, err := d.liveThread(&p)
	if err != nil {
		return procfs.Resources{}, err
	}
	return procfs.Resources{Key: p.Key, ResidentBytes: d.resident(live), Listening: d.listening(live)}, nil
}

func (d processDir) resident(live string) procfs.Opt[uint64] {
	data, err := d.read(filepath.Join(live, "statm"))
	if err != nil {
		return procfs.None[uint64](absenceOf(err))
	}
	pages, err := procfs.ParseResidentPages(data)
	if err != nil {
		return procfs.None[uint64](procfs.Malformed)
	}
	return procfs.Some(pages * uint64(os.Getpagesize()))
}

// mostSockets is how much is read of /proc/PID/net/tcp, in bytes. A process in the network
// namespace can make as many sockets as it wants.
const mostSockets = 16 << 20

// listening are the addresses of the listening sockets that the process itself has open.
func (d processDir) listening(live string) procfs.Opt[[]string] {
	own, err := d.sockets(live)
	if err != nil {
		return procfs.None[[]string](absenceOf(err))
	}
	addresses := []string{}
	for _, name := range []string{"net/tcp", "net/tcp6"} {
		data, err := d.readWhole(filepath.Join(live, name), mostSockets)
		if absenceOf(err) == procfs.Gone && name == "net/tcp6" {
			continue // a kernel without IPv6
		}
		if err != nil {
			return procfs.None[[]string](absenceOf(err))
		}
		list, err := procfs.ParseListeners(data)
		if err != nil {
			return procfs.None[[]string](procfs.Malformed)
		}
		for _, l := range list {
			if own[l.Inode] {
				addresses = append(addresses, l.Address)
			}
		}
	}
	slices.Sort(addresses)
	return procfs.Some(slices.Compact(addresses))
}

// sockets are the inodes of the open sockets (fd).
func (d processDir) sockets(live string) (map[uint64]bool, error) {
	folder := filepath.Join(live, "fd")
	descriptors, err := d.descriptors(folder)
	if err != nil {
		return nil, err
	}
	inodes := map[uint64]bool{}
	for _, fd := range descriptors {
		target, err := d.readlink(filepath.Join(folder, strconv.Itoa(fd)))
		if err != nil {
			continue // it has just been closed
		}
		if number, ok := strings.CutPrefix(strings.TrimSuffix(target, "]"), "socket:["); ok {
			if inode, err := strconv.ParseUint(number, 10, 64); err == nil {
				inodes[inode] = true
			}
		}
	}
	return inodes, nil
}
