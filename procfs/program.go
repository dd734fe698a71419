package procfs

// Program is what an executable file shows, whatever its name is.
type Program struct {
	// Path is the file as the process sees it (/proc/PID/exe).
	Path string
	// Bits is 32 or 64 (ELF class).
	Bits int
	// Static is true if it has no interpreter (PT_INTERP), so that everything it uses is in
	// the file.
	Static bool
	// Libraries are the base names of the shared libraries that are mapped
	// (/proc/PID/maps), sorted.
	Libraries []string `json:",omitzero"`
	// Marks are the words looked for that the file has: as a dynamic symbol, a section's name,
	// a Go function's name, or in its constants.
	Marks []string `json:",omitzero"`
	// Waits are the functions with which it and its libraries, without the C library, can wait
	// for children. These are the imports of wait, wait3, wait4, waitpid and waitid. It is
	// unsupported for static programs.
	Waits Opt[[]string]
	// WaitsForAny is true if its code, or that of a library other than the C library, calls
	// one of them for any child. It is read on x86-64 only. A call whose argument is set far
	// from it is not found.
	WaitsForAny Opt[bool]
}
