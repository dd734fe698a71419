package procfs

import (
	"fmt"
	"strconv"
	"strings"
)

// NamespaceType is the name of a namespace's type as /proc/PID/ns spells it.
type NamespaceType string

// The namespace types of namespaces(7), in the order in which they are shown.
const (
	PIDNamespace    NamespaceType = "pid"
	UTSNamespace    NamespaceType = "uts"
	IPCNamespace    NamespaceType = "ipc"
	NetNamespace    NamespaceType = "net"
	MountNamespace  NamespaceType = "mnt"
	UserNamespace   NamespaceType = "user"
	CgroupNamespace NamespaceType = "cgroup"
	TimeNamespace   NamespaceType = "time"
)

// NamespaceTypes lists all types in the order in which they are shown.
var NamespaceTypes = []NamespaceType{
	PIDNamespace, UTSNamespace, IPCNamespace, NetNamespace,
	MountNamespace, UserNamespace, CgroupNamespace, TimeNamespace,
}

// initialInodes are the inodes of the kernel's first namespaces (include/uapi/linux/nsfs.h,
// earlier include/linux/proc_ns.h). In older kernels, net and mnt have other numbers, which are
// assigned at boot.
var initialInodes = map[NamespaceType]uint64{
	IPCNamespace: 0xEFFFFFFF, UTSNamespace: 0xEFFFFFFE, UserNamespace: InitialUserNamespace, PIDNamespace: 0xEFFFFFFC,
	CgroupNamespace: InitialCgroupNamespace, TimeNamespace: 0xEFFFFFFA, NetNamespace: 0xEFFFFFF9, MountNamespace: 0xEFFFFFF8,
}

// IsInitialNamespace reports whether the inode is that of the namespace with which the kernel
// began. For net and mnt this is known only since Linux 6.18.
func IsInitialNamespace(t NamespaceType, inode uint64) bool { return initialInodes[t] == inode }

// ParseNamespaceLink reads the target of a /proc/PID/ns link, such as
// "pid:[4026531836]", and returns the inode number. The type must be t.
func ParseNamespaceLink(t NamespaceType, target string) (uint64, error) {
	rest, ok := strings.CutPrefix(target, string(t)+":[")
	if !ok {
		return 0, fmt.Errorf("%w ns link %q: no %s namespace", ErrMalformed, target, t)
	}
	number, ok := strings.CutSuffix(rest, "]")
	if !ok {
		return 0, fmt.Errorf("%w ns link %q: no closing bracket", ErrMalformed, target)
	}
	inode, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w ns link %q: %w", ErrMalformed, target, err)
	}
	return inode, nil
}
