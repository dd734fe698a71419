package rule_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// endedUnheard is a container that runs according to the engine, before and after, whose main
// process is gone at both looks and whose shim is left.
func endedUnheard(before, after string) *World {
	return NewWorld().Container("demo", "a", 101).Listed("demo", "a", before, after).StillUnserved("a").
		Container("well", "b", 201).Listed("well", "b", "running", "running").
		Process(1, 0, "systemd").Dockerd(50).Process(100, 1, "containerd-shim", ShimOf("a")).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "app", In("b", 1), NS(8))
}

// An exit that the engine has not noticed is an error that says what became of the shim, if it
// is proved. A question about another container does not report it.
func TestEndUnnoticed(t *testing.T) {
	once := endedUnheard("running", "running")
	once.SecondLook.Unserved = nil
	elsewhere := endedUnheard("running", "running").Without(200, 201)
	elsewhere.Proof.Verdict = inspect.Unknown
	hidden := endedUnheard("running", "running")
	hidden.Host.HidePID, hidden.Host.EUID = "2", 1000
	const said1 = ": Docker shows it as running, but its main process (101) has exited; "
	const end = " | ps -o pid,stat,wchan:20,args -C containerd | find out why containerd does not answer"
	hosts{
		"its shim is left":     {now: endedUnheard("running", "running"), want: []string{"error demo 100" + said1 + "Its shim (100, State S) still runs" + end}},
		"its shim is stopped":  {now: endedUnheard("running", "running").Alter(100, StateOf("T")), want: []string{"error demo 100" + said1 + "Its shim (100, State T) still runs" + end}},
		"its shim has gone":    {now: endedUnheard("running", "running").Without(100), want: []string{"error demo" + said1 + "Its shim is gone too" + end}},
		"a zombie":             {now: endedUnheard("running", "running").Process(101, 100, "app", In("a", 1), NS(7), Exited(0)), want: []string{"error demo 100" + said1 + "Its shim (100, State S) still runs" + end}},
		"it lives":             {now: endedUnheard("running", "running").Process(101, 100, "app", In("a", 1), NS(7))},
		"seen once":            {now: once},
		"the engine has heard": {now: endedUnheard("running", "exited")},
		"of another host":      {now: elsewhere},
		"processes are hidden": {now: hidden},
		"a silent engine":      {now: endedUnheard("running", "running").Declared("demo", silentEngine)},
	}.hold(t, "end-unnoticed")
	if got := said(findingsAbout(t, endedUnheard("running", "running").Index(), "end-unnoticed", "well")); len(got) != 0 {
		t.Errorf("another container was asked about: got %q", got)
	}
}
