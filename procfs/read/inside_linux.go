package read

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// errNoFile is about a path that leads to no regular file.
var errNoFile = errors.New("not a regular file")

// openInside opens a regular file by the path that the process has for it,
// relative to its working directory. The process chooses what is there: a
// symbolic link does not lead out of its root, and a FIFO or a device is not
// waited for.
func (d processDir) openInside(path string) (*os.File, error) {
	start := "root"
	if !strings.HasPrefix(path, "/") {
		start = "cwd"
	}
	base, err := unix.Openat(d.fd, start, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: d.path(start), Err: err}
	}
	defer func() { _ = unix.Close(base) }()
	fd, err := unix.Openat2(base, path, &unix.OpenHow{
		Flags:   unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	file := os.NewFile(uintptr(fd), path)
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = file.Close()
		return nil, &os.PathError{Op: "open", Path: path, Err: errNoFile}
	}
	return file, nil
}
