package procfs

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// statID leaves the device out: each container sees the files of a common image
// on a device of its own.
func statID(info os.FileInfo) fileID {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fileID{}
	}
	return fileID{stat.Ino, info.Size(), info.ModTime().UnixNano()}
}

// Attention reads what a process listens to. Most of it needs the right to
// trace the process. An error means that there is no such process now.
func (f FS) Attention(pid int, programs *Programs) (Attention, error) {
	d, err := openProcessDir(f.root, pid)
	if err != nil {
		return Attention{}, err
	}
	defer d.close()
	before, err := d.stat()
	if err != nil {
		return Attention{}, err
	}
	a := Attention{Key: Key{PID: before.PID, StartTicks: before.StartTicks}, Program: programs.Of(pid)}
	bits := 64
	if program, ok := a.Program.Get(); ok {
		bits = program.Bits
	}
	tids, err := d.threads()
	if err != nil {
		return Attention{}, err
	}
	for _, tid := range tids {
		if t, ok := d.threadAttention(tid, bits); ok {
			a.Threads = append(a.Threads, t)
		}
	}
	a.SignalFDs, a.Stdin = d.signalFDs(), d.descriptor("0")
	if program, ok := a.Program.Get(); ok && programs.wantsScript(program) {
		a.Script = d.script()
	}
	if after, err := d.stat(); err != nil || after.StartTicks != before.StartTicks {
		return Attention{}, os.ErrNotExist
	}
	return a, nil
}

// looks is how often a thread is looked at that does not stay in one call, and
// pause the time in between.
const (
	looks = 3
	pause = 2 * time.Millisecond
)

// threadAttention reads one thread; false if it has ended meanwhile. A thread
// that awaits signals shows them as not blocked, and does not await them a moment
// later: masks and call belong together only if the call was the same before and
// after.
func (d processDir) threadAttention(tid, bits int) (ThreadAttention, bool) {
	var all ThreadAttention
	for look := range looks {
		t, ok := d.lookAtThread(tid, bits)
		if !ok {
			return ThreadAttention{}, false
		}
		if look > 0 {
			t.Blocked |= all.Blocked
			if all.Awaited.Held() && !t.Awaited.Held() {
				t.Awaited, t.Syscall, t.TimeoutNS = all.Awaited, all.Syscall, all.TimeoutNS
			}
		}
		if all = t; !t.Unsettled {
			break
		}
		time.Sleep(pause)
	}
	return all, true
}

func (d processDir) lookAtThread(tid, bits int) (ThreadAttention, bool) {
	before := d.syscall(tid, bits)
	stat, status, ok := d.threadStatus(tid)
	if !ok {
		return ThreadAttention{}, false
	}
	t := ThreadAttention{
		TID: tid, State: stat.State, Pending: status.ThreadPending, Blocked: status.Signals.Blocked,
		Awaited: None[SignalSet](NotHeld), TimeoutNS: None[int64](NotHeld),
	}
	if t.State == StateUninterruptible {
		t.WaitChannel = d.waitChannel(tid)
	}
	t.Syscall = d.syscall(tid, bits)
	call, ok := t.Syscall.Get()
	if !ok {
		t.Awaited, t.TimeoutNS = None[SignalSet](t.Syscall.Absence()), None[int64](t.Syscall.Absence())
		return t, true
	}
	t.Unsettled = t.Syscall != before || call.Name == ""
	if earlier := before.Or(Syscall{}); earlier.Name == "rt_sigtimedwait" {
		call = earlier
		t.Syscall = before
	}
	if call.Name == "rt_sigtimedwait" {
		t.Awaited = d.signalSet(call.Args[0])
	}
	t.TimeoutNS = d.timeout(call, bits)
	return t, true
}

// waitChannel believes "0" only where the call of the thread may be read, for
// which the kernel asks for the same right.
func (d processDir) waitChannel(tid int) Opt[string] {
	data, err := d.read(filepath.Join(taskDir(tid), "wchan"))
	if err != nil {
		return None[string](absenceOf(err))
	}
	if name := string(data); name != "0" {
		return Some(name)
	}
	if _, err := d.read(filepath.Join(taskDir(tid), "syscall")); err != nil {
		return None[string](absenceOf(err))
	}
	return None[string](NotHeld)
}

func (d processDir) threadStatus(tid int) (Stat, Status, bool) {
	data, err := d.read(filepath.Join(taskDir(tid), "stat"))
	if err != nil {
		return Stat{}, Status{}, false
	}
	stat, err := ParseStat(data)
	if err != nil {
		return Stat{}, Status{}, false
	}
	if data, err = d.read(filepath.Join(taskDir(tid), "status")); err != nil {
		return Stat{}, Status{}, false
	}
	status, err := ParseStatus(data)
	return stat, status, err == nil
}

// syscall reads the call of a thread. The numbers of a 32-bit program are of
// another table.
func (d processDir) syscall(tid, bits int) Opt[Syscall] {
	names := syscallNames
	if bits != 64 {
		names = narrowSyscallNames
	}
	if names == nil {
		return None[Syscall](Unsupported)
	}
	data, err := d.read(filepath.Join(taskDir(tid), "syscall"))
	if err != nil {
		return None[Syscall](absenceOf(err))
	}
	call, err := ParseSyscall(data, names)
	if err != nil {
		return None[Syscall](Malformed)
	}
	return Some(call)
}

func (d processDir) signalSet(address uint64) Opt[SignalSet] {
	word, err := d.memory(address, 8)
	if err != nil {
		return None[SignalSet](absenceOf(err))
	}
	return Some(SignalSet(binary.NativeEndian.Uint64(word)) &^ neverAwaited)
}

// neverAwaited are SIGKILL and SIGSTOP, which the kernel takes out of the set.
const neverAwaited = SignalSet(1<<(SIGKILL-1) | 1<<(SIGSTOP-1))

// memory reads the process's memory (/proc/PID/mem).
func (d processDir) memory(address uint64, size int) ([]byte, error) {
	if address > math.MaxInt64 {
		return nil, os.ErrNotExist
	}
	file, err := os.Open(d.path("mem"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	buffer := make([]byte, size)
	if _, err := file.ReadAt(buffer, int64(address)); err != nil {
		return nil, err
	}
	return buffer, nil
}

// timeout is how long the call waits at most: by value, in milliseconds, or by
// a pointer to a struct timespec or timeval; NULL waits without end. The structs
// of 32-bit programs are of several kinds.
func (d processDir) timeout(call Syscall, bits int) Opt[int64] {
	if bits != 64 && !slices.Contains(untimed, call.Name) {
		return None[int64](Unsupported)
	}
	switch call.Name {
	case "epoll_wait", "epoll_pwait":
		return milliseconds(call.Args[3])
	case "poll":
		return milliseconds(call.Args[2])
	case "epoll_pwait2":
		return d.timespec(call.Args[3], 1)
	case "ppoll":
		return d.timespec(call.Args[2], 1)
	case "pselect6":
		return d.timespec(call.Args[4], 1)
	case "select":
		return d.timespec(call.Args[4], 1000)
	case "rt_sigtimedwait":
		return d.timespec(call.Args[2], 1)
	case "nanosleep":
		return d.timespec(call.Args[0], 1)
	case "clock_nanosleep":
		return d.timespec(call.Args[2], 1)
	case "futex":
		return d.timespec(call.Args[3], 1)
	case "restart_syscall":
		return None[int64](Unsupported) // the kernel alone knows what is left of it
	default:
		return None[int64](NotHeld)
	}
}

// untimed are those of the calls that never return by themselves.
var untimed = []string{"pause", "rt_sigsuspend", "wait4", "waitid", "read", "accept4", "recvfrom", "recvmsg", "vfork"}

func milliseconds(arg uint64) Opt[int64] {
	if ms := int32(uint32(arg)); ms >= 0 { //nolint:gosec // an int of the system call
		return Some(int64(ms) * 1e6)
	}
	return None[int64](NotHeld)
}

// endless is the number of seconds from which a sleep has no end in sight: what
// programs make of "sleep infinity" is more.
const endless = 1 << 31

// timespec reads seconds and a fraction, whose unit in nanoseconds is given.
func (d processDir) timespec(address uint64, unit int64) Opt[int64] {
	if address == 0 {
		return None[int64](NotHeld)
	}
	words, err := d.memory(address, 16)
	if err != nil {
		return None[int64](absenceOf(err))
	}
	seconds := int64(binary.NativeEndian.Uint64(words))
	fraction := int64(binary.NativeEndian.Uint64(words[8:]))
	if seconds >= endless {
		return None[int64](NotHeld)
	}
	return Some(seconds*1e9 + fraction*unit)
}

// signalFDs reads the sets of all signalfd(2) descriptors.
func (d processDir) signalFDs() Opt[[]SignalSet] {
	names, err := d.descriptors()
	if err != nil {
		return None[[]SignalSet](absenceOf(err))
	}
	sets := []SignalSet{}
	for _, name := range names {
		target, err := d.readlink(filepath.Join("fd", name))
		if err != nil && absenceOf(err) != Gone {
			return None[[]SignalSet](absenceOf(err))
		}
		if target != "anon_inode:[signalfd]" {
			continue
		}
		if set, ok := d.fdinfo(name, "sigmask:"); ok {
			if set, err := ParseSignalSet([]byte(set)); err == nil {
				sets = append(sets, set)
			}
		}
	}
	return Some(sets)
}

func (d processDir) descriptors() ([]string, error) {
	fd, err := unix.Openat(d.fd, "fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: d.path("fd"), Err: err}
	}
	dir := os.NewFile(uintptr(fd), d.path("fd"))
	defer func() { _ = dir.Close() }()
	names, err := dir.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

func (d processDir) fdinfo(name, key string) (string, bool) {
	data, err := d.read(filepath.Join("fdinfo", name))
	if err != nil {
		return "", false
	}
	for line := range bytes.Lines(data) {
		if value, ok := strings.CutPrefix(string(line), key); ok {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

func (d processDir) descriptor(name string) Opt[Descriptor] {
	target, err := os.Readlink(d.path(filepath.Join("fd", name)))
	if err != nil {
		return None[Descriptor](absenceOf(err))
	}
	id, _ := d.fdinfo(name, "mnt_id:")
	mount, _ := strconv.Atoi(id)
	return Some(Descriptor{Path: target, MountID: mount})
}
