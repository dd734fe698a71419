package read

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// looks is how often threads are looked at that do not stay in one call. pause is the time
// between two looks at all threads, which is much longer on a busy host.
const (
	looks = 3
	pause = 2 * time.Millisecond
)

// threadsAttention reads threads. Threads that have exited meanwhile are left out.
func (d processDir) threadsAttention(tids []int, bits int) []procfs.ThreadAttention {
	var list []procfs.ThreadAttention
	for _, tid := range tids {
		if t, ok := d.lookAtThread(tid, bits); ok {
			list = append(list, t)
		}
	}
	for look := 1; look < looks && slices.ContainsFunc(list, passes); look++ {
		time.Sleep(pause)
		left := list[:0]
		for _, t := range list {
			again, ok := t, true
			if passes(t) {
				again, ok = d.lookAtThread(t.TID, bits)
				addEarlier(&again, &t)
			}
			if ok {
				left = append(left, again)
			}
		}
		list = left
	}
	return list
}

// passes reports whether the next look at the thread may have another result.
func passes(t procfs.ThreadAttention) bool {
	return t.Unsettled || startsProgram(&t)
}

// startsProgram reports whether the thread seems to be about to start a program: it is
// in vfork, or blocks every signal, as shells and C libraries do around a vfork.
func startsProgram(t *procfs.ThreadAttention) bool {
	return t.Blocked|unblockable == math.MaxUint64 || t.Syscall.Or(procfs.Syscall{}).InVFork()
}

// unblockable are the signals that sigfillset(3) leaves out, and those that the kernel does
// not let a process block.
var unblockable = signalBits(procfs.SIGKILL, procfs.SIGSTOP, 32, 33)

func signalBits(numbers ...int) procfs.SignalSet {
	var set procfs.SignalSet
	for _, n := range numbers {
		set |= 1 << (n - 1)
	}
	return set
}

// addEarlier adds the signals that the thread blocked and awaited at an earlier look. What it
// blocks while it starts a program is left out, because that is temporary.
func addEarlier(t *procfs.ThreadAttention, earlier *procfs.ThreadAttention) {
	switch {
	case startsProgram(earlier):
		t.Unsettled = t.Unsettled || t.Sleeps != earlier.Sleeps
		return
	case startsProgram(t):
		t.Unsettled, t.Blocked = true, earlier.Blocked
	}
	t.Blocked |= earlier.Blocked
	if earlier.Awaited.Held() && !t.Awaited.Held() {
		t.Awaited, t.Syscall, t.TimeoutNS = earlier.Awaited, earlier.Syscall, earlier.TimeoutNS
	}
}

// lookAtThread reads one thread. It is false if the thread has exited meanwhile. A thread that
// waits for signals shows them as not blocked, and may not wait for them a moment later. Masks
// and call belong together only if the call was the same before and after.
func (d processDir) lookAtThread(tid, bits int) (procfs.ThreadAttention, bool) {
	before := d.syscall(tid, bits)
	status, sleeps, ok := d.threadStatus(tid)
	if !ok {
		return procfs.ThreadAttention{}, false
	}
	t := procfs.ThreadAttention{
		TID: tid, State: status.State, Sleeps: sleeps, Pending: status.ThreadPending, Blocked: status.Signals.Blocked,
		Awaited: procfs.None[procfs.SignalSet](procfs.NotHeld), TimeoutNS: procfs.None[int64](procfs.NotHeld),
	}
	if t.State == procfs.StateUninterruptible || tid == d.pid {
		t.WaitChannel = d.waitChannel(tid)
	}
	t.Syscall = d.syscall(tid, bits)
	call, ok := t.Syscall.Get()
	if !ok {
		t.Awaited, t.TimeoutNS = procfs.None[procfs.SignalSet](t.Syscall.Absence()), procfs.None[int64](t.Syscall.Absence())
		return t, true
	}
	t.Unsettled = t.Syscall != before || call.Name == ""
	if earlier := before.Or(procfs.Syscall{}); earlier.Name == "rt_sigtimedwait" {
		call = earlier
		t.Syscall = before
	}
	if call.Name == "rt_sigtimedwait" {
		t.Awaited = d.signalSet(call.Args[0])
	}
	t.TimeoutNS = d.timeout(call, bits)
	return t, true
}

// waitChannel accepts "0" only if the call of the thread may be read, for which the kernel
// requires the same right.
func (d processDir) waitChannel(tid int) procfs.Opt[string] {
	data, err := d.read(filepath.Join(taskDir(tid), "wchan"))
	if err != nil {
		return procfs.None[string](absenceOf(err))
	}
	if name := string(data); name != "0" {
		return procfs.Some(name)
	}
	if _, err := d.read(filepath.Join(taskDir(tid), "syscall")); err != nil {
		return procfs.None[string](absenceOf(err))
	}
	return procfs.None[string](procfs.NotHeld)
}

func (d processDir) threadStatus(tid int) (procfs.Status, procfs.Opt[int], bool) {
	data, err := d.read(filepath.Join(taskDir(tid), "status"))
	if err != nil {
		return procfs.Status{}, procfs.None[int](procfs.Unread), false
	}
	status, err := procfs.ParseStatus(data)
	return status, sleepsIn(data), err == nil
}

// sleepsIn is the number of voluntary context switches in a status file.
func sleepsIn(status []byte) procfs.Opt[int] {
	for line := range bytes.Lines(status) {
		if value, ok := bytes.CutPrefix(line, []byte("voluntary_ctxt_switches:")); ok {
			if n, err := strconv.Atoi(string(bytes.TrimSpace(value))); err == nil {
				return procfs.Some(n)
			}
			return procfs.None[int](procfs.Malformed)
		}
	}
	return procfs.None[int](procfs.Unsupported)
}

// syscall reads the call of a thread. The numbers of a 32-bit program are of
// another table.
func (d processDir) syscall(tid, bits int) procfs.Opt[procfs.Syscall] {
	names := syscallNames
	if bits != 64 {
		names = narrowSyscallNames
	}
	if names == nil {
		return procfs.None[procfs.Syscall](procfs.Unsupported)
	}
	data, err := d.read(filepath.Join(taskDir(tid), "syscall"))
	if err != nil {
		return procfs.None[procfs.Syscall](absenceOf(err))
	}
	call, err := procfs.ParseSyscall(data, names)
	if err != nil {
		return procfs.None[procfs.Syscall](procfs.Malformed)
	}
	return procfs.Some(call)
}

func (d processDir) signalSet(address uint64) procfs.Opt[procfs.SignalSet] {
	word, err := d.memory(address, 8)
	if err != nil {
		return procfs.None[procfs.SignalSet](absenceOf(err))
	}
	return procfs.Some(procfs.SignalSet(binary.NativeEndian.Uint64(word)) &^ neverAwaited)
}

// neverAwaited are SIGKILL and SIGSTOP, which the kernel takes out of the set.
const neverAwaited = procfs.SignalSet(1<<(procfs.SIGKILL-1) | 1<<(procfs.SIGSTOP-1))

// memory reads the process's memory (/proc/PID/mem). Some of it can be a file that does
// not answer (mmap(2)).
func (d processDir) memory(address uint64, size int) ([]byte, error) {
	if address > math.MaxInt64 {
		return nil, os.ErrNotExist
	}
	fd, err := unix.Openat(d.fd, "mem", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: d.path("mem"), Err: err}
	}
	file := os.NewFile(uintptr(fd), d.path("mem")) // a read that is left behind closes it at its end
	return aside(d.spend, func() ([]byte, error) {
		defer func() { _ = file.Close() }()
		buffer := make([]byte, size)
		if _, err := file.ReadAt(buffer, int64(address)); err != nil {
			return nil, err
		}
		return buffer, nil
	})
}
