// Package rule holds the rules of the doctor. A rule says what can be wrong with a host's
// containers, how that is proved, and how to fix it.
//
// A rule is a pure function of one look, or of two looks if changes matter. Each rule has
// a file of its own, with its documentation, and a line in the list of all rules (all.go).
//
// The package reads nothing and writes nothing to a screen.
package rule
