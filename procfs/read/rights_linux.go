package read

import (
	"errors"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// rights are the rights of a process to files.
type rights struct {
	procfs.Credentials
}

// rights reads them. Capabilities count only if the process is in this program's user
// namespace. In another one they apply only to files of users that are mapped there, which is
// not checked.
func (d processDir) rights() (rights, error) {
	data, err := d.read("status")
	if err != nil {
		return rights{}, err
	}
	c, err := procfs.ParseCredentials(data)
	if err != nil {
		return rights{}, err
	}
	own := FS{root: d.reader.root}.OwnNamespace(procfs.UserNamespace)
	if inode, ok := own.Get(); !ok || d.namespace("", procfs.UserNamespace).Or(0) != inode {
		c.Effective = 0
	}
	return rights{c}, nil
}

// do opens with the rights of the process, so that the kernel itself decides by mode, ACL, and
// the folders of the path. A thread that exits afterwards takes on these rights. If this
// program may not take them on, it opens with its own rights. It does so only if it is the
// same user, to whom the same permissions of the file apply.
func (r rights) do(open func() (*os.File, error)) (*os.File, error) {
	type result struct {
		file *os.File
		err  error
	}
	done := make(chan result, 1)
	go onThreadOfItsOwn(func() {
		if err := r.takeOn(); err != nil {
			done <- result{nil, err}
			return
		}
		file, err := open()
		done <- result{file, err}
	})
	opened := <-done
	return opened.file, opened.err
}

// onThreadOfItsOwn calls f, as the last action of a goroutine, on a thread that exits with it.
// That is never the main thread. The runtime keeps the main thread, and /proc/self would show
// the effects of f for ever.
func onThreadOfItsOwn(f func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		f()
		return // the thread is locked, so it ends
	}
	// While this goroutine holds the main thread, the next one gets another thread.
	done := make(chan struct{})
	go func() {
		defer close(done)
		onThreadOfItsOwn(f)
	}()
	<-done
	runtime.UnlockOSThread()
}

// errOtherUser is about files that this program may read, if it cannot determine whether the
// process may.
var errOtherUser = &os.PathError{Op: "setfsuid", Path: "thread", Err: os.ErrPermission}

// takeOn gives the rights to the calling thread (credentials(7)).
func (r rights) takeOn() error {
	switch err := setGroups(r.Groups); {
	case err == nil:
		_, _ = unix.SetfsgidRetGid(r.FSGID)
		if gid, err := unix.SetfsgidRetGid(-1); err != nil || gid != r.FSGID {
			return errOtherUser
		}
		_, _ = unix.SetfsuidRetUid(r.FSUID)
	case !errors.Is(err, unix.EPERM):
		return err
	}
	if uid, err := unix.SetfsuidRetUid(-1); err != nil || uid != r.FSUID {
		return errOtherUser
	}
	return r.limitCapabilities()
}

// setGroups sets the groups of the calling thread only.
func setGroups(groups []int) error {
	ids := make([]uint32, max(len(groups), 1))
	for i, group := range groups {
		ids[i] = uint32(group)
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&ids[0])), 0); errno != 0 {
		return errno
	}
	return nil
}

// limitCapabilities removes the thread's right to ignore the permissions of files, unless the
// process has it.
func (r rights) limitCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	const passOver = 1<<procfs.CapDACOverride | 1<<procfs.CapDACReadSearch
	held := uint32(r.Effective) & passOver & data[0].Permitted
	data[0].Effective = data[0].Effective&^passOver | held
	return unix.Capset(&header, &data[0])
}
