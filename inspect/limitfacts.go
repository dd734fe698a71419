package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// LimitFacts are the limits of fork beside the processes themselves.
type LimitFacts struct {
	// TaskLimits are those of the whole host.
	procfs.TaskLimits
	// Groups are the control groups of the containers' processes and the groups above them, each
	// once.
	Groups []procfs.PIDsGroup `json:",omitzero"`
	// UserNamespaces are those of the snapshot's processes and those around them, by inode,
	// without the initial one.
	UserNamespaces map[uint64]procfs.UserNSOrigin `json:",omitzero"`
	// ReaderUserNamespace is the inode of the reader's user namespace. User IDs are given as in
	// that namespace.
	ReaderUserNamespace procfs.Opt[uint64] `json:",omitzero"`
	// ReaderCgroupNamespace is the inode of the reader's cgroup namespace. Paths of groups are
	// given as in that namespace.
	ReaderCgroupNamespace procfs.Opt[uint64] `json:",omitzero"`
	// AddressSpaces are those of a few processes of each container.
	AddressSpaces []procfs.AddressSpace `json:",omitzero"`
	// EnginePIDs are the processes with which the engine starts containers and exec sessions,
	// except the shims: its daemon and containerd, as far as they are known.
	EnginePIDs []int `json:",omitzero"`
}

// Group returns the group at path, and whether it was looked for.
func (f *LimitFacts) Group(path string) (procfs.PIDsGroup, bool) {
	for _, g := range f.Groups {
		if g.Path == path {
			return g, true
		}
	}
	return procfs.PIDsGroup{}, false
}
