package procfs

import "fmt"

// WaitStatus is how a process exited, as wait(2) reports it to its parent and /proc/PID/stat
// field 52 shows it for a zombie. It is decoded here, and not by package syscall, so that a
// capture reads the same on every system.
type WaitStatus uint32

// Exited reports whether the process exited by itself, and not by a signal.
func (w WaitStatus) Exited() bool { return w&0x7f == 0 }

// ExitCode is the code the process exited with; -1 if a signal killed it.
func (w WaitStatus) ExitCode() int {
	if !w.Exited() {
		return -1
	}
	return int(w>>8) & 0xff
}

// Signal is the number of the signal that killed the process; 0 if it exited.
func (w WaitStatus) Signal() int { return int(w & 0x7f) }

// CoreDumped reports whether the kernel wrote a core dump.
func (w WaitStatus) CoreDumped() bool { return !w.Exited() && w&0x80 != 0 }

// String is the usual form: "exit 7", "SIGKILL", "SIGSEGV (core dumped)".
func (w WaitStatus) String() string {
	switch {
	case w.Exited():
		return fmt.Sprintf("exit %d", w.ExitCode())
	case w.CoreDumped():
		return SignalName(w.Signal()) + " (core dumped)"
	default:
		return SignalName(w.Signal())
	}
}
