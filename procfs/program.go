package procfs

// Program is what an executable file says of itself, whatever its name is.
type Program struct {
	// Path is the file as the process sees it (/proc/PID/exe).
	Path string
	// Bits is 32 or 64 (ELF class).
	Bits int
	// Static: it has no interpreter (PT_INTERP), so all it uses is in it.
	Static bool
	// Libraries are the base names of the shared libraries that are mapped
	// (/proc/PID/maps), sorted.
	Libraries []string `json:",omitzero"`
	// Marks are those of the words looked for that the file holds: as a dynamic
	// symbol, a section's name, a Go function's name, or in its constants.
	Marks []string `json:",omitzero"`
	// Waits are the functions by which it and its libraries, the C library
	// aside, can wait for children: those of wait, wait3, wait4, waitpid and
	// waitid that they import. Unsupported for static programs.
	Waits Opt[[]string]
	// WaitsForAny: its code or that of a library, the C library aside, calls one
	// of them for any child, whichever ends. Read on x86-64 only; a call whose
	// argument is made far from it is not found.
	WaitsForAny Opt[bool]
}
