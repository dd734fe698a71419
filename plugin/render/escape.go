package render

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Safe is text that can be written to a terminal. From text that a process, an engine or a file
// chose, only Escape and Say make it. The functions that write accept only Safe.
type Safe string

// Escape makes text that a process chose safe to print: control characters,
// characters that change the direction or the shape of what follows, and bytes
// that are not UTF-8 become visible escapes.
func Escape(text string) Safe {
	if isPlain(text) {
		return Safe(text)
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case !mustEscape(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		text = text[size:]
	}
	return Safe(b.String())
}

func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < 0x20 || c >= 0x7f {
			return false
		}
	}
	return true
}

// mustEscape reports whether the character is a control or format character (bidirectional
// overrides, zero widths, tags), a separator of lines or paragraphs, a surrogate, or for
// private use.
func mustEscape(r rune) bool {
	return unicode.In(r, unicode.C, unicode.Zl, unicode.Zp) || r == utf8.RuneError
}

// Say formats as fmt.Sprintf does; text among the arguments that is not Safe is escaped.
func Say(format Safe, args ...any) Safe {
	safe := make([]any, len(args))
	for i, arg := range args {
		switch v := reflect.ValueOf(arg); {
		case v.Kind() == reflect.String && v.Type() != reflect.TypeFor[Safe]():
			safe[i] = Escape(v.String())
		case v.Kind() == reflect.Slice || v.Kind() == reflect.Map || v.Kind() == reflect.Struct || v.Kind() == reflect.Pointer:
			safe[i] = Escape(fmt.Sprint(arg)) // errors and other types that have a text
		default:
			safe[i] = arg
		}
	}
	return Safe(fmt.Sprintf(string(format), safe...))
}

// join puts a separator between the parts.
func join[T ~string](parts []T, separator Safe) Safe {
	safe := make([]string, len(parts))
	for i, part := range parts {
		if text, is := any(part).(Safe); is {
			safe[i] = string(text)
		} else {
			safe[i] = string(Escape(string(part)))
		}
	}
	return Safe(strings.Join(safe, string(separator)))
}

// blanks are n blanks.
func blanks(n int) Safe { return Safe(strings.Repeat(" ", max(n, 0))) }

// width is how many columns of a screen the text takes, without its colours.
func (t Safe) width() int { return text.StringWidthWithoutEscSequences(string(t)) }

// padded is the text with blanks after it, up to a width.
func (t Safe) padded(width int) Safe { return t + blanks(width-t.width()) }
