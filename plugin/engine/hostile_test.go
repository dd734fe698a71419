package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/docker/docker/client"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// counted is a socket that counts how much its server has written.
type counted struct {
	net.Listener
	written atomic.Int64
}

func (c *counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	return &countedConn{conn, c}, err
}

type countedConn struct {
	net.Conn
	of *counted
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.of.written.Add(int64(n))
	return n, err
}

// onSocket makes handler serve a unix socket, and returns a Client of it.
func onSocket(t *testing.T, handler http.HandlerFunc, timeout time.Duration) (*Client, *counted) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	socket := &counted{Listener: listener}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(socket) }()
	t.Cleanup(func() { _ = server.Close() })
	transport, option := newBounds()
	api, err := client.NewClientWithOpts(client.WithHost("unix://"+path), client.WithVersion("1.41"), option)
	if err != nil {
		t.Fatal(err)
	}
	c := New(api, "unix://"+path, timeout)
	c.transport = transport
	return c, socket
}

// withBounds makes a client read answers within bounds.
func withBounds(c *client.Client) error {
	_, option := newBounds()
	return option(c)
}

// endless writes a beginning, and then the same text repeatedly while the client reads.
func endless(beginning, then string) http.HandlerFunc {
	block := []byte(strings.Repeat(then, 1+(32<<10)/len(then)))
	return func(w http.ResponseWriter, _ *http.Request) {
		_, err := io.WriteString(w, beginning)
		for err == nil {
			_, err = w.Write(block)
		}
	}
}

// ask calls one method, and returns how many things it found.
type ask func(context.Context, *Client) (int, error)

func askInspect(ctx context.Context, c *Client) (int, error) {
	_, err := c.Inspect(ctx, "demo")
	return 1, err
}

func askList(ctx context.Context, c *Client) (int, error) {
	list, err := c.List(ctx, true)
	return len(list), err
}

func askEvents(ctx context.Context, c *Client) (int, error) {
	log, err := c.Events(ctx)
	return len(log.Events), err
}

func askExecEvents(ctx context.Context, c *Client) (int, error) {
	list, err := c.ExecEvents(ctx)
	return len(list), err
}

func askExec(ctx context.Context, c *Client) (int, error) {
	_, err := c.Exec(ctx, "e1")
	return 1, err
}

func askName(ctx context.Context, c *Client) (int, error) {
	_, err := c.Describe(ctx)
	return 1, err
}

// lower sets low bounds.
func lower(t *testing.T) {
	one, list, events, all := ofOne, ofList, ofEvents, ofAll
	t.Cleanup(func() { ofOne, ofList, ofEvents, ofAll = one, list, events, all })
	ofOne, ofEvents = bounds{bytes: 1 << 20, values: 1000}, bounds{bytes: 1 << 20, values: 100_000}
	ofList, ofAll = bounds{bytes: 2 << 20, values: 20_000, elements: 500}, bounds{bytes: 64 << 20, values: 1 << 20}
}

// An endless answer is read up to its bounds. inFlight is what the server may have written
// beyond that, into buffers.
func TestEndlessAnswers(t *testing.T) {
	lower(t)
	const inFlight = 1 << 20
	event := `{"Type":"container","Action":"exec_start","Actor":{"ID":"a","Attributes":{"execID":"e"}},"timeNano":1}`
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		ask     ask
		found   int // with a *source.CutError, or 0 for a *source.TooLargeError
		most    int64
	}{
		"a string":                {endless(`{"Id":"`, "a"), askInspect, 0, 1 << 20},
		"a key":                   {endless(`{"`, "a"), askInspect, 0, 1 << 20},
		"exec IDs":                {endless(`{"ExecIDs":["e"`, `,"e"`), askInspect, 0, 1 << 20},
		"labels":                  {endless(`{"Config":{"Labels":{"a":"b"`, `,"a":"b"`), askInspect, 0, 1 << 20},
		"arrays in arrays":        {endless(`{"x":`, `[`), askInspect, 0, 1 << 20},
		"blanks":                  {endless("", " "), askInspect, 0, 1 << 20},
		"of a session":            {endless(`{"ID":"`, "a"), askExec, 0, 1 << 20},
		"a version":               {endless(`{"Version":"`, "1"), askName, 0, 1 << 20},
		"empty containers":        {endless(`[{}`, `,{}`), askList, 500, 1 << 20},
		"no containers":           {endless(`[null`, `,null`), askList, 500, 1 << 20},
		"containers":              {endless(`[{"Id":"a"}`, `,{"Id":"`+strings.Repeat("b", 9000)+`","Names":["/x,]"],"Labels":{"a":"\\\""}}`), askList, 234, 2 << 20},
		"containers of many keys": {endless(`[{}`, `,{`+strings.Repeat(`"a":1,`, 100)+`"b":2}`), askList, 198, 1 << 20},
		"a container's name":      {endless(`[{"Id":"`, "a"), askList, 0, 2<<20 + mostElement},
		"a container's keys":      {endless(`[{"a":1`, `,"a":1`), askList, 0, 2<<20 + mostElement},
		"events":                  {endless("", event), askEvents, 0, 3 << 20}, // with the version, which is asked for at the same time
		"exec events":             {endless("", event), askExecEvents, 0, 1 << 20},
		"an event":                {endless(`{"Action":"`, "a"), askEvents, 0, 3 << 20},
	} {
		c, socket := onSocket(t, test.handler, time.Minute)
		found, err := test.ask(t.Context(), c)
		var cut *source.CutError
		var tooLarge *source.TooLargeError
		switch {
		case test.found == 0 && !errors.As(err, &tooLarge), test.found > 0 && !errors.As(err, &cut):
			t.Errorf("%s: got %v", name, err)
		case test.found > 0 && (found < test.found*3/4 || found > test.found):
			t.Errorf("%s: got %d, want %d, or a few less", name, found, test.found)
		}
		if n := socket.written.Load(); n > test.most+inFlight {
			t.Errorf("%s: the server got rid of %d KiB", name, n>>10)
		}
	}
}

// An answer that is as long as its bounds is read completely, and a list ends where it ends.
func TestAnswersWithinBounds(t *testing.T) {
	lower(t)
	say := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
	}
	for name, test := range map[string]struct {
		text  string
		ask   ask
		found int
	}{
		"a list":       {"[" + strings.Repeat(`{"Id":"a","Names":["/,[{"]},`, 499) + `{"Id":"b"}]`, askList, 500},
		"an empty one": {"[]", askList, 0},
		"a container":  {`{"Id":"` + strings.Repeat("a", 1<<20-9) + `"}`, askInspect, 1},
	} {
		c, _ := onSocket(t, say(test.text), time.Minute)
		if found, err := test.ask(t.Context(), c); err != nil || found != test.found {
			t.Errorf("%s: got %d, %v", name, found, err)
		}
	}
}

// All answers together are bounded too.
func TestManyLargeAnswers(t *testing.T) {
	lower(t)
	ofAll = bounds{bytes: 3 << 20, values: 1 << 20}
	large := `{"Id":"` + strings.Repeat("a", 1<<19) + `"}`
	c, _ := onSocket(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, large) }, time.Minute)
	answered := 0
	var err error
	for answered < 20 && err == nil {
		if _, err = c.Inspect(t.Context(), "demo"); err == nil {
			answered++
		}
	}
	var tooLarge *source.TooLargeError
	if answered != 5 || !errors.As(err, &tooLarge) || !strings.Contains(err.Error(), "together with earlier answers more than 3 MiB") {
		t.Errorf("%d answers, then %v", answered, err)
	}
}

// An answer that arrives byte by byte has the same deadline as one that does not arrive.
func TestDribblingAnswer(t *testing.T) {
	for name, ask := range map[string]ask{"list": askList, "inspect": askInspect, "events": askEvents} {
		c, _ := onSocket(t, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "[")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(time.Millisecond)
			}
		}, 100*time.Millisecond)
		if _, err := ask(t.Context(), c); !errors.Is(err, source.ErrSilent) || !strings.Contains(err.Error(), "100ms") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// If the caller's deadline passes, the error has the time that was left of it, not the client's
// own deadline.
func TestShorterDeadline(t *testing.T) {
	c, _ := onSocket(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, time.Minute)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Inspect(ctx, "demo"); !errors.Is(err, source.ErrSilent) || !strings.HasSuffix(err.Error(), "ms") {
		t.Errorf("got %v", err)
	}
}

// Endless headers are not read to their end.
func TestEndlessHeaders(t *testing.T) {
	c, socket := onSocket(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		_, err = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for i := 0; err == nil; i++ {
			_, err = fmt.Fprintf(conn, "X-%d: %s\r\n", i, strings.Repeat("a", 4000))
		}
	}, time.Minute)
	_, err := c.Inspect(t.Context(), "demo")
	var unreachable *source.UnreachableError
	if !errors.As(err, &unreachable) || socket.written.Load() > 2*mostHeaders {
		t.Errorf("got %v after %d KiB", err, socket.written.Load()>>10)
	}
}

// Redirections are not followed.
func TestRedirection(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it went there") }))
	defer elsewhere.Close()
	for status := range map[int]bool{301: true, 302: true, 304: true, 307: true, 308: true} {
		c, _ := onSocket(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, status) }, time.Minute)
		for name, ask := range map[string]ask{"list": askList, "inspect": askInspect, "events": askEvents, "exec": askExec} {
			var odd *source.OddAnswerError
			if _, err := ask(t.Context(), c); !errors.As(err, &odd) || !strings.Contains(err.Error(), fmt.Sprint(status)) {
				t.Errorf("%s, %d: got %v", name, status, err)
			}
		}
	}
}

// An engine's message is repeated up to a length that a reader would read.
func TestLongRefusal(t *testing.T) {
	c, _ := onSocket(t, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, strings.Repeat("no, ", 100_000), http.StatusInternalServerError)
	}, time.Minute)
	if _, err := c.Inspect(t.Context(), "demo"); err == nil || len(err.Error()) > mostText+len(" [more]") || !strings.HasSuffix(err.Error(), "[more]") {
		t.Errorf("got %v", err)
	}
}

// Events that were refused, or broke off, are not "no events".
func TestEventsThatAreNotTold(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"refused": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) },
		"broken":  func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"Type":"container"}{"Ty`) },
		"no JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `<html>`) },
	} {
		c, _ := onSocket(t, handler, time.Minute)
		if n, err := askEvents(t.Context(), c); err == nil {
			t.Errorf("%s: got %d events", name, n)
		}
		if n, err := askExecEvents(t.Context(), c); err == nil {
			t.Errorf("%s: got %d sessions", name, n)
		}
	}
}

// The end of the past has all nine digits of its nanoseconds. "0.42" instead of "0.042" would be
// in the future, and the stream would stay open until then.
func TestUntil(t *testing.T) {
	for _, test := range []struct {
		at   time.Time
		want string
	}{
		{time.Unix(5, 42_000_000), "5.042000000"}, {time.Unix(5, 7), "5.000000007"}, {time.Unix(5, 0), "5.000000000"},
		{time.Unix(5, 999_999_999), "5.999999999"},
	} {
		if got := until(test.at); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// failing is a transport that returns an error this many times.
type failing struct {
	err   error
	times int
	then  http.RoundTripper
}

func (f *failing) RoundTrip(r *http.Request) (*http.Response, error) {
	if f.times--; f.times < 0 {
		return f.then.RoundTrip(r)
	}
	return nil, f.err
}

const often = 1 << 30

// through is a Client of such a transport.
func through(t *testing.T, f *failing) *Client {
	t.Helper()
	api, err := client.NewClientWithOpts(client.WithHTTPClient(&http.Client{Transport: &bounded{RoundTripper: f, endpoint: "unix:///s"}}), client.WithVersion("1.41"))
	if err != nil {
		t.Fatal(err)
	}
	return New(api, "unix:///s", 100*time.Millisecond)
}

// What prevented a connection is reported by its type.
func TestObstacles(t *testing.T) {
	for errno, test := range map[syscall.Errno]struct {
		obstacle     source.Obstacle
		says, remedy string
	}{
		syscall.ENOENT:       {source.NoSocket, "no engine answers at unix:///s: the socket does not exist", ""},
		syscall.ECONNREFUSED: {source.NobodyListens, "no engine answers at unix:///s: no process listens there", ""},
		syscall.EMFILE:       {source.ProcessOutOfFiles, "cannot connect to the engine at unix:///s: this process may not open more files", "ulimit -n 1024"},
		syscall.ENFILE:       {source.HostOutOfFiles, "cannot connect to the engine at unix:///s: this host may not open more files", "sysctl fs.file-nr fs.file-max"},
		syscall.EPROTOTYPE:   {source.OtherObstacle, "no engine answers at unix:///s: dial unix /s: connect: protocol wrong type for socket", ""},
	} {
		dialled := &net.OpError{Op: "dial", Net: "unix", Addr: &net.UnixAddr{Name: "/s", Net: "unix"}, Err: os.NewSyscallError("connect", errno)}
		for name, ask := range map[string]ask{"list": askList, "inspect": askInspect, "events": askEvents, "exec": askExec} {
			_, err := ask(t.Context(), through(t, &failing{err: dialled, times: often}))
			var unreachable *source.UnreachableError
			if !errors.As(err, &unreachable) || unreachable.Obstacle != test.obstacle || err.Error() != test.says || unreachable.Remedy() != test.remedy || !errors.Is(err, errno) {
				t.Errorf("%s, %v: got %v", name, errno, err)
			}
		}
	}
	denied := &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.EACCES)}
	var refused *source.DeniedError
	if _, err := askList(t.Context(), through(t, &failing{err: denied, times: often})); !errors.As(err, &refused) {
		t.Errorf("denied: got %v", err)
	}
}

// A queue of connections that is full for a moment is waited for. If it stays full, the engine
// does not answer, and the reason is reported.
func TestFullQueue(t *testing.T) {
	full := &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", syscall.EAGAIN)}
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "[]") }))
	defer answers.Close()
	to := func(r *http.Request) (*http.Response, error) {
		r = r.Clone(r.Context())
		r.URL.Host = answers.Listener.Addr().String()
		return http.DefaultTransport.RoundTrip(r)
	}
	if _, err := askList(t.Context(), through(t, &failing{err: full, times: 2, then: roundTrip(to)})); err != nil {
		t.Errorf("for a moment: %v", err)
	}
	_, err := askList(t.Context(), through(t, &failing{err: full, times: often}))
	if !errors.Is(err, source.ErrSilent) || !strings.HasSuffix(err.Error(), "its connection queue is full") {
		t.Errorf("for ever: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := askList(ctx, through(t, &failing{err: full, times: often})); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The bounds also work with TLS.
func TestBoundsOverTLS(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[{"Id":"a"}]`) }))
	defer server.Close()
	transport, ok := server.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatal("no transport")
	}
	api, err := client.NewClientWithOpts(
		client.WithHTTPClient(&http.Client{Transport: &http.Transport{TLSClientConfig: transport.TLSClientConfig}}),
		client.WithHost("tcp://"+server.Listener.Addr().String()), client.WithVersion("1.41"), withBounds)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := askList(t.Context(), New(api, api.DaemonHost(), time.Minute)); err != nil || n != 1 {
		t.Errorf("got %d, %v", n, err)
	}
}
