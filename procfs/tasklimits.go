package procfs

// TaskLimits are the limits on tasks of the whole host.
type TaskLimits struct {
	// PIDMax is the number at which PIDs of the host wrap, one more than the highest
	// (sys/kernel/pid_max). Since Linux 6.14 the file shows the limit of the reader's PID
	// namespace. It is unsupported if that is not the host's.
	PIDMax Opt[int] `json:",omitzero"`
	// ThreadsMax is the number of tasks from which every fork fails
	// (sys/kernel/threads-max).
	ThreadsMax Opt[int] `json:",omitzero"`
	// Tasks is the number of tasks that count against ThreadsMax (loadavg).
	Tasks Opt[int] `json:",omitzero"`
	// MaxMappings is how many mappings the address space of each process may have
	// (sys/vm/max_map_count).
	MaxMappings Opt[int] `json:",omitzero"`
}

// ReservedPIDs is the number below which the kernel gives out no PIDs once PIDs have wrapped
// (RESERVED_PIDS in kernel/pid.c).
const ReservedPIDs = 300
