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

// Whatever answers at the endpoint decides how long an answer is, and may not be an engine. This
// file limits how much of an answer is read. All answers pass here.

// bounds limit how much of one answer is read.
type bounds struct {
	// bytes is the length of its body.
	bytes int64
	// values is the number of values in it. Every "{}" of an array is a value, and takes some
	// hundred bytes of memory.
	values int64
	// elements is not 0 for an array. It is how many elements are read.
	elements int
	// apart is true if the answer does not count towards the bounds of all answers together,
	// because another program than the engine decides how long it is.
	apart bool
}

var (
	// ofList is enough for 30,000 containers at 2 KB each. ofOne is enough for one container
	// with some thousand labels, exec sessions and arguments. ofEvents is enough for 256 events
	// of dockerd, or for some ten thousand that another engine has kept.
	ofList   = bounds{bytes: 64 << 20, values: 4 << 20, elements: 50_000}
	ofOne    = bounds{bytes: 8 << 20, values: 1 << 17}
	ofEvents = bounds{bytes: 64 << 20, values: 4 << 20}
	// ofAll is for all answers to one Client together. Three rounds over 5,000 containers at 10
	// KB are 150 MB.
	ofAll = bounds{bytes: 512 << 20, values: 12 << 20}
)

// mostHeaders is the length of an answer's headers, in bytes.
const mostHeaders = 1 << 20

// slip is given to one call to the engine, and afterwards has what happened during the call.
type slip struct {
	bounds
	// server is the engine's name in its answer (HTTP Server).
	server string
	// cut is true if the array has more elements than were read.
	cut bool
	// err is why there was no answer, as the transport reports it. The Docker client replaces it
	// by a sentence.
	err error
	// queued is true if at the last try the listening process had no room for one more
	// connection.
	queued bool
	// status is that of the answer (HTTP), 0 while there is none.
	status int
	// upgraded is the connection that the answer was turned into (HTTP 101). Its reader has
	// bounds of its own.
	upgraded duplex
	// stranger: what was asked for is not there (HTTP 404), and who says so is no engine.
	stranger bool
}

type slipKey struct{}

// withSlip is a context whose answers are read within the bounds.
func withSlip(ctx context.Context, within bounds) (context.Context, *slip) {
	s := &slip{bounds: within}
	return context.WithValue(ctx, slipKey{}, s), s
}

// slipOf is the slip of a context. If there is none, it is a new one for small answers.
func slipOf(ctx context.Context) *slip {
	if s, ok := ctx.Value(slipKey{}).(*slip); ok {
		return s
	}
	return &slip{bounds: ofOne}
}

// bounded forwards requests, and returns the answers up to their bounds.
type bounded struct {
	http.RoundTripper
	endpoint string
	// scheme is the one of all requests, "" for that which each has.
	scheme string
	// read and values are what has passed so far.
	read, values atomic.Int64
}

// newBounds returns a transport, and the option of a client that installs it: then answers are
// read within bounds. It must be the last option, because the transport cannot be set after it.
func newBounds() (*bounded, client.Opt) {
	b := &bounded{}
	return b, b.install
}

func (b *bounded) install(c *client.Client) error {
	h := c.HTTPClient()
	transport, ok := h.Transport.(*http.Transport)
	if !ok {
		return fmt.Errorf("the transport is a %T", h.Transport)
	}
	transport.MaxResponseHeaderBytes = mostHeaders
	scheme := "http" // the client looks for the scheme in the transport
	if transport.TLSClientConfig != nil {
		scheme = "https"
	}
	b.RoundTripper, b.endpoint, b.scheme = transport, c.DaemonHost(), scheme
	h.Transport = b
	return errors.Join(client.WithScheme(scheme)(c), client.WithHTTPClient(h)(c))
}

// RoundTrip also refuses redirections, which no engine sends.
func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	s := slipOf(r.Context())
	s.status = 0
	if b.scheme != "" && r.URL.Scheme != b.scheme {
		r = r.Clone(r.Context())
		r.URL.Scheme = b.scheme
	}
	response, err := b.whenThereIsRoom(r, s)
	if err == nil && response.StatusCode >= 300 && response.StatusCode < 400 {
		_ = response.Body.Close()
		err = &source.OddAnswerError{Endpoint: b.endpoint, Text: fmt.Sprintf("it answers with status %d, a redirection", response.StatusCode)}
	}
	if s.err = err; err != nil {
		return nil, err
	}
	s.server, s.status = response.Header.Get("Server"), response.StatusCode
	if connection, ok := response.Body.(duplex); ok && response.StatusCode == http.StatusSwitchingProtocols && r.Header.Get("Upgrade") != "" {
		s.upgraded = connection
		return response, nil
	}
	response.Body = &boundedBody{ReadCloser: response.Body, of: b, slip: s}
	if s.stranger = false; response.StatusCode == http.StatusNotFound && r.Method != http.MethodHead {
		s.stranger = !tellsAsEngine(response)
	}
	return response, nil
}

// betweenTries is the pause before a full queue of connections is tried again.
const betweenTries = 10 * time.Millisecond

// whenThereIsRoom waits while the queue of the listening socket is full (listen(2),
// net.core.somaxconn), as connect(2) on a unix socket does. This connection does not block, and
// gets EAGAIN instead.
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
	// beyond is how much was read beyond a bound, to reach the end of an element.
	beyond int64
	// ended is the result of every further read.
	ended error
}

// mostElement is how much of an element of an array is read beyond a bound, in bytes.
const mostElement = 1 << 20

// Read returns a *source.TooLargeError if the answer is larger than the bounds allow. An array
// ends between two elements.
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
	if b.slip.apart {
		return
	}
	b.of.read.Add(int64(len(p)))
	b.of.values.Add(values)
}

// over is the bound that was exceeded, or "".
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

// arrayHead parses a JSON array while it is read, to end it between two elements.
type arrayHead struct {
	depth, elements   int
	inString, escaped bool
}

// scan parses p. It returns the position in p of the comma after the last element that may be
// read, if it is in p.
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
