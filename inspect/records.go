package inspect

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// records reads many objects of one type T. Most objects have many values in common, such as
// control groups. These are decoded once and shared.
type records[T any] struct {
	fields map[string]*recordField
}

// recordField is one key of the objects.
type recordField struct {
	index []int
	// known are the values by their text in the file.
	known map[string]reflect.Value
}

// mostKnown is how many values of one key are kept. longestKnown is the length of the longest
// text that is kept, in bytes.
const (
	mostKnown    = 1 << 12
	longestKnown = 1 << 12
)

// newRecords has the keys that encoding/json uses for a T.
func newRecords[T any]() *records[T] {
	r := &records[T]{fields: map[string]*recordField{}}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		if name := keyOf(&f); name != "" {
			r.fields[name] = &recordField{index: f.Index, known: map[string]reflect.Value{}}
		}
	}
	return r
}

// keyOf is the key that encoding/json uses for a field, "" for none.
func keyOf(f *reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case f.Anonymous || !f.IsExported() || name == "-":
		return ""
	case name == "":
		return f.Name
	default:
		return name
	}
}

// read reads an object into a T.
func (r *records[T]) read(t *tokens, into *T) error {
	if is, err := t.isNull(); err != nil || is {
		return err
	}
	object := reflect.ValueOf(into).Elem()
	return t.object(func(key []byte) error {
		f := r.fields[string(key)]
		if f == nil { // of a newer version, or spelt differently
			return t.field(string(key), into)
		}
		value, err := t.value()
		if err != nil {
			return err
		}
		return f.set(object.FieldByIndex(f.index), value)
	})
}

// set decodes a value into the field of an object.
func (f *recordField) set(field reflect.Value, value []byte) error {
	switch kind := field.Kind(); {
	case kind == reflect.Int && field.Type() == reflect.TypeFor[int]() && isNumber(value):
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			field.SetInt(n)
			return nil
		}
	case kind == reflect.Uint64 && field.Type() == reflect.TypeFor[uint64]() && isNumber(value):
		if n, err := strconv.ParseUint(string(value), 10, 64); err == nil {
			field.SetUint(n)
			return nil
		}
	case field.Type() == reflect.TypeFor[[]int]():
		if list, ok := numberList(value); ok {
			field.Set(reflect.ValueOf(list))
			return nil
		}
	case isPlainString(value) && len(value) == len(`"S"`) && kind == reflect.String:
		field.SetString(letters[value[1]])
		return nil
	}
	return f.setKnown(field, value)
}

// setKnown sets the field to a value that was decoded before from the same text.
func (f *recordField) setKnown(field reflect.Value, value []byte) error {
	if known, ok := f.known[string(value)]; ok {
		field.Set(known)
		return nil
	}
	fresh := reflect.New(field.Type())
	if err := json.Unmarshal(value, fresh.Interface()); err != nil {
		return err
	}
	field.Set(fresh.Elem())
	if len(f.known) < mostKnown && len(value) < longestKnown {
		f.known[string(value)] = fresh.Elem()
	}
	return nil
}

// isNumber reports whether the value is a whole number in JSON.
func isNumber(value []byte) bool {
	digits := value
	if len(digits) > 1 && digits[0] == '-' {
		digits = digits[1:]
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(digits) > 0 && (digits[0] != '0' || len(digits) == 1)
}

// numberList reads a list of whole numbers without blanks.
func numberList(value []byte) ([]int, bool) {
	if len(value) < len("[1]") || value[0] != '[' {
		return nil, false
	}
	numbers := value[1 : len(value)-1]
	list := make([]int, 0, 2)
	for {
		end := 0
		for end < len(numbers) && numbers[end] != ',' {
			end++
		}
		n, err := strconv.Atoi(string(numbers[:end]))
		if err != nil || !isNumber(numbers[:end]) {
			return nil, false
		}
		list = append(list, n)
		if end == len(numbers) {
			return list, true
		}
		numbers = numbers[end+1:]
	}
}

// isPlainString reports whether the value is a string without escapes.
func isPlainString(value []byte) bool {
	if len(value) < 2 || value[0] != '"' {
		return false
	}
	for _, c := range value[1 : len(value)-1] {
		if c < ' ' || c >= utf8.RuneSelf || c == '\\' || c == '"' {
			return false
		}
	}
	return true
}

// letters are all strings of one letter, such as process states.
var letters = func() (all [utf8.RuneSelf]string) {
	for i := range all {
		all[i] = string(rune(i))
	}
	return all
}()
