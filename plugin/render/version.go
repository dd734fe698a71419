package render

import "github.com/docker-pidns/docker-pidns/procfs"

// VersionKeys are the keys of version's one row.
type VersionKeys struct {
	// Host is the engine's name.
	Host string
	// Version is ours, GoVersion that of the compiler, Schema that of snapshots.
	Version, GoVersion, Schema string
	// Endpoint is where the engine is, EngineVersion and APIVersion what it says
	// of itself; EngineAnswers is false if it does not.
	Endpoint, EngineVersion, APIVersion string
	EngineAnswers                       bool
	// KernelRelease and CgroupVersion (string) are the host's.
	KernelRelease, CgroupVersion any
	// ProcRoot is the /proc that was read, ProcIsEngines yes, no or unknown, and
	// Proof the evidence.
	ProcRoot, ProcIsEngines, Proof string
	// EUID is the reader's user, CanPtrace whether it may read other users'
	// namespaces and exit codes, HidePID what hides their processes, or "".
	EUID      int
	CanPtrace bool
	HidePID   string
	// Collector is proc or bpf, what reads the processes with these options, or read those
	// of a snapshot; CollectorReason why bpf cannot be used here, or "".
	Collector, CollectorReason string
	// TakenAt is when that held.
	TakenAt string
	// Absent says why a value is null.
	Absent absences
}

// FullHeader makes it a row for docker's formatter, which asks headed for the headings.
func (VersionKeys) FullHeader() any { return nil }

// Hold notes an optional text under its key.
func (k *VersionKeys) Hold(key string, field *any, value procfs.Opt[string]) {
	if text, ok := value.Get(); ok {
		*field = text
		return
	}
	if k.Absent == nil {
		k.Absent = absences{}
	}
	k.Absent[key] = value.Absence()
}

// Version writes the row in the format.
func (s Screen) Version(keys VersionKeys, format Format) error {
	if keys.Absent == nil {
		keys.Absent = absences{}
	}
	return writeRows(s, format, []VersionKeys{keys})
}
