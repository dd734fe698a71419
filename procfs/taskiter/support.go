package taskiter

import (
	"errors"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Purpose is what a Reader is opened for.
type Purpose bool

// The purposes: which program a survey is made with, and so is loaded when a Reader is
// opened. Scans and families need the larger one, which is loaded then.
const (
	// ForScans: what the kernel alone knows is wanted whole of those processes of a
	// survey that are selected afterwards.
	ForScans Purpose = false
	// ForSurveys: of these too what a survey tells of it is enough, and /proc tells
	// the rest.
	ForSurveys Purpose = true
)

// Support is whether this reader can be used here.
type Support string

// The answers.
const (
	// Available: it was loaded into the kernel.
	Available Support = "available"
	// Unsupported: this kernel, these rights or this /proc do not allow it.
	Unsupported Support = "unsupported"
	// Uncertain: it could not be told.
	Uncertain Support = "uncertain"
)

// UnsupportedError says why this reader cannot be used here, and never will be
// while that is so.
type UnsupportedError struct {
	// Reason is what is missing, in a few words.
	Reason string
	// Remedy is what brings it about, "" where nothing does.
	Remedy string
}

// Error is the reason.
func (e *UnsupportedError) Error() string { return e.Reason }

// Check loads the program into the kernel and takes it out again. The reason is
// empty where it is available.
func Check(proc procfs.FS) (Support, string) {
	reader, err := Open(proc, ForScans)
	var unsupported *UnsupportedError
	switch {
	case err == nil:
		if err := reader.Close(); err != nil {
			return Uncertain, err.Error()
		}
		return Available, ""
	case errors.As(err, &unsupported):
		return Unsupported, unsupported.Reason
	default:
		return Uncertain, err.Error()
	}
}
