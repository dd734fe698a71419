package trace

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// SetIndex takes a newer capture of the host. What it knows of containers that are gone stays
// known.
func (t *Teller) SetIndex(ix *inspect.Index) {
	for c := range ix.Containers() {
		t.containers[c.ID] = c
		t.names[c.ID] = c.Name
		binding := ix.Binding(c)
		if binding.Shim != nil {
			t.shims[binding.Shim.Key] = c.ID
		}
		if binding.Main == nil {
			continue
		}
		t.mains[c.ID] = binding.Main.Key
		t.levels[c.ID] = len(binding.Main.NSPIDs)
		if inode, known := binding.Main.Namespace(procfs.PIDNamespace).Get(); known && binding.Main.InnermostPID() == 1 {
			t.inits[inode] = c.ID
		}
	}
	t.bound()
	t.captured = true
	t.lives.seed(ix)
}

// mostKnown bounds what is remembered of containers in a long trace.
const mostKnown = 10_000

// bound forgets everything if there is too much of it. A capture follows when something is missing.
func (t *Teller) bound() {
	if len(t.containers) > mostKnown || len(t.shims) > mostKnown || len(t.inits) > mostKnown {
		t.forget()
	}
}

// NeedsCapture reports whether an event was about a container that no capture has shown yet.
func (t *Teller) NeedsCapture() bool { return !t.captured }

// containerOf is the ID of the container that the process is in, "" if it is in none: by its
// control group, else by its PID namespace. Of nested ones it is the one that is known.
func (t *Teller) containerOf(p *procfs.TracedProcess) string {
	found := ""
	for _, path := range p.Cgroups {
		ids := inspect.CgroupIDs(path)
		for _, id := range slices.Backward(ids) {
			if _, known := t.names[id]; known {
				return id
			}
		}
		if len(ids) > 0 && found == "" {
			found = ids[0]
		}
	}
	if found != "" {
		t.captured = false
		return found
	}
	for _, inode := range slices.Backward(p.PIDNamespaces) {
		if id := t.inits[inode]; id != "" {
			return id
		}
	}
	return ""
}

// mainOf is the ID of the container whose main process this is, "" if it is none.
func (t *Teller) mainOf(key procfs.Key) string {
	for id, main := range t.mains {
		if main == key {
			return id
		}
	}
	return ""
}

// isMain reports whether the process is the container's main process: the one that a capture has
// proved, or PID 1 where none was.
func (t *Teller) isMain(id string, p *procfs.TracedProcess) bool {
	if key, known := t.mains[id]; known && key == p.Key {
		return true
	}
	if level, known := t.levels[id]; known && level != 2 {
		return false // PID 1 of a PID namespace that one of its processes has made
	}
	_, inside := p.PIDNamespace()
	return inside == 1 && p.Levels == 2
}

// nameOf is the container's name, else the beginning of its ID.
func (t *Teller) nameOf(id string) string {
	if name := t.names[id]; name != "" {
		return name
	}
	return id[:min(len(id), inspect.ShortIDLength)]
}

// insidePID is the process's PID in the container's PID namespace, 0 if that is not known.
func (t *Teller) insidePID(id string, p *procfs.TracedProcess) int {
	level, known := t.levels[id]
	if !known {
		_, pid := p.PIDNamespace()
		return pid
	}
	if level < 1 || level > len(p.PIDs) {
		return 0
	}
	return p.PIDs[level-1]
}
