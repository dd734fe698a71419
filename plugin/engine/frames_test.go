package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// frame is one of an attached stream, of the length that it says.
func frame(kind byte, text string) string { return frameOf(kind, len(text)) + text }

// frameOf is the head of a frame.
func frameOf(kind byte, length int) string {
	return string(binary.BigEndian.AppendUint32([]byte{kind, 0, 0, 0}, uint32(length)))
}

// Standard output comes whole, and standard error beside it, however the bytes arrive.
func TestFrames(t *testing.T) {
	text := frame(1, "one ") + frame(2, "a warning\n") + frame(1, "") + frame(1, strings.Repeat("two", 50_000)) + frame(2, "last\r\n\n")
	want := "one " + strings.Repeat("two", 50_000)
	for name, from := range map[string]io.Reader{
		"at once": strings.NewReader(text), "one by one": iotest.OneByteReader(strings.NewReader(text)),
		"with the end": iotest.DataErrReader(strings.NewReader(text)), "in halves": iotest.HalfReader(strings.NewReader(text)),
	} {
		f := newFrames(from)
		got, err := io.ReadAll(f)
		if err != nil || string(got) != want || f.stderr.last() != "last" {
			t.Errorf("%s: got %d bytes, %v, %q", name, len(got), err, f.stderr.last())
		}
	}
	if n, err := newFrames(strings.NewReader("")).Read(nil); n != 0 || err != nil {
		t.Errorf("nothing asked for: got %d, %v", n, err)
	}
}

// repeated is the same text without end, and counts what was read of it.
type repeated struct {
	text string
	at   int
	read int64
}

func (r *repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = r.text[r.at]
		r.at = (r.at + 1) % len(r.text)
	}
	r.read += int64(len(p))
	return len(p), nil
}

// A stream that no engine sends comes to an error, after bounded bytes and within bounded
// memory.
func TestFramesOfALiar(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		again string
		says  string
		is    error
	}{
		"cut in a head":       {text: frame(1, "a") + "\x01\x00\x00", is: io.ErrUnexpectedEOF},
		"cut in a frame":      {text: frame(1, "a")[:8], is: io.ErrUnexpectedEOF},
		"cut in its middle":   {text: frameOf(1, 10) + "abc", is: io.ErrUnexpectedEOF},
		"cut in an error":     {text: frameOf(2, 10) + "abc", is: io.ErrUnexpectedEOF},
		"4 GiB that are not":  {text: frameOf(1, 1<<32-1) + "abc", is: io.ErrUnexpectedEOF},
		"of standard input":   {text: frame(0, "a"), says: "a frame begins with 00 00 00 00"},
		"of no kind":          {text: frame(4, "a"), says: "a frame begins with 04 00 00 00"},
		"HTTP":                {text: "HTTP/1.1 200 OK\r\n", says: "a frame begins with 48 54 54 50"},
		"of the engine":       {text: frame(3, "no such thing"), says: "the engine ends the stream: no such thing"},
		"of the engine, long": {text: frameOf(3, 1<<32-1), again: "x", says: "the engine ends the stream: xxx"},
		"empty ones":          {again: frame(1, ""), says: "more than 1000 empty frames"},
		"empty errors":        {again: frame(2, ""), says: "more than 1000 empty frames"},
		"errors":              {again: frame(2, "no\n"), says: "its standard error has more than 1024 KiB"},
		"one error":           {text: frameOf(2, 1<<32-1), again: "no ", says: "its standard error has more than 1024 KiB"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		rest := &repeated{text: test.again}
		from := io.Reader(strings.NewReader(test.text))
		if test.again != "" {
			from = io.MultiReader(from, rest)
		}
		f := newFrames(from)
		_, err := io.Copy(io.Discard, f)
		runtime.ReadMemStats(&after)
		var garbled *garbledError
		switch {
		case test.is != nil && !errors.Is(err, test.is), test.says != "" && (!errors.As(err, &garbled) || !strings.Contains(err.Error(), test.says)):
			t.Errorf("%s: got %v", name, err)
		case rest.read > 4*mostStderr:
			t.Errorf("%s: %d KiB were read", name, rest.read>>10)
		case after.TotalAlloc-before.TotalAlloc > 4<<20:
			t.Errorf("%s: %d KiB were allocated", name, (after.TotalAlloc-before.TotalAlloc)>>10)
		}
	}
}

// The last line is bounded, and of text.
func TestLastLine(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "\n\n": "", "a": "a", "a\nb\r\n": "b", "a\rb": "b", "\xff\xfe": "\uFFFD",
		strings.Repeat("x", 2*mostLineBytes): strings.Repeat("x", mostLineBytes),
	} {
		if got := lastLine([]byte(text)); got != want {
			t.Errorf("%.20q: got %.20q", text, got)
		}
	}
	var kept tail
	for range 10 {
		kept.write(bytes.Repeat([]byte("y"), keptStderr-1))
	}
	kept.write([]byte("\nend"))
	if len(kept.text) != keptStderr || kept.last() != "end" {
		t.Errorf("kept %d bytes, %q", len(kept.text), kept.last())
	}
}

// No stream makes the reader panic, or give what was not in it.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{frame(1, "a") + frame(2, "b"), frameOf(1, 1<<31), frame(3, "x"), frame(0, "a"), "HTTP/1.1 101"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := io.ReadAll(newFrames(bytes.NewReader(data)))
		if len(got) > len(data) {
			t.Errorf("%d bytes of %d", len(got), len(data))
		}
		again, errAgain := io.ReadAll(newFrames(iotest.OneByteReader(bytes.NewReader(data))))
		if !bytes.Equal(got, again) || (err == nil) != (errAgain == nil) {
			t.Errorf("%q, %v and %q, %v", got, err, again, errAgain)
		}
	})
}
