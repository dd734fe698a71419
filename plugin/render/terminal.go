package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"
	"text/template"
	"unicode/utf16"

	"github.com/docker/cli/templates"
)

// jsonTerminal is a terminal to which JSON is written: what Escape would make visible in text
// becomes an escape of JSON, so that the value stays the same.
type jsonTerminal struct{ to io.Writer }

// Write takes whole characters.
func (t jsonTerminal) Write(text []byte) (int, error) {
	if _, err := io.WriteString(t.to, escapeJSON(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// escapeJSON escapes characters in JSON's own way. In JSON they stand in strings only, but
// for the end of a line between values.
func escapeJSON(text string) string {
	if isPlain(strings.ReplaceAll(text, "\n", "")) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || !mustEscape(r):
			b.WriteRune(r)
		case r >= 0x10000:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// templateOnTerminal writes rows by a template to a terminal: text that others chose is
// escaped, and what the template's function json makes of a row or a part of it stays JSON of
// the same value.
func templateOnTerminal[T any](out io.Writer, format Format, rows iter.Seq[T]) error {
	text := strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(strings.Trim(string(format), " "))
	parsed, err := templates.Parse(text)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for row := range rows {
		escaped := row
		escapeText(reflect.ValueOf(&escaped).Elem())
		whole := originals{}
		whole.add(reflect.ValueOf(row), reflect.ValueOf(escaped))
		functions := template.FuncMap{"json": func(v any) (string, error) {
			if _, is := v.(T); is {
				return jsonOf(row)
			}
			return jsonOf(whole.restored(v))
		}}
		if err := parsed.Funcs(functions).Execute(&b, escaped); err != nil {
			return err
		}
		b.WriteByte('\n')
		if b.Len() > 1<<16 {
			if _, err := b.WriteTo(out); err != nil {
				return err
			}
		}
	}
	_, err = b.WriteTo(out)
	return err
}

// jsonOf is the value as docker's own templates write it, with escapes where a terminal
// needs them.
func jsonOf(v any) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return escapeJSON(strings.TrimSpace(b.String())), err
}

// originals are the texts of a row that were escaped, by what became of them. Of a text that
// the row has as it is as well it is not known which one is meant: it stays escaped.
type originals map[string]string

func (o originals) add(whole, escaped reflect.Value) {
	switch whole.Kind() {
	case reflect.Struct:
		for i := range whole.NumField() {
			o.add(whole.Field(i), escaped.Field(i))
		}
	case reflect.Slice:
		for i := range whole.Len() {
			o.add(whole.Index(i), escaped.Index(i))
		}
	case reflect.Interface:
		if !whole.IsNil() {
			o.add(whole.Elem(), escaped.Elem())
		}
	case reflect.String:
		if known, there := o[escaped.String()]; there && known != whole.String() {
			o[escaped.String()] = escaped.String()
		} else {
			o[escaped.String()] = whole.String()
		}
	}
}

// restored is a value of the row as it was.
func (o originals) restored(v any) any {
	if v == nil {
		return nil
	}
	value := reflect.New(reflect.TypeOf(v)).Elem()
	value.Set(reflect.ValueOf(v))
	changeText(value, func(text string) string {
		if whole, there := o[text]; there {
			return whole
		}
		return text
	})
	return value.Interface()
}
