package trace

import (
	"fmt"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Sentence is the row in words, without time and container.
func (r *Row) Sentence() string {
	text := r.What()
	for _, part := range []string{r.From(), r.Ending()} {
		if part != "" {
			text += "  " + part
		}
	}
	return text
}

// Clause is the row as a part of a sentence.
func (r *Row) Clause() string {
	text, separator := r.What(), " "
	if r.Event == Exit {
		separator = ", "
	}
	if from := r.From(); from != "" {
		text += separator + from
	}
	if ending := r.Ending(); ending != "" {
		text += ", " + ending
	}
	return text
}

// What says what happened to which process.
func (r *Row) What() string {
	switch r.Event {
	case SignalSent:
		if r.Others > 0 {
			return fmt.Sprintf("%s to %s and %d more", r.Signal, r.who(), r.Others)
		}
		return fmt.Sprintf("%s to %s", r.Signal, r.who())
	case Exit:
		if r.Outcome == Killed {
			return fmt.Sprintf("%s is killed, exit code %d", r.who(), *r.ExitCode)
		}
		return fmt.Sprintf("%s exits with %d", r.who(), *r.ExitCode)
	case Fork:
		return fmt.Sprintf("%s forks %s", r.parent.text(), r.who())
	case Exec:
		return fmt.Sprintf("%s executes a program", r.who())
	case Adoption:
		return fmt.Sprintf("%s is adopted by %s", r.who(), r.parent.text())
	default:
		return fmt.Sprintf("%s is reaped by %s", r.who(), r.parent.text())
	}
}

// who names the process: PID 1 as that, others by their names.
func (r *Row) who() string {
	switch r.ContainerPID {
	case 1:
		return fmt.Sprintf("PID 1 (%s, %d)", r.Command, r.HostPID)
	case 0, r.HostPID:
		if r.Main {
			return fmt.Sprintf("main process %s (%d)", r.Command, r.HostPID)
		}
		return fmt.Sprintf("%s (%d)", r.Command, r.HostPID)
	default:
		if r.Main {
			return fmt.Sprintf("main process %s (%d, inside %d)", r.Command, r.HostPID, r.ContainerPID)
		}
		return fmt.Sprintf("%s (%d, inside %d)", r.Command, r.HostPID, r.ContainerPID)
	}
}

func (p process) text() string {
	switch {
	case p.HostPID == 0:
		return "an unknown process"
	case p.Command == "":
		return fmt.Sprintf("process %d", p.HostPID)
	default:
		return fmt.Sprintf("%s (%d)", p.Command, p.HostPID)
	}
}

// From says where a signal came from, "" if there is nothing to say.
func (r *Row) From() string {
	switch r.Event {
	case Exit:
		return r.before()
	case Reaping:
		return duration(*r.Seconds) + " after its exit"
	case SignalSent:
		return r.sender()
	default:
		return ""
	}
}

// before says what an exit follows.
func (r *Row) before() string {
	switch {
	case r.Signal != "" && r.Seconds != nil:
		return fmt.Sprintf("%s after %s %s", duration(*r.Seconds), r.Signal, r.sender())
	case r.Sender == UnknownSender && r.Outcome == Killed:
		return fmt.Sprintf("by %s from an unknown sender", procfs.SignalName(*r.ExitCode-128))
	case r.Sender == UnknownSender:
		return ""
	case r.Outcome == Killed:
		return fmt.Sprintf("by %s, but the trace did not see the signal", procfs.SignalName(*r.ExitCode-128))
	default:
		return "no signal seen before"
	}
}

func (r *Row) sender() string {
	switch r.Sender {
	case Engine:
		return r.engine()
	case FromContainer:
		return r.fromContainer()
	case FromItself:
		if r.SenderHow == ByFault {
			return "by a fault of its own"
		}
		return "from itself"
	case FromHost:
		return r.fromHost()
	case OOMKiller:
		if r.SenderHow == BySharing {
			return "by the OOM killer, because it shares memory with the victim"
		}
		return "by the OOM killer"
	case NamespaceEnd:
		if r.SenderContainer == "" {
			return "by the kernel, because PID 1 of its PID namespace exited"
		}
		return fmt.Sprintf("by the kernel, because PID 1 of %s exited", r.SenderContainer)
	case ParentDeath:
		return fmt.Sprintf("by the kernel, because its parent %s (%d) exited", r.SenderCommand, r.SenderHostPID)
	case Terminal:
		return r.terminal()
	default:
		return r.unknown()
	}
}

func (r *Row) engine() string {
	switch r.EngineAction {
	case Stop:
		if r.GraceOver {
			return "from docker stop, after the grace period"
		}
		return "from docker stop"
	case Kill:
		return "from docker kill"
	case Restart:
		if r.GraceOver {
			return "from docker restart, after the grace period"
		}
		return "from docker restart"
	case Remove:
		return "from docker rm --force, or docker kill and a removal"
	case StopOrKill:
		return "from docker stop, restart or kill"
	case ExecEnd:
		return "from the container's shim, which ends a health check or an exec session"
	case OtherClient:
		return fmt.Sprintf("from %s (%d) under the container's shim, but no client of the engine asked for it", r.SenderCommand, r.SenderHostPID)
	default:
		return fmt.Sprintf("from the engine (%s, %d)", r.SenderCommand, r.SenderHostPID)
	}
}

func (r *Row) fromContainer() string {
	where := "in the same container"
	if r.SenderContainer != r.Container {
		where = "in container " + r.SenderContainer
	}
	return fmt.Sprintf("from %s (%d) %s", r.SenderCommand, r.SenderHostPID, where) + r.viaGroup()
}

func (r *Row) fromHost() string {
	text := fmt.Sprintf("from %s (%d) of user %s on the host", r.SenderCommand, r.SenderHostPID, r.SenderUser)
	if len(r.SenderAncestors) > 0 {
		text += ", child of " + r.SenderAncestors[0]
	}
	return text + r.viaGroup()
}

// viaGroup says that every process of a control group was killed.
func (r *Row) viaGroup() string {
	if r.SenderHow == ByGroup {
		return ", by cgroup.kill"
	}
	return ""
}

func (r *Row) terminal() string {
	switch r.Signal {
	case "SIGINT":
		return "from its terminal (Ctrl-C)"
	case "SIGQUIT":
		return `from its terminal (Ctrl-\)`
	case "SIGTSTP":
		return "from its terminal (Ctrl-Z)"
	case "SIGHUP":
		return "from its terminal, which hung up"
	default:
		return "from its terminal"
	}
}

func (r *Row) unknown() string {
	switch r.SenderHow {
	case ByTimer:
		return "from a timer, a message queue, or a process that claims to be one"
	case ByKernel:
		return "by the kernel, for an unknown reason"
	default:
		return "from an unknown sender"
	}
}

// Ending says what came of a signal, "" if there is nothing to say.
func (r *Row) Ending() string {
	if r.Event != SignalSent {
		return ""
	}
	switch r.Outcome {
	case Dropped:
		return r.dropped()
	case Blocked:
		return "stays pending, because the thread blocks it"
	case Stopped:
		return "stops it"
	case Continued:
		return "continues it"
	case StillRuns:
		return "still runs after " + duration(hold.Seconds())
	case Exited:
		return fmt.Sprintf("exits with %d %s", *r.ExitCode, soon(*r.Seconds))
	case Killed:
		return fmt.Sprintf("killed %s (exit code %d)", soon(*r.Seconds), *r.ExitCode)
	default:
		return ""
	}
}

func (r *Row) dropped() string {
	switch r.DroppedReason {
	case NoHandler:
		return "dropped by the kernel: PID 1 has no handler"
	case FromInside:
		return "dropped by the kernel: PID 1 cannot be killed from inside"
	case Ignored:
		return "dropped by the kernel: the program ignores it"
	case IgnoredByDefault:
		return "dropped by the kernel: the default action is to ignore it"
	case AlreadyPending:
		return "dropped by the kernel: the same signal is already pending"
	default:
		return "dropped by the kernel: the process is already exiting"
	}
}

// soon says how long after a signal something was.
func soon(seconds float64) string {
	if seconds < 0.001 {
		return "within 1 ms"
	}
	return "after " + duration(seconds)
}

// duration rounds a time to three digits.
func duration(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Millisecond:
		return "less than 1 ms"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}
