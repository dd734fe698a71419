package signal

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// zapping is the kernel function in which an exiting init of a PID namespace waits, until all
// other processes in the namespace have been killed and reaped.
const zapping = "zap_pid_ns_processes"

// IsFinishing reports whether the process is an init that has exited and cannot finish before
// its PID namespace is empty. No signal has an effect on it, not even SIGKILL.
func IsFinishing(ix *inspect.Index, p *procfs.Process) bool {
	threads := ix.ThreadsOf(p)
	return len(threads) > 0 && threads[0].WaitChannel.Or("") == zapping
}

func (s *subject) isFinishing() bool { return IsFinishing(s.ix, s.process) }

// StillInside are the processes for which a finishing init still waits: the processes in its
// PID namespace that are in the capture.
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
