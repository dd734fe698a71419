package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

var (
	errDenied      = &DeniedError{Endpoint: "unix:///run/fake.sock"}
	errUnreachable = &UnreachableError{Endpoint: "unix:///run/fake.sock", Cause: errors.New("refused")}
)

// At most eight requests are open at once. If the engine hangs, these eight cost one deadline,
// not one each.
func TestNeverMoreThanEightAtOnce(t *testing.T) {
	const number = 20
	refs, sessions := []string{}, map[string]inspect.Exec{}
	for i := range number {
		refs = append(refs, fmt.Sprint("c", i))
		sessions[fmt.Sprint("e", i)] = inspect.Exec{ID: fmt.Sprint("e", i)}
	}
	for name, ask := range map[string]func(context.Context, asker){
		"containers": func(ctx context.Context, a asker) {
			for i, answer := range a.inspectRefs(ctx, refs) {
				if !errors.Is(answer.err, ErrSilent) {
					t.Errorf("%s: %v", refs[i], answer.err)
				}
			}
		},
		"exec sessions": func(ctx context.Context, a asker) {
			if got := a.inspectExecs(ctx, sessions); len(got) != 0 {
				t.Errorf("got %v", got)
			}
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeFacts{budget: time.Second}
			f.script = f.hanging("*", "*")
			before := time.Now()
			ask(t.Context(), asker{rationed(f)})
			if f.most != inspecting || time.Since(before) != 3*time.Second {
				t.Errorf("%s: %d at once, in %s", name, f.most, time.Since(before))
			}
		})
	}
}

// Answers are in the order of the requests, whichever comes first.
func TestInspectRefsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakeFacts{containers: two().Containers, budget: time.Second}
		f.script = f.hanging("Inspect", "demo")
		got := asker{rationed(f)}.inspectRefs(t.Context(), []string{"demo", "other", "nobody"})
		if !errors.Is(got[0].err, ErrSilent) || got[1].container.Name != "other" || !errors.Is(got[2].err, ErrNoSuchContainer) {
			t.Errorf("got %+v", got)
		}
	})
}

// If the engine does not answer about a container, what the list had is kept. A container that
// is gone meanwhile is left out.
func TestInspectAll(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"all answer":    {nil, "demo 101, other 201"},
		"silent":        {ErrSilent, "demo silent, other 201"},
		"refused":       {errDenied, "demo silent, other 201"},
		"anything":      {errors.New("EOF"), "demo silent, other 201"},
		"removed since": {fmt.Errorf("it was: %w", ErrNoSuchContainer), "other 201"},
	} {
		f := &fakeFacts{containers: two().Containers, script: on("Inspect", ID("a"), test.err)}
		list, err := f.List(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range (asker{rationed(f)}).inspectAll(t.Context(), list) {
			if c.Silent {
				got = append(got, c.Name+" silent")
			} else {
				got = append(got, fmt.Sprint(c.Name, " ", c.HostPID))
			}
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s: got %v, want %s", name, got, test.want)
		}
	}
}

// If inspect hangs, the list finds the container by any of its references, or reports that it
// cannot. It has one second.
func TestListed(t *testing.T) {
	for name, test := range map[string]struct {
		ref, hangs, want string
		takes            time.Duration
	}{
		"by name": {"demo", "Inspect", "demo", 0}, "by a beginning": {"aaa", "Inspect", "demo", 0}, "by its ID": {ID("b"), "Inspect", "other", 0},
		"unknown":       {"nobody", "Inspect", "engine-silent: the engine did not answer about nobody in 5s", 0},
		"it hangs too":  {"demo", "List", "the engine did not answer", secondChance},
		"it hangs last": {"nobody", "List", "the engine did not answer", secondChance},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakeFacts{containers: two().Containers, budget: 5 * time.Second}
			f.script = f.hanging(test.hangs, "*")
			before, got := time.Now(), ""
			switch c, problem, err := (asker{rationed(f)}).listed(t.Context(), test.ref); {
			case err != nil:
				got = err.Error()
			case problem != nil:
				got = fmt.Sprintf("%s: %s", problem.Kind, problem.Text)
				if problem.Ref != test.ref {
					t.Errorf("%s: of %s", name, problem.Ref)
				}
			default:
				got = c.Name
			}
			if got != test.want || time.Since(before) != test.takes {
				t.Errorf("%s: got %s in %s", name, got, time.Since(before))
			}
		})
	}
}

// A refusal says what the user can do. For an ambiguous beginning it lists the candidates.
func TestWhyNot(t *testing.T) {
	similar := []inspect.Container{{ID: "ab" + ID("a")[2:], Name: "one", Status: "running"}, {ID: "ab" + ID("b")[2:], Name: "two", Status: "exited"}}
	for name, test := range map[string]struct {
		ref   string
		cause error
		fails script
		want  inspect.Problem
	}{
		"unknown":           {"x", ErrNoSuchContainer, nil, inspect.Problem{Kind: inspect.NoSuchContainer, Ref: "x", Text: "no such container: x", Next: "docker ps -a"}},
		"misspelt":          {"oen", ErrNoSuchContainer, nil, inspect.Problem{Kind: inspect.NoSuchContainer, Ref: "oen", Text: "no such container: oen", Next: "docker ps -a", Meant: "one"}},
		"misspelt, no list": {"oen", ErrNoSuchContainer, on("ListAll", "", ErrSilent), inspect.Problem{Kind: inspect.NoSuchContainer, Ref: "oen", Text: "no such container: oen", Next: "docker ps -a"}},
		"ambiguous": {"ab", errAmbiguous, nil, inspect.Problem{
			Kind: inspect.Ambiguous, Ref: "ab", Text: "ab is ambiguous: one (abaaaaaaaaaa), two (abbbbbbbbbbb)",
		}},
		"refused": {"abb", errAmbiguous, nil, inspect.Problem{Kind: inspect.Unreadable, Ref: "abb", Text: "abb: multiple IDs found with provided prefix"}},
		"no list": {"ab", errors.New("EOF"), on("ListAll", "", ErrSilent), inspect.Problem{Kind: inspect.Unreadable, Ref: "ab", Text: "ab: EOF"}},
	} {
		f := &fakeFacts{containers: similar, script: test.fails}
		if got := (asker{rationed(f)}).whyNot(t.Context(), test.ref, test.cause); got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

// With any number of unknown names, the containers are listed once, and only some names are
// compared with them.
func TestManyUnknownNames(t *testing.T) {
	lists := 0
	f := &fakeFacts{containers: []inspect.Container{{ID: ID("a"), Name: "demo"}}, script: func(_ context.Context, c call) error {
		if c.name == "ListAll" {
			lists++
		}
		return nil
	}}
	a, meant := asker{rationed(f)}, 0
	for range 1000 {
		if a.whyNot(t.Context(), "demoo", ErrNoSuchContainer).Meant == "demo" {
			meant++
		}
	}
	if lists != 1 || meant != mostMeant {
		t.Errorf("listed %d times, %d were meant", lists, meant)
	}
}

// Sessions are ordered by their PIDs, with the command from the events.
func TestInspectExecs(t *testing.T) {
	f := &fakeFacts{execs: []inspect.Exec{{ID: "x", HostPID: 9}, {ID: "y", HostPID: 3, Running: true}}}
	got := asker{rationed(f)}.inspectExecs(t.Context(), map[string]inspect.Exec{"x": {ID: "x", Command: "sh", StartedAt: TakenAt}, "y": {ID: "y"}, "z": {ID: "z"}})
	want := []inspect.Exec{{ID: "y", HostPID: 3, Running: true}, {ID: "x", HostPID: 9, Command: "sh", StartedAt: TakenAt}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Other requests are not made if the engine refuses the user, cannot be reached, or the caller
// no longer waits. A missing answer or a refusal about one container does not affect the others.
func TestIsFatal(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"denied": {fmt.Errorf("list: %w", errDenied), true}, "unreachable": {errUnreachable, true}, "cancelled": {context.Canceled, true},
		"silent": {ErrSilent, false}, "unknown": {ErrNoSuchContainer, false}, "anything": {errors.New("EOF"), false},
		"a deadline": {context.DeadlineExceeded, false},
	} {
		if got := isFatal(test.err); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
