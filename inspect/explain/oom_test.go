package explain_test

import (
	"slices"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// victim is a line of the kernel log this long before the world is looked at, 1000 s after its
// boot.
func victim(before time.Duration, limit, group string) procfs.OOMKill {
	return procfs.OOMKill{At: 1000*time.Second - before, Limit: limit, Group: group, Comm: "app", PID: 77}
}

// The kernel log shows the victims of the OOM killer, if it can be read. Without it the engine's
// OOMKilled means that a group ran out of memory, with cgroup v1. Without OOMKilled nothing is
// proved.
func TestExplainEndByTheOOMKiller(t *testing.T) {
	own, child, parent, other := "/p/"+ID("b"), "/p/"+ID("b")+"/child", "/p", "/p/"+ID("a")
	event := func(before time.Duration) []inspect.Event {
		return []inspect.Event{{At: TakenAt.Add(-time.Minute - before), ContainerID: ID("b"), Action: "oom"}}
	}
	log := func(kills int, victims ...procfs.OOMKill) *procfs.OOMFacts {
		return &procfs.OOMFacts{Kills: procfs.Some(kills), LogSince: procfs.Some(time.Duration(0)), Victims: victims}
	}
	denied := &procfs.OOMFacts{Kills: procfs.Some(9), LogSince: procfs.None[time.Duration](procfs.Denied)}
	const minute, notDocker = time.Minute, "certain: Docker did not stop or kill it (no kill event)."
	const said = " (kernel log: app, PID 77)."
	for name, test := range map[string]struct {
		exit   int
		oom    bool
		events []inspect.Event
		facts  *procfs.OOMFacts
		want   []string
	}{
		"of the whole host":               {137, false, nil, log(1, victim(minute, "", own)), []string{"certain: The OOM killer killed it: the host had no memory left" + said}},
		"of a group inside":               {137, false, nil, log(1, victim(minute, child, child)), []string{"certain: The OOM killer killed it: a memory group inside it reached its limit" + said}},
		"of its own limit":                {137, true, event(0), log(1, victim(minute, own, own)), []string{"certain: The OOM killer killed it: it reached its memory limit" + said}},
		"of a limit above":                {137, true, event(0), log(1, victim(minute, parent, own)), []string{"certain: The OOM killer killed it: memory group /p, which it may share with others, reached its limit" + said}},
		"another's":                       {137, true, event(0), log(1, victim(minute, parent, other)), []string{"likely: The OOM killer acted at that time, but killed a process of demo (kernel log). A memory limit above both was reached.", notDocker, fromOutside}},
		"the log cannot be read":          {137, true, event(0), denied, []string{"likely: The OOM killer killed it with SIGKILL: a memory limit was reached, its own or one shared with other containers."}},
		"one of its own before":           {5, true, event(10 * time.Second), log(1, victim(minute+10*time.Second, own, own)), []string{"certain: The OOM killer killed another of its processes, 10s before the exit: it reached its memory limit. The main process exited with 5.", notDocker, byItself}},
		"one of its own or of another's":  {5, true, event(10 * time.Second), denied, []string{"likely: The OOM killer killed one of its processes, or one of a container with the same memory limit, 10s before the exit. The main process exited with 5.", notDocker, byItself}},
		"not named":                       {137, false, nil, log(1, victim(minute, other, other)), []string{"likely: The OOM killer did not kill it (OOMKilled false, not in the kernel log).", notDocker, fromOutside}},
		"nobody since boot":               {137, false, nil, &procfs.OOMFacts{Kills: procfs.Some(0), LogSince: procfs.None[time.Duration](procfs.NotHeld)}, []string{"certain: The OOM killer did not kill it: it has not killed any process on this host since boot.", notDocker, fromOutside}},
		"not told":                        {137, false, nil, denied, []string{notToldOfOOM, notDocker, fromOutside}},
		"not told, by another exit":       {1, false, nil, denied, []string{notToldOfOOM, notDocker, byItself}},
		"the log does not go back so far": {137, false, nil, &procfs.OOMFacts{Kills: procfs.Some(1), LogSince: procfs.Some(990 * time.Second)}, []string{notToldOfOOM, notDocker, fromOutside}},
	} {
		w := ended(2*time.Hour, func(c *inspect.Container) {
			c.ExitCode, c.OOMKilled, c.StartedAt = test.exit, test.oom, TakenAt.Add(-10*time.Minute)
		})
		w.Host.CgroupVersion, w.Events.Events, w.OOM = procfs.Some("v1 and v2"), test.events, test.facts
		if got := endOf(w.Index()); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// On a host that has been up for long, the clock of the kernel log may be far from the engine's.
// What it shows is then certain only with the engine's report.
func TestExplainEndByTheOOMKillerOfAnOldHost(t *testing.T) {
	own := "/docker/" + ID("b")
	w := ended(2*time.Hour, func(*inspect.Container) {})
	w.Snapshot.Uptime = 100 * 24 * time.Hour
	w.OOM = &procfs.OOMFacts{Kills: procfs.Some(1), LogSince: procfs.Some(time.Duration(0)), Victims: []procfs.OOMKill{{At: w.Snapshot.Uptime - 5*time.Minute, Limit: own, Group: own, Comm: "app", PID: 77}}}
	const struck = "The OOM killer killed it: it reached its memory limit (kernel log: app, PID 77)."
	if got := endOf(w.Index()); !slices.Equal(got, []string{"likely: " + struck}) {
		t.Errorf("got %q", got)
	}
	w.Events.Events = []inspect.Event{{At: TakenAt.Add(-time.Minute), ContainerID: ID("b"), Action: "oom"}}
	if got := endOf(w.Index()); !slices.Equal(got, []string{"certain: " + struck}) {
		t.Errorf("got %q", got)
	}
}

// A victim of another container is not reported for a running container.
func TestExplainHistoryOfASharedLimit(t *testing.T) {
	own, parent, other := "/p/"+ID("a"), "/p", "/p/"+ID("b")
	event := &inspect.EventLog{Product: "Engine", Oldest: TakenAt.Add(-time.Hour), Events: []inspect.Event{{At: TakenAt.Add(-5 * time.Second), ContainerID: ID("a"), Action: "oom"}}}
	log := func(victims ...procfs.OOMKill) *procfs.OOMFacts {
		return &procfs.OOMFacts{Kills: procfs.Some(1), LogSince: procfs.Some(time.Duration(0)), Victims: victims}
	}
	for name, test := range map[string]struct {
		log   *inspect.EventLog
		facts *procfs.OOMFacts
		want  []string
	}{
		"its own":                       {event, log(victim(5*time.Second, own, own)), []string{"certain: The OOM killer killed a process of it 5 seconds ago: it reached its memory limit (kernel log: app, PID 77). The main process was not killed."}},
		"its own, and no event":         {nil, log(victim(5*time.Second, "", own)), []string{"certain: The OOM killer killed a process of it 5 seconds ago: the host had no memory left (kernel log: app, PID 77). The main process was not killed."}},
		"another's":                     {event, log(victim(5*time.Second, parent, other)), []string{"likely: A memory limit that it shares with others was reached 5 seconds ago. The kernel log names only a victim in memory group " + other + "."}},
		"of this run or the one before": {nil, log(victim(59*time.Second, own, own)), []string{"likely: The OOM killer killed a process of it 59 seconds ago: it reached its memory limit (kernel log: app, PID 77). The main process was not killed."}},
		"of this run, with an event":    {event, log(victim(59*time.Second, own, own)), []string{"certain: The OOM killer killed a process of it 59 seconds ago: it reached its memory limit (kernel log: app, PID 77). The main process was not killed."}},
		"of the run before":             {nil, log(victim(61*time.Second, own, own)), nil},
		"no log":                        {event, nil, []string{"likely: The OOM killer killed a process of it, or of a container with the same memory limit, 5 seconds ago. The main process was not killed."}},
		"nothing":                       {nil, nil, nil},
	} {
		w := Demo().Declared("demo", func(c *inspect.Container) { c.StartedAt = TakenAt.Add(-time.Minute) })
		w.Host.CgroupVersion, w.Events, w.OOM = procfs.Some("v1 and v2"), test.log, test.facts
		if got := saidOf(t, w, explain.TopicHistory); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}
