package shim_test

import (
	"fmt"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// shimless is a container that runs according to the engine, before and after, whose main
// process was adopted by the host's first process.
func shimless(before, after string) *World {
	return NewWorld().Container("demo", "a", 101).Listed("demo", "a", before, after).
		Process(1, 0, "systemd").Dockerd(50).Process(101, 1, "app", In("a", 1), NS(7))
}

// endedUnheard is a container whose main process is gone while its shim is left. Another
// container runs normally beside it.
func endedUnheard(before, after string) *World {
	return shimless(before, after).Without(101).Process(100, 1, "containerd-shim", ShimOf("a")).
		Container("well", "b", 201).Listed("well", "b", "running", "running").
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "app", In("b", 1), NS(8))
}

// A container without its shim or its main process is found if all processes were seen and the
// engine reported twice that it runs. The second look confirms it.
func TestFindUnserved(t *testing.T) {
	with := func(w *World, change func(*World)) *World { change(w); return w }
	is := func(status string) func(*inspect.Container) { return func(c *inspect.Container) { c.Status = status } }
	hides := func(w *World) { w.Host.HidePID, w.Host.EUID = "2", 1000 }
	const noShim, ended = "demo main 101", "demo shim 100"
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"no shim":                               {shimless("running", "running"), noShim},
		"no shim, at both looks":                {shimless("running", "running").StillUnserved("a"), noShim + " confirmed"},
		"no shim, another at both looks":        {shimless("running", "running").StillUnserved("b"), noShim},
		"no shim, looked at once":               {with(shimless("running", "running"), func(w *World) { w.SecondLook = nil }), noShim},
		"no shim, paused":                       {shimless("paused", "paused").Declared("demo", is("paused")), noShim},
		"no shim, paused since":                 {shimless("running", "paused"), ""},
		"no shim, starting":                     {shimless("created", "running"), ""},
		"no shim, ended":                        {shimless("exited", "exited"), ""},
		"no shim, ended when it was asked":      {shimless("running", "running").Declared("demo", is("exited")), ""},
		"no shim, an engine that is quiet":      {quiet(shimless("running", "running")), ""},
		"no shim, nobody listed":                {with(shimless("running", "running"), func(w *World) { w.Capture.Listing = nil }), ""},
		"no shim, a part of /proc":              {with(shimless("running", "running"), func(w *World) { w.Snapshot.Whole = false }), ""},
		"no shim, hidden processes":             {with(shimless("running", "running"), hides), ""},
		"no shim, hidden, and root":             {with(shimless("running", "running"), func(w *World) { w.Host.HidePID = "2" }), noShim},
		"below who is above the engine":         {shimless("running", "running").Process(40, 1, "runit").Alter(50, Below(40)).Alter(101, Below(40)), noShim},
		"below one who started it":              {shimless("running", "running").Process(40, 1, "crun").Alter(101, Below(40)), ""},
		"below the engine":                      {shimless("running", "running").Alter(101, Below(50)), ""},
		"below an engine that is not known":     {with(shimless("running", "running").Process(40, 1, "runit").Alter(101, Below(40)), func(w *World) { w.Capture.Listing.Daemon = 0 }), ""},
		"below one that was not read":           {shimless("running", "running").Alter(101, Below(40)), ""},
		"a shim above":                          {shimless("running", "running").Process(100, 1, "containerd-shim", ShimOf("a")).Alter(101, Below(100)), ""},
		"a shim that names it elsewhere":        {shimless("running", "running").Process(100, 1, "containerd-shim", ShimOf("a")), ""},
		"one that calls itself its shim inside": {shimless("running", "running").Process(102, 101, "evil", In("a", 2), NS(7), ShimOf("a")), noShim},
		"main is called a shim":                 {shimless("running", "running").Alter(101, Args("conmon")), ""},
		"ended":                                 {endedUnheard("running", "running"), ended},
		"ended, at both looks":                  {endedUnheard("running", "running").StillUnserved("a"), ended + " confirmed"},
		"ended, and its shim too":               {endedUnheard("running", "running").Without(100), "demo"},
		"ended, a zombie":                       {endedUnheard("running", "running").Process(101, 100, "app", In("a", 1), NS(7), Exited(0)), ended},
		"half dead":                             {endedUnheard("running", "running").Process(101, 100, "app", In("a", 1), NS(7), Exited(0), func(p *procfs.Process) { p.Threads = 2 }), ""},
		"ended, hidden processes":               {with(endedUnheard("running", "running"), hides), ""},
		"ended, of another host":                {with(endedUnheard("running", "running").Without(200, 201), func(w *World) { w.Proof.Verdict = inspect.Unknown }), ""},
		"not read, which is no end":             {with(endedUnheard("running", "running"), func(w *World) { w.Snapshot.Missed = []procfs.Missed{{PID: 101, Why: procfs.Malformed}} }), ""},
		"another process has its number":        {endedUnheard("running", "running").Process(101, 1, "cron"), ""},
	} {
		got := ""
		for _, u := range shim.FindUnserved(test.world.Index()) {
			got += u.Container.Name
			if u.Main != nil {
				got += fmt.Sprint(" main ", u.Main.PID)
			}
			if u.Shim != nil {
				got += fmt.Sprint(" shim ", u.Shim.PID)
			}
			if u.Confirmed {
				got += " confirmed"
			}
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
