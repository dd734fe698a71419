package inspect

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Container is what the engine reports about one container (GET /containers/ID/json; if only the
// list was answered, GET /containers/json).
type Container struct {
	// ID is the 64-digit hexadecimal ID (Id).
	ID string
	// Name has no slash in front (Name). If the engine is silent, it is the short ID.
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
	// OOMKilled is true if the kernel's OOM killer killed a process of it in the last run
	// (State.OOMKilled).
	OOMKilled bool `json:",omitzero"`
	// Path and Args are the main process's command (Path, Args).
	Path string
	Args []string `json:",omitzero"`
	// Labels are the container's labels (Config.Labels).
	Labels map[string]string `json:",omitzero"`
	// PIDMode is "", "host" or "container:<ID>" (HostConfig.PidMode).
	PIDMode string `json:",omitzero"`
	// These are the other namespaces as declared: "" for the engine's default, "host",
	// "container:<ID>" (network and ipc), or a word of the engine, such as "private",
	// "shareable" and "bridge" (HostConfig.UTSMode, IpcMode, NetworkMode, UsernsMode,
	// CgroupnsMode).
	UTSMode      string `json:",omitzero"`
	IPCMode      string `json:",omitzero"`
	NetworkMode  string `json:",omitzero"`
	UsernsMode   string `json:",omitzero"`
	CgroupnsMode string `json:",omitzero"`
	// User is the user of the main process and of docker exec, as a name or a number, with or
	// without a group after a colon. It is "" for root (Config.User).
	User string `json:",omitzero"`
	// CapAdd and CapDrop are the capabilities that are added to the engine's defaults and
	// removed from them. Privileged gives it all capabilities (HostConfig.CapAdd, CapDrop,
	// Privileged).
	CapAdd, CapDrop []string `json:",omitzero"`
	Privileged      bool     `json:",omitzero"`
	// Runtime is the OCI runtime that was asked for, or the name of the engine's default
	// (HostConfig.Runtime). runc and io.containerd.runc.v2 are runc. Others are defined in the
	// engine's settings.
	Runtime string `json:",omitzero"`
	// Addresses are its IP addresses in its networks, IPv4 and IPv6 (NetworkSettings.Networks,
	// IPAddress and GlobalIPv6Address). Published are its ports that the host forwards
	// (NetworkSettings.Ports).
	Addresses []string    `json:",omitzero"`
	Published []Published `json:",omitzero"`
	// Init is true if --init was asked for (HostConfig.Init). The engine ignores it if the
	// container has no PID namespace of its own.
	Init bool `json:",omitzero"`
	// PIDsLimit is the limit of processes and threads, not held without a limit
	// (HostConfig.PidsLimit).
	PIDsLimit procfs.Opt[int64] `json:",omitzero"`
	// CgroupParent is the control group in which the engine creates the container's group, ""
	// for the engine's default (HostConfig.CgroupParent).
	CgroupParent string `json:",omitzero"`
	// StopSignal is what docker stop sends first, as the image or the user wrote
	// it; "" for SIGTERM (Config.StopSignal).
	StopSignal string `json:",omitzero"`
	// StopTimeout is the grace period of docker stop (Config.StopTimeout). If unset, it is the
	// engine's default, which is 10 s unless configured. A negative value means no limit.
	StopTimeout time.Duration
	// GraceAssumed is true if Config.StopTimeout is unset and the engine's default may have been
	// changed. Neither the engine nor its process on this host reports the default.
	GraceAssumed bool `json:",omitzero"`
	// GraceOverflows is true if Config.StopTimeout is more seconds than the engine can count.
	// When SIGKILL follows is then unknown, and StopTimeout is 0.
	GraceOverflows bool `json:",omitzero"`
	// ExecIDs are the exec sessions that run according to the engine (ExecIDs).
	ExecIDs []string `json:",omitzero"`
	// Health is the health check, nil without one.
	Health *HealthCheck `json:",omitzero"`
	// RestartPolicy is "", no, always, unless-stopped or on-failure
	// (HostConfig.RestartPolicy.Name). RestartMax is how often on-failure restarts (0: without
	// limit). RestartCount is how often the engine has restarted it.
	RestartPolicy string `json:",omitzero"`
	RestartMax    int    `json:",omitzero"`
	RestartCount  int    `json:",omitzero"`
	// AutoRemove is true if the engine removes the container when it exits, with its logs and
	// its anonymous volumes, but not during docker restart (HostConfig.AutoRemove, --rm).
	AutoRemove bool `json:",omitzero"`
	// Error is what prevented the container from starting (State.Error).
	Error string `json:",omitzero"`
	// LastWords are the last lines of its output, if its last run was short and they were asked
	// for (GET /containers/ID/logs). They are not saved to a file.
	LastWords []string `json:"-"`
	// Held is what prevents the engine from noticing that the container has exited, if the
	// engine did not answer about it. It is nil if there is nothing.
	Held *Held `json:",omitzero"`
	// Unit is the systemd service whose client runs the container in the foreground, nil if none
	// is known. It is found in the /proc of the engine's host, not reported by the engine.
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
	// Unasked is true if the engine is silent for another reason than a passed deadline. It
	// could not be asked, or its answer was not valid. A problem of the capture says why.
	Unasked bool `json:",omitzero"`
}

// Unit is a systemd service whose own process is a client of the engine (docker or podman). The
// client started a container or is attached to it, and ends with it.
type Unit struct {
	// Name is the name of the unit, such as web.service: the last folder of the client's control
	// group (/proc/PID/cgroup).
	Name string
	// UID is the user whose systemd instance started the unit (user@UID.service), not held for
	// the systemd of the host.
	UID procfs.Opt[int] `json:",omitzero"`
	// ClientPID is the client's PID on the host. Command is the client's command: run, start or
	// attach (/proc/PID/cmdline). run creates a new container each time.
	ClientPID int
	Command   string
}

// Published is a port of a container that the host forwards to it.
type Published struct {
	// Protocol is tcp, udp or sctp, Port the container's, HostPort the host's.
	Protocol       string
	Port, HostPort int
}

// HealthCheck is a command that the engine runs in the container at intervals.
type HealthCheck struct {
	// Command is the argument vector that is executed (Config.Healthcheck.Test, with the shell
	// in front for CMD-SHELL).
	Command []string
	// Interval is the pause between two checks (Config.Healthcheck.Interval; 30 s if unset).
	Interval time.Duration
	// Timeout is how long a check may take (Config.Healthcheck.Timeout; 30 s if unset). It is 0
	// in files of older versions, which do not have it.
	Timeout time.Duration `json:",omitzero"`
	// Log are the last five runs (State.Health.Log).
	Log []Probe `json:",omitzero"`
}

// Probe is one run of a health check.
type Probe struct {
	Start, End time.Time
	ExitCode   int
	// TimedOut is true if the check still ran when its timeout had passed (ExitCode -1, Output).
	TimedOut bool `json:",omitzero"`
}

// probeSlack allows for the time between the end of a run in the log and the start of the
// process.
const probeSlack = 500 * time.Millisecond

// RanAt reports whether a run that is in the log was in progress at that time.
func (h *HealthCheck) RanAt(at time.Time) bool {
	return slices.ContainsFunc(h.Log, func(p Probe) bool {
		return !at.Before(p.Start.Add(-StartSlack)) && !at.After(p.End.Add(probeSlack))
	})
}

// Exec is one exec session, running or ended (GET /exec/ID/json).
type Exec struct {
	ID          string
	ContainerID string
	// HostPID is the host PID of its first process (Pid). The engine keeps it for some minutes
	// after the process has exited.
	HostPID int
	// Running is true while its first process runs (Running).
	Running bool
	// Command is its command line as one string, known while the engine still has the event
	// (exec_create).
	Command string `json:",omitzero"`
	// StartedAt is known while the engine still has the event (exec_start).
	StartedAt time.Time `json:",omitzero"`
	// Detached is true if no client receives its output, as with docker exec -d (OpenStdout,
	// OpenStderr). It is only known of sessions that run. Otherwise it cannot be determined
	// whether the client is still connected.
	Detached procfs.Opt[bool] `json:",omitzero"`
}

// HasCapability reports whether the container's processes have this capability, which must be
// one of the engine's defaults. The name has no "CAP_" in front.
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

// allCapabilities means every capability in a list of capabilities.
const allCapabilities = "ALL"

func listsCapability(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.TrimPrefix(strings.ToUpper(s), "CAP_") == name })
}

// IsGiven reports whether the container was given this capability, which is not one of the
// engine's defaults. The name has no "CAP_" in front. Processes that do not run as root may not
// have it.
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

// ShortIDLength is the number of digits of an ID that docker shows.
const ShortIDLength = 12

// ShortID is the beginning of the ID, as docker ps shows it.
func (c *Container) ShortID() string { return c.ID[:min(len(c.ID), ShortIDLength)] }

// ParentGroups are the paths of the control groups in which the engine may create the
// container's group. With the cgroupfs driver it is the declared path, with the systemd driver
// the path of the slice with that name.
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

// slicePath is the path of a systemd slice: "a-b.slice" is in "a.slice", and "-.slice" is the
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

// SharesHostPIDs reports whether the container was configured to use the host's PID namespace
// (--pid host).
func (c *Container) SharesHostPIDs() bool { return c.PIDMode == "host" }

// DeclaredMode is the declared mode of the container's namespace of type t. It is "" for the
// default and for types that cannot be chosen.
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

// JoinedRefs are the IDs or names of the containers whose namespaces, of any type, this
// container was configured to join.
func (c *Container) JoinedRefs() []string {
	var refs []string
	for _, t := range procfs.NamespaceTypes {
		if ref := JoinedRef(c.DeclaredMode(t)); ref != "" && !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs
}

// JoinedID is the ID or name of the container whose PID namespace this container was configured
// to join (--pid container:X), or "".
func (c *Container) JoinedID() string { return JoinedRef(c.PIDMode) }

// StopSignalNumber is the signal that docker stop sends first.
func (c *Container) StopSignalNumber() int {
	if n, err := procfs.ParseSignal(c.StopSignal); err == nil {
		return n
	}
	return procfs.SIGTERM
}

// IsRestartedAfter reports whether the restart policy restarts the container if it exits by
// itself with this exit code.
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

// Policy is the restart policy as it was written, such as "on-failure:3", "" for none.
func (c *Container) Policy() string {
	if c.RestartMax > 0 {
		return fmt.Sprintf("%s:%d", c.RestartPolicy, c.RestartMax)
	}
	return c.RestartPolicy
}
