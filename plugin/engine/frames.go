package engine

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// The kinds of frames in an attached stream (POST /containers/ID/attach, stream format).
const (
	frameStdout = 1
	frameStderr = 2
	// frameEngine is an error of the engine itself.
	frameEngine = 3
)

const (
	// mostStderr is how many bytes a helper may write to its standard error: it says one
	// sentence when it fails, and nothing otherwise.
	mostStderr = 1 << 20
	// mostEmptyFrames is how many frames without content may follow each other.
	mostEmptyFrames = 1000
	// keptStderr is how much of the end of standard error is kept, in bytes.
	keptStderr = 4 << 10
	// streamBuffer is how much is read ahead, in bytes.
	streamBuffer = 64 << 10
)

// garbledError means that the bytes are not those of an attached stream.
type garbledError struct{ text string }

func (e *garbledError) Error() string { return e.text }

// frames gives the standard output of an attached stream, and keeps the end of its standard
// error. It never holds a frame: of a length of 4 GiB no more is allocated than of one byte.
type frames struct {
	from *bufio.Reader
	// left is how much of the frame of this kind has not been read.
	left  int64
	kind  byte
	empty int
	// errors is how much of standard error came.
	errors int64
	stderr tail
	// head and piece are what is read into on the way.
	head  [frameHead]byte
	piece [keptStderr]byte
}

func newFrames(from io.Reader) *frames {
	return &frames{from: bufio.NewReaderSize(from, streamBuffer)}
}

// Read returns bytes of standard output. io.EOF comes between two frames only.
func (f *frames) Read(p []byte) (int, error) {
	for len(p) > 0 {
		if f.left == 0 {
			if err := f.next(); err != nil {
				return 0, err
			}
			continue
		}
		if f.kind == frameStdout {
			n, err := f.from.Read(p[:min(int64(len(p)), f.left)])
			f.left -= int64(n)
			if n > 0 {
				return n, nil
			}
			if err != nil {
				return 0, within(err)
			}
			continue
		}
		if err := f.aside(); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// next reads the head of a frame.
func (f *frames) next() error {
	head := f.head[:]
	if _, err := io.ReadFull(f.from, head); err != nil {
		return err
	}
	f.kind, f.left = head[0], int64(binary.BigEndian.Uint32(head[4:]))
	if f.kind < frameStdout || f.kind > frameEngine || head[1] != 0 || head[2] != 0 || head[3] != 0 {
		return &garbledError{fmt.Sprintf("a frame begins with % x", head[:4])}
	}
	if f.left > 0 {
		f.empty = 0
		return nil
	}
	if f.empty++; f.empty > mostEmptyFrames {
		return &garbledError{fmt.Sprintf("more than %d empty frames", mostEmptyFrames)}
	}
	return nil
}

// aside takes what is not standard output.
func (f *frames) aside() error {
	if f.kind == frameEngine {
		text := make([]byte, min(f.left, mostText))
		n, err := io.ReadFull(f.from, text)
		return errors.Join(&garbledError{"the engine ends the stream: " + lastLine(text[:n])}, err)
	}
	n, err := f.from.Read(f.piece[:min(f.left, keptStderr)])
	f.left -= int64(n)
	f.errors += int64(n)
	f.stderr.write(f.piece[:n])
	if f.errors > mostStderr {
		return &garbledError{fmt.Sprintf("its standard error has more than %d KiB", mostStderr>>10)}
	}
	if err != nil && f.left > 0 {
		return within(err)
	}
	return nil
}

// within is an error inside a frame, where no stream may end.
func within(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// tail is the end of a text. It may be read while it is written.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) write(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - keptStderr; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
}

// last is the last line that is not empty, up to the length of a line.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return lastLine(t.text)
}

func lastLine(text []byte) string {
	text = bytes.TrimRight(text, "\r\n \t\x00")
	text = text[bytes.LastIndexAny(text, "\r\n")+1:]
	return strings.ToValidUTF8(string(text[:min(len(text), mostLineBytes)]), "\uFFFD")
}
