package signal

import "github.com/docker-pidns/docker-pidns/inspect"

// Claims are those about what the kernel makes of a signal, and about docker stop.
func Claims() []inspect.Claim {
	return []inspect.Claim{
		{
			Says:   []string{"it is a zombie: it has exited, and its masks are history"},
			If:     "Its state is Z, and it has no other thread (/proc/PID/stat).",
			Unless: "A main thread that has exited shows Z too while others live: those decide then.",
		},
		{
			Says:   []string{"SIGKILL from outside ends every process", "SIGSTOP from outside stops every process"},
			If:     "The sender is not in the PID namespace whose init it is: docker stop, docker kill and the host are not (pid_namespaces(7)).",
			Unless: "An init that has ended and waits for its PID namespace to be empty, one whose main thread has exited, and what cgroup v1 has frozen are said to be so.",
			Open:   "When a process in uninterruptible sleep comes to its end.",
		},
		{
			Says: []string{"a thread awaits %s in sigtimedwait%s", "%s is read from a signalfd", "%s has a handler (SigCgt)"},
			If:   "They say that it is heard: the masks, the system call's argument (/proc/PID/mem), or the descriptor's (fdinfo).",
			Unless: "What the program does then is never certain: a handler is no exit. One exception is node's own handler, below. " +
				"A signalfd that no thread can be reading counts for nothing.",
		},
		{
			Says:   []string{"every thread blocks %s and none takes it at the moment (SigBlk)"},
			If:     "The masks of all threads were read, and what they await.",
			Unless: "A thread wakes from time to time, and may take it then: that is judged by the time for which it sleeps, and is likely at most.",
		},
		{
			Says: []string{
				"%s is ignored (SigIgn)", "%s has no handler, and does nothing by default",
				"%s has no handler in %s (SigCgt), and the kernel drops such signals for the init of a PID namespace",
				"%s has no handler, and stops a process by default", "%s has no handler in %s, which is no init: the default action ends it",
			},
			If: "The masks of all threads were read, none awaits the signal, and no signalfd has it. That it is an init, its PID in its own namespace says (NSpid).",
			Unless: "Likely where that takes the right to trace the process and it was not given, where a thread did not stand still for it, where the masks changed " +
				"between two looks, and where the program started less than a second ago. Not said of what is traced, stopped, or in uninterruptible sleep. " +
				"That docker stop then waits and kills is likely where the engine may have another grace period by default (Docker from 29.7 on, podman), " +
				"and cannot be told where --stop-timeout is more than the engine can count.",
			Open: "A handler that is installed between the look and docker stop.",
		},
		{
			Says:   []string{"its shim (%d) is stopped (State T), and it is the shim that sends the signal"},
			If:     "The shim is the parent of the container's main process, by its arguments, and its state is T.",
			Unless: "Whoever has stopped it may let it go on: the next command does that.",
		},
		{
			Says:   []string{"it is node's own, which resets itself (SA_RESETHAND, %s): it raises %s again, and the kernel drops that for PID 1"},
			If:     "The kernel's iterator shows SA_RESETHAND for the signal, and the program is node, as PID 1: no handler that a program of node installs resets itself.",
			Unless: "Without the iterator it cannot be told (docker pidns signals --collector bpf).",
		},
	}
}
