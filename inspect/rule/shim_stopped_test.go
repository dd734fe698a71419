package rule_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A stopped shim is an error, with the command that lets it continue. A parent that is not a
// shim, and a process inside that calls itself one, are not reported.
func TestShimStopped(t *testing.T) {
	stopped := StateOf(procfs.StateStopped)
	hosts{
		"stopped":                         {now: Alone("app").Alter(100, stopped), want: []string{"error demo 100: Its shim (100) is stopped, so docker exec, top and stop hang | sudo kill -CONT 100 | find out what sent it SIGSTOP"}},
		"running":                         {now: Alone("app")},
		"traced":                          {now: Alone("app").Alter(100, StateOf(procfs.StateTraced))},
		"of another container":            {now: Alone("app").Process(200, 1, "containerd-shim", ShimOf("b"), stopped)},
		"PID 1 is stopped":                {now: Alone("app", stopped)},
		"a parent that is none":           {now: Alone("app").Alter(100, stopped, Args("systemd"))},
		"one that calls itself so inside": {now: Alone("app").Process(102, 101, "evil", In("a", 2), NS(7), ShimOf("a"), stopped)},
	}.hold(t, "shim-stopped")
}
