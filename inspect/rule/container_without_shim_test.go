package rule_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// shimless is a container that runs according to the engine, before and after, and whose shim is
// gone at both looks.
func shimless(before, after string) *World {
	return NewWorld().Container("demo", "a", 101).Listed("demo", "a", before, after).StillUnserved("a").
		Process(1, 0, "systemd").Dockerd(50).Process(101, 1, "app", In("a", 1), NS(7))
}

// A container without a shim is an error that names the process that adopted it, if two looks
// and a complete /proc prove it. A container that is starting, exiting or not visible looks the
// same.
func TestContainerWithoutShim(t *testing.T) {
	once := shimless("running", "running")
	once.SecondLook.Unserved = nil
	part := shimless("running", "running")
	part.Snapshot.Whole = false
	served := shimless("running", "running").Process(100, 1, "containerd-shim", ShimOf("a")).Alter(101, Below(100))
	apart := shimless("running", "running").Process(100, 1, "containerd-shim", ShimOf("a"))
	found := func(parent string) []string {
		return []string{"error demo 101: app (101) runs without a shim, so docker exec, top and stop hang or fail; Its parent is " + parent +
			". containerd kills such a container when it notices | ps -o pid,stat,wchan:20,args -C containerd | find out what killed the shim, and why containerd does not answer"}
	}
	hosts{
		"it has gone":                   {now: shimless("running", "running"), want: found("1")},
		"of one that is paused":         {now: shimless("paused", "paused").Declared("demo", func(c *inspect.Container) { c.Status = "paused" }), want: found("1")},
		"below who is above the engine": {now: shimless("running", "running").Process(40, 1, "runit").Alter(50, Below(40)).Alter(101, Below(40)), want: found("40")},
		"it serves":                     {now: served},
		"it serves from elsewhere":      {now: apart},
		"seen once":                     {now: once},
		"not the whole of /proc":        {now: part},
		"it is just starting":           {now: shimless("created", "running")},
		"it is just ending":             {now: shimless("running", "exited")},
		"a silent engine":               {now: shimless("running", "running").Declared("demo", silentEngine)},
		"a parent of another kind":      {now: shimless("running", "running").Process(60, 1, "crun").Alter(101, Below(60))},
		"a parent that was not read":    {now: shimless("running", "running").Alter(101, Below(60))},
		"below the engine itself":       {now: shimless("running", "running").Alter(101, Below(50))},
		"its main process has ended":    {now: shimless("running", "running").Alter(101, Exited(0))},
		"it calls itself a shim":        {now: shimless("running", "running").Alter(101, func(p *procfs.Process) { p.Args = procfs.Some([]string{"conmon"}) })},
	}.hold(t, "container-without-shim")
	ix := shimless("running", "running").Container("well", "b", 201).Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "app", In("b", 1), NS(8)).Index()
	if got := said(findingsAbout(t, ix, "container-without-shim", "well")); len(got) != 0 {
		t.Errorf("another container was asked about: got %q", got)
	}
}
