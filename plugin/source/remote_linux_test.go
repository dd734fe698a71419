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
	"testing/synctest"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/wire"
)

// helperPID is the helper's own in the /proc of these tests, and helperShim that of its shim.
const helperPID, helperShim = 701, 700

// writeHelpersProc writes a /proc with a helper in a container, which has the ID e, and reads it.
func writeHelpersProc(t *testing.T, w *World) string {
	t.Helper()
	w.Process(helperShim, 1, "containerd-shim", ShimOf("e")).Process(helperPID, helperShim, "pidns-helper", In("e", helperPID))
	root := writeProc(t, w)
	self := filepath.Join(root, "self")
	if err := errors.Join(os.RemoveAll(self), os.WriteFile(filepath.Join(root, itoa(helperPID), "mountinfo"), nil, 0o600), os.Symlink(itoa(helperPID), self)); err != nil {
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
	without, root := writeProc(t, two()), writeHelpersProc(t, two())
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
		local := &Local{Engine: facts(), ProcRoot: without, Tool: "1.2"}
		want, err := local.Capture(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		remote := &Remote{Engine: facts(), Start: startOn(t, root, helperPID, nil), Tool: "1.2"}
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

// alike takes out when something was asked and read, and where.
func alike(c *inspect.Capture) {
	c.Snapshot.TakenAt, c.Snapshot.Uptime = time.Time{}, 0
	c.Snapshot.Root = ""
	if c.SecondLook != nil {
		c.SecondLook.At = time.Time{}
	}
	for i := range c.Containers {
		c.Containers[i].AnsweredAt = time.Time{}
	}
}

// The helper and its shim are there only for the question: no answer names them, nor their
// container.
func TestHelperIsHidden(t *testing.T) {
	start := startOn(t, writeHelpersProc(t, two()), helperPID, nil)
	for name, q := range map[string]need.Question{
		"tree": need.Tree(nil), "doctor": need.Doctor(nil, time.Millisecond), "snapshot": need.Snapshot(0), "host PIDs": need.HostPIDs(),
	} {
		remote := &Remote{Engine: newRig(two().Container("helper", "e", helperPID)).facts, Start: func(ctx context.Context) (Helper, error) {
			h, err := start(ctx)
			h.ID = ID("e")
			return h, err
		}}
		c, err := remote.Capture(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(c.Containers) != 2 {
			t.Errorf("%s: %d containers", name, len(c.Containers))
		}
		for i := range c.Snapshot.Processes {
			if p := &c.Snapshot.Processes[i]; p.PID >= helperShim {
				t.Errorf("%s: %d %s", name, p.PID, p.Comm)
			}
		}
	}
}

// Who cannot be proved to read the engine's /proc is not believed.
func TestForeignHelper(t *testing.T) {
	for name, test := range map[string]struct {
		root string
		pid  int
		own  int
	}{
		"another PID": {writeHelpersProc(t, one()), 102, helperPID}, "the engine tells none": {writeHelpersProc(t, one()), 0, helperPID}, "it is not in that /proc": {writeProc(t, one()), 101, 0},
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
		remote := &Remote{Engine: newRig(one()).facts, Start: startOn(t, root, helperPID, func(s io.ReadWriteCloser) io.ReadWriteCloser {
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

// A helper that says nothing is waited for a while.
func TestSilentHelper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, there) }()
		remote := &Remote{Engine: newRig(one()).facts, Start: func(context.Context) (Helper, error) { return Helper{Stream: here, PID: 1}, nil }}
		began := time.Now()
		if _, err := remote.Capture(t.Context(), need.Tree(nil)); !errors.Is(err, ErrSilentHelper) || time.Since(began) != greetingTime {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

// A helper that cannot be started, or does not read by the kernel, says so.
func TestRemoteRefuses(t *testing.T) {
	refused := errors.New("refused")
	remote := &Remote{Engine: newRig(one()).facts, Start: func(context.Context) (Helper, error) { return Helper{}, refused }}
	if _, err := remote.Capture(t.Context(), need.Tree(nil)); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	remote = &Remote{Engine: newRig(one()).facts, Start: startOn(t, writeHelpersProc(t, one()), helperPID, nil), Collector: CollectorBPF}
	var collector *CollectorError
	if _, err := remote.Capture(t.Context(), need.Tree(nil)); !errors.As(err, &collector) {
		t.Errorf("got %v", err)
	}
	remote.Collector = CollectorAuto
	if c, err := remote.Capture(t.Context(), need.Tree(nil)); err != nil || c.Collector.Name != inspect.CollectorProc || c.Collector.Reason == "" {
		t.Errorf("got %v", err)
	}
}
