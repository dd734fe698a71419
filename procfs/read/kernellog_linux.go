package read

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// kernelLog is the device of the kernel log. Reading returns one record at a time and removes
// nothing (Documentation/ABI/testing/dev-kmsg).
const kernelLog = "/dev/kmsg"

// How much of the kernel log is read. A buffer of the usual size has about 10,000 records, and
// the kernel limits the length of a record (PRINTKRB_RECORD_MAX).
const (
	mostLogRecords   = 1 << 17
	longestLogRecord = 8192
	mostVictims      = 1024
	logReadTime      = time.Second
)

// OOM reads what the kernel reports of its OOM killer. The kernel log is read only if the OOM
// killer has killed a process since boot.
func (f FS) OOM() procfs.OOMFacts {
	facts := procfs.OOMFacts{Kills: f.oomKills(), LogSince: procfs.None[time.Duration](procfs.NotHeld)}
	if kills, known := facts.Kills.Get(); !known || kills > 0 {
		facts.LogSince, facts.Victims = readKernelLog(f.kernelLog(), isKernelLog)
	}
	return facts
}

// kernelLog is the path of the kernel log. A container has none, so there it is the host's. The
// container may open that only if its devices cgroup allows it.
func (f FS) kernelLog() string {
	if _, err := os.Lstat(kernelLog); err == nil {
		return kernelLog
	}
	return filepath.Join(f.root, f.hostProcess(), "root", kernelLog)
}

func (f FS) oomKills() procfs.Opt[int] {
	data, err := os.ReadFile(filepath.Join(f.root, "vmstat"))
	if err != nil {
		return procfs.None[int](absenceOf(err))
	}
	n, ok := procfs.ParseOOMKills(data)
	if !ok {
		return procfs.None[int](procfs.Unsupported)
	}
	return procfs.Some(n)
}

// isKernelLog reports whether the device is the kernel log, so that nothing else is opened in
// its place (Documentation/admin-guide/devices.txt, 1 char, 11).
func isKernelLog(s *unix.Stat_t) bool {
	return s.Mode&unix.S_IFMT == unix.S_IFCHR && s.Rdev == unix.Mkdev(1, 11)
}

// readKernelLog reads the log from the oldest record to the newest.
func readKernelLog(path string, isLog func(*unix.Stat_t) bool) (since procfs.Opt[time.Duration], victims []procfs.OOMKill) {
	unread := func(why procfs.Absence) (procfs.Opt[time.Duration], []procfs.OOMKill) {
		return procfs.None[time.Duration](why), nil
	}
	var s unix.Stat_t
	switch err := unix.Lstat(path, &s); {
	case errors.Is(err, fs.ErrNotExist) || err == nil && !isLog(&s):
		return unread(procfs.Unsupported)
	case err != nil:
		return unread(absenceOf(err))
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		return unread(absenceOf(err))
	}
	defer func() { _ = unix.Close(fd) }()
	record := make([]byte, longestLogRecord)
	deadline := time.Now().Add(logReadTime)
	for range mostLogRecords {
		n, err := unix.Read(fd, record)
		switch {
		case errors.Is(err, unix.EPIPE) || errors.Is(err, unix.EINTR): // records were overwritten meanwhile
			continue
		case errors.Is(err, unix.EAGAIN) || err == nil && n == 0: // that was the newest record
			return since, victims
		case err != nil:
			return unread(absenceOf(err))
		}
		at, text, isKernels := procfs.ParseLogRecord(record[:n])
		if isKernels && !since.Held() {
			since = procfs.Some(at)
		}
		if kill, ok := procfs.ParseOOMKill(text); ok && isKernels && len(victims) < mostVictims {
			kill.At = at
			victims = append(victims, kill)
		}
		if time.Now().After(deadline) {
			break
		}
	}
	return unread(procfs.TooLong)
}
