package procfs

// InitialUserNamespace is the inode of the host's user namespace on every
// kernel (PROC_USER_INIT_INO).
const InitialUserNamespace = 4026531837

// InitialCgroupNamespace is the inode of the host's cgroup namespace on every
// kernel (PROC_CGROUP_INIT_INO).
const InitialCgroupNamespace = 4026531835

// UserNSOrigin says which user's RLIMIT_NPROC the processes of a user namespace count against
// as well. That is the user who created it, in the parent namespace.
type UserNSOrigin struct {
	// Parent is the inode number of the parent namespace (ioctl NS_GET_PARENT).
	Parent Opt[uint64]
	// Owner is the ID of the user who created it, as the reader's namespace numbers it (ioctl
	// NS_GET_OWNER_UID).
	Owner Opt[int]
}
