package inspect

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"
)

// MostCapture is the default limit for the size of a capture, in bytes. It is enough for nearly
// a million processes.
const MostCapture = 1 << 30

// Decode reads one capture and nothing after it. A truncated file is not valid. A file of a
// newer major version is ErrNewerSchema. Reading stops at once at input that is not a capture,
// and at [MostCapture]. Processes are read one by one, so that little more memory is used than
// the result needs.
func Decode(r io.Reader) (*Capture, error) { return DecodeWithin(r, MostCapture) }

// DecodeWithin is Decode with a limit, in bytes.
func DecodeWithin(r io.Reader, most int64) (*Capture, error) {
	d := decoder{tokens: tokens{from: r, left: most, most: most, size: sizeOf(r)}}
	if first, err := d.peek(); err == nil && !bytes.Contains([]byte(" \t\r\n{"), []byte{first}) {
		return nil, fmt.Errorf("expected JSON from docker pidns snapshot, found %q at the beginning", []byte{first})
	}
	err := d.decode()
	switch {
	case d.failed != nil:
		return nil, d.failed
	case errors.Is(err, ErrNewerSchema), errors.Is(err, errNoCapture):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("it is cut or damaged: %w", err)
	}
	d.capture.putBack(d.raw.NotUTF8)
	if err := d.capture.check(); err != nil {
		return nil, fmt.Errorf("it is inconsistent: %w", err)
	}
	return &d.capture, nil
}

// sizeOf is the size of a file or a buffer, 0 if that is not known.
func sizeOf(r io.Reader) int {
	switch r := r.(type) {
	case interface{ Len() int }:
		return r.Len()
	case interface{ Stat() (fs.FileInfo, error) }:
		if info, err := r.Stat(); err == nil {
			return int(info.Size())
		}
	}
	return 0
}

// decoder reads the long lists itself, and uses encoding/json for the rest.
type decoder struct {
	tokens
	capture Capture
	raw     struct{ NotUTF8 map[int]rawText }
}

func (d *decoder) decode() error {
	known := false
	err := d.object(func(key []byte) error {
		switch name := string(key); {
		case strings.EqualFold(name, "Snapshot"):
			return d.snapshot()
		case strings.EqualFold(name, "SecondLook"):
			return d.secondLook()
		case strings.EqualFold(name, "NotUTF8"):
			return d.field(name, &d.raw)
		case strings.EqualFold(name, "Schema"):
			known = true
			return d.schema(name)
		default:
			return d.field(name, &d.capture)
		}
	})
	switch {
	case err != nil:
		return err
	case !known:
		return checkSchema("")
	}
	if _, err := d.peek(); err != io.ErrUnexpectedEOF {
		return errors.New("more data follows it")
	}
	return nil
}

// schema returns an error as soon as the file is known not to be readable.
func (d *decoder) schema(key string) error {
	if err := d.field(key, &d.capture); err != nil {
		return err
	}
	return checkSchema(d.capture.Schema)
}

func (d *decoder) snapshot() error {
	return d.object(func(key []byte) (err error) {
		if strings.EqualFold(string(key), "Processes") {
			d.capture.Snapshot.Processes, err = list(&d.tokens, d.capture.Snapshot.Processes[:0])
			return err
		}
		return d.field(string(key), &d.capture.Snapshot)
	})
}

func (d *decoder) secondLook() error {
	if is, err := d.isNull(); err != nil || is {
		return err
	}
	if d.capture.SecondLook == nil {
		d.capture.SecondLook = &Look{}
	}
	return d.object(func(key []byte) (err error) {
		if strings.EqualFold(string(key), "Zombies") {
			d.capture.SecondLook.Zombies, err = list(&d.tokens, d.capture.SecondLook.Zombies[:0])
			return err
		}
		return d.field(string(key), d.capture.SecondLook)
	})
}

// field reads the value of a key into the field of an object that encoding/json would choose.
// The value of an unknown key is only checked.
func (t *tokens) field(key string, object any) error {
	into, known := fieldNamed(reflect.ValueOf(object).Elem(), key)
	if !known {
		return t.unmarshal(new(json.RawMessage))
	}
	return t.into(into)
}

// fieldNamed is the field of an object that has the key in JSON, in any spelling.
func fieldNamed(object reflect.Value, key string) (found reflect.Value, known bool) {
	for _, f := range reflect.VisibleFields(object.Type()) {
		switch name := keyOf(&f); {
		case name == key:
			return object.FieldByIndex(f.Index), true
		case name != "" && !known && strings.EqualFold(name, key):
			found, known = object.FieldByIndex(f.Index), true
		}
	}
	return found, known
}

// into reads a value. Of a list only one element at a time is kept as text, and of an object
// behind a pointer only one field.
func (t *tokens) into(value reflect.Value) error {
	kind := value.Type()
	if c, err := t.peek(); err != nil || c == 'n' || isUnmarshaler(kind) {
		return errors.Join(err, t.unmarshal(value.Addr().Interface()))
	}
	switch {
	case kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct:
		value.Set(reflect.MakeSlice(kind, 0, 0))
		return t.array(func() error {
			value.Grow(1)
			value.SetLen(value.Len() + 1)
			return t.unmarshal(value.Index(value.Len() - 1).Addr().Interface())
		})
	case kind.Kind() == reflect.Pointer && kind.Elem().Kind() == reflect.Struct:
		if value.IsNil() {
			value.Set(reflect.New(kind.Elem()))
		}
		return t.object(func(key []byte) error { return t.field(string(key), value.Interface()) })
	default:
		return t.unmarshal(value.Addr().Interface())
	}
}

// isUnmarshaler reports whether values of the type, or what they point to, decode themselves.
func isUnmarshaler(kind reflect.Type) bool {
	if kind.Kind() != reflect.Pointer {
		kind = reflect.PointerTo(kind)
	}
	return kind.Implements(reflect.TypeFor[json.Unmarshaler]()) || kind.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// unmarshal reads the next value by encoding/json.
func (t *tokens) unmarshal(into any) error {
	value, err := t.value()
	if err != nil {
		return err
	}
	return json.Unmarshal(value, into)
}

// list reads a list of objects and appends them to all. null is an empty list.
func list[T any](t *tokens, all []T) ([]T, error) {
	if is, err := t.isNull(); err != nil || is {
		return all, err
	}
	begin, records := t.offset(), newRecords[T]()
	err := t.array(func() error {
		all = withRoom(t, all, begin)
		all = append(all, *new(T))
		return records.read(t, &all[len(all)-1])
	})
	return all, err
}

// withRoom returns the list with room for one more element. If the size of the input is known,
// it soon makes room for all elements, judged by the size of those so far. Each time that the
// list grows, the elements are copied and exist twice for a while.
func withRoom[T any](t *tokens, all []T, begin int) []T {
	if len(all) < cap(all) || len(all) == 0 {
		return all
	}
	each := (t.offset()-begin)/len(all) + 1
	more := max(t.size-t.offset(), 0) / each
	return slices.Grow(all, max(min(more+more/16, 15*len(all)), 1))
}
