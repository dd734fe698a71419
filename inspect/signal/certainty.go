package signal

import "github.com/docker-pidns/docker-pidns/inspect"

// Claims are the claims about the effect of a signal, and about docker stop.
func Claims() []inspect.Claim {
	return []inspect.Claim{
		{
			Says:   []string{"It is a zombie, so it has already exited"},
			If:     "The state of the process is Z, and it has no other thread (/proc/PID/stat).",
			Unless: "A main thread that has exited shows Z too while other threads are alive. Then the other threads decide.",
		},
		{
			Says:   []string{"SIGKILL from outside the PID namespace kills every process", "SIGSTOP from outside the PID namespace stops every process"},
			If:     "The sender is outside the PID namespace of the process. docker stop, docker kill and the host are outside (pid_namespaces(7)).",
			Unless: "Something else is stated for an init that has exited and waits for its PID namespace to be empty. The same holds for an init whose main thread has exited, and for a process frozen by cgroup v1.",
			Open:   "When a process in uninterruptible sleep exits.",
		},
		{
			Says: []string{"A thread waits for %s in sigtimedwait%s", "%s is read from a signalfd", "%s has a handler"},
			If:   "A mask, the argument of the system call (/proc/PID/mem) or the descriptor (fdinfo) shows that the process receives the signal.",
			Unless: "What the program does then is never certain, because a handler need not exit. The one exception is node's own handler, below. " +
				"A signalfd that no thread can be reading is not counted.",
		},
		{
			Says:   []string{"Every thread blocks %s and none waits for it now"},
			If:     "The masks of all threads were read, and the signals for which they wait.",
			Unless: "A thread that wakes from time to time may take the signal then. The time for which it sleeps decides, and the result is at most likely.",
		},
		{
			Says: []string{
				"%s is ignored", "%s has no handler and has no effect by default",
				"%[2]s is PID 1 and has no %[1]s handler, so the kernel discards the signal",
				"%s has no handler and stops a process by default", "%[2]s is not PID 1 and has no %[1]s handler, so the signal terminates it",
			},
			If: "The masks of all threads were read, no thread waits for the signal, and no signalfd has it. An init is recognised by its PID in its own namespace (NSpid).",
			Unless: "It is only likely if the right to trace the process is needed and missing. " +
				"The same holds if a thread did not stand still, or if the masks changed between two looks. " +
				"It holds too if the program started less than a second ago. " +
				"It is not stated for a process that is traced, stopped, or in uninterruptible sleep. " +
				"docker stop then waits and kills. " +
				"This is only likely if the engine may have another default grace period (Docker from 29.7 on, podman). The same holds if no engine answers. It cannot be determined if --stop-timeout is more than the engine can count.",
			Open: "A handler that is installed between the look and docker stop.",
		},
		{
			Says:   []string{"Its shim (%d) is stopped (State T), and the shim must send the signal"},
			If:     "The parent of the main process is the shim, by its arguments, and has state T.",
			Unless: "The shim may be resumed. The next command does that.",
		},
		{
			Says:   []string{"It is node's default handler, which resets itself (SA_RESETHAND, %s) and raises %s again. The kernel discards that for PID 1"},
			If:     "The kernel's iterator shows SA_RESETHAND for the signal, and the program is node, as PID 1. A handler that a node program installs never resets itself.",
			Unless: "Without the iterator it cannot be determined (docker pidns signals --collector bpf).",
		},
	}
}
