package procfs

import (
	"bytes"
	"fmt"
	"path"
	"strings"
)

// PIDsGroup is one control group as the pids controller has it. A fork fails
// if the group of the process, or any group above it, has reached its limit.
type PIDsGroup struct {
	// Path is the group's in the controller's hierarchy, as /proc/PID/cgroup
	// has it for this reader.
	Path string
	// Dir is the folder in which it was read, "" where it is mounted nowhere.
	Dir string `json:",omitzero"`
	// Current is the number of tasks in it and below, zombies included
	// (pids.current); not held by the host's root group.
	Current Opt[int] `json:",omitzero"`
	// Max is its limit (pids.max), not held where it says "max", where the
	// controller is not enabled, and by the host's root group.
	Max Opt[int] `json:",omitzero"`
	// Refused counts the forks that failed (pids.events "max"). With cgroup v1,
	// and with v2 before Linux 6.11: those tried in this very group, whichever
	// group's limit stood against them. Since then: those tried in it or below
	// that its own limit, or one below, stood against.
	Refused Opt[int] `json:",omitzero"`
}

// PIDsPath is the path of the group that counts the process's tasks, and
// whether there is one: that of the pids controller of cgroup v1 or, where that
// has none, of the unified hierarchy.
func PIDsPath(lines []Cgroup) (string, bool) {
	unified, found := "", false
	for _, line := range lines {
		if line.HasController("pids") {
			return line.Path, true
		}
		if line.Unified() {
			unified, found = line.Path, true
		}
	}
	return unified, found
}

// GroupsAbove are the path and those of the groups above it, innermost first,
// with the root of the hierarchy as the last. Above the reader's own cgroup
// namespace ("/../x") nothing has a name that could be followed.
func GroupsAbove(group string) []string {
	list := []string{group}
	for strings.HasPrefix(group, "/") && group != "/" && !strings.HasPrefix(group, "/..") {
		group = path.Dir(group)
		list = append(list, group)
	}
	return list
}

// ParsePIDsEvents reads pids.events and returns the number behind "max".
func ParsePIDsEvents(data []byte) (int, error) {
	if !bytes.HasSuffix(data, []byte("\n")) {
		return 0, fmt.Errorf("%w pids.events: cut", ErrMalformed)
	}
	for line := range bytes.Lines(data) {
		fields := bytes.Fields(line)
		if len(fields) != 2 || string(fields[0]) != "max" {
			continue
		}
		p := numbers{}
		n := p.unsigned(fields[1])
		if p.err != nil || n > 1<<62 {
			return 0, fmt.Errorf("%w pids.events: max %q", ErrMalformed, fields[1])
		}
		return int(n), nil
	}
	return 0, fmt.Errorf("%w pids.events: no max", ErrMalformed)
}
