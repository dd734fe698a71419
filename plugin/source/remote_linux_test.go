package source

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/wire"
)

// writeHelpersProc writes a /proc in which the reader is process 101.
func writeHelpersProc(t *testing.T, w *World) string {
	t.Helper()
	root := writeProc(t, w)
	self := filepath.Join(root, "self")
	if err := errors.Join(os.RemoveAll(self), os.WriteFile(filepath.Join(root, "101", "mountinfo"), nil, 0o600), os.Symlink("101", self)); err != nil {
		t.Fatal(err)
	}
	return root
}

// startOn starts a helper that reads a /proc, as an engine would.
func startOn(t *testing.T, root string, pid int, wrap func(io.ReadWriteCloser) io.ReadWriteCloser) func(context.Context) (Helper, error) {
	t.Helper()
	proc, err := read.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return func(context.Context) (Helper, error) {
		here, there := net.Pipe()
		go func() {
			_ = wire.Serve(context.Background(), there, wire.Server{Proc: proc, Nonce: "abc"})
			_ = there.Close()
		}()
		var stream io.ReadWriteCloser = here
		if wrap != nil {
			stream = wrap(stream)
		}
		return Helper{Stream: stream, Nonce: "abc", PID: pid}, nil
	}
}

// Through a helper every question has the answer that it has on the engine's own host.
func TestRemoteIsAsLocal(t *testing.T) {
	root := writeHelpersProc(t, two())
	settle := time.Millisecond
	for name, q := range map[string]need.Question{
		"tree of one": need.Tree([]string{"demo"}), "tree of all": need.Tree(nil), "main PID": need.MainPID("demo", true),
		"zombies of one": need.Zombies([]string{"demo"}, settle), "zombies of all": need.Zombies(nil, settle),
		"doctor": need.Doctor(nil, settle), "limits": need.Limits(nil), "signals": need.Signals(nil, 0, false),
		"host PIDs": need.HostPIDs(), "snapshot": need.Snapshot(settle), "one that is unknown": need.Tree([]string{"nobody"}),
	} {
		facts := func() Facts {
			f := newRig(two()).facts
			for _, c := range f.known() {
				f.change(c.ID, func(c *inspect.Container) { c.AnsweredAt = time.Now() })
			}
			return f
		}
		local := &Local{Engine: facts(), ProcRoot: root, Tool: "1.2"}
		want, err := local.Capture(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		remote := &Remote{Engine: facts(), Start: startOn(t, root, 101, nil), Tool: "1.2"}
		got, err := remote.Capture(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got.Proof.Verdict != inspect.Yes || got.Collector.Name != inspect.CollectorProc {
			t.Errorf("%s: proved %+v, by %+v", name, got.Proof, got.Collector)
		}
		alike(want)
		alike(got)
		directly, through := encoded(t, want), encoded(t, got)
		if at := difference(directly, through); at >= 0 {
			t.Errorf("%s: directly\n...%s\nthrough a helper\n...%s", name, around(directly, at), around(through, at))
		}
	}
}

// alike takes out the moments at which something was asked and read.
func alike(c *inspect.Capture) {
	c.Snapshot.TakenAt, c.Snapshot.Uptime = time.Time{}, 0
	if c.SecondLook != nil {
		c.SecondLook.At = time.Time{}
	}
	for i := range c.Containers {
		c.Containers[i].AnsweredAt = time.Time{}
	}
}

// Who cannot be proved to read the engine's /proc is not believed.
func TestForeignHelper(t *testing.T) {
	for name, test := range map[string]struct {
		root string
		pid  int
		own  int
	}{
		"another PID": {writeHelpersProc(t, one()), 102, 101}, "the engine tells none": {writeHelpersProc(t, one()), 0, 101}, "it is not in that /proc": {writeProc(t, one()), 101, 0},
	} {
		remote := &Remote{Engine: newRig(one()).facts, Start: startOn(t, test.root, test.pid, nil)}
		c, err := remote.Capture(t.Context(), need.Tree(nil))
		var foreign *ForeignHelperError
		if c != nil || !errors.As(err, &foreign) || foreign.Own != test.own || foreign.PID != test.pid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// cutAfter is a stream that ends after so many bytes were read.
type cutAfter struct {
	io.ReadWriteCloser
	left atomic.Int64
}

func (c *cutAfter) Read(p []byte) (int, error) {
	left := int(c.left.Load())
	if left <= 0 {
		return 0, io.EOF
	}
	n, err := c.ReadWriteCloser.Read(p[:min(len(p), left)])
	c.left.Add(int64(-n))
	return n, err
}

// A stream that ends anywhere ends the capture with an error: half of one is never an answer.
func TestCutHelper(t *testing.T) {
	root := writeHelpersProc(t, one())
	for left := int64(0); ; left += 97 {
		cut := &cutAfter{}
		cut.left.Store(left)
		remote := &Remote{Engine: newRig(one()).facts, Start: startOn(t, root, 101, func(s io.ReadWriteCloser) io.ReadWriteCloser {
			cut.ReadWriteCloser = s
			return cut
		})}
		c, err := remote.Capture(t.Context(), need.Doctor(nil, time.Millisecond))
		if err == nil && cut.left.Load() > 0 {
			return // all of it was read
		}
		if c != nil || !errors.Is(err, wire.ErrEnded) {
			t.Fatalf("after %d bytes: %v", left, err)
		}
	}
}

// A helper that cannot be started, or does not read by the kernel, says so.
func TestRemoteRefuses(t *testing.T) {
	refused := errors.New("refused")
	remote := &Remote{Engine: newRig(one()).facts, Start: func(context.Context) (Helper, error) { return Helper{}, refused }}
	if _, err := remote.Capture(t.Context(), need.Tree(nil)); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	remote = &Remote{Engine: newRig(one()).facts, Start: startOn(t, writeHelpersProc(t, one()), 101, nil), Collector: CollectorBPF}
	var collector *CollectorError
	if _, err := remote.Capture(t.Context(), need.Tree(nil)); !errors.As(err, &collector) {
		t.Errorf("got %v", err)
	}
	remote.Collector = CollectorAuto
	if c, err := remote.Capture(t.Context(), need.Tree(nil)); err != nil || c.Collector.Name != inspect.CollectorProc || c.Collector.Reason == "" {
		t.Errorf("got %v", err)
	}
}
