package procfs

// InitialUserNamespace is the inode of the host's user namespace on every
// kernel (PROC_USER_INIT_INO).
const InitialUserNamespace = 4026531837

// InitialCgroupNamespace is the inode of the host's cgroup namespace on every
// kernel (PROC_CGROUP_INIT_INO).
const InitialCgroupNamespace = 4026531835

// UserNSOrigin says of a user namespace what decides whose RLIMIT_NPROC its
// processes count against as well: its creator's, in the namespace around it.
type UserNSOrigin struct {
	// Parent is the inode of the namespace around it (ioctl NS_GET_PARENT).
	Parent Opt[uint64]
	// Owner is the user who made it, as the reader's namespace has the number
	// (ioctl NS_GET_OWNER_UID).
	Owner Opt[int]
}
