package taskiter

// Purpose is what a Reader is opened for.
type Purpose int

// The purposes: which program a survey is made with, and so is loaded when a Reader is
// opened. Scans and families need the larger one, which is loaded then.
const (
	// ForScans: what the kernel alone knows is wanted whole of those processes of a
	// survey that are selected afterwards.
	ForScans Purpose = iota
	// ForSurveys: of these too what a survey tells of it is enough, and /proc tells
	// the rest.
	ForSurveys
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
