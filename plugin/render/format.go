package render

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"text/template"
	"unicode"

	"github.com/docker/cli/cli/command/formatter"
	"github.com/docker/cli/templates"
)

// Format is the value of --format.
type Format string

// IsDefault reports whether rows, verdicts and hints are written.
func (f Format) IsDefault() bool { return f == "" }

// IsPlainTable reports whether only rows are written, in the command's default columns.
func (f Format) IsPlainTable() bool { return f == formatter.TableFormatKey }

// Check returns an error if a template does not parse.
func (f Format) Check() error {
	if f.IsDefault() || f.IsPlainTable() || formatter.Format(f).IsJSON() {
		return nil
	}
	if _, err := templates.Parse(strings.TrimPrefix(string(f), formatter.TableFormatKey)); err != nil {
		return &FormatError{fmt.Sprintf("--format: %v", err)}
	}
	return nil
}

// FormatError means that a template does not parse, or names a key that rows do not have.
type FormatError struct{ text string }

// Error says what is wrong with the template.
func (e *FormatError) Error() string { return e.text }

// ListOptions are the options that all lists have.
type ListOptions struct {
	Format Format
	// Quiet writes only the natural key.
	Quiet bool
	// NoTrunc cuts and folds nothing.
	NoTrunc bool
	// Host is the engine's name. Where there are several hosts, the screen knows theirs.
	Host string
}

// writeRows writes rows with docker's own formatter: json is one object a line, anything else is
// a Go template with the same keys. Text that a process chose is escaped in tables and on
// terminals. JSON has it complete, on a terminal with JSON's escapes. So has a template whose
// output goes to a program.
func writeRows[T formatter.SubContext](s Screen, format Format, rows []T) error {
	return writeEach(s, format, slices.Values(rows))
}

// rowsAtOnce is how many rows the formatter keeps before they are written. It would keep all.
// Only a table must have all rows before its columns have a width.
const rowsAtOnce = 1000

// writeEach does the same with many rows that are created one by one.
func writeEach[T formatter.SubContext](s Screen, format Format, rows iter.Seq[T]) error {
	context := formatter.Context{Output: s.Out, Format: formatter.Format(format)}
	switch {
	case s.Width <= 0 || context.Format.IsTable():
	case context.Format.IsJSON():
		context.Output = jsonTerminal{s.Out}
	default:
		return format.wrong(reflect.TypeFor[T](), templateOnTerminal(s.Out, format, rows))
	}
	next, stop := iter.Pull(rows)
	defer stop()
	var err error
	for more := true; more && err == nil; {
		err = context.Write(headed{reflect.TypeFor[T]()}, func(write func(formatter.SubContext) error) error {
			for written := 0; written < rowsAtOnce || context.Format.IsTable(); written++ {
				row, ok := next()
				if more = ok; !ok {
					return nil
				}
				if context.Format.IsTable() {
					escapeText(reflect.ValueOf(&row).Elem())
				}
				if err := write(row); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return format.wrong(reflect.TypeFor[T](), err)
}

// wrong says what is wrong with the format after writing rows with it failed.
func (f Format) wrong(row reflect.Type, err error) error {
	var unknown template.ExecError
	switch {
	case errors.As(err, &unknown) && strings.Contains(err.Error(), "can't evaluate field"):
		return &FormatError{fmt.Sprintf("--format: %q names no key of this command; it has %s", f, strings.Join(keysOf(row), ", "))}
	case err != nil:
		return fmt.Errorf("--format: %w", err)
	default:
		return nil
	}
}

// keysOf are the names of a row's keys, in their order.
func keysOf(row reflect.Type) []string {
	var keys []string
	for i := range row.NumField() {
		if field := row.Field(i); field.Anonymous {
			keys = append(keys, keysOf(field.Type)...)
		} else {
			keys = append(keys, field.Name)
		}
	}
	return keys
}

// escapeText escapes every string in a row's keys, also in lists and in values of any type.
func escapeText(v reflect.Value) {
	changeText(v, func(text string) string { return string(Escape(text)) })
}

// changeText changes every string in a value. It does not change lists in place, because they
// may be used elsewhere.
func changeText(v reflect.Value, change func(string) string) {
	switch kind := v.Kind(); {
	case kind == reflect.Struct:
		for i := range v.NumField() {
			changeText(v.Field(i), change)
		}
	case !v.CanSet():
	case kind == reflect.String:
		v.SetString(change(v.String()))
	case kind == reflect.Slice && !v.IsNil():
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(list, v)
		for i := range list.Len() {
			changeText(list.Index(i), change)
		}
		v.Set(list)
	case kind == reflect.Interface && !v.IsNil():
		held := reflect.New(v.Elem().Type()).Elem()
		held.Set(v.Elem())
		changeText(held, change)
		v.Set(held)
	}
}

// headingsOf are those of "table TEMPLATE", by key: the words of the key, or what is
// shorter.
func headingsOf(row reflect.Type) formatter.SubHeaderContext {
	headings := formatter.SubHeaderContext{}
	for _, key := range keysOf(row) {
		if heading, isShort := shortHeadings[key]; isShort {
			headings[key] = heading
		} else {
			headings[key] = wordsOf(key)
		}
	}
	return headings
}

// wordsOf are the words of a key in capitals: ExecID is EXEC ID.
func wordsOf(key string) string {
	var words strings.Builder
	for i, r := range key {
		begins := i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(rune(key[i-1])) || i+1 < len(key) && unicode.IsLower(rune(key[i+1])))
		if begins {
			words.WriteByte(' ')
		}
		words.WriteRune(unicode.ToUpper(r))
	}
	return words.String()
}

// shortHeadings are the headings that are not the words of their keys.
var shortHeadings = map[string]string{
	"ContainerPID":       "CTR PID",
	"PIDs":               "PIDS",
	"ParentContainerPID": "PARENT CTR PID",
	"UID":                "USER",
	"HostUID":            "HOST USER",
	"State":              "S",
	"ElapsedSeconds":     "ELAPSED",
	"Origin":             "FROM",
	"OriginCertainty":    "CERTAINTY",
	"Processes":          "PROCS",
	"LeftNamespaces":     "LEFT",
	"KernelRelease":      "KERNEL",
	"CgroupVersion":      "CGROUP",
	"ProcRoot":           "PROC",
	"ProcIsEngines":      "IS ENGINE'S",
	"HidePID":            "HIDEPID",
	"StopTimeoutSeconds": "STOP TIMEOUT",
	"Certainty":          "SURE",
	"Number":             "NO",
	"DefaultAction":      "BY DEFAULT",
	"Hears":              "IF SENT",
	"FirstCertainty":     "CERTAINTY",
}

// headed gives the formatter the headings of a whole row. An embedded part of a row does not
// have them all.
type headed struct{ row reflect.Type }

// FullHeader returns the headings of "table TEMPLATE".
func (h headed) FullHeader() any { return headingsOf(h.row) }
