package procfs

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Cgroup is one line of /proc/PID/cgroup: where a process is in one hierarchy.
type Cgroup struct {
	// Hierarchy is the hierarchy's ID; 0 is the unified one (cgroup v2).
	Hierarchy int
	// Controllers of a v1 hierarchy; none for v2.
	Controllers []string `json:",omitzero"`
	// Path is below the hierarchy's root. It has /../ in front if it is seen from inside
	// another cgroup namespace.
	Path string
}

// ParseCgroups reads /proc/PID/cgroup, a line "hierarchy:controllers:path" for each
// hierarchy. A path may hold colons.
func ParseCgroups(data []byte) ([]Cgroup, error) {
	list := make([]Cgroup, 0, bytes.Count(data, []byte("\n")))
	for line := range bytes.Lines(data) {
		c, err := parseCgroup(string(line))
		if err != nil {
			return nil, fmt.Errorf("%w cgroup: %w", ErrMalformed, err)
		}
		list = append(list, c)
	}
	return list, nil
}

func parseCgroup(line string) (Cgroup, error) {
	line, whole := strings.CutSuffix(line, "\n")
	fields := strings.SplitN(line, ":", 3)
	if !whole || len(fields) != 3 {
		return Cgroup{}, errors.New("cut")
	}
	hierarchy, err := strconv.ParseUint(fields[0], 10, 31)
	if err != nil {
		return Cgroup{}, err
	}
	c := Cgroup{Hierarchy: int(hierarchy), Path: fields[2]}
	if fields[1] != "" {
		c.Controllers = strings.Split(fields[1], ",")
	}
	return c, nil
}

// Unified reports whether the line is that of cgroup v2 ("0::").
func (c Cgroup) Unified() bool { return c.Hierarchy == 0 }

// HasController reports whether the hierarchy is the one of a v1 controller.
func (c Cgroup) HasController(name string) bool { return slices.Contains(c.Controllers, name) }
