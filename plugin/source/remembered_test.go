package source

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// fakeFollower is a fakeFacts whose events are under the control of a test.
type fakeFollower struct {
	fakeFacts
	// all is false for an engine that does not report everything.
	all bool
	// streams has one function for each attempt to follow. It returns when the stream ends.
	streams chan func(context.Context, func(), func(Outdated)) error
	pinged  func(context.Context) error
	renewed int
}

func (f *fakeFollower) Follow(ctx context.Context, begun func(), outdated func(Outdated)) error {
	select {
	case stream := <-f.streams:
		return stream(ctx, begun, outdated)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *fakeFollower) Ping(ctx context.Context) error {
	if f.pinged == nil {
		return nil
	}
	return f.pinged(ctx)
}

func (f *fakeFollower) ReportsAll(context.Context) bool { return f.all }
func (f *fakeFollower) Renew()                          { f.renewed++ }

func remembering(t *testing.T) (*remembered, *fakeFollower) {
	t.Helper()
	f := &fakeFollower{all: true, fakeFacts: fakeFacts{
		containers: []inspect.Container{{ID: "a", Name: "web", Status: "running", ExecIDs: []string{"x"}}, {ID: "b", Name: "db", Status: "running"}},
		execs:      []inspect.Exec{{ID: "x", ContainerID: "a", Running: true}},
	}}
	r := newRemembered(f)
	r.setTrusted(true)
	return r, f
}

// ask asks for everything twice, as two captures do.
func askAll(t *testing.T, r *remembered) {
	t.Helper()
	for range 2 {
		for _, ref := range []string{"a", "b", "none"} {
			if _, err := r.Inspect(t.Context(), ref); err != nil && !errors.Is(err, ErrNoSuchContainer) {
				t.Fatal(err)
			}
		}
		for _, all := range []bool{true, false} {
			if list, err := r.List(t.Context(), all); err != nil || len(list) != 2 {
				t.Fatalf("got %v, %v", list, err)
			}
		}
		if _, err := r.Exec(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.PeerPID(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Only what an event has made doubtful is asked again.
func TestRememberedUntilAnEvent(t *testing.T) {
	type counts struct{ a, b, none, lists, sessions, peer int }
	for name, test := range map[string]struct {
		happens func(*remembered)
		want    counts
	}{
		"nothing":                {func(*remembered) {}, counts{1, 1, 1, 1, 1, 1}},
		"an exec session":        {func(r *remembered) { r.change(Outdated{ContainerID: "a"}) }, counts{2, 1, 1, 1, 2, 1}},
		"another one is stopped": {func(r *remembered) { r.change(Outdated{ContainerID: "b", Lists: true}) }, counts{1, 2, 2, 2, 1, 1}},
		"the engine is reloaded": {func(r *remembered) { r.change(Outdated{}) }, counts{2, 2, 2, 2, 2, 2}},
		"the stream ends":        {func(r *remembered) { r.setTrusted(false) }, counts{3, 3, 3, 3, 3, 3}},
		"the stream begins":      {func(r *remembered) { r.setTrusted(true) }, counts{2, 2, 2, 2, 2, 2}},
		"/proc contradicts":      {func(r *remembered) { r.doubt([]string{"a"}) }, counts{2, 1, 1, 2, 2, 1}},
		"/proc does not":         {func(r *remembered) { r.doubt(nil) }, counts{1, 1, 1, 1, 1, 1}},
		"a minute": {func(r *remembered) {
			r.now = func() time.Time { return time.Now().Add(mostAge) }
		}, counts{2, 2, 2, 2, 2, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			r, f := remembering(t)
			askAll(t, r)
			test.happens(r)
			askAll(t, r)
			got := counts{f.times("Inspect", "a"), f.times("Inspect", "b"), f.times("Inspect", "none"), f.times("List", ""), f.times("Exec", "x"), f.times("PeerPID", "")}
			if got != test.want {
				t.Errorf("asked %+v, want %+v", got, test.want)
			}
		})
	}
}

// A name can be given to another container, so an answer about a name is not kept.
func TestNamesAreAskedAgain(t *testing.T) {
	r, f := remembering(t)
	for range 3 {
		if c, err := r.Inspect(t.Context(), "web"); err != nil || c.ID != "a" {
			t.Fatalf("got %v, %v", c, err)
		}
	}
	if n := f.times("Inspect", "web"); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
}

// An answer that was on its way while the container changed may be from before.
func TestAnswerOvertakenByAnEvent(t *testing.T) {
	r, f := remembering(t)
	f.script = func(_ context.Context, c call) error {
		if c.nth == 1 {
			r.change(Outdated{ContainerID: "a", Lists: true})
		}
		return nil
	}
	for range 3 {
		if _, err := r.Inspect(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.times("Inspect", "a"); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
}

// What is returned belongs to the caller.
func TestRememberedListsAreCopies(t *testing.T) {
	r, _ := remembering(t)
	for range 2 {
		list, err := r.List(t.Context(), false)
		if err != nil || list[0].ID != "a" {
			t.Fatalf("got %v, %v", list, err)
		}
		list[0].ID = "changed"
	}
}

// An engine goes away, comes back, and hangs. It is followed again each time, and what was
// remembered of it is used only while it is.
func TestFollowing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, f := remembering(t)
		f.budget = 5 * time.Second
		f.streams = make(chan func(context.Context, func(), func(Outdated)) error)
		follows := follow(t.Context(), f)
		defer follows.end()
		gone := errors.New("gone")
		inspects := func(want int) {
			t.Helper()
			for range 3 {
				if _, err := follows.Inspect(t.Context(), "b"); err != nil {
					t.Fatal(err)
				}
			}
			if n := f.times("Inspect", "b"); n != want {
				t.Errorf("asked %d times, want %d", n, want)
			}
		}
		inspects(3) // not followed yet
		ends := make(chan struct{})
		stream := func(_ context.Context, begun func(), _ func(Outdated)) error {
			begun()
			<-ends
			return gone
		}
		f.streams <- stream
		synctest.Wait()
		inspects(4)
		if !follows.current().Followed {
			t.Error("not followed")
		}
		ends <- struct{}{}
		synctest.Wait()
		inspects(7)
		f.streams <- stream
		synctest.Wait()
		inspects(8)
		ends <- struct{}{}
		began := time.Now()
		f.streams <- func(ctx context.Context, _ func(), _ func(Outdated)) error { // hangs
			<-ctx.Done()
			return ctx.Err()
		}
		f.streams <- stream
		synctest.Wait()
		if waited := time.Since(began); waited < f.budget || waited > f.budget+2*mostPause {
			t.Errorf("waited %s for an engine that hangs", waited)
		}
		f.all = false
		ends <- struct{}{}
		f.streams <- stream
		synctest.Wait()
		inspects(11) // it keeps some events to itself
		close(ends)
	})
}

// Whether the engine answers is known after each capture.
func TestStateOfAFollowedEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, f := remembering(t)
		f.budget = 5 * time.Second
		f.streams = make(chan func(context.Context, func(), func(Outdated)) error, 1)
		f.streams <- func(ctx context.Context, begun func(), _ func(Outdated)) error {
			begun()
			<-ctx.Done()
			return ctx.Err()
		}
		follows := follow(t.Context(), f)
		defer follows.end()
		follows.begin(t.Context())()
		if s := follows.current(); !s.Followed || s.Err != nil || !s.Since.IsZero() {
			t.Errorf("got %+v", s)
		}
		f.pinged = func(ctx context.Context) error { <-ctx.Done(); return ErrSilent }
		began := time.Now()
		for range 3 {
			follows.begin(t.Context())()
		}
		if s := follows.current(); !s.Followed || !errors.Is(s.Err, ErrSilent) || !s.Since.Equal(began.Add(mostPing)) {
			t.Errorf("got %+v, silent since %s", s, began)
		}
		f.pinged = nil
		follows.begin(t.Context())()
		if s := follows.current(); s.Err != nil || !s.Since.IsZero() {
			t.Errorf("got %+v", s)
		}
		if f.renewed != 5 {
			t.Errorf("renewed %d times, want 5", f.renewed)
		}
	})
}
