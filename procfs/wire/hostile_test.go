package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// liar is a server that sends a welcome, and answers the first call with anything.
func liar(t *testing.T, most int, says func(io.Writer)) (*Client, error) {
	t.Helper()
	here, there := net.Pipe()
	t.Cleanup(func() { _ = there.Close() })
	go func() {
		go func() { _, _ = io.Copy(io.Discard, there) }()
		_, _ = there.Write(framed(greeting, encode(func(c *coder) { c.welcome(&Welcome{Nonce: "n"}) })))
		says(there)
	}()
	return dial(t.Context(), here, Hello{Nonce: "n"}, most)
}

// A lying server causes one clear error.
func TestLiars(t *testing.T) {
	const most = 1 << 20
	part := appendFrame(nil, framePart, 1, make([]byte, mostFrame))
	for name, says := range map[string]func(io.Writer){
		"frames without end": func(w io.Writer) {
			for {
				if _, err := w.Write(part); err != nil {
					return
				}
			}
		},
		"a list of all memory":   func(w io.Writer) { _, _ = w.Write(framed(1, []byte{0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})) },
		"another call's answer":  func(w io.Writer) { _, _ = w.Write(framed(2, reply([]byte{0}, nil))) },
		"a second welcome":       func(w io.Writer) { _, _ = w.Write(framed(greeting, encode(func(c *coder) { c.welcome(&Welcome{}) }))) },
		"an answer that is cut":  func(w io.Writer) { _, _ = w.Write(framed(1, reply([]byte{0, 5}, nil))) },
		"an answer with more":    func(w io.Writer) { _, _ = w.Write(framed(1, reply(make([]byte, 500), nil))) },
		"an empty answer":        func(w io.Writer) { _, _ = w.Write(framed(1, nil)) },
		"an error of no kind":    func(w io.Writer) { _, _ = w.Write(framed(1, []byte{1, emptyText, 99, emptyText})) },
		"a frame of no kind":     func(w io.Writer) { _, _ = w.Write(appendFrame(nil, 77, 1, nil)) },
		"a cancel":               func(w io.Writer) { _, _ = w.Write(appendFrame(nil, frameCancel, 1, nil)) },
		"text of another stream": func(w io.Writer) { _, _ = io.WriteString(w, "Error response from daemon: no such container\n") },
	} {
		c, err := liar(t, most, says)
		if err == nil {
			_, err = c.Process(1, procfs.Detail{})
		}
		var odd *ProtocolError
		if !errors.As(err, &odd) {
			t.Errorf("%s: %v", name, err)
		}
		if c != nil && !errors.As(c.Err(), &odd) {
			t.Errorf("%s: the client goes on: %v", name, c.Err())
		}
	}
}

// A stream that ends is distinguished from one that lies. Methods that return no error report
// it by Err.
func TestStreamEnds(t *testing.T) {
	for name, says := range map[string]func(io.Writer){
		"at once": func(w io.Writer) { _ = w.(io.Closer).Close() },
		"within a frame": func(w io.Writer) {
			_, _ = w.Write(framed(1, make([]byte, 100))[:50])
			_ = w.(io.Closer).Close()
		},
	} {
		c, err := liar(t, mostAnswer, says)
		if err == nil {
			_, err = c.Process(1, procfs.Detail{})
		}
		if !errors.Is(err, ErrEnded) {
			t.Errorf("%s: %v", name, err)
		}
		if c == nil {
			continue
		}
		if pids := c.GroupPIDs("/x"); pids != nil || !errors.Is(c.Err(), ErrEnded) || !c.Lives(procfs.Key{PID: 1}) {
			t.Errorf("%s: %v, %v", name, pids, c.Err())
		}
	}
}

// Other programs, versions and nonces are refused before anything is asked.
func TestGreetingRefuses(t *testing.T) {
	for name, message := range map[string][]byte{
		"another nonce":   encode(func(c *coder) { c.welcome(&Welcome{Nonce: "other"}) }),
		"another version": encode(func(c *coder) { m, v, s := magic, Protocol+1, "9.9"; c.text(&m); c.int(&v); c.text(&s) }),
		"nothing":         {},
	} {
		here, there := net.Pipe()
		go func() {
			go func() { _, _ = io.Copy(io.Discard, there) }()
			_, _ = there.Write(framed(greeting, message))
		}()
		_, err := Dial(t.Context(), here, Hello{Nonce: "n"})
		var odd *ProtocolError
		if !errors.As(err, &odd) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The client waits for a silent or a slow server as long as the context allows.
func TestSlowServer(t *testing.T) {
	for name, says := range map[string]func(net.Conn){
		"silent": func(net.Conn) {},
		"slow": func(there net.Conn) {
			for _, b := range framed(greeting, encode(func(c *coder) { c.welcome(&Welcome{}) })) {
				time.Sleep(time.Minute)
				if _, err := there.Write([]byte{b}); err != nil {
					return
				}
			}
		},
		"deaf": nil,
	} {
		synctest.Test(t, func(t *testing.T) {
			here, there := net.Pipe()
			if says != nil {
				go func() { _, _ = io.Copy(io.Discard, there) }()
				go says(there)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			began := time.Now()
			if _, err := Dial(ctx, here, Hello{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 5*time.Second {
				t.Errorf("%s: %v after %s", name, err, time.Since(began))
			}
			_ = there.Close()
			time.Sleep(2 * time.Minute) // by the bubble's clock, so that the slow server ends
		})
	}
}
