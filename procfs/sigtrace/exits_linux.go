package sigtrace

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/bpf"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// Exits reports how processes exited, and nothing else, by pidfds. It needs no rights. Read is for one
// goroutine, the other methods are for any.
type Exits struct {
	proc  read.FS
	epoll int
	// wake is an eventfd that ends Read.
	wake int

	mu sync.Mutex
	// followed are the processes by their pidfds. closed is true after Close.
	followed map[int]procfs.TracedProcess
	closed   bool
}

// firstExits is the first Linux in which pidfds report how a process exited (PIDFD_INFO_EXIT).
var firstExits = [2]int{6, 15}

// OpenExits follows nothing yet. A *bpf.UnsupportedError means that this kernel is too old.
func OpenExits(proc read.FS) (*Exits, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return nil, fmt.Errorf("uname: %w", err)
	}
	var is [2]int
	release := unix.ByteSliceToString(name.Release[:])
	if _, err := fmt.Sscanf(release, "%d.%d", &is[0], &is[1]); err != nil || is[0] < firstExits[0] || is[0] == firstExits[0] && is[1] < firstExits[1] {
		return nil, &bpf.UnsupportedError{Reason: "pidfds report exits since Linux 6.15, and this is " + release}
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll_create1: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err == nil {
		err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, wake, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(wake)})
	}
	if err != nil {
		return nil, errors.Join(err, unix.Close(epoll))
	}
	return &Exits{proc: proc, epoll: epoll, wake: wake, followed: map[int]procfs.TracedProcess{}}, nil
}

// Follow reports the exit of this process. The error is fs.ErrNotExist if it has exited.
func (x *Exits) Follow(p procfs.TracedProcess) error {
	fd, err := unix.PidfdOpen(p.PID, 0)
	if err != nil {
		return fmt.Errorf("pidfd_open of %d: %w", p.PID, asMissing(err))
	}
	// The number may have another owner by now. As long as the pidfd is open, it is the same one.
	if !x.proc.Lives(p.Key) {
		return errors.Join(fmt.Errorf("process %d: %w", p.PID, os.ErrNotExist), unix.Close(fd))
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return errors.Join(os.ErrClosed, unix.Close(fd))
	}
	// It hangs up when the process is reaped. Only then its status can be asked.
	if err := unix.EpollCtl(x.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLHUP | unix.EPOLLET, Fd: int32(fd)}); err != nil {
		return errors.Join(fmt.Errorf("epoll_ctl: %w", err), unix.Close(fd))
	}
	x.followed[fd] = p
	return nil
}

// asMissing is os.ErrNotExist for a process that is gone.
func asMissing(err error) error {
	if errors.Is(err, unix.ESRCH) {
		return os.ErrNotExist
	}
	return err
}

// Read waits for the next exit. Its error is [os.ErrClosed] after Close. The time is that at which the
// process was reaped.
func (x *Exits) Read() (procfs.KernelEvent, error) {
	events := make([]unix.EpollEvent, 1)
	for {
		n, err := unix.EpollWait(x.epoll, events, -1)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return procfs.KernelEvent{}, fmt.Errorf("epoll_wait: %w", err)
		case n == 0:
			continue
		case int(events[0].Fd) == x.wake:
			return procfs.KernelEvent{}, errors.Join(os.ErrClosed, unix.Close(x.wake), unix.Close(x.epoll))
		}
		if events[0].Events&unix.EPOLLHUP == 0 {
			continue // it has exited and is not reaped yet
		}
		return x.exited(int(events[0].Fd))
	}
}

// exited asks how the process of a pidfd exited, and forgets it.
func (x *Exits) exited(fd int) (procfs.KernelEvent, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return procfs.KernelEvent{}, os.ErrClosed
	}
	p := x.followed[fd]
	delete(x.followed, fd)
	status, err := exitOf(fd)
	if err := errors.Join(err, unix.Close(fd)); err != nil {
		return procfs.KernelEvent{}, fmt.Errorf("exit of process %d: %w", p.PID, err)
	}
	return procfs.KernelEvent{Kind: procfs.ProcessExited, Time: time.Now(), Subject: p, Status: status}, nil
}

// exitOf is how a process exited that was reaped.
func exitOf(fd int) (procfs.WaitStatus, error) {
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
	if err := unix.IoctlPidfdInfo(fd, &info); err != nil {
		return 0, fmt.Errorf("PIDFD_GET_INFO: %w", err)
	}
	if info.Mask&unix.PIDFD_INFO_EXIT == 0 {
		return 0, errors.New("the kernel did not report how it exited (PIDFD_INFO_EXIT)")
	}
	return procfs.WaitStatus(info.Exit_code), nil
}

// Close forgets all processes and ends Read, which releases the rest. It need not be read after that.
func (x *Exits) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	one := [8]byte{1}
	_, err := unix.Write(x.wake, one[:])
	for fd := range x.followed {
		err = errors.Join(err, unix.Close(fd))
	}
	return err
}
