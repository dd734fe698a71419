package procfs

// Host is what a /proc shows of its host and of the reader's rights.
type Host struct {
	// BootID is random and new at every boot (sys/kernel/random/boot_id).
	BootID Opt[string] `json:",omitzero"`
	// KernelRelease is uname -r (sys/kernel/osrelease).
	KernelRelease Opt[string] `json:",omitzero"`
	// PIDMax is the number at which PIDs wrap, one more than the highest
	// (sys/kernel/pid_max).
	PIDMax Opt[int] `json:",omitzero"`
	// CgroupVersion is "v2" if only the unified hierarchy is mounted, "v1" if only others are,
	// and "v1 and v2" for both (self/mountinfo).
	CgroupVersion Opt[string] `json:",omitzero"`
	// HidePID is the hidepid option of the mount that was read, empty for none
	// (self/mountinfo). With it, the reader does not see all processes.
	HidePID string `json:",omitzero"`
	// Namespaces are the namespaces of the host. They are those of its kernel threads, or of
	// its PID 1 if the /proc that was read shows no kernel threads.
	Namespaces map[NamespaceType]Opt[uint64] `json:",omitzero"`
	// EUID is the reader's effective user ID.
	EUID int
	// CanPtrace is true if the reader has CAP_SYS_PTRACE. The kernel requires it to show
	// namespaces and wait statuses of other users' processes.
	CanPtrace bool
	// OwnFilesOnly is true if the reader has neither CAP_DAC_READ_SEARCH nor CAP_DAC_OVERRIDE. The
	// kernel then does not open for it what only a process's own user may open, such as
	// /proc/PID/syscall, mem and fd.
	OwnFilesOnly bool `json:",omitzero"`
	// Confined is the AppArmor profile that confines the reader, "" for none
	// (self/attr/current). The profile docker-default denies ptrace(2) access to processes with
	// another profile, or with none.
	Confined string `json:",omitzero"`
}
