package trace

import (
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// Event is what a row is about.
type Event string

// The events. All but the first two are reported only with Options.Everything.
const (
	// SignalSent: a signal was sent to a process.
	SignalSent Event = "signal"
	// Exit: a process exited, and no row of a signal has said so.
	Exit Event = "exit"
	// Fork, Exec: a process was created, or executed a program.
	Fork Event = "fork"
	Exec Event = "exec"
	// Adoption: a process got another parent, because its own has exited.
	Adoption Event = "adoption"
	// Reaping: a process that had exited was waited for, and is gone.
	Reaping Event = "reaping"
)

// Sender is where a signal came from.
type Sender string

// The senders.
const (
	// Engine: the engine, by its runtime or shim.
	Engine Sender = "engine"
	// FromContainer: a process of a container, of the same one or another.
	FromContainer Sender = "container"
	// FromItself: the process itself, by a call or by a fault.
	FromItself Sender = "itself"
	// FromHost: a process of the host that is no container's and not the engine's.
	FromHost Sender = "host"
	// OOMKiller: the kernel, for lack of memory.
	OOMKiller Sender = "oom-killer"
	// NamespaceEnd: the kernel, because the init of its PID namespace exited.
	NamespaceEnd Sender = "namespace-end"
	// ParentDeath: the kernel, because its parent exited and it had asked for a signal then
	// (PR_SET_PDEATHSIG).
	ParentDeath Sender = "parent-death"
	// Terminal: the kernel, for keys at its terminal or because that hung up.
	Terminal Sender = "terminal"
	// UnknownSender: the kernel for another reason, or it cannot be determined.
	UnknownSender Sender = "unknown"
)

// Action is what the engine was asked to do, according to its events.
type Action string

// The actions.
const (
	// Stop, Kill and Restart are docker stop, kill and restart. A restart that takes longer than a
	// row waits is a stop. Remove is docker rm --force, or docker kill of a container that was
	// removed at once.
	Stop    Action = "stop"
	Kill    Action = "kill"
	Restart Action = "restart"
	Remove  Action = "remove"
	// StopOrKill: docker stop, restart or kill. They differ by what the engine reports when the
	// container has exited, which it had not when the row was written.
	StopOrKill Action = "stop-or-kill"
	// ExecEnd: the shim itself ended an exec session or a health check.
	ExecEnd Action = "exec-end"
	// OtherClient: the runtime was asked, but the engine was not: by another client of containerd,
	// such as ctr or nerdctl.
	OtherClient Action = "other-client"
)

// Reason says why a signal has no effect.
type Reason string

// The reasons.
const (
	// NoHandler: PID 1 of a PID namespace has no handler for it.
	NoHandler Reason = "no-handler"
	// FromInside: PID 1 of a PID namespace cannot be killed or stopped from inside.
	FromInside Reason = "from-inside"
	// Ignored: the process ignores it (SIG_IGN).
	Ignored Reason = "ignored"
	// IgnoredByDefault: its default action is to do nothing.
	IgnoredByDefault Reason = "ignored-by-default"
	// AlreadyPending: the same signal is already pending, and both become one.
	AlreadyPending Reason = "already-pending"
	// AlreadyExiting: the process was about to exit.
	AlreadyExiting Reason = "already-exiting"
)

// Outcome is what came of it.
type Outcome string

// The outcomes.
const (
	// Exited: the process exited by itself. ExitCode is its code.
	Exited Outcome = "exited"
	// Killed: a signal ended it. ExitCode is 128 plus its number, as the engine reports it.
	Killed Outcome = "killed"
	// Dropped: it has no effect. Reason says why.
	Dropped Outcome = "dropped"
	// Blocked: the process blocks it, so it waits.
	Blocked Outcome = "blocked"
	// Stopped, Continued: the process was stopped or continued.
	Stopped   Outcome = "stopped"
	Continued Outcome = "continued"
	// StillRuns: the process had not exited when the row was written.
	StillRuns Outcome = "still-runs"
)

// Row is one event. Keys that say nothing in a row are left out of its JSON.
type Row struct {
	Time  time.Time
	Event Event
	// Container is the name of the container, or the beginning of its ID if it is not known.
	Container   string
	ContainerID string
	// HostPID and ContainerPID are the process it happened to. ContainerPID is 0 if its number in
	// the container is not known. Command is its name (comm).
	HostPID      int
	ContainerPID int `json:",omitzero"`
	Command      string
	// Signal is the name of the signal. For an exit it is the last one before it, and what is about
	// the sender is about that of this signal.
	Signal string `json:",omitzero"`
	Sender Sender `json:",omitzero"`
	// SenderContainer is the sender's container.
	SenderContainer string `json:",omitzero"`
	// SenderCommand is its name, SenderHostPID its PID, and SenderUser its user, as a name if the
	// host has one. SenderAncestors are its ancestors, the parent first, as "bash (4411)".
	SenderCommand   string   `json:",omitzero"`
	SenderHostPID   int      `json:",omitzero"`
	SenderUser      string   `json:",omitzero"`
	SenderAncestors []string `json:",omitempty"`
	// EngineAction is what the engine was asked for, by the time the row was written.
	EngineAction Action `json:",omitzero"`
	// GraceOver is true if docker stop had sent another signal before, and waited.
	GraceOver bool `json:",omitzero"`
	// Dropped is true if the signal had no effect.
	Dropped bool
	// DroppedReason says why.
	DroppedReason Reason `json:",omitzero"`
	// Outcome is what came of it. ExitCode is there if the process ended, Seconds is how long
	// after.
	Outcome  Outcome  `json:",omitzero"`
	ExitCode *int     `json:",omitempty"`
	Seconds  *float64 `json:",omitempty"`
	// Others is how many more processes of the container got the same signal for the same reason,
	// if they share one row.
	Others int `json:",omitzero"`
	// Certainty is how sure the sender is.
	Certainty inspect.Certainty `json:",omitzero"`
	// Text is the row as a sentence.
	Text string

	// Main is true if the process is the container's main process.
	Main bool `json:",omitzero"`
	// SenderHow is more of how the signal was sent.
	SenderHow How `json:",omitzero"`
	// parent is the process that forked, adopted or reaped.
	parent process
}

// process is a process in a text.
type process struct {
	Command string
	HostPID int
}

// How is how a signal was sent, if not by kill(2) or a call like it.
type How string

// How signals are sent.
const (
	byCall How = ""
	// ByFault: the kernel found a fault of the process.
	ByFault How = "fault"
	// ByGroup: every process of a control group was killed (cgroup.kill).
	ByGroup How = "cgroup-kill"
	// ByShim: by the shim itself, without the runtime.
	ByShim How = "shim"
	// BySharing: by the OOM killer, because it shares memory with the victim.
	BySharing How = "shared-memory"
	// ByTimer: by a timer, a message queue or I/O, or by a process that claims to be one.
	ByTimer How = "timer"
	// ByKernel: by the kernel for a reason that is not known.
	ByKernel How = "kernel"
)
