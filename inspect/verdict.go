package inspect

// Verdict is an answer that may have to stay open.
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
	// SeverityError: broken, or losing now.
	SeverityError Severity = "error"
	// SeverityWarning: hurts at the next stop, restart or fork.
	SeverityWarning Severity = "warning"
	// SeverityNote: worth knowing.
	SeverityNote Severity = "note"
)
