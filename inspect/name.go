package inspect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// ProcessName names a process of the container for a sentence: "PID 1 (sleep)"
// for the init of its PID namespace, "python (30101, inside 8)" for another.
func (ix *Index) ProcessName(c *Container, p *procfs.Process) string {
	chain := ix.ContainerPIDs(c, p)
	switch {
	case len(chain) == 1 && chain[0] == 1:
		return fmt.Sprintf("PID 1 (%s)", p.Comm)
	case len(chain) == 0 || p.Depth() == 0:
		return fmt.Sprintf("%s (%d)", p.Comm, p.PID)
	default:
		return fmt.Sprintf("%s (%d, inside %s)", p.Comm, p.PID, ChainString(chain))
	}
}

// ChainString writes a chain of PIDs through nested namespaces: "9>3>1".
func ChainString(chain []int) string {
	parts := make([]string, len(chain))
	for i, n := range chain {
		parts[i] = fmt.Sprint(n)
	}
	return strings.Join(parts, ">")
}

// ShortRef shortens an ID to the length that docker shows, and does not change a name.
func ShortRef(ref string) string {
	if holdsContainerID(ref) {
		return ref[:ShortIDLength]
	}
	return ref
}

// NameOfRef is the name of a declared container, or its short ID if it is not known.
func (ix *Index) NameOfRef(ref string) string {
	if c := ix.ContainerNamed(ref); c != nil {
		return c.Name
	}
	return ShortRef(ref)
}

// NameOfID is the name of the container with this ID, full or shortened to the length that
// docker shows, whether it runs or not. It is "" if the capture has no such container, or two.
func (ix *Index) NameOfID(id string) string {
	if ix.byShortID == nil {
		ix.byShortID = map[string][]Listed{}
		for c := range ix.Containers() {
			ix.addShortID(Listed{ID: c.ID, Name: c.Name})
		}
		if l := ix.Capture.Listing; l != nil {
			for _, c := range slices.Concat(l.Before, l.After) {
				ix.addShortID(c)
			}
		}
	}
	name := ""
	for _, c := range ix.byShortID[id[:min(len(id), ShortIDLength)]] {
		if !strings.HasPrefix(c.ID, id) {
			continue
		}
		if name != "" {
			return ""
		}
		name = c.Name
	}
	return name
}

func (ix *Index) addShortID(c Listed) {
	short := c.ID[:min(len(c.ID), ShortIDLength)]
	if !slices.ContainsFunc(ix.byShortID[short], func(known Listed) bool { return known.ID == c.ID }) {
		ix.byShortID[short] = append(ix.byShortID[short], c)
	}
}

// ContainerNamed finds the container that another one declares to have joined.
func (ix *Index) ContainerNamed(ref string) *Container {
	if ref == "" {
		return nil
	}
	c, known := ix.named[ref]
	if !known {
		if found, problem := ix.Resolve(ref); problem == nil {
			c = found
		}
		ix.named[ref] = c
	}
	return c
}

// SignalWords is " (SIGKILL)" for exit code 137: the signal that an exit code above 128 stands
// for. It is "" for other codes.
func SignalWords(exitCode int) string {
	if name := signalOf(exitCode); name != "" {
		return " (" + name + ")"
	}
	return ""
}

// signalOf is the name of the signal that an exit code above 128 stands for, "" for other codes.
func signalOf(exitCode int) string {
	if n := exitCode - 128; n > 0 && n <= procfs.MaxSignal {
		return procfs.SignalName(n)
	}
	return ""
}

// ContainerNames are the names in one text, separated by commas.
func ContainerNames(list []*Container) string {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// SortByName sorts the containers by their names.
func SortByName(list []*Container) {
	slices.SortFunc(list, func(a, b *Container) int { return cmp.Compare(a.Name, b.Name) })
}

// ParentName names a process's parent, with its container if that is another one.
func (ix *Index) ParentName(c *Container, p *procfs.Process) string {
	parent := ix.Parent(p)
	if parent == nil {
		return fmt.Sprintf("process %d", p.ParentPID)
	}
	owner := ix.OwnerOf(parent).Container
	switch owner {
	case nil:
		if ix.IsShim(parent) {
			return fmt.Sprintf("the shim (%d)", parent.PID)
		}
		return fmt.Sprintf("%s (%d)", parent.Comm, parent.PID)
	case c:
		return ix.ProcessName(c, parent)
	default:
		return fmt.Sprintf("%s of %s", ix.ProcessName(owner, parent), owner.Name)
	}
}

func (ix *Index) foreignName(owner *Container, p *procfs.Process) string {
	if chain := ix.ContainerPIDs(owner, p); len(chain) > 0 {
		return fmt.Sprintf("PID %s of %s", ChainString(chain), owner.Name)
	}
	return fmt.Sprintf("%s (%d) of %s", p.Comm, p.PID, owner.Name)
}
