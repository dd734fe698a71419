package read

import (
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// UserNamespaces returns the user namespace of the process and those around it, by inode,
// without the host's own. A value that may not be read has the reason.
func (f FS) UserNamespaces(pid int) map[uint64]procfs.UserNSOrigin {
	found := map[uint64]procfs.UserNSOrigin{}
	file, err := os.Open(filepath.Join(f.root, strconv.Itoa(pid), "ns", "user"))
	if err != nil {
		return found
	}
	for file != nil {
		inode, ok := inodeOf(file).Get()
		if !ok || inode == procfs.InitialUserNamespace {
			_ = file.Close()
			return found
		}
		parent, err := userNamespaceAround(file)
		n := procfs.UserNSOrigin{Parent: procfs.None[uint64](absenceOf(err)), Owner: ownerOf(file)}
		if err == nil {
			n.Parent = inodeOf(parent)
		}
		found[inode] = n
		_ = file.Close()
		file = parent
	}
	return found
}

func inodeOf(file *os.File) procfs.Opt[uint64] {
	var stat unix.Stat_t
	if err := unix.Fstat(int(file.Fd()), &stat); err != nil {
		return procfs.None[uint64](absenceOf(err))
	}
	return procfs.Some(stat.Ino)
}

// userNamespaceAround is the parent of a user namespace. It fails with EPERM if the reader is
// not in the parent or above it.
func userNamespaceAround(file *os.File) (*os.File, error) {
	fd, err := unix.IoctlRetInt(int(file.Fd()), unix.NS_GET_PARENT)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "user namespace"), nil
}

func ownerOf(file *os.File) procfs.Opt[int] {
	uid, err := unix.IoctlGetUint32(int(file.Fd()), unix.NS_GET_OWNER_UID)
	if err != nil {
		return procfs.None[int](absenceOf(err))
	}
	return procfs.Some(int(uid))
}
