package inspect

// Claim says of some statements when they are certain. docs/certainty.md is made of them,
// and tests hold them to the code.
type Claim struct {
	// Says are the statements, as the code writes them.
	Says []string
	// If is what makes them certain.
	If string
	// Unless are the exceptions that were looked for, and what is said then.
	Unless string
	// Open is what cannot be checked and would make them wrong, "" where nothing is known.
	Open string
}
