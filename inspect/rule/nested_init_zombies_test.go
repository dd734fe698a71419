package rule_test

import (
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// nestedZombies is a container in which process 105 is the init of a PID namespace and has not
// waited for this many zombies, started in this session.
func nestedZombies(n, session int) *World {
	w := Alone("node").Process(105, 101, "inner", In("a", 5, 1), NS(8), SID(105))
	for i := range n {
		w.Process(110+i, 105, "sh", In("a", 10+i, 2+i), NS(8), SID(session), Exited(0))
	}
	return w.Again()
}

// Zombies of an init inside have the same severity as others. Zombies of the container's own PID
// 1, and of a process that is not an init, are not reported by this rule.
func TestNestedInitZombies(t *testing.T) {
	const name, end = "inner (105, inside 5>1), init of a nested PID namespace, ", " | sudo kill -KILL 105 | the nested init must wait for its children. --init does not fix this"
	ofParent := nestedZombies(0, 0).Process(106, 105, "app", In("a", 6, 2), NS(8)).Process(107, 106, "sh", In("a", 7, 3), NS(8), Exited(0)).Again()
	hosts{
		"it has reaped":               {now: nestedZombies(0, 105)},
		"PID 1 has not":               {now: withZombies(20, 90)},
		"another parent inside":       {now: ofParent},
		"a few of its own":            {now: nestedZombies(2, 105), want: []string{"note demo 105: 2 zombies. " + name + "has not waited for them" + end}},
		"ten of its own":              {now: nestedZombies(10, 105), want: []string{"warning demo 105: 10 zombies. " + name + "has not waited for them" + end}},
		"half of the container's":     {now: withLimit(nestedZombies(2, 105), 4), want: []string{"error demo 105: 2 zombies hold 2 of 4 PIDs. " + name + "has not waited for them" + end}},
		"more than before":            {now: nestedZombies(2, 105).Later(time.Minute), before: nestedZombies(1, 105), want: []string{"warning demo 105: 2 zombies. " + name + "has not waited for them; 1 more than 1m0s before" + end}},
		"it is stopped, and may reap": {now: nestedZombies(2, 105).Alter(105, StateOf(procfs.StateStopped)), want: []string{"note unknown demo 105: 2 zombies. inner (105, inside 5>1) is stopped and cannot wait now. Whether it would otherwise cannot be determined | sudo kill -CONT 105 | cannot be determined before it runs again"}},
	}.hold(t, "nested-init-zombies")
}
