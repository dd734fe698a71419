package inspect

// Verdict is an answer that can be unknown.
type Verdict string

// The three verdicts.
const (
	Yes     Verdict = "yes"
	No      Verdict = "no"
	Unknown Verdict = "unknown"
)

// Certainty grades a statement that is not proven.
type Certainty string

// The certainties.
const (
	Certain   Certainty = "certain"
	Likely    Certainty = "likely"
	Uncertain Certainty = "unknown"
)

// Severity grades a finding.
type Severity string

// The severities, the worst first.
const (
	// SeverityError: something is broken, or is losing something now.
	SeverityError Severity = "error"
	// SeverityWarning: it does harm at the next stop, restart or fork.
	SeverityWarning Severity = "warning"
	// SeverityNote: worth knowing.
	SeverityNote Severity = "note"
)
