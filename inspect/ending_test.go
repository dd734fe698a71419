package inspect

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// ended is a world in which the container gone has ended with 137 a minute ago, and
// the engine remembers events since the moment oldest before that.
func ended(oldest time.Duration, change func(*Container)) *world {
	w := demo().container("gone", "b", 0, func(c *Container) {
		c.Status, c.ExitCode, c.StartedAt, c.FinishedAt = "exited", 137, takenAt.Add(-time.Hour), takenAt.Add(-time.Minute)
		change(c)
	})
	w.Events = &EventLog{Oldest: takenAt.Add(-time.Minute - oldest)}
	return w
}

// Where the engine has forgotten the events, state and restart policy still tell
// something, which is never certain; and that they are forgotten is said.
func TestExplainEndWithoutEvents(t *testing.T) {
	const forgotten = -30 * time.Second
	for name, test := range map[string]struct {
		change func(*Container)
		text   string
		never  string
	}{
		"out of memory":                           {func(c *Container) { c.OOMKilled = true }, "the kernel's OOM killer: it struck in this container", "who ended it"},
		"always would have come":                  {func(c *Container) { c.RestartPolicy = "always" }, "docker stop or docker kill: its restart policy (always)", "who ended it"},
		"so would on-failure":                     {func(c *Container) { c.RestartPolicy, c.RestartMax = "on-failure", 3 }, "its restart policy (on-failure)", "who ended it"},
		"on-failure has given up":                 {func(c *Container) { c.RestartPolicy, c.RestartMax, c.RestartCount = "on-failure", 3, 3 }, "", "docker stop or"},
		"a start that failed":                     {func(c *Container) { c.RestartPolicy, c.Error = "always", "no" }, "", "docker stop or"},
		"with whom it joined":                     {func(c *Container) { c.PIDMode = "container:" + id("c") }, "ended with owner at that moment (20 ms apart)", "who ended it"},
		"with whom that one joined":               {func(c *Container) { c.PIDMode = "container:" + id("d") }, "ended with owner at that moment (20 ms apart)", "who ended it"},
		"by policy, joined one that is not there": {func(c *Container) { c.PIDMode, c.RestartPolicy = "container:"+id("e"), "always" }, "docker stop or docker kill: its restart policy (always)", "ended with"},
		"nothing is known":                        {func(*Container) {}, "", "docker"},
	} {
		t.Run(name, func(t *testing.T) {
			w := ended(forgotten, test.change).
				container("owner", "c", 0, func(c *Container) { c.Status, c.FinishedAt = "exited", takenAt.Add(-time.Minute-20*time.Millisecond) }).
				container("between", "d", 0, func(c *Container) { c.Status, c.PIDMode = "exited", "container:"+id("c") })
			ix := w.index()
			gap := "who ended it cannot be told: the engine has forgotten"
			if test.text != "" {
				wantStatement(t, ix, Likely, test.text, test.never)
				gap = "more cannot be told: the engine has forgotten"
			}
			if name != "out of memory" {
				wantStatement(t, ix, Uncertain, gap, "no kill event")
			}
		})
	}
}

// The engine may hear of the OOM killer after the end.
func TestNoOOMKillerYet(t *testing.T) {
	for age, want := range map[time.Duration]Certainty{time.Second: Likely, time.Minute: Certain} {
		w := ended(-time.Hour, func(c *Container) { c.FinishedAt = takenAt.Add(-age) })
		wantStatement(t, w.index(), want, "not the OOM killer (OOMKilled false)", "struck")
	}
}

// What docker sent is told also where the beginning of docker stop is forgotten.
func TestExplainEndOfAStopHalfForgotten(t *testing.T) {
	w := ended(time.Second, func(c *Container) { c.StopTimeout = 10 * time.Second })
	at := takenAt.Add(-time.Minute)
	w.Events.Events = []Event{{At: at, ContainerID: id("b"), Action: "kill", Signal: procfs.SIGKILL}, {At: at, ContainerID: id("b"), Action: "stop"}}
	wantStatement(t, w.index(), Certain, "docker stop: SIGTERM had not ended it when SIGKILL followed", "forgotten")
}

// What to type next names whom to start before, and what to look at.
func TestNextAfterEnd(t *testing.T) {
	const remembered = 2 * time.Hour
	joins := func(letter string) func(*Container) {
		return func(c *Container) { c.NetworkMode = "container:" + id(letter) }
	}
	kill := []Event{{At: takenAt.Add(-time.Minute), ContainerID: id("b"), Action: "kill", Signal: procfs.SIGKILL}}
	oom := []Event{{At: takenAt.Add(-time.Minute), ContainerID: id("b"), Action: "oom"}}
	for name, test := range map[string]struct {
		change func(*Container)
		events []Event
		want   string
	}{
		"killed by docker":      {func(*Container) {}, kill, "docker start gone | "},
		"by itself":             {func(c *Container) { c.ExitCode = 3 }, nil, "docker logs --tail 20 gone | "},
		"well":                  {func(c *Container) { c.ExitCode = 0 }, nil, "docker start gone | "},
		"out of memory":         {func(c *Container) { c.OOMKilled = true }, oom, "docker inspect --format '{{.HostConfig.Memory}}' gone | the bytes that it may use; 0 is no limit of its own"},
		"joined one that rests": {joins("c"), nil, "docker start gone | after owner is up"},
		"and by way of another": {joins("d"), nil, "docker start gone | after owner is up"},
		"joined one removed":    {joins("e"), nil, "docker rm gone | and create it anew: whom it joined was removed"},
		"failed to start":       {func(c *Container) { c.Error = "no such file" }, kill, "docker start gone | after what kept it from starting is mended"},
		"in a crash loop":       {func(c *Container) { c.Status = "restarting" }, kill, "docker logs --tail 20 gone | "},
	} {
		w := ended(remembered, test.change).
			container("owner", "c", 0, func(c *Container) { c.Status = "exited" }).
			container("between", "d", 0, func(c *Container) { c.Status, c.NetworkMode = "exited", "container:"+id("c") })
		w.Events.Events = test.events
		ix := w.index()
		command, meaning := ix.NextAfterEnd(ix.Container(id("b")))
		if got := command + " | " + meaning; got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A container that runs is told what it has gone through.
func TestExplainHistory(t *testing.T) {
	w := demo()
	c := &w.Containers[0]
	c.StartedAt, c.RestartPolicy, c.RestartMax, c.RestartCount = takenAt.Add(-time.Minute), "on-failure", 5, 2
	w.Events = &EventLog{Events: []Event{
		{At: takenAt.Add(-3 * time.Minute), ContainerID: c.ID, Action: "oom"},
		{At: takenAt.Add(-2 * time.Minute), ContainerID: c.ID, Action: "die", ExitCode: 139},
		{At: takenAt.Add(-30 * time.Second), ContainerID: c.ID, Action: "oom"},
	}}
	var got []string
	for _, s := range w.index().Explain(c) {
		if s.Topic == TopicHistory {
			got = append(got, s.Text)
		}
	}
	want := "its restart policy (on-failure:5) has started it again 2 times; this run began about a minute ago, after one that exited with 139 (SIGSEGV)\n" +
		"the kernel's OOM killer struck in it 30 seconds ago, as it used more memory than it may; its main process lives"
	if strings.Join(got, "\n") != want {
		t.Errorf("got %q", got)
	}
	said := 0
	w.Events = nil
	for _, s := range w.index().Explain(c) {
		if s.Topic == TopicHistory {
			said++
		}
	}
	if said != 1 {
		t.Errorf("without events: %d statements", said)
	}
}

// An engine's error names containers as people do.
func TestWithNames(t *testing.T) {
	w := demo().container("gone", "b", 0, func(c *Container) {
		c.Status, c.FinishedAt, c.Error = "exited", takenAt, "container "+id("a")+" is not running, nor is "+id("f")
	})
	wantStatement(t, w.index(), Certain, "it could not be started again: container demo is not running, nor is ffffffffffff", "aaaaaaaa")
}
