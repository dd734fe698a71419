package rule_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// checkedBy is a container with a health check every 2 s, whose log has runs that began at these
// seconds and took 1 s each.
func checkedBy(timedOut bool, starts ...int) *World {
	w := Alone("init", Caught(Term)).Attend(101, Runs(TiniMarks...)).Declared("demo", func(c *inspect.Container) {
		c.Health = &inspect.HealthCheck{Command: []string{"/bin/sh", "-c", "sleep 300; true"}, Interval: 2 * time.Second, Timeout: time.Second}
		for _, at := range starts {
			start := Booted.Add(time.Duration(at) * time.Second)
			c.Health.Log = append(c.Health.Log, inspect.Probe{Start: start, End: start.Add(time.Second), ExitCode: -1, TimedOut: timedOut})
		}
	})
	w.Alter(101, StartedAt(1))
	return w
}

// left adds, for each second, a sleep of a check whose shell is gone.
func left(w *World, starts ...int) *World {
	for i, at := range starts {
		w.Process(500+i, 101, "sleep", In("a", 10+i), NS(7), SID(400+i), StartedAt(at))
	}
	return w
}

func TestHealthCheckOverdue(t *testing.T) {
	const cure = "in the health check, put timeout -s KILL 1 in front of the program that waits, and set --health-timeout 3s"
	unreaped := func(w *World) *World {
		w.Capture.Attention = nil
		return w.Attend(101, CannotWait)
	}
	full := left(checkedBy(true, 900, 903, 906), 900, 903, 906)
	full.PIDs = map[string]inspect.PIDsUse{ID("a"): {Current: procfs.Some(5), Max: procfs.Some(6)}}
	hosts{
		"three runs": {now: left(checkedBy(true, 900, 903, 906), 900, 903, 906), want: []string{
			"warning demo 500: 3 processes of 3 health checks that exceeded the timeout of 1s still running, the oldest sleep (500) for about a minute; One more every 3s; The health check probably started them. Docker no longer shows its older runs | sudo kill -9 500 501 502 | " + cure,
		}},
		"one run": {now: left(checkedBy(true, 900), 900), want: []string{
			"note demo 500: 1 process of 1 health check that exceeded the timeout of 1s still running, the oldest sleep (500) for about a minute; The health check probably started them. Docker no longer shows its older runs | sudo kill -9 500 | " + cure,
		}},
		"runs that end without them": {now: left(checkedBy(false, 900, 903), 900, 903), want: []string{
			"warning demo 500: 2 processes of 2 health checks that have finished still running, the oldest sleep (500) for about a minute; One more every 3s; The health check probably started them. Docker no longer shows its older runs | sudo kill -9 500 501 | " + cure,
		}},
		"half of the pids limit": {now: full, want: []string{
			"error demo 500: 3 processes of 3 health checks that exceeded the timeout of 1s still running, the oldest sleep (500) for about a minute; They hold 3 of 6 PIDs; One more every 3s; The health check probably started them. Docker no longer shows its older runs | sudo kill -9 500 501 502 | " + cure,
		}},
		"where PID 1 does not reap": {now: unreaped(left(checkedBy(true, 900, 903), 900, 903)), want: []string{
			"warning demo 500: 2 processes of 2 health checks that exceeded the timeout of 1s still running, the oldest sleep (500) for about a minute; One more every 3s; The health check probably started them. Docker no longer shows its older runs | docker restart demo | " + cure + ". Also recreate the container with --init (compose: init: true), because PID 1 does not reap what a check leaves",
		}},
		"a command of the check that the engine did not end": {
			now:  checkedBy(true, 900).Process(500, 100, "sh", In("a", 10), NS(7), SID(500), StartedAt(900), Args("/bin/sh", "-c", "sleep 300; true")).Process(501, 500, "sleep", In("a", 11), NS(7), SID(500), StartedAt(900)),
			want: []string{"note demo 500: 2 processes of 1 health check that exceeded the timeout of 1s still running, the oldest sh (500) for about a minute | sudo kill -9 500 501 | " + cure},
		},
		"a check under way": {
			now: checkedBy(true, 996).Process(500, 100, "sh", In("a", 10), NS(7), SID(500), StartedAt(999), Args("/bin/sh", "-c", "sleep 300; true")).Process(501, 500, "sleep", In("a", 11), NS(7), SID(500), StartedAt(999)),
		},
		"one that a check has put into the background": {now: left(checkedBy(false, 900), 900)},
		"what PID 1 has started":                       {now: checkedBy(true, 900, 903).Process(500, 101, "sleep", In("a", 10), NS(7), SID(101), StartedAt(900)).Process(501, 101, "sleep", In("a", 11), NS(7), SID(101), StartedAt(903))},
		"what an exec has left at another time":        {now: left(checkedBy(true, 900, 903), 700, 800)},
		"a container without a health check":           {now: left(Alone("init"), 900, 903)},
	}.hold(t, "health-check-overdue")
}
