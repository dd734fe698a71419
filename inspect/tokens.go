package inspect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// tokens splits a JSON text without keeping all of it in memory. encoding/json looks at each
// byte several times, and at a byte of a nested list once for each level.
type tokens struct {
	from io.Reader
	// most is how much may be read, left is how much of that may still be read, and size is the
	// length of the text, 0 if not known; in bytes.
	most, left int64
	size       int
	// failed is why reading stopped, nil at the end of the text.
	failed error
	ended  bool

	// data is what was read of the text from offset before on. data[at] is the next byte.
	data       []byte
	at, before int
}

// offset is how far the text has been read.
func (t *tokens) offset() int { return t.before + t.at }

// readAtOnce is how much is read at once, in bytes.
const readAtOnce = 1 << 18

// fill makes room, reads more, and reports whether there was more. Bytes before keep are no
// longer needed. It returns by how much the rest has moved.
func (t *tokens) fill(keep int) (moved int, more bool) {
	if t.ended {
		return 0, false
	}
	if keep > 0 { // a long value is not moved onto itself
		t.data = append(t.data[:0], t.data[keep:]...)
		t.at, t.before = t.at-keep, t.before+keep
	}
	room := readAtOnce
	if t.size > t.before { // one byte more shows that the text has ended
		room = min(room, t.size-t.before-len(t.data)+1)
	}
	t.data = slices.Grow(t.data, max(room, bytes.MinRead))
	for range 100 { // an io.Reader may return nothing this often
		n, err := t.from.Read(t.data[len(t.data):cap(t.data)])
		t.data = t.data[:len(t.data)+n]
		if t.left -= int64(n); t.left < 0 {
			err = fmt.Errorf("it is longer than %d bytes: raise --max-snapshot", t.most)
		}
		if err != nil {
			t.ended = true
			if err != io.EOF {
				t.failed = err
			}
		}
		if n > 0 || t.ended {
			return keep, n > 0 && t.failed == nil
		}
	}
	t.ended, t.failed = true, io.ErrNoProgress
	return keep, false
}

// peek returns the next byte that is not a blank.
func (t *tokens) peek() (byte, error) {
	for {
		for ; t.at < len(t.data); t.at++ {
			switch c := t.data[t.at]; c {
			case ' ', '\t', '\r', '\n':
			default:
				return c, nil
			}
		}
		if _, more := t.fill(t.at); !more {
			return 0, io.ErrUnexpectedEOF
		}
	}
}

// take reads this byte, and fails if the next one is another.
func (t *tokens) take(want byte) error {
	c, err := t.peek()
	if err != nil {
		return err
	}
	if c != want {
		return fmt.Errorf("invalid character %q at byte %d, want %q", c, t.offset(), want)
	}
	t.at++
	return nil
}

// isNull reads a null, if there is one.
func (t *tokens) isNull() (bool, error) {
	if c, err := t.peek(); err != nil || c != 'n' {
		return false, err
	}
	value, err := t.value()
	if err == nil && string(value) != "null" {
		err = fmt.Errorf("invalid word %.9q", value)
	}
	return true, err
}

// object reads an object. read must read the value of the key, which is valid until then. null
// is an empty object.
func (t *tokens) object(read func(key []byte) error) error {
	if is, err := t.isNull(); err != nil || is {
		return err
	}
	return t.each('{', '}', func() error {
		key, err := t.key()
		if err != nil {
			return err
		}
		return read(key)
	})
}

// array reads a list. read must read one element.
func (t *tokens) array(read func() error) error { return t.each('[', ']', read) }

// each reads what is between two brackets, separated by commas.
func (t *tokens) each(open, end byte, read func() error) error {
	if err := t.take(open); err != nil {
		return err
	}
	for first := true; ; first = false {
		switch c, err := t.peek(); {
		case err != nil:
			return err
		case c == end && first:
			return t.take(end)
		}
		if err := read(); err != nil {
			return err
		}
		if c, err := t.peek(); err != nil || c == end {
			return t.take(end)
		}
		if err := t.take(','); err != nil {
			return err
		}
	}
}

// key reads a key and the colon after it.
func (t *tokens) key() ([]byte, error) {
	value, err := t.value()
	if err != nil {
		return nil, err
	}
	if len(value) == 0 || value[0] != '"' {
		return nil, errors.New("want a key")
	}
	if isPlainString(value) {
		value = value[1 : len(value)-1]
	} else {
		var key string
		if err := json.Unmarshal(value, &key); err != nil {
			return nil, err
		}
		value = []byte(key)
	}
	if t.at < len(t.data) && t.data[t.at] == ':' { // the usual case: the key stays where it is
		t.at++
		return value, nil
	}
	value = slices.Clone(value)
	return value, t.take(':')
}

// value is the text of the next value. Only its end is determined, and nothing else is checked.
// It is valid until more is read.
func (t *tokens) value() ([]byte, error) {
	if _, err := t.peek(); err != nil {
		return nil, err
	}
	begin, depth := t.at, 0
	for {
		if t.at == len(t.data) {
			moved, more := t.fill(begin)
			if begin -= moved; !more {
				return nil, io.ErrUnexpectedEOF
			}
		}
		switch c := t.data[t.at]; c {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 { // the end of what is around it
				return t.data[begin:t.at], nil
			}
		case '"':
			moved, err := t.skipString(begin)
			if begin -= moved; err != nil {
				return nil, err
			}
		case ',', ':', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return t.data[begin:t.at], nil
			}
			t.at++
			continue
		default:
			t.at++
			continue
		}
		t.at++
		if depth == 0 {
			return t.data[begin:t.at], nil
		}
	}
}

// skipString goes from a string's first quote to its last.
func (t *tokens) skipString(keep int) (moved int, err error) {
	t.at++
	for {
		rest := t.data[t.at:]
		end := bytes.IndexByte(rest, '"')
		if end >= 0 {
			rest = rest[:end]
		}
		if escape := bytes.IndexByte(rest, '\\'); escape >= 0 && t.at+escape+1 < len(t.data) {
			t.at += escape + 2
			continue
		} else if end >= 0 && escape < 0 {
			t.at += end
			return moved, nil
		} else if escape >= 0 {
			t.at += escape
		} else {
			t.at = len(t.data)
		}
		by, more := t.fill(keep)
		moved, keep = moved+by, keep-by
		if !more {
			return moved, io.ErrUnexpectedEOF
		}
	}
}
