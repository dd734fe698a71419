package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// recorded is a stream that returns recorded input and keeps what is written.
type recorded struct {
	io.Reader
	bytes.Buffer
}

func (r *recorded) Read(p []byte) (int, error) { return r.Reader.Read(p) }

// A client that violates the protocol is refused. A client that disconnects is not an error.
func TestServeRefuses(t *testing.T) {
	hello := func(nonce string) []byte {
		return framed(greeting, encode(func(c *coder) { c.hello(&Hello{Nonce: nonce}) }))
	}
	call := func(number uint32, data ...byte) []byte { return framed(number, data) }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for name, test := range map[string]struct {
		sent []byte
		odd  bool
	}{
		"nothing":                  {nil, false},
		"hello":                    {hello("n"), false},
		"a call":                   {join(hello("n"), call(1, methodHost.number)), false},
		"a cancel of nobody":       {join(hello("n"), appendFrame(nil, frameCancel, 5, nil)), false},
		"another nonce":            {hello("x"), true},
		"a call without hello":     {call(1, methodHost.number), true},
		"hello twice":              {join(hello("n"), hello("n")), true},
		"a call that there is not": {join(hello("n"), call(1, 200)), true},
		"a call without a number":  {join(hello("n"), call(1)), true},
		"a call with more":         {join(hello("n"), call(1, methodHost.number, 1)), true},
		"a call that is cut":       {join(hello("n"), call(1, methodProcess.number)), true},
		"text":                     {[]byte("GET / HTTP/1.1\r\n\r\n"), true},
	} {
		err := Serve(t.Context(), &recorded{Reader: bytes.NewReader(test.sent)}, Server{Proc: openProc(t, fakeProc(t)), Nonce: "n"})
		var odd *ProtocolError
		if errors.As(err, &odd) != test.odd || err != nil && !test.odd {
			t.Errorf("%s: %v", name, err)
		}
	}
	cut := hello("n")
	if err := Serve(t.Context(), &recorded{Reader: bytes.NewReader(cut[:len(cut)-1])}, Server{Proc: openProc(t, fakeProc(t))}); !errors.Is(err, ErrEnded) {
		t.Errorf("a stream that is cut: %v", err)
	}
}

// Too many calls at once are refused.
func TestServeBoundsCalls(t *testing.T) {
	s := &session{cancels: map[uint32]context.CancelFunc{}}
	for n := range uint32(mostCalls) {
		if err := s.note(1+n, func() {}); err != nil {
			t.Fatal(err)
		}
	}
	var odd *ProtocolError
	if err := s.note(1+mostCalls, func() {}); !errors.As(err, &odd) {
		t.Errorf("one more: %v", err)
	}
	s.finish(7)
	if err := s.note(8, func() {}); !errors.As(err, &odd) {
		t.Errorf("the same twice: %v", err)
	}
}

// A server to which no client sends anything ends by itself, and so does one whose context
// ends.
func TestServeEnds(t *testing.T) {
	proc := openProc(t, fakeProc(t))
	synctest.Test(t, func(t *testing.T) {
		silent, speaker := io.Pipe()
		began := time.Now()
		err := Serve(t.Context(), &recorded{Reader: silent}, Server{Proc: proc})
		if !errors.Is(err, errNotGreeted) || time.Since(began) != greetingTime {
			t.Errorf("got %v after %s", err, time.Since(began))
		}
		_ = speaker.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		silent, speaker := io.Pipe()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := Serve(ctx, &recorded{Reader: silent}, Server{Proc: proc}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		_ = speaker.Close()
	})
}
