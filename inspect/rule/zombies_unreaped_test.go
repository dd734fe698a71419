package rule_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// withZombies is a container whose PID 1 has not waited for this many zombies, which were
// started in this session (SID). The session of PID 1 is 101.
func withZombies(n, session int) *World {
	w := Alone("node")
	for i := range n {
		w.Process(110+i, 101, "sh", In("a", 10+i), NS(7), SID(session), Exited(0))
	}
	return w.Again()
}

// withLimit gives the container of withZombies a limit of this many PIDs.
func withLimit(w *World, most int) *World {
	w.PIDs = map[string]inspect.PIDsUse{ID("a"): {Max: procfs.Some(most)}}
	return w
}

// The severity of zombies depends on their number, on the limit, on whether they grow, and on
// whether PID 1 continues to leave them. A process that cannot wait at the moment is not blamed,
// and what other rules report is not reported twice.
func TestZombiesUnreaped(t *testing.T) {
	const own, other, wait = 101, 90, 30 * time.Second
	const restart, open = " | docker restart demo", " | whether --init fixes this cannot be determined. It reaps adopted processes, not those that node started"
	const likely = " | recreate the container with --init (compose: init: true). --init probably fixes this, unless node is a child subreaper, which /proc does not show"
	passing := withZombies(20, other)
	passing.SecondLook.Zombies = nil
	once := withZombies(20, other)
	once.SecondLook = nil
	fromExec := withZombies(2, other).Exec("e", "a", other, false)
	checked := withZombies(1, other).Process(120, 101, "sh", In("a", 30), NS(7), SID(91), Exited(0), StartedAt(900)).Again()
	checked.Declared("demo", func(c *inspect.Container) {
		c.Health = &inspect.HealthCheck{Log: []inspect.Probe{{Start: Booted.Add(900 * time.Second), End: Booted.Add(901 * time.Second)}}}
	})
	hungShim := func(s procfs.State) *World {
		return Alone("node").Alter(100, StateOf(s)).Process(120, 100, "sh", In("a", 9), NS(7), Exited(0)).Again()
	}
	nested := Alone("node").Process(105, 101, "init", In("a", 5, 1), NS(8)).Process(110, 105, "sh", In("a", 7, 2), NS(8), Exited(0)).Again()
	unread := Alone("node").Process(110, 555, "sh", In("a", 7), NS(7), Exited(0)).Again()
	hosts{
		"none":                              {now: Alone("node")},
		"gone at the second look":           {now: passing},
		"looked at once":                    {now: once, want: []string{"note unknown demo 101: 20 zombies. Seen once. Whether PID 1 (node) is about to reap cannot be determined"}},
		"a few of its own":                  {now: withZombies(9, own), want: []string{"note demo 101: 9 zombies. PID 1 (node) has not waited for them" + restart + open}},
		"ten of its own":                    {now: withZombies(10, own), want: []string{"warning demo 101: 10 zombies. PID 1 (node) has not waited for them" + restart + open}},
		"one that it adopted":               {now: withZombies(1, other), want: []string{"warning demo 101: 1 zombie. PID 1 (node) does not reap orphaned processes" + restart + likely}},
		"less than half of the limit":       {now: withLimit(withZombies(3, own), 7), want: []string{"note demo 101: 3 zombies hold 3 of 7 PIDs. PID 1 (node) has not waited for them" + restart + open}},
		"half of the limit":                 {now: withLimit(withZombies(3, own), 6), want: []string{"error demo 101: 3 zombies hold 3 of 6 PIDs. PID 1 (node) has not waited for them" + restart + open}},
		"one more than before":              {now: withZombies(3, own).Later(wait), before: withZombies(2, own), want: []string{"warning demo 101: 3 zombies. PID 1 (node) has not waited for them; 1 more than 30s before" + restart + open}},
		"nine more than before":             {now: withZombies(9, own).Later(wait), before: Alone("node"), want: []string{"warning demo 101: 9 zombies. PID 1 (node) has not waited for them; 9 more than 30s before" + restart + open}},
		"ten more than before":              {now: withZombies(10, own).Later(wait), before: Alone("node"), want: []string{"error demo 101: 10 zombies. PID 1 (node) has not waited for them; 10 more than 30s before" + restart + open}},
		"as many as before":                 {now: withZombies(3, own).Later(wait), before: withZombies(3, own), want: []string{"note demo 101: 3 zombies. PID 1 (node) has not waited for them; as many as 30s before" + restart + open}},
		"fewer than before":                 {now: withZombies(3, own).Later(wait), before: withZombies(9, own), want: []string{"note demo 101: 3 zombies. PID 1 (node) has not waited for them; 6 fewer than 30s before" + restart + open}},
		"a living child is none":            {now: withZombies(3, own).Later(wait), before: withZombies(3, own).Process(130, 101, "x", In("a", 30), NS(7)), want: []string{"note demo 101: 3 zombies. PID 1 (node) has not waited for them; as many as 30s before" + restart + open}},
		"from docker exec":                  {now: fromExec, want: []string{"warning demo 101: 2 zombies. PID 1 (node) does not reap orphaned processes; from docker exec" + restart + " | recreate the container with --init (compose: init: true)"}},
		"one of two made by a health check": {now: checked, want: []string{"warning demo 101: 2 zombies. PID 1 (node) does not reap orphaned processes; 1 of them probably from its health check" + restart + likely}},
		"PID 1 is stopped, which takes the accusation and the weight away": {now: withLimit(withZombies(20, other).Alter(101, StateOf(procfs.StateStopped)), 21), want: []string{
			"note unknown demo 101: 20 zombies hold 20 of 21 PIDs. PID 1 (node) is stopped and cannot wait now. Whether it would otherwise cannot be determined | sudo kill -CONT 101 | cannot be determined before it runs again"}},
		"a parent that was not read, in two looks": {now: unread, before: Alone("node"), want: []string{"note unknown demo: 1 zombie. Their parent (555) could not be read"}},
		"of a shim that hangs":                     {now: hungShim("D"), want: []string{"note demo 100: 1 zombie. The shim (100) hangs. A running shim always reaps | sudo cat /proc/100/wchan | --init does not fix this, because the shim is not in the container"}},
		"of a shim that is stopped":                {now: hungShim(procfs.StateStopped)},
		"of an init inside":                        {now: nested},
	}.hold(t, "zombies-unreaped")
}
