package procfs

// Host is what a /proc tells about its host and about the reader's rights.
type Host struct {
	// BootID is random and new at every boot (sys/kernel/random/boot_id).
	BootID Opt[string] `json:",omitzero"`
	// KernelRelease is uname -r (sys/kernel/osrelease).
	KernelRelease Opt[string] `json:",omitzero"`
	// PIDMax is the number at which PIDs wrap, one more than the highest
	// (sys/kernel/pid_max).
	PIDMax Opt[int] `json:",omitzero"`
	// CgroupVersion is "v2" where only the unified hierarchy is mounted, "v1"
	// where only others are, and "v1 and v2" for both (self/mountinfo).
	CgroupVersion Opt[string] `json:",omitzero"`
	// HidePID is the hidepid option of the mount that was read, empty where
	// it has none (self/mountinfo). With it, the reader does not see all.
	HidePID string `json:",omitzero"`
	// Namespaces are the host's own: those of its kernel threads or, where the
	// /proc that was read shows none, those of its PID 1.
	Namespaces map[NamespaceType]Opt[uint64] `json:",omitzero"`
	// EUID is the reader's effective user ID.
	EUID int
	// CanPtrace: the reader has CAP_SYS_PTRACE, which the kernel asks for
	// before it shows namespaces and wait statuses of other users' processes.
	CanPtrace bool
}
