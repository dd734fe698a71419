package signal

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// zapping is the kernel function in which the init of a PID namespace waits, when
// it has ended, until all others in it have been killed and reaped.
const zapping = "zap_pid_ns_processes"

// IsFinishing reports whether the process is an init that has ended and cannot
// finish before its PID namespace is empty. Nothing can be done to it any more, by
// SIGKILL neither.
func IsFinishing(ix *inspect.Index, p *procfs.Process) bool {
	threads := ix.ThreadsOf(p)
	return len(threads) > 0 && threads[0].WaitChannel.Or("") == zapping
}

func (s *subject) isFinishing() bool { return IsFinishing(s.ix, s.process) }

// StillInside are the processes that an init which is finishing still waits for, as
// far as the capture has them: those in its PID namespace.
func StillInside(ix *inspect.Index, init *procfs.Process) []*procfs.Process {
	mine, ok := init.Namespace(procfs.PIDNamespace).Get()
	var list []*procfs.Process
	for _, p := range ix.Processes() {
		if got, okTheirs := p.Namespace(procfs.PIDNamespace).Get(); p != init && ok && okTheirs && got == mine {
			list = append(list, p)
		}
	}
	return list
}
