// Package rule holds the rules of the doctor: what can be wrong with a host's
// containers, how that is proved, and what to do about it. A rule is a pure
// function of one look, or of two where it matters what changed; it has a file
// of its own with its documentation, and a line in the list of all.
//
// It knows nothing of how things look on a screen, and reads nothing.
package rule
