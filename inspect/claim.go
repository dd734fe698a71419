package inspect

// Claim says when some statements are certain. docs/certainty.md is generated from the
// claims, and tests compare them with the code.
type Claim struct {
	// Says are the statements, as the code writes them.
	Says []string
	// If is what makes the statements certain.
	If string
	// Unless are the exceptions that are checked, and what is stated then.
	Unless string
	// Open is what cannot be checked and would make the statements wrong, "" if nothing is
	// known.
	Open string
}
