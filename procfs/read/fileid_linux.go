package read

import (
	"os"

	"golang.org/x/sys/unix"
)

// fileID distinguishes files. Files of one inode, size and times have the same contents. The
// writer chooses the time of modification, and the kernel sets the time of the last change of
// the inode (ctime).
type fileID struct {
	// device is 0 for overlayfs. With it each container sees the files of a common image on a
	// different device, with the inodes of the file system below. To fake the identity of such
	// a file, a container would have to mount an overlay over a file system that invents change
	// times (FUSE). That needs the right to mount and /dev/fuse.
	device, inode           uint64
	size, modified, changed int64
}

// idOf is zero if the file cannot be distinguished from others.
func idOf(file *os.File) fileID {
	var stat unix.Stat_t
	var system unix.Statfs_t
	if unix.Fstat(int(file.Fd()), &stat) != nil || unix.Fstatfs(int(file.Fd()), &system) != nil {
		return fileID{}
	}
	return statID(&stat, system.Type == unix.OVERLAYFS_SUPER_MAGIC)
}

func statID(stat *unix.Stat_t, overlaid bool) fileID {
	id := fileID{stat.Dev, stat.Ino, stat.Size, unix.TimespecToNsec(stat.Mtim), unix.TimespecToNsec(stat.Ctim)}
	if overlaid {
		id.device = 0
	}
	return id
}
