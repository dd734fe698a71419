package render

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// Host is one of several hosts that an answer is about.
type Host struct {
	// Name is what the column HOST and the key Host have: the docker context's name, or
	// that of the snapshot.
	Name string
	// Context is the docker context by which commands reach the host, "" for none.
	Context string
	// From is the snapshot of the host, "" for the living one.
	From string
	// Node is the host name of a node of a Swarm, "" for another host. Commands about its own
	// containers have to be run there.
	Node string
}

// Command is a docker command that reaches the engine of the host. Commands about services and
// nodes are the manager's, and those of this program are about all nodes.
func (h Host) Command(command string) string {
	rest, docker := strings.CutPrefix(command, "docker ")
	if h.Node == "" || !docker {
		return InContext(h.Context, command)
	}
	switch word, _, _ := strings.Cut(rest, " "); word {
	case "service", "stack", "node":
		return command
	case "pidns":
		return command + " --swarm"
	case "ps": // of one node, when the container may be on any
		return "docker pidns host-pid --swarm"
	default:
		return "ssh " + inspect.ShellWord(h.Node) + " " + command
	}
}

// Hosts are the hosts of an answer that is about several, by their containers.
type Hosts struct {
	// Option is what a command needs behind it to be about all of them, such as
	// "--contexts=a,b".
	Option string
	// Saved: they are snapshots.
	Saved bool
	// all are the hosts that answered, in the order in which they are shown.
	all []*Host
	of  map[*inspect.Container]*Host
}

// Put adds a host with its containers. Findings may be about containers that the engine does
// not know any more: these are put too, with the same name of the host.
func (h *Hosts) Put(host Host, containers ...*inspect.Container) {
	place := slices.IndexFunc(h.all, func(known *Host) bool { return known.Name == host.Name })
	if place < 0 {
		place = len(h.all)
		h.all = append(h.all, &host)
	}
	if h.of == nil {
		h.of = map[*inspect.Container]*Host{}
	}
	for _, c := range containers {
		h.of[c] = h.all[place]
	}
}

// hostOf is the host of a container, nil where there is one host.
func (s Screen) hostOf(c *inspect.Container) *Host {
	if s.Hosts == nil {
		return nil
	}
	return s.Hosts.of[c]
}

// hostName is the value of the key Host: the name of the container's host, or of the only one.
func (s Screen) hostName(c *inspect.Container, only string) string {
	if host := s.hostOf(c); host != nil {
		return host.Name
	}
	return only
}

// name is how a sentence names a container: with its host in front where there are several.
func (s Screen) name(c *inspect.Container) Safe {
	if host := s.hostOf(c); host != nil {
		return Escape(host.Name) + "/" + Escape(c.Name)
	}
	return Escape(c.Name)
}

// on is the screen where commands are about the container's host alone.
func (s Screen) on(c *inspect.Container) Screen {
	if host := s.hostOf(c); host != nil {
		s.From, s.host = host.From, *host
		s.alone = host.Node == "" // a job always runs on all nodes
	}
	return s
}

// isSaved reports whether what is shown is of snapshots.
func (s Screen) isSaved() bool {
	return s.From != "" || s.Hosts != nil && s.Hosts.Saved
}

// columns puts a column for the host in front where there are several.
func (s Screen) columns(columns []column) []column {
	if s.Hosts == nil {
		return columns
	}
	return append([]column{{heading: "HOST", cut: 4}}, columns...)
}

// cells puts the container's host in front where there are several.
func (s Screen) cells(c *inspect.Container, cells []Safe) []Safe {
	if s.Hosts == nil {
		return cells
	}
	return append([]Safe{Escape(s.hostName(c, ""))}, cells...)
}

// onHosts is " on 3 hosts", nothing where one is asked.
func (s Screen) onHosts() Safe {
	if s.Hosts == nil {
		return ""
	}
	return " on " + counted(len(s.Hosts.all), "host")
}

// widestLead is how far the names of containers may push what is said of them to the right.
func (s Screen) widestLead() int {
	if s.Hosts != nil {
		return widestNames
	}
	return widestName
}

// InContext is a docker command that reaches the engine of a context, "" for the current one.
// Commands of other programs stay as they are.
func InContext(context, command string) string {
	if rest, is := strings.CutPrefix(command, "docker "); is && context != "" {
		return "docker --context " + inspect.ShellWord(context) + " " + rest
	}
	return command
}

// quietKey is what --quiet shows of a row.
type quietKey struct {
	container *inspect.Container
	key       Safe
}

// pidKey is the key of a row that a process has.
func pidKey(c *inspect.Container, pid int) quietKey { return quietKey{c, Say("%d", pid)} }

// writeQuiet writes each key alone on a line, behind the host and a blank where there are
// several.
func (s Screen) writeQuiet(keys []quietKey) error {
	for _, k := range keys {
		line := k.key
		if host := s.hostOf(k.container); host != nil {
			line = Escape(host.Name) + " " + line
		}
		if err := s.writeLine(line); err != nil {
			return err
		}
	}
	return nil
}
