package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/wire"
)

// Unknown options are refused in one line on stderr, and nothing is written on stdout.
func TestOptions(t *testing.T) {
	for name, test := range map[string]struct {
		args   []string
		status int
		stderr string
	}{
		"an input that ends at once":  {nil, succeeded, ""},
		"another collector":           {[]string{"--collector", "x"}, wrongOption, `invalid --collector "x" (expected proc, bpf or auto)`},
		"an option that is not known": {[]string{"--write"}, wrongOption, `unknown option "--write": docker pidns starts this program with`},
		"an argument":                 {[]string{"x"}, wrongOption, `unknown option "x"`},
		"help":                        {[]string{"--help"}, wrongOption, "docker pidns starts this program"},
		"no value":                    {[]string{"--proc=/proc", "--nonce"}, wrongOption, "option --nonce needs a value"},
		"a value that is not taken":   {[]string{"--version=1"}, wrongOption, `unknown option "--version"`},
		"an order that is none":       {[]string{"--once", "x"}, wrongOption, "read --once: "},
		"a folder that is no /proc":   {[]string{"--proc", t.TempDir()}, failed, "is no mounted /proc"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(test.args, duplex{strings.NewReader(""), &stdout}, &stderr)
		if status != test.status || stdout.Len() > 0 || !strings.Contains(stderr.String(), test.stderr) || strings.Count(stderr.String(), "\n") != min(len(test.stderr), 1) {
			t.Errorf("%s: status %d, stdout %q, stderr %q", name, status, &stdout, &stderr)
		}
	}
}

func TestVersion(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := run([]string{"--version"}, duplex{nil, &stdout}, &stderr); status != succeeded || stdout.String() != "pidns-helper dev, protocol 3\n" {
		t.Errorf("status %d, %q, %q", status, &stdout, &stderr)
	}
}

// With an order, the helper writes a recording and does not read its input.
func TestOnce(t *testing.T) {
	var stdout, stderr bytes.Buffer
	order := wire.Order{Hello: wire.Hello{Nonce: "n"}}
	if status := run([]string{"--once", order.Word()}, duplex{nil, &stdout}, &stderr); status != succeeded || stderr.Len() > 0 {
		t.Fatalf("status %d, %q", status, &stderr)
	}
	r, err := wire.ReadRecorded(&stdout, "n")
	if err != nil || r.Welcome().PID.Or(0) != os.Getpid() || r.Welcome().Tool != version {
		t.Errorf("got %+v, %v", r, err)
	}
}

// serve runs the helper with a client.
func serve(t *testing.T, nonce string, args ...string) (c *wire.Client, ended func() (int, string), err error) {
	t.Helper()
	here, there := net.Pipe()
	var stderr bytes.Buffer
	status := make(chan int, 1)
	go func() {
		status <- run(args, there, &stderr)
		_ = there.Close()
	}()
	c, err = wire.Dial(t.Context(), here, wire.Hello{Nonce: nonce})
	return c, func() (int, string) { return <-status, stderr.String() }, err
}

// The helper serves the client that knows its nonce, and exits when the client has gone.
func TestServes(t *testing.T) {
	c, ended, err := serve(t, "abc", "--nonce", "abc")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := c.Process(os.Getpid(), procfs.Detail{}); err != nil || p.ParentPID != os.Getppid() {
		t.Errorf("got %+v, %v", p, err)
	}
	var unsupported *wire.UnsupportedError
	if _, err := c.OpenIterator(t.Context(), true); !errors.As(err, &unsupported) {
		t.Errorf("the kernel's iterator, unasked: %v", err)
	}
	_ = c.Close()
	if status, stderr := ended(); status != succeeded || stderr != "" {
		t.Errorf("status %d, %q", status, stderr)
	}
}

func TestServesNoOther(t *testing.T) {
	_, ended, err := serve(t, "other", "--nonce", "abc")
	if !errors.Is(err, wire.ErrEnded) {
		t.Errorf("got %v", err)
	}
	if status, stderr := ended(); status != failed || !strings.Contains(stderr, "nonce") {
		t.Errorf("status %d, %q", status, stderr)
	}
}

// A read that takes too long is reported, and one that comes in time is not.
func TestUntilIdle(t *testing.T) {
	expired := make(chan struct{})
	in, out := io.Pipe()
	idle := untilIdle(in, time.Millisecond, func() { close(expired) })
	go func() { _, _ = idle.Read(make([]byte, 1)) }()
	<-expired
	_ = out.Close()
	never := untilIdle(strings.NewReader("x"), time.Hour, func() { t.Error("it is told of a read that is over") })
	if data, err := io.ReadAll(never); err != nil || string(data) != "x" {
		t.Errorf("got %q, %v", data, err)
	}
}
