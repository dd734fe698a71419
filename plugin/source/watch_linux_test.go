package source

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// followed is an engine that reports its events, of which there are none.
func followed(facts *fakeFacts) *fakeFollower {
	for _, c := range facts.known() {
		facts.change(c.ID, func(c *inspect.Container) { c.AnsweredAt = time.Now() })
	}
	f := &fakeFollower{all: true, streams: make(chan func(context.Context, func(), func(Outdated)) error, 1)}
	f.containers, f.execs, f.peer, f.budget = facts.containers, facts.execs, facts.peer, facts.budget
	f.streams <- func(ctx context.Context, begun func(), _ func(Outdated)) error {
		begun()
		<-ctx.Done()
		return ctx.Err()
	}
	return f
}

// Captures of a watched host are as those of one that is not, and the engine is asked once.
func TestWatchIsAsCapture(t *testing.T) {
	root := writeProc(t, two())
	for name, q := range map[string]need.Question{
		"tree": need.Tree(nil), "zombies": need.Zombies(nil, time.Millisecond), "doctor": need.Doctor(nil, time.Millisecond), "limits": need.Limits(nil),
	} {
		want, err := (&Local{Engine: followed(newRig(two()).facts), ProcRoot: root, Tool: "1.2"}).Capture(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		engine := followed(newRig(two()).facts)
		w, err := (&Local{Engine: engine, ProcRoot: root, Tool: "1.2"}).Watch(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for range 3 {
			got, err := w.Capture(t.Context(), q)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for i := range want.Containers {
				got.Containers[i].AnsweredAt = want.Containers[i].AnsweredAt
			}
			alike(want)
			alike(got)
			if at := difference(encoded(t, want), encoded(t, got)); at >= 0 {
				t.Errorf("%s: once\n...%s\nwatched\n...%s", name, around(encoded(t, want), at), around(encoded(t, got), at))
			}
		}
		for _, asked := range []string{"List", "ListAll", "Inspect", "PeerPID"} {
			if n := engine.times(asked, "*"); n > 2 || n > 1 && asked != "Inspect" {
				t.Errorf("%s: %s was asked %d times", name, asked, n)
			}
		}
		if s := w.State(); !s.Followed || s.Err != nil {
			t.Errorf("%s: %+v", name, s)
		}
		if err := w.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An engine that reports no events, and a host without an engine, can be watched too.
func TestWatchWithoutEvents(t *testing.T) {
	facts := newRig(two()).facts
	w, err := (&Local{Engine: facts, ProcRoot: writeProc(t, two())}).Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if c, err := w.Capture(t.Context(), need.Tree(nil)); err != nil || len(c.Containers) != 2 {
			t.Errorf("got %v", err)
		}
	}
	if n := facts.times("List", ""); n != 2 || w.State() != (EngineState{}) {
		t.Errorf("asked %d times, %+v", n, w.State())
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if _, err := (&Local{ProcRoot: t.TempDir() + "/none"}).Watch(t.Context()); err == nil {
		t.Error("a /proc that does not exist is watched")
	}
}

// One helper serves all captures. If it ends, the next capture has another one.
func TestWatchThroughHelpers(t *testing.T) {
	root := writeHelpersProc(t, two())
	var streams atomic.Pointer[io.ReadWriteCloser]
	start := startOn(t, root, helperPID, func(s io.ReadWriteCloser) io.ReadWriteCloser {
		streams.Store(&s)
		return s
	})
	started := 0
	remote := &Remote{Engine: followed(newRig(two()).facts), Start: func(ctx context.Context) (Helper, error) {
		started++
		return start(ctx)
	}}
	w, err := remote.Watch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	capture := func() error {
		c, err := w.Capture(t.Context(), need.Doctor(nil, time.Millisecond))
		if err == nil && (len(c.Containers) != 2 || c.Proof.Verdict != inspect.Yes) {
			t.Errorf("got %d containers", len(c.Containers))
		}
		return err
	}
	if err := errors.Join(capture(), capture()); err != nil || started != 1 {
		t.Fatalf("%d helpers, %v", started, err)
	}
	_ = (*streams.Load()).Close()
	if err := capture(); err == nil {
		t.Error("half a capture is an answer")
	}
	if err := errors.Join(capture(), capture()); err != nil || started != 2 {
		t.Errorf("%d helpers, %v", started, err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if _, err := (*streams.Load()).Read(make([]byte, 1)); err == nil {
		t.Error("the helper still runs")
	}
}
