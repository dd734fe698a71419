package rule

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Every rule has a heading and its documentation, and its ID is a stable word.
func TestRulesAreDocumented(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, r := range All() {
		if !word.MatchString(r.ID) || seen[r.ID] || Rank(r.Worst) < 0 || r.check == nil {
			t.Errorf("%q: severity %q, twice: %v", r.ID, r.Worst, seen[r.ID])
		}
		seen[r.ID] = true
		if n := len(r.Title); n == 0 || n > 70 || strings.HasSuffix(r.Title, ".") {
			t.Errorf("%s: the title has %d characters: %q", r.ID, n, r.Title)
		}
		if isLower := unicode.IsLower(rune(r.Title[0])); isLower && !strings.HasPrefix(r.Title, "docker ") {
			t.Errorf("%s: the title starts neither with a capital letter nor with a command: %q", r.ID, r.Title)
		}
		for name, text := range map[string]string{"means": r.Means, "matters": r.Matters, "proof": r.Proof, "mend": r.Mend} {
			if text == "" || !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "wait") {
				t.Errorf("%s: %s is %q", r.ID, name, text)
			}
		}
	}
}

// host is a capture of one container whose PID 1 is process 101, with a shim, and the signal
// handling of its processes.
func host(main procfs.Process, more ...procfs.Process) *inspect.Capture {
	id := strings.Repeat("a", 64)
	group := procfs.Some([]procfs.Cgroup{{Path: "/docker/" + id}})
	taken := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := &inspect.Capture{
		Proof:      inspect.HostProof{Verdict: inspect.Yes, By: "test"},
		SecondLook: &inspect.Look{At: taken.Add(time.Second)},
		Containers: []inspect.Container{{ID: id, Name: "demo", Status: "running", HostPID: 101, AnsweredAt: taken, StopTimeout: 10 * time.Second}},
		Snapshot:   procfs.Snapshot{Root: "/proc", TakenAt: taken, Uptime: 1000 * time.Second, Whole: true},
	}
	shim := procfs.Process{Key: procfs.Key{PID: 100, StartTicks: 1}, ParentPID: 1, State: "S", Comm: "containerd-shim", Threads: 9, NSPIDs: []int{100},
		Args: procfs.Some([]string{"/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", id})}
	for i, p := range append([]procfs.Process{shim, main}, more...) {
		if i > 0 {
			p.Cgroups, p.NSPIDs = group, []int{p.PID, p.PID - 100}
			c.Attention = append(c.Attention, procfs.Attention{
				Key: p.Key, SignalFDs: procfs.Some([]procfs.SignalSet{}),
				Program: procfs.Some(procfs.Program{Path: "/bin/" + p.Comm, Bits: 64, Waits: procfs.Some([]string{})}),
				Threads: []procfs.ThreadAttention{{
					TID: p.PID, State: p.State, Blocked: p.Signals.Blocked, Syscall: procfs.Some(procfs.Syscall{Name: "pause"}),
					Awaited: procfs.None[procfs.SignalSet](procfs.NotHeld), TimeoutNS: procfs.None[int64](procfs.NotHeld),
				}},
			})
		}
		if p.IsZombie() {
			c.SecondLook.Zombies = append(c.SecondLook.Zombies, procfs.ZombieSeen{Key: p.Key, ParentPID: p.ParentPID})
		}
		c.Snapshot.Processes = append(c.Snapshot.Processes, p)
	}
	return c
}

func process(pid, parent int, change ...func(*procfs.Process)) procfs.Process {
	p := procfs.Process{Key: procfs.Key{PID: pid, StartTicks: uint64(pid)}, ParentPID: parent, State: "S", Comm: "x", Threads: 1, SID: pid}
	for _, f := range change {
		f(&p)
	}
	return p
}

func exited(p *procfs.Process) {
	p.State, p.WaitStatus = procfs.StateZombie, procfs.Some(procfs.WaitStatus(0))
}

func listens(n int) func(*procfs.Process) {
	return func(p *procfs.Process) { p.Signals.Caught |= 1 << (n - 1) }
}

func check(t *testing.T, c *inspect.Capture, before *inspect.Capture) (got []string) {
	t.Helper()
	ix := inspect.NewIndex(c)
	chosen, problems := ix.Choose(nil, inspect.Filter{})
	if len(chosen) != 1 || len(problems) != 0 {
		t.Fatalf("chosen %v, problems %v", chosen, problems)
	}
	var earlier *inspect.Index
	if before != nil {
		earlier = inspect.NewIndex(before)
	}
	for _, f := range Check(NewLook(ix, earlier, chosen, true), IDs()).Findings {
		if len(f.Evidence) == 0 || f.Container == nil {
			t.Errorf("got %+v", f)
		}
		got = append(got, string(f.Severity)+" "+f.Rule)
	}
	return got
}

func TestCheck(t *testing.T) {
	const term = procfs.SIGTERM
	halfDead := process(101, 100, listens(term))
	halfDead.State, halfDead.Threads = procfs.StateZombie, 3
	tests := map[string]struct {
		capture *inspect.Capture
		want    []string
	}{
		"healthy":           {host(process(101, 100, listens(term))), nil},
		"no handler":        {host(process(101, 100)), []string{"warning stop-ignored"}},
		"another handler":   {host(process(101, 100, listens(procfs.SIGINT))), []string{"warning stop-signal-mismatch"}},
		"an adopted zombie": {host(process(101, 100, listens(term)), process(102, 101, exited, func(p *procfs.Process) { p.SID = 90 })), []string{"warning zombies-unreaped"}},
		"its own zombie":    {host(process(101, 100, listens(term)), process(102, 101, exited)), []string{"note zombies-unreaped"}},
		"half dead":         {host(halfDead), []string{"error main-thread-exited"}},
	}
	for name, test := range tests {
		if got := check(t, test.capture, nil); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A label silences a rule for its container, and that is counted.
func TestSkipLabel(t *testing.T) {
	c := host(process(101, 100))
	c.Containers[0].Labels = map[string]string{SkipLabel: "double-init, stop-ignored"}
	ix := inspect.NewIndex(c)
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	if r := Check(NewLook(ix, nil, chosen, true), IDs()); len(r.Findings) != 0 || r.Skipped != 1 {
		t.Errorf("got %+v", r)
	}
}

// Without an engine that answers, the rules that judge what only an engine says are not
// checked, and not counted as checked.
func TestRulesWithoutEngine(t *testing.T) {
	for name, change := range map[string]func(*inspect.Engine){
		"none was asked": func(e *inspect.Engine) { e.Absent = true },
		"silent":         func(e *inspect.Engine) { e.Silent = true },
	} {
		c := host(process(101, 100))
		change(&c.Engine)
		r := Check(NewLook(inspect.NewIndex(c), nil, nil, true), IDs())
		var unasked []string
		for _, rule := range r.Unasked {
			unasked = append(unasked, rule.ID)
		}
		if want := []string{"container-without-shim", "end-unnoticed", "leftovers", "restart-loop", "exec-long-running"}; !slices.Equal(unasked, want) || r.Rules != len(IDs())-len(want) {
			t.Errorf("%s: %d rules, not checked %q", name, r.Rules, unasked)
		}
	}
	if r := Check(NewLook(inspect.NewIndex(host(process(101, 100))), nil, nil, true), IDs()); len(r.Unasked) != 0 || r.Rules != len(IDs()) {
		t.Errorf("with an engine: got %+v", r)
	}
}

// Without the right to trace, rules that need it are counted as blind, and no finding is
// certain.
func TestBlind(t *testing.T) {
	c := host(process(101, 100))
	for i := range c.Attention {
		a := &c.Attention[i]
		a.SignalFDs, a.Program = procfs.None[[]procfs.SignalSet](procfs.Denied), procfs.None[procfs.Program](procfs.Denied)
		a.Threads[0].Syscall, a.Threads[0].Awaited = procfs.None[procfs.Syscall](procfs.Denied), procfs.None[procfs.SignalSet](procfs.Denied)
	}
	ix := inspect.NewIndex(c)
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	r := Check(NewLook(ix, nil, chosen, true), IDs())
	if len(r.Findings) != 0 || r.Blind == 0 || r.Blind != len(r.BlindRules) {
		t.Errorf("got %+v", r)
	}
	if one := Check(NewLook(ix, nil, chosen, true), []string{"init-dropped"}); one.Rules != 1 || one.Blind != 0 {
		t.Errorf("a rule that needs no rights: %+v", one)
	}
}

func TestAtLeast(t *testing.T) {
	order := []inspect.Severity{inspect.SeverityError, inspect.SeverityWarning, inspect.SeverityNote}
	for i, a := range order {
		for j, b := range order {
			if AtLeast(a, b) != (i <= j) {
				t.Errorf("%s is as bad as %s: %v", a, b, AtLeast(a, b))
			}
		}
	}
}
