package procfs

import "fmt"

// WaitStatus is how a process ended, as wait(2) reports it to its parent and
// /proc/PID/stat field 52 shows it of a zombie. It is decoded here, and not by
// package syscall, so that a capture reads the same on every system.
type WaitStatus uint32

// Exited reports whether the process ended by itself.
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

// String says it as people do: "exit 7", "SIGKILL", "SIGSEGV (core dumped)".
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

// The names of signal(7) on x86 and ARM, by number.
var signalNames = [...]string{
	1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS",
	8: "SIGFPE", 9: "SIGKILL", 10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM",
	15: "SIGTERM", 16: "SIGSTKFLT", 17: "SIGCHLD", 18: "SIGCONT", 19: "SIGSTOP", 20: "SIGTSTP",
	21: "SIGTTIN", 22: "SIGTTOU", 23: "SIGURG", 24: "SIGXCPU", 25: "SIGXFSZ", 26: "SIGVTALRM",
	27: "SIGPROF", 28: "SIGWINCH", 29: "SIGIO", 30: "SIGPWR", 31: "SIGSYS",
}

const sigRTMin = 34 // as the C libraries count: they keep 32 and 33 for themselves

// SignalName is the name of signal n in signal(7): "SIGTERM", "SIGRTMIN+3".
func SignalName(n int) string {
	switch {
	case n > 0 && n < len(signalNames):
		return signalNames[n]
	case n == sigRTMin:
		return "SIGRTMIN"
	case n > sigRTMin && n <= 64:
		return fmt.Sprintf("SIGRTMIN+%d", n-sigRTMin)
	default:
		return fmt.Sprintf("signal %d", n)
	}
}
