package source

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/wire"
)

// recordedOn is what a helper has recorded of a /proc.
func recordedOn(t *testing.T, root string, settle time.Duration) *Recording {
	t.Helper()
	proc, err := read.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	order, err := wire.ParseOrder(RecordingOrder("1.2", "abc", settle))
	if err != nil {
		t.Fatal(err)
	}
	var lines bytes.Buffer
	if err := wire.Record(t.Context(), &lines, wire.Server{Proc: proc}, order); err != nil {
		t.Fatal(err)
	}
	r, err := ReadRecording(&lines, "abc")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A recording has the answer that the host has, if the host is asked for everything.
func TestRecordedIsAsLocal(t *testing.T) {
	without, root := writeProc(t, two()), writeHelpersProc(t, two())
	const settle = time.Millisecond
	facts := func() Facts {
		f := newRig(two()).facts
		for _, c := range f.known() {
			f.change(c.ID, func(c *inspect.Container) { c.AnsweredAt = time.Now() })
		}
		return f
	}
	want, err := (&Local{Engine: facts(), ProcRoot: without, Tool: "1.2"}).Capture(t.Context(), need.Snapshot(settle))
	if err != nil {
		t.Fatal(err)
	}
	recorded := &Recorded{Recording: recordedOn(t, root, settle), ContainerID: ID("e"), Tool: "1.2", Without: func(*Recording) Facts { return facts() }}
	got, err := recorded.Capture(t.Context(), need.Snapshot(settle))
	if err != nil {
		t.Fatal(err)
	}
	if got.Proof.Verdict != inspect.Yes || !got.Engine.Absent || got.SecondLook == nil || !got.SecondLook.At.Equal(got.Snapshot.TakenAt.Add(settle)) {
		t.Errorf("got %+v, %+v, %+v", got.Proof, got.Engine, got.SecondLook)
	}
	alike(want)
	alike(got)
	want.Threads, want.Proof, want.Engine.Absent, want.Listing = nil, got.Proof, true, got.Listing
	directly, recordedly := encoded(t, want), encoded(t, got)
	if at := difference(directly, recordedly); at >= 0 {
		t.Errorf("directly\n...%s\nrecorded\n...%s", around(directly, at), around(recordedly, at))
	}
}

// Every question is answered from one recording, without the helper and its shim.
func TestRecordedAnswersEveryQuestion(t *testing.T) {
	r := recordedOn(t, writeHelpersProc(t, two()), time.Millisecond)
	recorded := &Recorded{Recording: r, ContainerID: ID("e"), Without: func(*Recording) Facts { return newRig(two()).facts }}
	for name, q := range map[string]need.Question{
		"tree": need.Tree(nil), "zombies": need.Zombies(nil, time.Hour), "doctor": need.Doctor(nil, time.Hour), "limits": need.Limits(nil),
		"signals": need.Signals(nil, 0, false), "namespaces": need.Namespaces(nil), "host PIDs": need.HostPIDs(), "one": need.Tree([]string{"demo"}),
	} {
		c, err := recorded.Capture(t.Context(), q)
		if err != nil || len(c.Containers) != 2 || (c.SecondLook == nil) != (q.Settle == 0) {
			t.Errorf("%s: got %+v, %v", name, c, err)
			continue
		}
		for i := range c.Snapshot.Processes {
			if p := &c.Snapshot.Processes[i]; p.PID >= helperShim {
				t.Errorf("%s: %d %s", name, p.PID, p.Comm)
			}
		}
	}
}

// Without a recorded second look, there is none in an answer.
func TestRecordedOnce(t *testing.T) {
	recorded := &Recorded{Recording: recordedOn(t, writeHelpersProc(t, two()), 0), ContainerID: ID("e"), Without: func(*Recording) Facts { return newRig(two()).facts }}
	c, err := recorded.Capture(t.Context(), need.Zombies(nil, time.Hour))
	if err != nil || c.SecondLook != nil {
		t.Errorf("got %+v, %v", c, err)
	}
}

// A recording of another /proc is not an answer about the engine's host.
func TestForeignRecordingIsRefused(t *testing.T) {
	for name, r := range map[string]*Recorded{
		"another container": {Recording: recordedOn(t, writeHelpersProc(t, two()), 0), ContainerID: ID("a")},
		"no container":      {Recording: recordedOn(t, writeHelpersProc(t, two()), 0)},
		"no shim":           {Recording: recordedOn(t, "/proc", 0), ContainerID: ID("e")},
	} {
		if c, err := r.Capture(t.Context(), need.Tree(nil)); !errors.Is(err, ErrForeignRecording) {
			t.Errorf("%s: got %+v, %v", name, c, err)
		}
	}
}

// Recordings of one /proc have the same ID.
func TestIDOfARecordedProc(t *testing.T) {
	one, two := recordedOn(t, "/proc", 0), recordedOn(t, "/proc", 0)
	if one.ProcID() == "" || one.ProcID() != two.ProcID() {
		t.Errorf("got %q and %q", one.ProcID(), two.ProcID())
	}
}
