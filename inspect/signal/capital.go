package signal

import (
	"unicode"
	"unicode/utf8"
)

// capital begins a sentence with a capital letter. The name of a program at its beginning
// is not for it.
func capital(sentence string) string {
	first, size := utf8.DecodeRuneInString(sentence)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + sentence[size:]
}
