package read

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// errNoFile is about a path that leads to no regular file.
var errNoFile = errors.New("not a regular file")

// openInside opens a regular file by its path as the process sees it, relative to its working
// directory. The process chooses what is there.
func (d processDir) openInside(path string) (*os.File, error) {
	base, resolve, err := d.openBase(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(base) }()
	return openBelow(base, path, resolve)
}

// File reads a small regular file by its path as the process sees it, if the process may read
// it, because the process may have chosen the path. It is absent if it is another kind of file,
// is longer than [procfs.MostFile], or does not answer.
func (f FS) File(key procfs.Key, path string) procfs.Opt[procfs.File] {
	return f.FileUpTo(key, path, procfs.MostFile)
}

// FileUpTo is [FS.File] with another maximum size in bytes.
func (f FS) FileUpTo(key procfs.Key, path string, most int) procfs.Opt[procfs.File] {
	spend := newAllowance()
	file, err := aside(spend, func() (procfs.File, error) {
		d, err := f.openKnown(key, spend)
		if err != nil {
			return procfs.File{}, err
		}
		defer d.close()
		return d.file(path, most)
	})
	if err != nil {
		return procfs.None[procfs.File](absenceOf(err))
	}
	return procfs.Some(file)
}

func (d processDir) file(path string, most int) (procfs.File, error) {
	rights, err := d.rights()
	if err != nil {
		return procfs.File{}, err
	}
	base, resolve, err := d.openBase(path)
	if err != nil {
		return procfs.File{}, err
	}
	defer func() { _ = unix.Close(base) }()
	file, err := rights.do(func() (*os.File, error) { return openBelow(base, path, resolve) })
	if errors.Is(err, errServed) && d.leadsPastServed(path) {
		resolve = unix.RESOLVE_NO_SYMLINKS
		file, err = rights.do(func() (*os.File, error) { return openBelow(base, path, resolve) })
	}
	if errors.Is(err, fs.ErrNotExist) {
		return missingBelow(base, path, resolve)
	}
	if err != nil {
		return procfs.File{}, err
	}
	defer func() { _ = file.Close() }()
	data, err := io.ReadAll(io.LimitReader(file, int64(most)+1))
	if err == nil && len(data) > most {
		err = &os.PathError{Op: "read", Path: path, Err: errTooLong}
	}
	if err != nil {
		return procfs.File{}, err
	}
	// The time is read after the content, so that a change meanwhile is seen.
	changed, err := changedAt(int(file.Fd()))
	return procfs.File{Text: string(data), ChangedAt: changed}, err
}

// missingBelow is a file that is not there.
func missingBelow(base int, path string, resolve uint64) (procfs.File, error) {
	for folder := filepath.Dir(path); ; folder = filepath.Dir(folder) {
		found, err := unix.Openat2(base, folder, &unix.OpenHow{
			Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | resolve,
		})
		if errors.Is(err, unix.ENOENT) && folder != filepath.Dir(folder) {
			continue
		}
		if err != nil {
			return procfs.File{}, &os.PathError{Op: "open", Path: folder, Err: err}
		}
		defer func() { _ = unix.Close(found) }()
		changed, err := changedAt(found)
		return procfs.File{Missing: true, ChangedAt: changed}, err
	}
}

func changedAt(fd int) (time.Time, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return time.Time{}, err
	}
	return time.Unix(stat.Ctim.Unix()).UTC(), nil
}

// openBase opens the folder from which the process follows the path, and says how to follow it.
// The path must not lead to another mount if one of the mounts is served by a process.
func (d processDir) openBase(path string) (base int, resolve uint64, err error) {
	start := "root"
	if !strings.HasPrefix(path, "/") {
		start = "cwd"
	}
	mounts, err := d.fuseMounts()
	if err != nil {
		return -1, 0, err
	}
	if len(mounts) > 0 {
		resolve = unix.RESOLVE_NO_XDEV
	}
	base, err = unix.Openat(d.fd, start, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, 0, &os.PathError{Op: "open", Path: d.path(start), Err: err}
	}
	if mounts.serve(base) {
		_ = unix.Close(base)
		return -1, 0, &os.PathError{Op: "open", Path: d.path(start), Err: errServed}
	}
	return base, resolve, nil
}

// openBelow opens a regular file by a path. Symbolic links cannot lead out of the base, or
// through another process. They may lead to another mount, such as a volume, unless that is
// excluded.
func openBelow(base int, path string, resolve uint64) (*os.File, error) {
	found, err := unix.Openat2(base, path, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | resolve,
	})
	if errors.Is(err, unix.EXDEV) {
		err = errServed
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(found) }()
	return openFound(found, path)
}

// openFound opens for reading the file of a handle that was opened by O_PATH, if it is a
// regular file. Opening a device can have effects. Opening a FIFO waits, or wakes a process
// that waits. It does not wait for a process that has a lease on the file either (fcntl(2),
// F_SETLEASE).
func openFound(found int, path string) (*os.File, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(found, &stat); err != nil {
		return nil, &os.PathError{Op: "stat", Path: path, Err: err}
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, &os.PathError{Op: "open", Path: path, Err: errNoFile}
	}
	fd, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", found), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.EAGAIN) {
		err = errTimedOut // the file has a lease
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// openExecutable opens the executable of the process (exe).
func (d processDir) openExecutable() (*os.File, error) {
	found, err := unix.Openat(d.fd, "exe", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: d.path("exe"), Err: err}
	}
	defer func() { _ = unix.Close(found) }()
	mounts, err := d.fuseMounts()
	if err == nil && mounts.serve(found) {
		err = errServed
	}
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: d.path("exe"), Err: err}
	}
	return openFound(found, d.path("exe"))
}
