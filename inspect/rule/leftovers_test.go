package rule

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// engineHost is a host whose dockerd uses the containerd that the shim names.
func engineHost(c *inspect.Capture) *inspect.Capture {
	dockerd := process(50, 1, func(p *procfs.Process) { p.Comm = "dockerd" })
	dockerd.NSPIDs, dockerd.Args = []int{50}, procfs.Some([]string{"dockerd", "--containerd", "/run/containerd/containerd.sock"})
	c.Snapshot.Processes = append(c.Snapshot.Processes, dockerd)
	return change(c, 100, func(p *procfs.Process) {
		p.Args = procfs.Some(append(p.Args.Or(nil), "-address", "/run/containerd/containerd.sock"))
	})
}

// leftBehind is a host on which the engine reports this status of the container both times.
func leftBehind(before, after string, more ...procfs.Process) *inspect.Capture {
	c := listed(engineHost(host(process(101, 100, listens(term)), more...)), before, after)
	if before != "running" {
		c.Containers = nil
	}
	return c
}

// A container that the engine reports as exited both times is a leftover. One that comes or goes
// in between is not.
func TestLeftovers(t *testing.T) {
	other := func() *inspect.Capture {
		return change(leftBehind("", ""), 100, func(p *procfs.Process) {
			p.Args = procfs.Some(append(p.Args.Or(nil)[:4], "-address", "/run/other.sock"))
		})
	}
	tests := map[string]struct {
		capture, before *inspect.Capture
		want            []string
	}{
		"running": {leftBehind("running", "running"), nil, nil},
		"exited":  {leftBehind("exited", "exited"), nil, []string{"error 1 process still running, the oldest x (101), but Docker says its container is exited"}},
		"removed": {leftBehind("", ""), nil, []string{"error 1 process still running, the oldest x (101), but Docker no longer knows its container"}},
		"two, of which the later number is the older": {leftBehind("exited", "exited", process(102, 101, func(p *procfs.Process) { p.StartTicks = 7 })), nil, []string{"error 2 processes still running, the oldest x (102)"}},
		"two of them":                       {leftBehind("exited", "exited", process(102, 101)), nil, []string{"error 2 processes still running, the oldest x (101)"}},
		"that call themselves shims":        {change(leftBehind("exited", "exited"), 101, func(p *procfs.Process) { p.Args = procfs.Some([]string{"containerd-shim"}) }), nil, []string{"error 1 process still running, the oldest x (101)"}},
		"starting":                          {leftBehind("exited", "running"), nil, nil},
		"being removed":                     {leftBehind("exited", ""), nil, nil},
		"created, not yet started":          {leftBehind("created", "created"), nil, nil},
		"of another engine":                 {other(), nil, nil},
		"its shim alone, seen once":         {without(leftBehind("exited", "exited"), 101), nil, []string{"note Its shim (100) still runs"}},
		"its shim alone, seen twice":        {without(leftBehind("exited", "exited"), 101), without(leftBehind("exited", "exited"), 101), []string{"warning Its shim (100) still runs"}},
		"its shim alone, it ran before":     {without(leftBehind("exited", "exited"), 101), leftBehind("running", "running"), []string{"note Its shim (100) still runs"}},
		"its shim alone, that is no longer": {without(leftBehind("exited", "exited"), 100, 101), without(leftBehind("exited", "exited"), 101), nil},
		"zombies hold nothing":              {change(leftBehind("exited", "exited"), 101, exited), nil, []string{"note Its shim (100) still runs"}},
	}
	for name, test := range tests {
		var got []string
		for _, f := range findingsOf(t, test.capture, test.before, "leftovers") {
			got = append(got, string(f.Severity)+" "+f.Evidence[0])
		}
		if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A question about some containers does not report what belongs to none of them.
func TestLeftoversAreOfEverything(t *testing.T) {
	ix := inspect.NewIndex(leftBehind("exited", "exited"))
	for everything, want := range map[bool]int{true: 1, false: 0} {
		if got := Check(NewLook(ix, nil, nil, everything), []string{"leftovers"}).Findings; len(got) != want {
			t.Errorf("everything %t: got %+v", everything, got)
		}
	}
}

// What a leftover holds is reported, and what could not be read is not reported as nothing.
func TestLeftoversHold(t *testing.T) {
	read := func(more ...procfs.Resources) *inspect.Capture {
		c := leftBehind("exited", "exited", process(102, 101))
		c.Resources = more
		return c
	}
	holds := func(pid int, resident procfs.Opt[uint64], listening procfs.Opt[[]string]) procfs.Resources {
		for _, p := range read().Snapshot.Processes {
			if p.PID == pid {
				return procfs.Resources{Key: p.Key, ResidentBytes: resident, Listening: listening}
			}
		}
		t.Fatalf("no process %d", pid)
		return procfs.Resources{}
	}
	quiet := procfs.Some([]string{})
	tests := map[string]struct {
		capture *inspect.Capture
		want    []string
	}{
		"both read": {
			read(holds(101, procfs.Some[uint64](3<<20), procfs.Some([]string{"[::]:80", "0.0.0.0:80"})), holds(102, procfs.Some[uint64](1<<20), procfs.Some([]string{"0.0.0.0:80"}))),
			[]string{"They hold up to 4MiB of memory", "They listen on tcp 0.0.0.0:80, [::]:80"},
		},
		"no port": {read(holds(101, procfs.Some[uint64](1<<20), quiet), holds(102, procfs.Some[uint64](1<<20), quiet)), []string{"They hold up to 2MiB of memory"}},
		"ports denied": {
			read(holds(101, procfs.Some[uint64](1<<20), procfs.None[[]string](procfs.Denied)), holds(102, procfs.Some[uint64](1<<20), quiet)),
			[]string{"They hold up to 2MiB of memory", "Not all that they hold could be read"},
		},
		"one unread":    {read(holds(101, procfs.Some[uint64](1<<20), quiet)), []string{"They hold up to 1MiB of memory", "Not all that they hold could be read"}},
		"none was read": {read(), []string{"Not all that they hold could be read"}},
	}
	for name, test := range tests {
		found := findingsOf(t, test.capture, nil, "leftovers")
		if len(found) != 1 || !slices.Equal(found[0].Evidence[1:], test.want) {
			t.Errorf("%s: got %+v, want %q", name, found, test.want)
		}
	}
}

// A container on which the engine hangs is reported with what it left, but not if the engine
// does not answer at all, or if nothing is left.
func TestLeftoversThatHoldTheEngine(t *testing.T) {
	world := func(held *inspect.Held, silent bool) *inspect.Capture {
		c := leftBehind("running", "running", process(110, 1))
		c.Containers[0].Silent, c.Containers[0].Held, c.Engine.Silent = true, held, silent
		return c
	}
	left := &inspect.Held{Shim: 100, Comm: "sleep", PID: 110, Processes: 1}
	for name, test := range map[string]struct {
		capture *inspect.Capture
		want    int
	}{
		"held": {world(left, false), 1}, "a silent engine": {world(left, true), 0}, "its shim alone": {world(&inspect.Held{Shim: 100}, false), 0}, "it runs": {world(nil, false), 0},
	} {
		found := findingsOf(t, test.capture, nil, "leftovers")
		if len(found) != test.want {
			t.Errorf("%s: got %+v", name, found)
			continue
		}
		if test.want > 0 && (found[0].Severity != inspect.SeverityError || found[0].Now != "sudo kill 110" || found[0].Process.PID != 110) {
			t.Errorf("%s: got %+v", name, found[0])
		}
	}
}
