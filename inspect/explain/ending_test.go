package explain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// ended is a world in which the container gone has ended with 137 a minute ago, and
// the engine remembers events since the moment oldest before that.
func ended(oldest time.Duration, change func(*inspect.Container)) *World {
	w := Demo().Container("gone", "b", 0, func(c *inspect.Container) {
		c.Status, c.ExitCode, c.StartedAt, c.FinishedAt = "exited", 137, TakenAt.Add(-time.Hour), TakenAt.Add(-time.Minute)
		change(c)
	})
	w.Events = &inspect.EventLog{Oldest: TakenAt.Add(-time.Minute - oldest)}
	return w
}

// Where the engine has forgotten the events, state and restart policy still tell
// something, which is never certain; and that they are forgotten is said.
func TestExplainEndWithoutEvents(t *testing.T) {
	const forgotten = -30 * time.Second
	for name, test := range map[string]struct {
		change func(*inspect.Container)
		text   string
		never  string
	}{
		"out of memory":                           {func(c *inspect.Container) { c.OOMKilled = true }, "the kernel's OOM killer: it struck in this container", "who ended it"},
		"always would have come":                  {func(c *inspect.Container) { c.RestartPolicy = "always" }, "docker stop or docker kill: its restart policy (always)", "who ended it"},
		"so would on-failure":                     {func(c *inspect.Container) { c.RestartPolicy, c.RestartMax = "on-failure", 3 }, "its restart policy (on-failure)", "who ended it"},
		"on-failure has given up":                 {func(c *inspect.Container) { c.RestartPolicy, c.RestartMax, c.RestartCount = "on-failure", 3, 3 }, "", "docker stop or"},
		"a start that failed":                     {func(c *inspect.Container) { c.RestartPolicy, c.Error = "always", "no" }, "", "docker stop or"},
		"with whom it joined":                     {func(c *inspect.Container) { c.PIDMode = "container:" + ID("c") }, "ended with owner at that moment (20 ms apart)", "who ended it"},
		"with whom that one joined":               {func(c *inspect.Container) { c.PIDMode = "container:" + ID("d") }, "ended with owner at that moment (20 ms apart)", "who ended it"},
		"by policy, joined one that is not there": {func(c *inspect.Container) { c.PIDMode, c.RestartPolicy = "container:"+ID("e"), "always" }, "docker stop or docker kill: its restart policy (always)", "ended with"},
		"nothing is known":                        {func(*inspect.Container) {}, "", "docker"},
	} {
		t.Run(name, func(t *testing.T) {
			w := ended(forgotten, test.change).
				Container("owner", "c", 0, func(c *inspect.Container) {
					c.Status, c.FinishedAt = "exited", TakenAt.Add(-time.Minute-20*time.Millisecond)
				}).
				Container("between", "d", 0, func(c *inspect.Container) { c.Status, c.PIDMode = "exited", "container:"+ID("c") })
			ix := w.Index()
			gap := "who ended it cannot be told: the engine has forgotten"
			if test.text != "" {
				wantStatement(t, ix, inspect.Likely, test.text, test.never)
				gap = "more cannot be told: the engine has forgotten"
			}
			if name != "out of memory" {
				wantStatement(t, ix, inspect.Uncertain, gap, "no kill event")
			}
		})
	}
}

// The engine may hear of the OOM killer after the end.
func TestNoOOMKillerYet(t *testing.T) {
	for age, want := range map[time.Duration]inspect.Certainty{time.Second: inspect.Likely, time.Minute: inspect.Certain} {
		w := ended(-time.Hour, func(c *inspect.Container) { c.FinishedAt = TakenAt.Add(-age) })
		wantStatement(t, w.Index(), want, "not the OOM killer (OOMKilled false)", "struck")
	}
}

// What docker sent is told also where the beginning of docker stop is forgotten.
func TestExplainEndOfAStopHalfForgotten(t *testing.T) {
	w := ended(time.Second, func(c *inspect.Container) { c.StopTimeout = 10 * time.Second })
	at := TakenAt.Add(-time.Minute)
	w.Events.Events = []inspect.Event{{At: at, ContainerID: ID("b"), Action: "kill", Signal: procfs.SIGKILL}, {At: at, ContainerID: ID("b"), Action: "stop"}}
	wantStatement(t, w.Index(), inspect.Certain, "docker stop: SIGTERM had not ended it when SIGKILL followed", "forgotten")
}

// What to type next names whom to start before, and what to look at.
func TestNextAfterEnd(t *testing.T) {
	const remembered = 2 * time.Hour
	joins := func(letter string) func(*inspect.Container) {
		return func(c *inspect.Container) { c.NetworkMode = "container:" + ID(letter) }
	}
	kill := []inspect.Event{{At: TakenAt.Add(-time.Minute), ContainerID: ID("b"), Action: "kill", Signal: procfs.SIGKILL}}
	oom := []inspect.Event{{At: TakenAt.Add(-time.Minute), ContainerID: ID("b"), Action: "oom"}}
	for name, test := range map[string]struct {
		change func(*inspect.Container)
		events []inspect.Event
		want   string
	}{
		"killed by docker":      {func(*inspect.Container) {}, kill, "docker start gone | "},
		"by itself":             {func(c *inspect.Container) { c.ExitCode = 3 }, nil, "docker logs --tail 20 gone | "},
		"well":                  {func(c *inspect.Container) { c.ExitCode = 0 }, nil, "docker start gone | "},
		"out of memory":         {func(c *inspect.Container) { c.OOMKilled = true }, oom, "docker inspect --format '{{.HostConfig.Memory}}' gone | the bytes that it may use; 0 is no limit of its own"},
		"joined one that rests": {joins("c"), nil, "docker start gone | after owner is up"},
		"and by way of another": {joins("d"), nil, "docker start gone | after owner is up"},
		"joined one removed":    {joins("e"), nil, "docker rm gone | and create it anew: whom it joined was removed"},
		"failed to start":       {func(c *inspect.Container) { c.Error = "no such file" }, kill, "docker start gone | after what kept it from starting is mended"},
		"in a crash loop":       {func(c *inspect.Container) { c.Status = "restarting" }, kill, "docker logs --tail 20 gone | "},
	} {
		w := ended(remembered, test.change).
			Container("owner", "c", 0, func(c *inspect.Container) { c.Status = "exited" }).
			Container("between", "d", 0, func(c *inspect.Container) { c.Status, c.NetworkMode = "exited", "container:"+ID("c") })
		w.Events.Events = test.events
		ix := w.Index()
		command, meaning := explain.Next(ix, ix.Container(ID("b")))
		if got := command + " | " + meaning; got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A container that runs is told what it has gone through.
func TestExplainHistory(t *testing.T) {
	w := Demo()
	c := &w.Containers[0]
	c.StartedAt, c.RestartPolicy, c.RestartMax, c.RestartCount = TakenAt.Add(-time.Minute), "on-failure", 5, 2
	w.Events = &inspect.EventLog{Events: []inspect.Event{
		{At: TakenAt.Add(-3 * time.Minute), ContainerID: c.ID, Action: "oom"},
		{At: TakenAt.Add(-2 * time.Minute), ContainerID: c.ID, Action: "die", ExitCode: 139},
		{At: TakenAt.Add(-30 * time.Second), ContainerID: c.ID, Action: "oom"},
	}}
	var got []string
	for _, s := range explain.Running(w.Index(), c) {
		if s.Topic == explain.TopicHistory {
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
	for _, s := range explain.Running(w.Index(), c) {
		if s.Topic == explain.TopicHistory {
			said++
		}
	}
	if said != 1 {
		t.Errorf("without events: %d statements", said)
	}
}

// An engine's error names containers as people do.
func TestWithNames(t *testing.T) {
	w := Demo().Container("gone", "b", 0, func(c *inspect.Container) {
		c.Status, c.FinishedAt, c.Error = "exited", TakenAt, "container "+ID("a")+" is not running, nor is "+ID("f")
	})
	wantStatement(t, w.Index(), inspect.Certain, "it could not be started again: container demo is not running, nor is ffffffffffff", "aaaaaaaa")
}
