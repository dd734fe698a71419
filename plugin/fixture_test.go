package plugin

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var (
	deniedStatus  = procfs.None[procfs.WaitStatus](procfs.Denied)
	deniedProcess = procfs.Missed{PID: 4711, Why: procfs.Denied}
)

// attentive adds the signal handling of every process in the saved capture: docker-init awaits
// all signals, and all others sleep.
func attentive(capture *inspect.Capture) {
	for i := range capture.Snapshot.Processes {
		p := &capture.Snapshot.Processes[i]
		thread := procfs.ThreadAttention{
			TID: p.PID, State: p.State, Blocked: p.Signals.Blocked, Syscall: procfs.Some(procfs.Syscall{Name: "pause"}),
			Awaited: procfs.None[procfs.SignalSet](procfs.NotHeld), TimeoutNS: procfs.None[int64](procfs.NotHeld),
		}
		program := procfs.Program{Path: "/bin/" + p.Comm, Bits: 64, Waits: procfs.Some([]string{})}
		if p.Comm == "docker-init" {
			thread.Syscall, thread.Awaited = procfs.Some(procfs.Syscall{Name: "rt_sigtimedwait"}), procfs.Some(procfs.SignalSet(0x7fff))
			program.Marks = []string{"tini version "}
		}
		capture.Attention = append(capture.Attention, procfs.Attention{
			Key: p.Key, Threads: []procfs.ThreadAttention{thread}, SignalFDs: procfs.Some([]procfs.SignalSet{}), Program: procfs.Some(program),
		})
	}
}
