package procfs

import "slices"

// Cgroup is one line of /proc/PID/cgroup: where a process is in one hierarchy.
type Cgroup struct {
	// Hierarchy is the hierarchy's ID; 0 is the unified one (cgroup v2).
	Hierarchy int
	// Controllers of a v1 hierarchy; none for v2.
	Controllers []string `json:",omitzero"`
	// Path below the hierarchy's root, or with /../ in front when it is seen
	// from inside another cgroup namespace.
	Path string
}

// Unified reports whether the line is that of cgroup v2 ("0::").
func (c Cgroup) Unified() bool { return c.Hierarchy == 0 }

// HasController reports whether the hierarchy is the one of a v1 controller.
func (c Cgroup) HasController(name string) bool { return slices.Contains(c.Controllers, name) }
