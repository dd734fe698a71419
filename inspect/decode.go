package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// MostCapture is the longest capture that is read, in bytes, where nothing else was said:
// that of nearly a million processes.
const MostCapture = 1 << 30

// Decode reads one capture and nothing behind it. A file that was cut does
// not parse; one of a newer major version is ErrNewerSchema. What is no capture from its
// first byte on, or longer than [MostCapture], is not read further. Processes are read one
// by one, so that not much more is held than what becomes of them.
func Decode(r io.Reader) (*Capture, error) { return DecodeWithin(r, MostCapture) }

// DecodeWithin is Decode of a capture that may be so many bytes long.
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

// sizeOf is how long a file or a buffer is, 0 where that is not known.
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

// decoder reads what there can be much of by itself, and has encoding/json read the rest.
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

// schema refuses what is not to be read further as soon as it is known.
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

// field reads the value of a key into the field of an object.
func (t *tokens) field(key string, object any) error {
	value, err := t.value()
	if err != nil {
		return err
	}
	name, err := json.Marshal(key)
	if err != nil {
		return err
	}
	return json.Unmarshal(slices.Concat([]byte("{"), name, []byte(":"), value, []byte("}")), object)
}

// list reads a list of objects behind those that are there already; null is an empty one.
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

// withRoom is the list with room for one more. Where it is known how long the input is,
// there is soon room for all of them, as long as those so far: what is copied to make room
// is there twice meanwhile.
func withRoom[T any](t *tokens, all []T, begin int) []T {
	if len(all) < cap(all) || len(all) == 0 {
		return all
	}
	each := (t.offset()-begin)/len(all) + 1
	more := max(t.size-t.offset(), 0) / each
	return slices.Grow(all, max(min(more+more/16, 15*len(all)), 1))
}
