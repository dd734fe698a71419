package inspect

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Container is the engine's word about one container (GET
// /containers/ID/json; where only the list answered, GET /containers/json).
type Container struct {
	// ID is the 64-digit hexadecimal ID (Id).
	ID string
	// Name has no slash in front (Name). Where the engine is silent it is the
	// short ID.
	Name string
	// Image is the image as the user named it (Config.Image).
	Image string
	// Status is created, running, paused, restarting, removing, exited or dead
	// (State.Status).
	Status string
	// HostPID is the host PID of the main process, 0 if there is none
	// (State.Pid). It is a claim until Index.Binding has proved it.
	HostPID int
	// AnsweredAt is the local time at which the engine gave this answer.
	AnsweredAt time.Time
	// StartedAt and FinishedAt are of the last run (State.StartedAt,
	// State.FinishedAt); zero if there was none.
	StartedAt  time.Time
	FinishedAt time.Time
	// ExitCode is of the last run (State.ExitCode).
	ExitCode int
	// OOMKilled: the kernel's OOM killer struck in the last run
	// (State.OOMKilled).
	OOMKilled bool `json:",omitzero"`
	// Path and Args are the main process's command (Path, Args).
	Path string
	Args []string `json:",omitzero"`
	// Labels are the container's labels (Config.Labels).
	Labels map[string]string `json:",omitzero"`
	// PIDMode is "", "host" or "container:<ID>" (HostConfig.PidMode).
	PIDMode string `json:",omitzero"`
	// The other namespaces as declared: "" for the engine's default, "host",
	// "container:<ID>" (network and ipc), or a word of the engine's, such as
	// "private", "shareable" and "bridge" (HostConfig.UTSMode, IpcMode,
	// NetworkMode, UsernsMode, CgroupnsMode).
	UTSMode      string `json:",omitzero"`
	IPCMode      string `json:",omitzero"`
	NetworkMode  string `json:",omitzero"`
	UsernsMode   string `json:",omitzero"`
	CgroupnsMode string `json:",omitzero"`
	// User is the user as whom the main process and docker exec start, as a name or a
	// number, with a group behind a colon or without; "" for root (Config.User).
	User string `json:",omitzero"`
	// CapAdd and CapDrop are the capabilities that it was given or not beside the engine's
	// defaults, and Privileged gives it all (HostConfig.CapAdd, CapDrop, Privileged).
	CapAdd, CapDrop []string `json:",omitzero"`
	Privileged      bool     `json:",omitzero"`
	// Runtime is the OCI runtime as it was asked for, or the engine's default by its name
	// (HostConfig.Runtime): runc and io.containerd.runc.v2 are runc, others are what the
	// engine's settings say.
	Runtime string `json:",omitzero"`
	// Addresses are its IP addresses in its networks, of both versions
	// (NetworkSettings.Networks, IPAddress and GlobalIPv6Address), and Published its ports
	// that the host forwards (NetworkSettings.Ports).
	Addresses []string    `json:",omitzero"`
	Published []Published `json:",omitzero"`
	// Init: --init was asked for (HostConfig.Init). The engine drops it where
	// the container has no PID namespace of its own.
	Init bool `json:",omitzero"`
	// PIDsLimit is the limit of processes and threads, not held where there is
	// none (HostConfig.PidsLimit).
	PIDsLimit procfs.Opt[int64] `json:",omitzero"`
	// CgroupParent is the control group in which the engine makes the container's, "" for
	// the engine's default (HostConfig.CgroupParent).
	CgroupParent string `json:",omitzero"`
	// StopSignal is what docker stop sends first, as the image or the user wrote
	// it; "" for SIGTERM (Config.StopSignal).
	StopSignal string `json:",omitzero"`
	// StopTimeout is the grace period of docker stop (Config.StopTimeout; where unset the
	// engine's default, 10 s if nobody has set that; negative: without end).
	StopTimeout time.Duration
	// GraceAssumed: Config.StopTimeout is unset, and the default of this engine may have
	// been set to another, of which neither it nor its process on this host tells.
	GraceAssumed bool `json:",omitzero"`
	// GraceOverflows: Config.StopTimeout is more seconds than the engine can count, and
	// nobody knows when its SIGKILL follows; StopTimeout is 0 then.
	GraceOverflows bool `json:",omitzero"`
	// ExecIDs are the exec sessions that the engine knows to run (ExecIDs).
	ExecIDs []string `json:",omitzero"`
	// Health is the health check, nil where there is none.
	Health *HealthCheck `json:",omitzero"`
	// RestartPolicy is "", no, always, unless-stopped or on-failure
	// (HostConfig.RestartPolicy.Name), RestartMax how often on-failure restarts (0:
	// for ever), and RestartCount how often the engine has done so.
	RestartPolicy string `json:",omitzero"`
	RestartMax    int    `json:",omitzero"`
	RestartCount  int    `json:",omitzero"`
	// AutoRemove: the engine removes it when it has ended, with its logs and its
	// anonymous volumes, but not within docker restart (HostConfig.AutoRemove, --rm).
	AutoRemove bool `json:",omitzero"`
	// Error is what kept the container from starting (State.Error).
	Error string `json:",omitzero"`
	// LastWords are the last lines that it wrote, where its last run was short and they were
	// asked for (GET /containers/ID/logs). No file keeps them.
	LastWords []string `json:"-"`
	// Held is what keeps the engine from taking note of its end, where it did not answer
	// about the container; nil for nothing.
	Held *Held `json:",omitzero"`
	// Unit is the service of systemd whose client runs it in the foreground, nil where none is
	// known to: /proc of the engine's host tells of it, not the engine.
	Unit *Unit `json:",omitzero"`
	// Client is the command that manages it where no engine was asked: "podman", "crictl",
	// "nerdctl -n NAMESPACE" or "ctr -n NAMESPACE" with containerd's namespace; "" for docker.
	Client string `json:",omitzero"`
	// Own: it is the container that the reader itself is in, found from inside. Every process
	// that its /proc shows is the container's, and its numbers are those of the container.
	Own bool `json:",omitzero"`
	// Silent: the engine did not answer about this container; what stands here
	// is from the list of containers or from /proc.
	Silent bool `json:",omitzero"`
	// Unasked: that is not because it let a deadline pass. It could not be asked, or gave
	// an answer that is none; a problem of the capture says why.
	Unasked bool `json:",omitzero"`
}

// Unit is a service of systemd whose own process is a client of the engine (docker or podman)
// that started a container or is attached to it, and ends with it.
type Unit struct {
	// Name is the unit's: the last folder of the client's control group
	// (/proc/PID/cgroup), such as web.service.
	Name string
	// UID is the user whose own systemd has started it (user@UID.service), not held where
	// it is the host's.
	UID procfs.Opt[int] `json:",omitzero"`
	// ClientPID is the client's PID on the host, and Command what it was told: run, start
	// or attach (/proc/PID/cmdline). What runs a container makes it anew each time.
	ClientPID int
	Command   string
}

// Published is a port of a container that the host forwards to it.
type Published struct {
	// Protocol is tcp, udp or sctp, Port the container's, HostPort the host's.
	Protocol       string
	Port, HostPort int
}

// HealthCheck is what the engine runs in the container time and again.
type HealthCheck struct {
	// Command is the argument vector that is executed (Config.Healthcheck.Test,
	// with the shell in front for CMD-SHELL).
	Command []string
	// Interval is the pause between two checks (Config.Healthcheck.Interval;
	// 30 s where unset).
	Interval time.Duration
	// Timeout is how long the engine waits for one to end (Config.Healthcheck.Timeout;
	// 30 s where unset); 0 where a file of an older version does not tell.
	Timeout time.Duration `json:",omitzero"`
	// Log are the last five (State.Health.Log).
	Log []Probe `json:",omitzero"`
}

// Probe is one run of a health check.
type Probe struct {
	Start, End time.Time
	ExitCode   int
	// TimedOut: it had not ended when its timeout had passed (ExitCode -1, Output).
	TimedOut bool `json:",omitzero"`
}

// probeSlack allows for the time between the log's end of a run and the process's start.
const probeSlack = 500 * time.Millisecond

// RanAt reports whether one of the runs that the log has was under way at that time.
func (h *HealthCheck) RanAt(at time.Time) bool {
	return slices.ContainsFunc(h.Log, func(p Probe) bool {
		return !at.Before(p.Start.Add(-StartSlack)) && !at.After(p.End.Add(probeSlack))
	})
}

// Exec is one exec session, living or ended (GET /exec/ID/json).
type Exec struct {
	ID          string
	ContainerID string
	// HostPID is that of its first process; kept for some minutes after its
	// end (Pid).
	HostPID int
	// Running: its first process lives (Running).
	Running bool
	// Command is its command line as one string, known where the daemon still
	// holds the event (exec_create).
	Command string `json:",omitzero"`
	// StartedAt is known where the daemon still holds the event (exec_start).
	StartedAt time.Time `json:",omitzero"`
	// Detached: nobody was to get its output, as with docker exec -d (OpenStdout,
	// OpenStderr); known of those that run. Of others it cannot be told whether their
	// client still is there.
	Detached procfs.Opt[bool] `json:",omitzero"`
}

// HasCapability reports whether the container's processes were given the capability with
// this name, without "CAP_", which is one of the engine's defaults.
func (c *Container) HasCapability(name string) bool {
	switch { // as the engine reads them (oci/caps of moby)
	case c.Privileged:
		return true
	case listsCapability(c.CapAdd, allCapabilities):
		return !listsCapability(c.CapDrop, name)
	case listsCapability(c.CapDrop, allCapabilities):
		return listsCapability(c.CapAdd, name)
	default:
		return listsCapability(c.CapAdd, name) || !listsCapability(c.CapDrop, name)
	}
}

// allCapabilities stands for every capability in a list of them.
const allCapabilities = "ALL"

func listsCapability(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.TrimPrefix(strings.ToUpper(s), "CAP_") == name })
}

// IsGiven reports whether the container's processes were given the capability with this
// name, without "CAP_", which is none of the engine's defaults. A process that is not
// root's may have it not.
func (c *Container) IsGiven(name string) bool {
	switch { // as the engine reads them (oci/caps of moby)
	case c.Privileged:
		return true
	case listsCapability(c.CapAdd, allCapabilities):
		return !listsCapability(c.CapDrop, name)
	default:
		return listsCapability(c.CapAdd, name)
	}
}

// ShortIDLength is the number of digits that docker shows of an ID.
const ShortIDLength = 12

// ShortID is the first digits of the ID, as docker ps shows it.
func (c *Container) ShortID() string { return c.ID[:min(len(c.ID), ShortIDLength)] }

// ParentGroups are the paths of control groups in one of which the engine makes the
// container's: with the cgroupfs driver as it was declared, with the systemd driver where
// systemd has the slice of that name.
func (c *Container) ParentGroups() []string {
	switch {
	case c.CgroupParent == "":
		return []string{"/docker", "/system.slice"}
	case strings.HasSuffix(c.CgroupParent, ".slice"):
		return []string{slicePath(c.CgroupParent)}
	default:
		return []string{path.Join("/", c.CgroupParent)}
	}
}

// slicePath is where systemd has a slice: "a-b.slice" is in "a.slice", and "-.slice" is the
// root (systemd.slice(5)).
func slicePath(name string) string {
	at, name := "/", strings.TrimSuffix(path.Base(name), ".slice")
	if name == "-" {
		return at
	}
	for i := range name {
		if name[i] == '-' && i > 0 {
			at = path.Join(at, name[:i]+".slice")
		}
	}
	return path.Join(at, name+".slice")
}

// IsRunning reports whether docker ps lists the container: running, paused or
// restarting.
func (c *Container) IsRunning() bool {
	return c.Status == "running" || c.Status == "paused" || c.Status == "restarting"
}

// SharesHostPIDs reports whether the container was told to use the host's PID
// namespace (--pid=host).
func (c *Container) SharesHostPIDs() bool { return c.PIDMode == "host" }

// DeclaredMode is what the engine was told of the container's namespace of
// type t; "" for its default and for types that cannot be chosen.
func (c *Container) DeclaredMode(t procfs.NamespaceType) string {
	switch t {
	case procfs.PIDNamespace:
		return c.PIDMode
	case procfs.UTSNamespace:
		return c.UTSMode
	case procfs.IPCNamespace:
		return c.IPCMode
	case procfs.NetNamespace:
		return c.NetworkMode
	case procfs.UserNamespace:
		return c.UsernsMode
	case procfs.CgroupNamespace:
		return c.CgroupnsMode
	default:
		return ""
	}
}

// JoinedRefs are the containers whose namespaces of any type this one was told
// to join, as IDs or names.
func (c *Container) JoinedRefs() []string {
	var refs []string
	for _, t := range procfs.NamespaceTypes {
		if ref := JoinedRef(c.DeclaredMode(t)); ref != "" && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// JoinedID is the ID or name of the container whose PID namespace this one was
// told to join (--pid container:X), or "".
func (c *Container) JoinedID() string { return JoinedRef(c.PIDMode) }

// StopSignalNumber is the signal that docker stop sends first.
func (c *Container) StopSignalNumber() int {
	if n, err := procfs.ParseSignal(c.StopSignal); err == nil {
		return n
	}
	return procfs.SIGTERM
}

// IsRestartedAfter reports whether its restart policy starts it again after an end
// with this exit code that nobody has asked docker for.
func (c *Container) IsRestartedAfter(exitCode int) bool {
	switch c.RestartPolicy {
	case "always", "unless-stopped":
		return true
	case "on-failure":
		return exitCode != 0 && (c.RestartMax == 0 || c.RestartCount < c.RestartMax)
	default:
		return false
	}
}

// Policy is the restart policy as it was written: "on-failure:3"; "" for none.
func (c *Container) Policy() string {
	if c.RestartMax > 0 {
		return fmt.Sprintf("%s:%d", c.RestartPolicy, c.RestartMax)
	}
	return c.RestartPolicy
}
