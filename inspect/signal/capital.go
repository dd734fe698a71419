package signal

import (
	"unicode"
	"unicode/utf8"
)

// capital begins a sentence with a capital letter. It must not be used for a sentence that
// begins with the name of a program.
func capital(sentence string) string {
	first, size := utf8.DecodeRuneInString(sentence)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + sentence[size:]
}
