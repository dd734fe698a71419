package rule

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

const term = procfs.SIGTERM

// findingsOf are what the rules with these IDs, or all, find in a capture.
func findingsOf(t *testing.T, c, before *inspect.Capture, ids ...string) []Finding {
	t.Helper()
	ix := inspect.NewIndex(c)
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	var earlier *inspect.Index
	if before != nil {
		earlier = inspect.NewIndex(before)
	}
	if len(ids) == 0 {
		ids = IDs()
	}
	return Check(NewLook(ix, earlier, chosen, true), ids).Findings
}

// listed gives the capture the engine's list of containers, with this status before and after.
func listed(c *inspect.Capture, before, after string) *inspect.Capture {
	list := func(status string) []inspect.Listed {
		if status == "" {
			return nil
		}
		return []inspect.Listed{{ID: c.Containers[0].ID, Name: "demo", Status: status}}
	}
	c.Listing = &inspect.Listing{Before: list(before), After: list(after), Daemon: 50}
	return c
}

// change changes the process with this PID.
func change(c *inspect.Capture, pid int, f func(*procfs.Process)) *inspect.Capture {
	for i := range c.Snapshot.Processes {
		if p := &c.Snapshot.Processes[i]; p.PID == pid {
			f(p)
		}
	}
	return c
}

func without(c *inspect.Capture, pids ...int) *inspect.Capture {
	c.Snapshot.Processes = slices.DeleteFunc(c.Snapshot.Processes, func(p procfs.Process) bool { return slices.Contains(pids, p.PID) })
	return c
}

// withFirst gives the host its first process.
func withFirst(c *inspect.Capture) *inspect.Capture {
	first := process(1, 0)
	first.NSPIDs = []int{1}
	c.Snapshot.Processes = append(c.Snapshot.Processes, first)
	return c
}

// again makes the second look find the container as the first did.
func again(c *inspect.Capture) *inspect.Capture {
	c.SecondLook.Unserved = []string{c.Containers[0].ID}
	return c
}

// A main process without a shim, and a shim or an engine without the main process, are found
// only at the second look, and only if the parent is known not to be a shim.
func TestWithoutShimOrMain(t *testing.T) {
	well := func() *inspect.Capture {
		return listed(withFirst(host(process(101, 100, listens(term)))), "running", "running")
	}
	orphaned := func() *inspect.Capture {
		return change(without(well(), 100), 101, func(p *procfs.Process) { p.ParentPID = 1 })
	}
	ended := func() *inspect.Capture { return without(well(), 101) }
	tests := map[string]struct {
		capture *inspect.Capture
		want    string
	}{
		"healthy":                     {again(well()), ""},
		"no shim":                     {again(orphaned()), "container-without-shim"},
		"no shim, seen once":          {orphaned(), ""},
		"no shim, starting":           {again(listed(orphaned(), "created", "running")), ""},
		"no shim, just ended":         {again(listed(orphaned(), "running", "exited")), ""},
		"no shim, not all was read":   {again(func() *inspect.Capture { c := orphaned(); c.Snapshot.Whole = false; return c }()), ""},
		"no shim, a silent engine":    {again(func() *inspect.Capture { c := orphaned(); c.Containers[0].Silent = true; return c }()), ""},
		"a parent of an unknown kind": {again(change(orphaned(), 101, func(p *procfs.Process) { p.ParentPID = 60 })), ""},
		"ended":                       {again(ended()), "end-unnoticed"},
		"ended, seen once":            {ended(), ""},
		"ended, with its shim":        {again(without(ended(), 100)), "end-unnoticed"},
		"a zombie":                    {again(change(well(), 101, exited)), "end-unnoticed"},
		"the engine is elsewhere":     {again(func() *inspect.Capture { c := ended(); c.Proof.Verdict = inspect.Unknown; return c }()), ""},
	}
	for name, test := range tests {
		got := ""
		for _, f := range findingsOf(t, test.capture, nil, "container-without-shim", "end-unnoticed") {
			got += f.Rule
			if f.Severity != inspect.SeverityError || f.Now == "" {
				t.Errorf("%s: got %+v", name, f)
			}
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// hanging puts the shim into a state, with each of its threads at the second look.
func hanging(state procfs.State, channel string, threads ...procfs.State) *inspect.Capture {
	c := host(process(101, 100, listens(term)))
	change(c, 100, func(p *procfs.Process) { p.State = state })
	a := procfs.Attention{Key: procfs.Key{PID: 100, StartTicks: 1}}
	for i, s := range threads {
		a.Threads = append(a.Threads, procfs.ThreadAttention{TID: 100 + i, State: s, WaitChannel: procfs.Some(channel)})
	}
	c.Attention = append(c.Attention, a)
	return c
}

func traced(c *inspect.Capture) *inspect.Capture {
	c.Snapshot.Processes = append(c.Snapshot.Processes, process(77, 1, func(p *procfs.Process) { p.Comm = "gdb" }))
	return change(c, 100, func(p *procfs.Process) { p.TracerPID = 77 })
}

func silent(c *inspect.Capture) *inspect.Capture {
	c.Containers[0].Silent = true
	return c
}

// What stops a shim is named. A shim that has a state only for a moment is not reported.
func TestHungShims(t *testing.T) {
	tests := map[string]struct {
		capture *inspect.Capture
		want    string
	}{
		"stopped":                        {hanging("T", "do_signal_stop", "T", "T"), "error shim-stopped: Its shim (100) is stopped, so docker exec, top and stop hang"},
		"traced":                         {traced(hanging("t", "ptrace_stop", "t", "t")), "error shim-hung: gdb (77) traces its shim (100)"},
		"traced, and on its way":         {traced(hanging("t", "ptrace_stop", "t", "S")), ""},
		"traced, asleep":                 {traced(hanging("S", "futex_do_wait", "S", "S")), ""},
		"frozen":                         {hanging("D", "__refrigerator", "D", "D"), "error shim-hung: Its shim (100) is in a frozen control group, so docker exec, top and stop hang"},
		"in uninterruptible sleep":       {hanging("D", "nfs_wait", "D", "D"), "error shim-hung: Every thread of its shim (100) is in uninterruptible sleep (State D), so docker exec, top and stop hang"},
		"one look at D":                  {hanging("D", "", "S", "D"), ""},
		"nothing but silence":            {silent(hanging("S", "futex_do_wait", "S", "S")), "warning shim-hung: Docker does not answer about it, but answers about other containers"},
		"silence, frozen by version 2":   {silent(hanging("S", "do_freezer_trap", "S", "S")), "error shim-hung: Its shim (100) is in a frozen control group, so docker exec, top and stop hang"},
		"the engine says nothing of any": {func() *inspect.Capture { c := silent(hanging("S", "", "S")); c.Engine.Silent = true; return c }(), ""},
		"in ordinary sleep, as all are":  {hanging("S", "futex_do_wait", "S", "S"), ""},
	}
	for name, test := range tests {
		got := ""
		for _, f := range findingsOf(t, test.capture, nil, "shim-stopped", "shim-hung") {
			got += string(f.Severity) + " " + f.Rule + ": " + f.Evidence[0]
			if f.Process == nil || f.Process.PID != 100 || f.Now == "" {
				t.Errorf("%s: got %+v", name, f)
			}
		}
		if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// If the engine did not answer, nothing is inferred from its missing answers: neither about the
// stop signal nor about the host's network.
func TestSilentContainersAreNotJudgedByDefaults(t *testing.T) {
	c := host(process(101, 100, func(p *procfs.Process) {
		p.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.NetNamespace: procfs.Some[uint64](5)}
	}))
	c.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.NetNamespace: procfs.Some[uint64](5)}
	if got := check(t, c, nil); !slices.Equal(got, []string{"warning stop-ignored", "warning undeclared-host-namespace"}) {
		t.Errorf("it answers: got %q", got)
	}
	c = silent(c)
	c.Engine.Silent = true
	if got := check(t, c, nil); len(got) != 0 {
		t.Errorf("it is silent: got %q", got)
	}
}
