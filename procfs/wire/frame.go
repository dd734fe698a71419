package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A frame is its length (4 bytes, of the payload), its kind (1 byte), the number of the call
// that it belongs to (4 bytes) and the payload. Numbers are big-endian.
type frame struct {
	kind    frameKind
	number  uint32
	payload []byte
}

type frameKind byte

// The kinds of frames.
const (
	// framePart has a part of a message. More parts follow.
	framePart frameKind = 1 + iota
	// frameEnd has the rest of a message.
	frameEnd
	// frameCancel says that the answer to the call is no longer needed. The call is answered
	// anyway. The frame has no payload.
	frameCancel
)

// frameHead is the length of what is before the payload.
const frameHead = 9

// greeting is the number of the first message in each direction.
const greeting = 0

// appendFrame appends one frame.
func appendFrame(to []byte, kind frameKind, number uint32, payload []byte) []byte {
	to = binary.BigEndian.AppendUint32(to, uint32(len(payload)))
	to = append(to, byte(kind))
	to = binary.BigEndian.AppendUint32(to, number)
	return append(to, payload...)
}

// frames calls write with each frame of a message.
func frames(number uint32, message []byte, write func([]byte) error) error {
	buffer := make([]byte, 0, frameHead+min(len(message), mostFrame))
	for {
		kind, part := frameEnd, message
		if len(message) > mostFrame {
			kind, part = framePart, message[:mostFrame]
		}
		if err := write(appendFrame(buffer[:0], kind, number, part)); err != nil || kind == frameEnd {
			return err
		}
		message = message[mostFrame:]
	}
}

// readFrame reads one frame. The payload is valid until the next frame is read. The error is
// io.EOF if the stream ends before it.
func readFrame(from io.Reader, buffer *[mostFrame]byte) (frame, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return frame{}, endOf(err)
	}
	f := frame{kind: frameKind(head[4]), number: binary.BigEndian.Uint32(head[5:])}
	length := binary.BigEndian.Uint32(head[:])
	switch {
	case length > mostFrame:
		return frame{}, protocolError("a frame of %d bytes", length)
	case f.kind != framePart && f.kind != frameEnd && f.kind != frameCancel:
		return frame{}, protocolError("a frame of kind %d", f.kind)
	case f.kind == framePart && length != mostFrame, f.kind == frameCancel && length != 0:
		return frame{}, protocolError("a frame of kind %d with %d bytes", f.kind, length)
	}
	f.payload = buffer[:length]
	if _, err := io.ReadFull(from, f.payload); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return frame{}, endOf(err)
	}
	return f, nil
}

// endOf is io.EOF if a stream ends between two frames, and ErrEnded otherwise.
func endOf(err error) error {
	if err == io.EOF {
		return io.EOF
	}
	return fmt.Errorf("%w: %w", ErrEnded, err)
}

// assembly puts messages together from frames. All incomplete messages together are limited to
// so many bytes.
type assembly struct {
	most, held int
	parts      map[uint32][]byte
}

func newAssembly(most int) *assembly { return &assembly{most: most, parts: map[uint32][]byte{}} }

// add adds a frame, and returns the message if it is complete now.
func (a *assembly) add(f *frame) (message []byte, whole bool, err error) {
	if a.held += len(f.payload); a.held > a.most {
		return nil, false, protocolError("messages of more than %d bytes", a.most)
	}
	message = append(a.parts[f.number], f.payload...)
	if f.kind != frameEnd {
		a.parts[f.number] = message
		return nil, false, nil
	}
	delete(a.parts, f.number)
	a.held -= len(message)
	return message, true, nil
}
