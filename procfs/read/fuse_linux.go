package read

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// errServed is about a file on a file system that a process serves (FUSE). If that process
// takes the request and does not answer, a reader that waits for the file cannot even be
// killed. Then this program would never exit.
var errServed = errors.New("on a file system that a process serves")

// fuseMounts are the devices of such file systems in a mount namespace. The root's file system
// is left out. If it is one, as with fuse-overlayfs, everything is on it.
type fuseMounts map[uint64]bool

// fuseMounts reads them from mountinfo, which accesses no file system.
func (d processDir) fuseMounts() (fuseMounts, error) {
	data, err := d.readWhole("mountinfo", mostMaps)
	if err != nil {
		return nil, err
	}
	m := parseFUSEMounts(data)
	if len(m) == 0 {
		return nil, nil
	}
	root, err := unix.Openat(d.fd, "root", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(root) }()
	if device, err := deviceOf(root); err == nil {
		delete(m, device)
	}
	return m, nil
}

// parseFUSEMounts reads the third field of a line, and the field after the dash
// (proc_pid_mountinfo(5)). No field has a blank in it.
func parseFUSEMounts(mountinfo []byte) fuseMounts {
	m := fuseMounts{}
	for line := range bytes.Lines(mountinfo) {
		_, kind, _ := bytes.Cut(line, []byte(" - "))
		if !bytes.HasPrefix(kind, []byte("fuse")) {
			continue
		}
		fields := bytes.Fields(line)
		major, minor, ok := bytes.Cut(fields[min(2, len(fields)-1)], []byte(":"))
		high, _ := decimal(major)
		low, _ := decimal(minor)
		if ok {
			m[unix.Mkdev(uint32(high), uint32(low))] = true
		}
	}
	return m
}

// leadsPastServed reports whether no folder of an absolute path is such a mount. Then the path
// may lead to other mounts, as long as no symbolic link leads elsewhere.
func (d processDir) leadsPastServed(path string) bool {
	data, err := d.readWhole("mountinfo", mostMaps)
	if err != nil || !filepath.IsAbs(path) {
		return false
	}
	path = filepath.Clean(path) + "/"
	return !slices.ContainsFunc(servedFolders(data), func(folder string) bool { return strings.HasPrefix(path, folder) })
}

// servedFolders are the beginnings of the paths below such mounts: the fifth fields of their
// lines (proc_pid_mountinfo(5)), as far as no character in it is escaped. The root's is left
// out, as in fuseMounts.
func servedFolders(mountinfo []byte) []string {
	var folders []string
	for line := range strings.Lines(string(mountinfo)) {
		_, kind, _ := strings.Cut(line, " - ")
		fields := strings.Fields(line)
		if !strings.HasPrefix(kind, "fuse") || len(fields) < 5 || fields[4] == "/" {
			continue
		}
		folder, _, escaped := strings.Cut(fields[4], `\`)
		if !escaped {
			folder += "/"
		}
		folders = append(folders, folder)
	}
	return folders
}

// serve reports whether a handle that was opened by O_PATH is on one of them.
func (m fuseMounts) serve(handle int) bool {
	if len(m) == 0 {
		return false
	}
	device, err := deviceOf(handle)
	return err != nil || m[device]
}

// deviceOf is the device of a file. Reading it accesses no file system.
func deviceOf(handle int) (uint64, error) {
	var stat unix.Statx_t
	if err := unix.Statx(handle, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE, &stat); err != nil {
		return 0, err
	}
	return unix.Mkdev(stat.Dev_major, stat.Dev_minor), nil
}
