package bpf

// UnsupportedError says why a program cannot be used here. That does not change while the reason
// lasts.
type UnsupportedError struct {
	// Reason is what is missing, in a few words.
	Reason string
	// TakesRoot is true if root can use the program here.
	TakesRoot bool
	// Remedy is an imperative clause that says what to do, "" if nothing is known to help.
	Remedy string
}

// Error is the reason.
func (e *UnsupportedError) Error() string { return e.Reason }
