package render

import (
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect/pattern"
)

// plainWords need no quotes in a shell.
var plainWords = pattern.Lazy(`^[A-Za-z0-9_./:=,@%+-]+$`)

// ShellWord is a word as it is typed to a shell.
func ShellWord(word string) string {
	if plainWords().MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// AboutFile is what a command needs behind it to be about a saved host, nothing for "".
func AboutFile(path string) Safe {
	if path == "" {
		return ""
	}
	return " --from " + Escape(ShellWord(path))
}
