package taskiter

// Purpose is what a Reader is opened for.
type Purpose int

// The purposes. They decide with which program surveys are made. It is loaded when a Reader is
// opened. Scans and families need the larger program, which is loaded when they are made.
const (
	// ForScans means that all facts that only the kernel has are wanted of those processes of
	// a survey that are selected afterwards.
	ForScans Purpose = iota
	// ForSurveys means that a survey's part of these facts is enough, and that /proc has the
	// rest.
	ForSurveys
)
