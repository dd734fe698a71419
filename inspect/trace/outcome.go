package trace

import (
	"github.com/docker-pidns/docker-pidns/procfs"
)

// immediate is what came of a signal at once, "" if that is to be seen.
func immediate(e *procfs.KernelEvent) (Outcome, Reason) {
	s := e.Signal
	switch {
	case s.Result == procfs.SignalIgnored:
		return Dropped, reasonOf(e)
	case s.Result == procfs.SignalAlreadyPending:
		return Dropped, AlreadyPending
	case s.Blocked && s.Number != procfs.SIGKILL && s.Number != procfs.SIGSTOP && !s.ToProcess:
		return Blocked, ""
	case s.Handler != procfs.HandlerDefault:
		return "", ""
	}
	switch s.Number {
	case procfs.SIGSTOP, sigTstp, sigTTIn, sigTTOu:
		return Stopped, ""
	case procfs.SIGCONT:
		return Continued, ""
	default:
		return "", ""
	}
}

// isExiting reports whether the process exits, or is about to: a signal for the whole of it has come
// that ends it (SIGNAL_GROUP_EXIT in prepare_signal of the kernel's kernel/signal.c).
func isExiting(e *procfs.KernelEvent) bool {
	s := e.Signal
	if e.Subject.Exiting || s.Result != procfs.SignalIgnored || s.Handler == procfs.HandlerIgnore || s.Unkillable {
		return e.Subject.Exiting
	}
	switch s.Number {
	case procfs.SIGCHLD, procfs.SIGCONT, sigURG, sigWinc:
		return s.Handler != procfs.HandlerDefault
	default:
		return true
	}
}

// reasonOf says why the kernel drops a signal (sig_ignored of its kernel/signal.c).
func reasonOf(e *procfs.KernelEvent) Reason {
	s := e.Signal
	switch {
	case isExiting(e):
		return AlreadyExiting
	case s.Handler == procfs.HandlerIgnore:
		return Ignored
	case s.Unkillable && (s.Number == procfs.SIGKILL || s.Number == procfs.SIGSTOP):
		return FromInside
	case s.Unkillable:
		return NoHandler
	default:
		return IgnoredByDefault
	}
}

// exitOf is the exit code as the engine reports it, and whether a signal ended the process.
func exitOf(status procfs.WaitStatus) (Outcome, int) {
	if n := status.Signal(); n != 0 {
		return Killed, 128 + n
	}
	return Exited, status.ExitCode()
}
