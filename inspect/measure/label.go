package measure

import (
	"strings"
	"unicode/utf8"
)

// mostLabel is the greatest length of a label's value in bytes. IDs of Docker's containers have
// 64, and names are seldom longer.
const mostLabel = 200

// cutMark ends a value that was cut.
const cutMark = "…"

// label makes a text that an engine or a user chose the value of a label: valid UTF-8 of at most
// mostLabel bytes. What else has to be escaped is for the exposition format to decide.
func label(text string) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if len(text) <= mostLabel {
		return text
	}
	end := mostLabel - len(cutMark)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + cutMark
}
