package signal

import "github.com/docker-pidns/docker-pidns/inspect"

// Claims are those about what the kernel makes of a signal, and about docker stop.
func Claims() []inspect.Claim {
	return []inspect.Claim{
		{
			Says:   []string{"It is a zombie, so it has already exited"},
			If:     "Its state is Z, and it has no other thread (/proc/PID/stat).",
			Unless: "A main thread that has exited shows Z too while others live: those decide then.",
		},
		{
			Says:   []string{"SIGKILL from outside the PID namespace kills every process", "SIGSTOP from outside the PID namespace stops every process"},
			If:     "The sender is not in the PID namespace whose init it is: docker stop, docker kill and the host are not (pid_namespaces(7)).",
			Unless: "An init that has ended and waits for its PID namespace to be empty, one whose main thread has exited, and what cgroup v1 has frozen are said to be so.",
			Open:   "When a process in uninterruptible sleep comes to its end.",
		},
		{
			Says: []string{"A thread waits for %s in sigtimedwait%s", "%s is read from a signalfd", "%s has a handler"},
			If:   "They say that it is heard: the masks, the system call's argument (/proc/PID/mem), or the descriptor's (fdinfo).",
			Unless: "What the program does then is never certain: a handler is no exit. One exception is node's own handler, below. " +
				"A signalfd that no thread can be reading counts for nothing.",
		},
		{
			Says:   []string{"Every thread blocks %s and none waits for it now"},
			If:     "The masks of all threads were read, and what they await.",
			Unless: "A thread wakes from time to time, and may take it then: that is judged by the time for which it sleeps, and is likely at most.",
		},
		{
			Says: []string{
				"%s is ignored", "%s has no handler and has no effect by default",
				"%[2]s is PID 1 and has no %[1]s handler, so the kernel discards the signal",
				"%s has no handler and stops a process by default", "%[2]s is not PID 1 and has no %[1]s handler, so the signal terminates it",
			},
			If: "The masks of all threads were read, none awaits the signal, and no signalfd has it. That it is an init, its PID in its own namespace says (NSpid).",
			Unless: "Likely where that takes the right to trace the process and it was not given, where a thread did not stand still for it, where the masks changed " +
				"between two looks, and where the program started less than a second ago. Not said of what is traced, stopped, or in uninterruptible sleep. " +
				"That docker stop then waits and kills is likely where the engine may have another grace period by default (Docker from 29.7 on, podman), " +
				"and cannot be told where --stop-timeout is more than the engine can count.",
			Open: "A handler that is installed between the look and docker stop.",
		},
		{
			Says:   []string{"Its shim (%d) is stopped (State T), and the shim must send the signal"},
			If:     "The shim is the parent of the container's main process, by its arguments, and its state is T.",
			Unless: "Whoever has stopped it may let it go on: the next command does that.",
		},
		{
			Says:   []string{"It is node's default handler, which resets itself (SA_RESETHAND, %s) and raises %s again. The kernel discards that for PID 1"},
			If:     "The kernel's iterator shows SA_RESETHAND for the signal, and the program is node, as PID 1: no handler that a program of node installs resets itself.",
			Unless: "Without the iterator it cannot be told (docker pidns signals --collector bpf).",
		},
	}
}
