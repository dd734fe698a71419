package rule_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// Two inits in a row are a note about the inner one. An init is recognised by its executable,
// not by its name. Without the right to read the executable, nothing is reported.
func TestDoubleInit(t *testing.T) {
	behind := func(comm string) *World { return Alone("docker-init").Process(102, 101, comm, In("a", 2), NS(7)) }
	hosts{
		"tini under tini":               {now: behind("tini").Attend(101, Runs(TiniMarks...)).Attend(102, Runs(TiniMarks...)), want: []string{"note demo 102: docker-init (PID 1) starts tini (102), which is an init too |  | remove one of the two inits"}},
		"dumb-init under tini":          {now: behind("dumb-init").Attend(101, Runs(TiniMarks...)).Attend(102, Runs("--single-child")), want: []string{"note demo 102: docker-init (PID 1) starts dumb-init (102), which is an init too |  | remove one of the two inits"}},
		"a program under tini":          {now: behind("srv").Attend(101, Runs(TiniMarks...)).Attend(102, Runs())},
		"a program that is called tini": {now: behind("tini").Attend(101, Runs(TiniMarks...)).Attend(102, Runs())},
		"tini under a program":          {now: behind("tini").Attend(101, Runs()).Attend(102, Runs(TiniMarks...))},
		"tini as a later child":         {now: behind("srv").Process(103, 101, "tini", In("a", 3), NS(7)).Attend(101, Runs(TiniMarks...)).Attend(102, Runs()).Attend(103, Runs(TiniMarks...))},
		"tini that has ended":           {now: Alone("docker-init").Process(102, 101, "tini", In("a", 2), NS(7), Exited(0)).Attend(101, Runs(TiniMarks...))},
		"the inner one cannot be read":  {now: behind("tini").Attend(101, Runs(TiniMarks...)).Attend(102, Denied)},
		"the outer one cannot be read":  {now: behind("tini").Attend(101, Denied).Attend(102, Runs(TiniMarks...))},
		"both, in the host's namespace": {now: NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "tini", In("a")).Process(102, 101, "tini", In("a")).Attend(101, Runs(TiniMarks...)).Attend(102, Runs(TiniMarks...))},
	}.hold(t, "double-init")
}
