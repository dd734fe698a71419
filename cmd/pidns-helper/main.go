// Command pidns-helper reads the /proc of the host that it runs on, and answers docker pidns on
// another host over its standard input and output. docker pidns carries it, and starts it in a
// container if it is told to. It writes only its answers, opens no socket, changes nothing, and
// exits when its input ends.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/wire"
)

// version is the version of docker pidns. It is set when the program is linked.
var version = "dev"

// The collectors, as docker pidns has them.
const (
	collectorProc = "proc"
	collectorBPF  = "bpf"
	collectorAuto = "auto"
)

// The exit statuses. docker uses 125 for unknown options.
const (
	succeeded   = 0
	failed      = 1
	wrongOption = 125
)

func main() {
	stdin := untilIdle(os.Stdin, mostIdle, func() {
		os.Exit(report(os.Stderr, errIdle, failed))
	})
	os.Exit(run(os.Args[1:], duplex{stdin, os.Stdout}, os.Stderr))
}

// mostIdle is how long this program waits for a request. If containers continue without the
// daemon (live-restore), the input is not closed when the client has gone.
const mostIdle = 30 * time.Minute

var errIdle = fmt.Errorf("no request in %s", mostIdle)

// untilIdle is a reader that calls expired if a read takes longer than the time.
func untilIdle(from io.Reader, most time.Duration, expired func()) io.Reader {
	return reader(func(p []byte) (int, error) {
		timer := time.AfterFunc(most, expired)
		defer timer.Stop()
		return from.Read(p)
	})
}

// reader is a function as an io.Reader.
type reader func(p []byte) (int, error)

// Read calls it.
func (r reader) Read(p []byte) (int, error) { return r(p) }

// duplex has the two directions of a stream.
type duplex struct {
	io.Reader
	io.Writer
}

// options are the parsed options. once is an order for a recording, "" to serve the stream.
type options struct {
	proc, collector, nonce, once string
	version                      bool
}

// run serves the stream, and returns the exit status.
func run(args []string, stream io.ReadWriter, stderr io.Writer) int {
	o, err := parse(args)
	if err != nil {
		return report(stderr, err, wrongOption)
	}
	if o.version {
		_, _ = fmt.Fprintf(stream, "pidns-helper %s, protocol %d\n", version, wire.Protocol)
		return succeeded
	}
	proc, err := read.Open(o.proc)
	if err != nil {
		return report(stderr, fmt.Errorf("read --proc: %w", err), failed)
	}
	server := wire.Server{Proc: proc, Tool: version, Nonce: o.nonce}
	if o.once != "" {
		return recordOnce(server, o.once, stream, stderr)
	}
	if o.collector != collectorProc {
		server.OpenKernel = kernelOf(proc)
	}
	if err := wire.Serve(context.Background(), stream, server); err != nil {
		return report(stderr, err, failed)
	}
	return succeeded
}

// mostOnce is how long a recording may take, besides the time until its second look.
const mostOnce = time.Minute

// recordOnce writes a recording to the output. The input is not read. What hangs in the kernel is
// left behind when the time is over.
func recordOnce(server wire.Server, word string, to io.Writer, stderr io.Writer) int {
	order, err := wire.ParseOrder(word)
	if err != nil {
		return report(stderr, fmt.Errorf("read --once: %w", err), wrongOption)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer time.AfterFunc(mostOnce+order.Settle, cancel).Stop()
	done := make(chan error, 1)
	go func() { done <- wire.Record(ctx, to, server, order) }()
	select {
	case err = <-done:
	case <-ctx.Done():
		err = fmt.Errorf("no recording in %s", mostOnce+order.Settle)
	}
	if err != nil {
		return report(stderr, err, failed)
	}
	return succeeded
}

// usage is for users who start this program by hand.
const usage = "docker pidns starts this program with --proc DIR, --collector proc|bpf|auto, --nonce TEXT, --once ORDER, or --version"

// parse parses options. Package flag is not used, because it would add 60 KB to the program.
func parse(args []string) (options, error) {
	o := options{proc: "/proc", collector: collectorProc}
	values := map[string]*string{"--proc": &o.proc, "--collector": &o.collector, "--nonce": &o.nonce, "--once": &o.once}
	for len(args) > 0 {
		name, value, given := strings.Cut(args[0], "=")
		args = args[1:]
		to := values[name]
		switch {
		case name == "--version" && !given:
			o.version = true
			continue
		case to == nil:
			return o, fmt.Errorf("unknown option %q: %s", name, usage)
		case !given && len(args) == 0:
			return o, fmt.Errorf("option %s needs a value", name)
		case !given:
			value, args = args[0], args[1:]
		}
		*to = value
	}
	if !slices.Contains([]string{collectorProc, collectorBPF, collectorAuto}, o.collector) {
		return o, fmt.Errorf("invalid --collector %q (expected %s, %s or %s)", o.collector, collectorProc, collectorBPF, collectorAuto)
	}
	return o, nil
}

func report(stderr io.Writer, err error, status int) int {
	_, _ = fmt.Fprintf(stderr, "pidns-helper: %v\n", err)
	return status
}
