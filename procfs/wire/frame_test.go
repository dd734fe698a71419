package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// A message of any length arrives unchanged, mixed with others.
func TestFrames(t *testing.T) {
	for _, n := range []int{0, 1, mostFrame - 1, mostFrame, mostFrame + 1, 3*mostFrame + 7} {
		message := bytes.Repeat([]byte{7}, n)
		stream, a := bytes.NewReader(framed(9, message)), newAssembly(n)
		var buffer [mostFrame]byte
		for {
			f, err := readFrame(stream, &buffer)
			if err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
			got, whole, err := a.add(&f)
			if err != nil || f.number != 9 {
				t.Fatalf("%d bytes: call %d, %v", n, f.number, err)
			}
			if whole {
				if !bytes.Equal(got, message) || a.held != 0 || len(a.parts) != 0 {
					t.Errorf("%d bytes arrive as %d, %d are held", n, len(got), a.held)
				}
				break
			}
		}
		if _, err := readFrame(stream, &buffer); err != io.EOF {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestReadFrameRefuses(t *testing.T) {
	head := func(length uint32, kind frameKind) []byte {
		b := appendFrame(nil, kind, 1, nil)
		b[0], b[1], b[2], b[3] = byte(length>>24), byte(length>>16), byte(length>>8), byte(length)
		return b
	}
	for name, data := range map[string][]byte{
		"too long": head(mostFrame+1, frameEnd), "as long as can be": head(1<<32-1, frameEnd), "of kind 0": head(0, 0),
		"of kind 4": head(0, 4), "a short part": head(3, framePart), "a cancel with more": head(1, frameCancel),
	} {
		var buffer [mostFrame]byte
		var odd *ProtocolError
		if _, err := readFrame(bytes.NewReader(data), &buffer); !errors.As(err, &odd) {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole := appendFrame(nil, frameEnd, 1, []byte("abc"))
	for n := 1; n < len(whole); n++ {
		var buffer [mostFrame]byte
		if _, err := readFrame(bytes.NewReader(whole[:n]), &buffer); !errors.Is(err, ErrEnded) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// The total length of incomplete messages is limited.
func TestAssemblyIsBounded(t *testing.T) {
	a := newAssembly(3 * mostFrame)
	part := frame{kind: framePart, payload: make([]byte, mostFrame)}
	for part.number = range 3 {
		if _, _, err := a.add(&part); err != nil {
			t.Fatal(err)
		}
	}
	var odd *ProtocolError
	if _, _, err := a.add(&frame{kind: frameEnd, number: 9, payload: []byte{1}}); !errors.As(err, &odd) {
		t.Errorf("got %v", err)
	}
}
