package procfs

import "time"

// MostFile is the length up to which a [File] is read, in bytes.
const MostFile = 64 << 10

// File is a small regular file as a process sees it (/proc/PID/root, /proc/PID/cwd).
type File struct {
	// Text is the whole of it; "" where it is missing.
	Text string `json:",omitzero"`
	// Missing: there is no file of that path.
	Missing bool `json:",omitzero"`
	// ChangedAt is when its content, its name or its rights changed last (stat(2),
	// st_ctim); where it is missing, that of the nearest folder above it that is there.
	ChangedAt time.Time
}
