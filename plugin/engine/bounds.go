package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/docker/docker/client"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// Whoever answers at the endpoint decides how long an answer is, and may be no engine.
// How much of it is read is decided here, where all answers pass.

// bounds are how much is read of one answer.
type bounds struct {
	// bytes is the length of its body.
	bytes int64
	// values is how many values it has: every "{}" of an array is one, and takes some
	// hundred bytes of memory.
	values int64
	// elements: it is an array, of which the first so many are read.
	elements int
}

var (
	// ofList is enough for 30,000 containers at 2 KB each, ofOne for one with some
	// thousand labels, exec sessions and arguments, and ofEvents for 256 events of
	// dockerd, or some ten thousand that another engine has kept.
	ofList   = bounds{bytes: 64 << 20, values: 4 << 20, elements: 50_000}
	ofOne    = bounds{bytes: 8 << 20, values: 1 << 17}
	ofEvents = bounds{bytes: 64 << 20, values: 4 << 20}
	// ofAll is for all answers to one Client together: three rounds over 5,000 containers
	// at 10 KB are 150 MB.
	ofAll = bounds{bytes: 512 << 20, values: 12 << 20}
)

// mostHeaders is the length of an answer's headers, in bytes.
const mostHeaders = 1 << 20

// slip goes with one call to the engine, and comes back with what happened on the way.
type slip struct {
	bounds
	// server is how the engine names itself in its answer (HTTP Server).
	server string
	// cut: the array has more elements than were read.
	cut bool
	// err is why no answer came, as the transport has it: the Docker client replaces it
	// by a sentence.
	err error
	// queued: at the last try whoever listens had no room for one more connection.
	queued bool
	// stranger: what was asked for is not there (HTTP 404), and who says so is no engine.
	stranger bool
}

type slipKey struct{}

// withSlip is a context whose answers are read within the bounds.
func withSlip(ctx context.Context, within bounds) (context.Context, *slip) {
	s := &slip{bounds: within}
	return context.WithValue(ctx, slipKey{}, s), s
}

// slipOf is the slip of a context; one that asks for nothing large if there is none.
func slipOf(ctx context.Context) *slip {
	if s, ok := ctx.Value(slipKey{}).(*slip); ok {
		return s
	}
	return &slip{bounds: ofOne}
}

// bounded passes requests on, and of the answers as much as their bounds allow.
type bounded struct {
	http.RoundTripper
	endpoint string
	// read and values are what has passed so far.
	read, values atomic.Int64
}

// withBounds makes the client read answers within bounds. It is the last option: after
// it the transport cannot be set any more.
func withBounds(c *client.Client) error {
	h := c.HTTPClient()
	transport, ok := h.Transport.(*http.Transport)
	if !ok {
		return fmt.Errorf("the transport is a %T", h.Transport)
	}
	transport.MaxResponseHeaderBytes = mostHeaders
	scheme := "http" // the client looks for it in the transport
	if transport.TLSClientConfig != nil {
		scheme = "https"
	}
	h.Transport = &bounded{RoundTripper: transport, endpoint: c.DaemonHost()}
	return errors.Join(client.WithScheme(scheme)(c), client.WithHTTPClient(h)(c))
}

// RoundTrip also refuses to be sent elsewhere, which no engine does.
func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	s := slipOf(r.Context())
	response, err := b.whenThereIsRoom(r, s)
	if err == nil && response.StatusCode >= 300 && response.StatusCode < 400 {
		_ = response.Body.Close()
		err = &source.OddAnswerError{Endpoint: b.endpoint, Text: fmt.Sprintf("it answers with status %d, a redirection", response.StatusCode)}
	}
	if s.err = err; err != nil {
		return nil, err
	}
	s.server = response.Header.Get("Server")
	response.Body = &boundedBody{ReadCloser: response.Body, of: b, slip: s}
	if s.stranger = false; response.StatusCode == http.StatusNotFound && r.Method != http.MethodHead {
		s.stranger = !tellsAsEngine(response)
	}
	return response, nil
}

// betweenTries is the pause before a full queue of connections is tried again.
const betweenTries = 10 * time.Millisecond

// whenThereIsRoom waits, as connect(2) on a unix socket does, while more connections
// wait for who listens than fit (listen(2), net.core.somaxconn): the connection is not
// blocking, and gets EAGAIN.
func (b *bounded) whenThereIsRoom(r *http.Request, s *slip) (*http.Response, error) {
	for {
		response, err := b.RoundTripper.RoundTrip(r)
		s.queued = errors.Is(err, syscall.EAGAIN)
		if !s.queued {
			return response, err
		}
		select {
		case <-time.After(betweenTries):
		case <-r.Context().Done():
			s.queued = true
			return nil, r.Context().Err()
		}
	}
}

// boundedBody is the body of an answer, up to its bounds.
type boundedBody struct {
	io.ReadCloser
	of           *bounded
	slip         *slip
	read, values int64
	array        arrayHead
	// beyond is what was read after a bound was passed, to the end of an element.
	beyond int64
	// ended is what every further read comes to.
	ended error
}

// mostElement is how much of an element of an array is read beyond a bound, in bytes.
const mostElement = 1 << 20

// Read returns a *source.TooLargeError where there is more than the bounds allow. An
// array ends between two elements.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.ended != nil {
		return 0, b.ended
	}
	n, err := b.ReadCloser.Read(p)
	b.count(p[:n])
	over := b.over()
	if b.slip.elements > 0 {
		room := b.slip.elements
		if over != "" {
			room = 0
			b.beyond += int64(n)
		}
		if end, cut := b.array.scan(p[:n], room); cut {
			p[end], b.slip.cut, b.ended = ']', true, io.EOF
			return end + 1, nil
		}
		if b.beyond <= mostElement {
			over = ""
		}
	}
	if over != "" {
		b.ended = &source.TooLargeError{Endpoint: b.of.endpoint, Bound: over}
		return 0, b.ended
	}
	return n, err
}

func (b *boundedBody) count(p []byte) {
	values := int64(bytes.Count(p, []byte{','}) + bytes.Count(p, []byte{'{'}) + bytes.Count(p, []byte{'['}))
	b.read += int64(len(p))
	b.values += values
	b.of.read.Add(int64(len(p)))
	b.of.values.Add(values)
}

// over is the bound that has been passed, "" for none.
func (b *boundedBody) over() string {
	switch {
	case b.read > b.slip.bytes:
		return fmt.Sprintf("more than %d MiB", b.slip.bytes>>20)
	case b.values > b.slip.values:
		return fmt.Sprintf("more than %d values", b.slip.values)
	case b.of.read.Load() > ofAll.bytes:
		return fmt.Sprintf("together with earlier answers more than %d MiB", ofAll.bytes>>20)
	case b.of.values.Load() > ofAll.values:
		return fmt.Sprintf("together with earlier answers more than %d values", ofAll.values)
	default:
		return ""
	}
}

// arrayHead follows a JSON array as it passes, to end it between two elements.
type arrayHead struct {
	depth, elements   int
	inString, escaped bool
}

// scan follows p. It returns where the comma behind the last element that there is room
// for stands in it, if it does.
func (a *arrayHead) scan(p []byte, room int) (end int, cut bool) {
	for i, b := range p {
		switch {
		case a.escaped:
			a.escaped = false
		case a.inString:
			a.escaped, a.inString = b == '\\', b != '"'
		case b == '"':
			a.inString = true
		case b == '[' || b == '{':
			a.depth++
		case b == ']' || b == '}':
			a.depth--
		case b == ',' && a.depth == 1:
			if a.elements++; a.elements >= room {
				return i, true
			}
		}
	}
	return 0, false
}
