package wire

import "strings"

// left out are the values of these keys in files that describe containers: the environment,
// which may hold passwords, and the filter of system calls, which is long. Nothing needs them.
var leftOut = map[string]byte{"Env": '[', "env": '[', "seccomp": '{'}

// withoutSecrets is a text in JSON with null for the values that are left out. A text that is
// not JSON from such a value on is cut there, so that no part of the value remains.
func withoutSecrets(text string) string {
	var out strings.Builder
	copied := 0
	for at := 0; at < len(text); {
		if text[at] != '"' {
			at++
			continue
		}
		end := stringEnd(text, at)
		begin := valueAfter(text, end)
		opening, is := leftOut[text[at+1:max(end-1, at+1)]]
		if !is || begin >= len(text) || text[begin] != opening {
			at = end
			continue
		}
		out.WriteString(text[copied:begin] + "null")
		at = valueEnd(text, begin)
		copied = at
	}
	out.WriteString(text[copied:])
	return out.String()
}

// stringEnd is the position after the string that begins at a position.
func stringEnd(text string, at int) int {
	for at++; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(text)
}

// valueAfter is the position of the value after a key that ends at a position, the end of the
// text if no value follows.
func valueAfter(text string, at int) int {
	at = afterSpace(text, at)
	if at >= len(text) || text[at] != ':' {
		return len(text)
	}
	return afterSpace(text, at+1)
}

func afterSpace(text string, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r' || text[at] == '\n') {
		at++
	}
	return at
}

// valueEnd is the position after the list or object that begins at a position.
func valueEnd(text string, at int) int {
	depth := 0
	for at < len(text) {
		switch text[at] {
		case '"':
			at = stringEnd(text, at)
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if at++; depth == 0 {
			break
		}
	}
	return min(at, len(text))
}
