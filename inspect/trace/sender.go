package trace

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Signals that are not in procfs, by their numbers on x86 and ARM.
const (
	sigPipe = 13
	sigAlrm = 14
	sigTstp = 20
	sigTTIn = 21
	sigTTOu = 22
	sigURG  = 23
	sigXCPU = 24
	sigVTAl = 26
	sigProf = 27
	sigWinc = 28
	sigIO   = 29
)

// siTkill and siQueue are si_code of tgkill(2) and of sigqueue(3). Below them are those of timers,
// message queues and I/O.
const (
	siUser  = 0
	siQueue = -1
	siTkill = -6
)

// firstRealTime is the first real-time signal, those of the C library included.
const firstRealTime = 32

// isNews reports whether people want to know of such a signal. Programs send themselves many:
// timers, closed pipes, exited children, resized windows, threads that stop for a
// garbage collector.
func isNews(e *procfs.KernelEvent) bool {
	s := e.Signal
	switch s.Number {
	case procfs.SIGCHLD, sigURG, sigWinc:
		return false
	case sigAlrm, sigVTAl, sigProf, sigIO, sigXCPU:
		return s.Source == procfs.SourceInfo && (s.Code == siUser || s.Code == siTkill)
	}
	if s.Number == sigPipe || s.Number >= firstRealTime { // as docker stop sends to systemd
		return s.Source == procfs.SourceInfo && s.Code == siUser && e.Actor.Key != e.Subject.Key
	}
	// A process that is about to exit notices nothing.
	return !e.Subject.Exiting
}

// sender is where a signal came from.
type sender struct {
	Sender
	how       How
	certainty inspect.Certainty
	// container is the sender's container, nil without one.
	containerID string
	// named is true if the process that ran is the sender.
	named bool
}

// senderOf says where a signal came from. What OOMVictim events say is added by the teller.
func (t *Teller) senderOf(e *procfs.KernelEvent) sender {
	switch s := e.Signal; s.Source {
	case procfs.SourceKernel:
		return kernelsSender(e)
	case procfs.SourceCaller:
		return t.callersSender(e)
	default:
		switch {
		case s.Code > 0 && e.Actor.Key == e.Subject.Key:
			return sender{Sender: FromItself, how: ByFault, certainty: inspect.Certain}
		case s.Code == siUser, s.Code == siTkill, s.Code == siQueue:
			return t.processSender(e)
		default: // the process that ran may have nothing to do with it
			return sender{Sender: UnknownSender, how: ByTimer, certainty: inspect.Uncertain}
		}
	}
}

// kernelsSender is about signals that the kernel sends of its own (SEND_SIG_PRIV).
func kernelsSender(e *procfs.KernelEvent) sender {
	switch n := e.Signal.Number; {
	case n == procfs.SIGKILL && e.Actor.Exiting && e.Actor.Key != e.Subject.Key && e.Actor.IsInitOf(&e.Subject):
		return sender{Sender: NamespaceEnd, certainty: inspect.Certain, named: true}
	case n == procfs.SIGINT, n == procfs.SIGQUIT, n == sigTstp, n == sigTTIn, n == sigTTOu:
		return sender{Sender: Terminal, certainty: inspect.Certain}
	case n == procfs.SIGHUP, n == procfs.SIGCONT: // also to an orphaned process group
		return sender{Sender: Terminal, certainty: inspect.Likely}
	case e.Actor.Key == e.Subject.Key && n != procfs.SIGKILL:
		return sender{Sender: FromItself, how: ByFault, certainty: inspect.Certain}
	default:
		return sender{Sender: UnknownSender, how: ByKernel, certainty: inspect.Uncertain}
	}
}

// callersSender is about signals that a process caused by another call than kill(2)
// (SEND_SIG_NOINFO). Nothing else sends one while a parent exits; and of the others that are sent to
// a process as a whole, only a control group's are SIGKILL.
func (t *Teller) callersSender(e *procfs.KernelEvent) sender {
	s := e.Signal
	if s.ToProcess && e.Actor.Exiting && s.ParentDeath == s.Number && e.Actor.Key != e.Subject.Key {
		return sender{Sender: ParentDeath, certainty: inspect.Certain, named: true}
	}
	from := t.processSender(e)
	if s.Number == procfs.SIGKILL && !s.ToProcess && e.Actor.Key != e.Subject.Key {
		from.how = ByGroup
		from.certainty = inspect.Likely
	}
	return from
}

// processSender is about a signal of the process that ran.
func (t *Teller) processSender(e *procfs.KernelEvent) sender {
	from := sender{named: true, certainty: inspect.Certain}
	switch id := t.containerOf(&e.Actor); {
	case e.Actor.Key == e.Subject.Key:
		from.Sender, from.containerID = FromItself, id
	case id != "":
		from.Sender, from.containerID = FromContainer, id
	case t.mainOf(e.Actor.Key) != "": // which has left its control group
		from.Sender, from.containerID = FromContainer, t.mainOf(e.Actor.Key)
	case e.Actor.KernelThread:
		from.Sender, from.certainty, from.named = UnknownSender, inspect.Uncertain, false
	case len(e.Actor.PIDs) != 1: // neither the host's, nor a known container's
		from.Sender, from.certainty = FromHost, inspect.Likely
	default:
		from.Sender, from.how, from.certainty = t.engineOrHost(e)
	}
	return from
}

// engineOrHost distinguishes the engine's processes from others of the host: the shim of a container, and
// what the shim has started. Where the shim is not known, names say what it is; any process can
// have those.
func (t *Teller) engineOrHost(e *procfs.KernelEvent) (Sender, How, inspect.Certainty) {
	if t.shims[e.Actor.Key] != "" {
		return Engine, ByShim, inspect.Certain
	}
	if len(e.Ancestors) > 0 && t.shims[e.Ancestors[0].Key] != "" {
		if !slices.Contains(runtimes, e.Actor.Comm) {
			return Engine, byCall, inspect.Likely // or an exec session that has left its control group
		}
		return Engine, byCall, inspect.Certain
	}
	if e.Actor.UID != 0 {
		return FromHost, byCall, inspect.Certain
	}
	switch {
	case isShimName(e.Actor.Comm):
		return Engine, ByShim, inspect.Likely
	case slices.Contains(runtimes, e.Actor.Comm) && slices.ContainsFunc(e.Ancestors, func(a procfs.TracedAncestor) bool { return isEngineName(a.Comm) }):
		return Engine, byCall, inspect.Likely
	case e.Actor.Comm == "dockerd":
		return Engine, byCall, inspect.Likely
	}
	return FromHost, byCall, inspect.Certain
}

// runtimes are the names (comm) of programs that signal containers for an engine.
var runtimes = []string{"runc", "crun", "youki", "runsc", "kata-runtime"}

func isShimName(comm string) bool {
	return strings.HasPrefix(comm, "containerd-shim") || comm == "conmon"
}

func isEngineName(comm string) bool { return isShimName(comm) || comm == "podman" }
