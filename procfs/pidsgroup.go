package procfs

import (
	"bytes"
	"fmt"
	"strings"
)

// PIDsGroup is one control group of the pids controller. A fork fails if the group of the
// process, or any group above it, has reached its limit.
type PIDsGroup struct {
	// Path is the group's path in the controller's hierarchy, as /proc/PID/cgroup shows it to
	// this reader.
	Path string
	// Dir is the folder in which it was read, "" if the hierarchy is not mounted.
	Dir string `json:",omitzero"`
	// Current is the number of tasks in it and below, with zombies (pids.current). The host's
	// root group does not hold it.
	Current Opt[int] `json:",omitzero"`
	// Max is its limit (pids.max). It is not held for "max", if the controller is not enabled,
	// and by the host's root group.
	Max Opt[int] `json:",omitzero"`
	// Refused is the number of forks that failed (pids.events "max"). With cgroup v1, and with
	// v2 before Linux 6.11, these are forks tried in this very group, whichever group's limit
	// refused them. Since then these are forks tried in it or below that its own limit, or a
	// limit below, refused.
	Refused Opt[int] `json:",omitzero"`
}

// PIDsPath is the path of the group that counts the process's tasks, and whether there is one.
// It is the group of the pids controller of cgroup v1, or else of the unified hierarchy.
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

// GroupsAbove are the path and the paths of the groups above it, innermost first, with the
// root of the hierarchy last. Groups above the reader's own cgroup namespace ("/../x") have no
// path that could be followed.
func GroupsAbove(group string) []string {
	list := []string{group}
	for strings.HasPrefix(group, "/") && group != "/" && !strings.HasPrefix(group, "/..") {
		group = group[:max(strings.LastIndexByte(group, '/'), 1)]
		list = append(list, group)
	}
	return list
}

// ParsePIDsEvents reads pids.events and returns the number after "max".
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
