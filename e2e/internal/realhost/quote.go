//go:build linux

package realhost

import "strings"

// Quote writes a word as a shell takes it.
func Quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n\"'$&|;<>*?()[]{}#!\\`~") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
