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
