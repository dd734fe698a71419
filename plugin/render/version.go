package render

import "github.com/docker-pidns/docker-pidns/procfs"

// VersionKeys are the keys of version's one row.
type VersionKeys struct {
	// Host is the engine's name.
	Host string
	// Version is the plugin's version.
	Version string
	// GoVersion is the version of the compiler.
	GoVersion string
	// Schema is the version of the snapshot format.
	Schema string
	// Endpoint is the address of the engine.
	Endpoint string
	// EngineVersion is the engine's version.
	EngineVersion string
	// APIVersion is the version of the Engine API.
	APIVersion string
	// EngineAnswers is false where the engine does not answer.
	EngineAnswers bool
	// KernelRelease (string) is the host's kernel release (uname(2)).
	KernelRelease any
	// CgroupVersion (string) is the host's cgroup version.
	CgroupVersion any
	// ProcRoot is the path of the /proc that was read.
	ProcRoot string
	// ProcIsEngines is yes, no or unknown: whether that /proc shows the engine's processes.
	ProcIsEngines string
	// Proof is the evidence for ProcIsEngines.
	Proof string
	// EUID is the user that reads.
	EUID int
	// CanPtrace is true where the user may read namespaces and exit codes of other users'
	// processes (ptrace(2)).
	CanPtrace bool
	// HidePID is the mount option of /proc that hides processes of other users, or empty.
	HidePID string
	// Collector is proc or bpf: what reads the processes with these options, or read those
	// of a snapshot.
	Collector string
	// CollectorReason says why bpf cannot be used here; else it is empty.
	CollectorReason string
	// TakenAt is when that held: RFC 3339.
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
