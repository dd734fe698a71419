package inspect

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// SchemaMajor and SchemaMinor are the version of the capture format. A newer minor version adds
// keys, which older readers ignore. A newer major version is refused.
const (
	SchemaMajor = 1
	SchemaMinor = 7
)

// Capture is one host at one moment: what its engine and its /proc reported. It is the input of
// every verdict. As JSON, it is the file that the snapshot command writes. It holds command
// lines, but never environments.
type Capture struct {
	// Schema is "major.minor".
	Schema string
	// Tool is the version of docker pidns that took it.
	Tool string
	// Engine is the engine that has these containers.
	Engine Engine
	// Host is the host whose /proc was read.
	Host procfs.Host
	// Collector is what read the processes.
	Collector Collector `json:",omitzero"`
	// Proof says whether that host is the engine's host.
	Proof HostProof
	// Containers are those that were asked for, and those that are needed to name sharers.
	Containers []Container
	// Only are the IDs of the containers that the capture is about, nil for all. Of other
	// containers it has only what shows to whom processes and namespaces belong.
	Only []string `json:",omitzero"`
	// OthersUnread is true if the other running containers could not be listed. Then there may
	// be sharers that are not among Containers.
	OthersUnread bool `json:",omitzero"`
	// Execs are the exec sessions of the containers, as far as the engine still remembers them.
	Execs []Exec `json:",omitzero"`
	// Snapshot holds the processes.
	Snapshot procfs.Snapshot
	// Groups are the processes that the containers' control groups list. They show the owner of
	// a process that was only surveyed (procfs.Process.StatOnly). A group comes after the groups
	// above it.
	Groups []GroupMembers `json:",omitzero"`
	// Threads maps a TID to the process of the thread. It has the TIDs that were asked for or,
	// in a saved capture, all. It is nil if no TID was looked for.
	Threads map[int]procfs.Thread
	// Listing is every container of the engine, nil if the engine was not asked for it.
	Listing *Listing `json:",omitzero"`
	// Events are the events that the engine remembers, nil if it was not asked or did not
	// answer.
	Events *EventLog `json:",omitzero"`
	// OOM is what the kernel reports about its OOM killer, nil if it was not read.
	OOM *procfs.OOMFacts `json:",omitzero"`
	// Attention has the signal handling of some processes. For each container these are its main
	// process, its init and the processes below them, if they are few.
	Attention []procfs.Attention `json:",omitzero"`
	// Resources is what the processes of containers that no longer run keep from others.
	Resources []procfs.Resources `json:"Holdings,omitzero"`
	// SecondLook says which of the snapshot's zombies still existed a moment later, nil without
	// a second look.
	SecondLook *Look `json:",omitzero"`
	// PIDs is the use of the pids controller by container ID.
	PIDs map[string]PIDsUse `json:",omitzero"`
	// Limits are the limits of fork beside the processes themselves, nil if they were not read.
	Limits *LimitFacts `json:",omitzero"`
	// Problems are the containers that were asked for and cannot be shown.
	Problems []Problem `json:",omitzero"`
}

// Engine is what is known of the engine that was asked.
type Engine struct {
	// Name is the engine's host name (GET /info Name), or its endpoint if the name was not asked
	// for.
	Name string
	// Endpoint is the address at which the engine was reached, such as
	// unix:///var/run/docker.sock.
	Endpoint string
	// Version and APIVersion are GET /version's Version and ApiVersion.
	Version    string `json:",omitzero"`
	APIVersion string `json:",omitzero"`
	// Containerd is the socket of the containerd that runs the containers, and
	// ContainerdNamespace is their namespace there (GET /info, Containerd.Address and
	// Containerd.Namespaces.Containers). Both are "" if they were not asked for, and if the
	// engine does not report them, as 20.10.
	Containerd          string `json:",omitzero"`
	ContainerdNamespace string `json:",omitzero"`
	// Silent is true if the engine did not answer in time. Then everything is from /proc.
	Silent bool `json:",omitzero"`
	// Absent: none was asked, and the containers are those that their shims show, of all
	// engines and runtimes of the host. What they are is in files that these have left on disk.
	// AbsentBecause says why, for people.
	// LeftOut is how many containers of other Docker engines, which run, were left out.
	Absent        bool   `json:",omitzero"`
	LeftOut       int    `json:",omitzero"`
	AbsentBecause string `json:",omitzero"`
}

// PIDsUse is the state of a container's pids control group.
type PIDsUse struct {
	// Current is the number of tasks, zombies included (pids.current).
	Current procfs.Opt[int] `json:",omitzero"`
	// Max is the limit, not held if pids.max is "max".
	Max procfs.Opt[int] `json:",omitzero"`
}

// GroupMembers are the living processes of one container's control group.
type GroupMembers struct {
	ContainerID string
	// Path is the group's folder.
	Path string
	// PIDs are those in its cgroup.procs and in those of its subgroups.
	PIDs []int
}

// ErrNewerSchema means that the capture was written by a newer major version.
var ErrNewerSchema = errors.New("newer schema")

// errNoCapture means that the file was written by another program.
var errNoCapture = errors.New("it is not a snapshot of docker pidns")

// Encode writes the capture as one JSON object.
func (c *Capture) Encode(w io.Writer) error {
	c.Schema = fmt.Sprintf("%d.%d", SchemaMajor, SchemaMinor)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(savedCapture{c, c.rawTexts()})
}

// savedCapture is the contents of a file. A newer reader restores what JSON cannot hold.
type savedCapture struct {
	*Capture
	// NotUTF8 are the names and command lines, by PID, that are not UTF-8. In the processes,
	// U+FFFD replaces the invalid bytes.
	NotUTF8 map[int]rawText `json:",omitzero"`
}

// rawText is a process's name and command line, byte by byte: base64 in the file.
type rawText struct {
	Comm []byte
	Args [][]byte `json:",omitzero"`
}

func (c *Capture) rawTexts() map[int]rawText {
	var all map[int]rawText
	for i := range c.Snapshot.Processes {
		p := &c.Snapshot.Processes[i]
		args := p.Args.Or(nil)
		if utf8.ValidString(p.Comm) && !slices.ContainsFunc(args, func(arg string) bool { return !utf8.ValidString(arg) }) {
			continue
		}
		raw := rawText{Comm: []byte(p.Comm)}
		for _, arg := range args {
			raw.Args = append(raw.Args, []byte(arg))
		}
		if all == nil {
			all = map[int]rawText{}
		}
		all[p.PID] = raw
	}
	return all
}

// putBack restores the bytes of the processes.
func (c *Capture) putBack(all map[int]rawText) {
	if len(all) == 0 {
		return
	}
	for i := range c.Snapshot.Processes {
		p := &c.Snapshot.Processes[i]
		raw, there := all[p.PID]
		if !there {
			continue
		}
		p.Comm = string(raw.Comm)
		if args, held := p.Args.Get(); held && len(args) == len(raw.Args) {
			bytes := make([]string, len(args))
			for i, arg := range raw.Args {
				bytes[i] = string(arg)
			}
			p.Args = procfs.Some(bytes)
		}
	}
}

// check rejects what no kernel and no engine would report, so that the rest of the package can
// rely on it.
func (c *Capture) check() error {
	pids := map[int]bool{}
	for i := range c.Snapshot.Processes {
		p := &c.Snapshot.Processes[i]
		if p.PID <= 0 || len(p.NSPIDs) == 0 || p.NSPIDs[0] != p.PID {
			return fmt.Errorf("process %d has the PIDs %v", p.PID, p.NSPIDs)
		}
		if pids[p.PID] {
			return fmt.Errorf("process %d is there twice", p.PID)
		}
		pids[p.PID] = true
	}
	ids := map[string]bool{}
	for i := range c.Containers {
		id := c.Containers[i].ID
		if id == "" || ids[id] {
			return fmt.Errorf("container ID %q is empty or there twice", id)
		}
		ids[id] = true
	}
	return nil
}

func checkSchema(schema string) error {
	major, _, _ := strings.Cut(schema, ".")
	n, err := strconv.Atoi(major)
	if err != nil || n < 1 {
		return fmt.Errorf("%w: schema version %q", errNoCapture, schema)
	}
	if n > SchemaMajor {
		return fmt.Errorf("%w: it has version %s, this docker pidns reads up to %d; use a newer one", ErrNewerSchema, schema, SchemaMajor)
	}
	return nil
}
