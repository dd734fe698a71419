package procfs

import "time"

// MostFile is the length up to which a [File] is read, in bytes.
const MostFile = 64 << 10

// File is a small regular file as a process sees it (/proc/PID/root, /proc/PID/cwd).
type File struct {
	// Text is the whole text, "" if the file is missing.
	Text string `json:",omitzero"`
	// Missing is true if no file has that path.
	Missing bool `json:",omitzero"`
	// ChangedAt is when its content, its name or its rights changed last (stat(2), st_ctim).
	// For a missing file it is the time of the nearest existing folder above it.
	ChangedAt time.Time
}
