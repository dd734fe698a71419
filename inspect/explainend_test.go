package inspect

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Why a container ended, by its state and the engine's events; what only came
// before the end is never called its cause for certain.
func TestExplainEndSaysWhoEndedIt(t *testing.T) {
	ended := takenAt.Add(-time.Minute)
	sent := func(before time.Duration, signal int) Event {
		return Event{At: ended.Add(-before), ContainerID: id("b"), Action: "kill", Signal: signal}
	}
	happened := func(action string) Event { return Event{At: ended, ContainerID: id("b"), Action: action} }
	restarted := Event{At: ended.Add(-8 * time.Minute), ContainerID: id("b"), Action: "restart"}
	const sigterm, sigusr1 = procfs.SIGTERM, 10
	for name, test := range map[string]struct {
		exit      int
		oom       bool
		events    []Event
		certainty Certainty
		text      string
		never     string
	}{
		"docker stop in vain":           {137, false, []Event{sent(time.Second, sigterm), sent(0, procfs.SIGKILL), happened("stop")}, Certain, "docker stop: SIGTERM had not ended it when SIGKILL followed 1s later", "docker kill"},
		"docker kill, then docker stop": {137, false, []Event{sent(9*time.Second, sigusr1), sent(time.Second, sigterm), sent(0, procfs.SIGKILL), happened("stop")}, Certain, "docker stop: SIGTERM had not", "SIGUSR1"},
		"docker stop":                   {0, false, []Event{sent(time.Second, sigterm), happened("stop")}, Certain, "docker stop: it ended on SIGTERM within 1s", "process ended by itself"},
		"docker stop without patience":  {143, false, []Event{sent(20*time.Millisecond, sigterm), sent(0, procfs.SIGKILL), happened("stop")}, Certain, "docker stop: it had ended on SIGTERM when SIGKILL came", "had not ended it"},
		"the same, half forgotten":      {0, false, []Event{sent(0, procfs.SIGKILL), happened("stop")}, Certain, "docker stop: it had ended on SIGTERM when SIGKILL came", "had not ended it"},
		"killed after a docker restart": {137, false, []Event{restarted, sent(0, procfs.SIGKILL)}, Certain, "docker kill: SIGKILL", "docker stop"},
		"a signal, and then an end":     {0, false, []Event{sent(time.Second, sigusr1)}, Likely, "docker kill: it ended within 1s of SIGUSR1", "process ended by itself"},
		"a signal long before":          {137, false, []Event{sent(time.Minute, sigusr1)}, Likely, "SIGKILL came from outside of docker", "no kill event"},
		"by itself, or so it looks":     {0, false, nil, Likely, "its main process ended by itself, or at a signal that it handles", "docker kill"},
		"out of memory":                 {137, true, []Event{{At: ended, ContainerID: id("b"), Action: "oom"}}, Certain, "OOM killer struck: it used", "outside of docker"},
		"a child was out of memory":     {0, true, []Event{sent(0, sigterm), happened("stop")}, Certain, "docker stop: it ended on SIGTERM", "OOM killer struck: it used"},
		"a child's end, and its own":    {3, true, nil, Certain, "struck another of its processes", "OOMKilled false"},
		"a child, and later docker":     {137, true, []Event{{At: ended.Add(-time.Minute), ContainerID: id("b"), Action: "oom"}, sent(time.Second, sigterm), sent(0, procfs.SIGKILL), happened("stop")}, Certain, "docker stop: SIGTERM had not ended it", "it used more memory than it may."},
		"a child, a minute before":      {137, true, []Event{{At: ended.Add(-time.Minute), ContainerID: id("b"), Action: "oom"}}, Certain, "struck another of its processes, 1m0s before its end", "OOM killer struck: it used"},
		"a child, and not noted yet":    {1, false, []Event{{At: ended, ContainerID: id("b"), Action: "oom"}}, Certain, "struck another of its processes", "OOMKilled false"},
		"with whom was removed":         {137, false, nil, Likely, "ended with " + id("e")[:12] + ", of which the engine tells nothing any more", "ended by itself"},
		"a fault":                       {139, false, nil, Likely, "a fault of its own program", "came from outside"},
		"its own word for SIGTERM":      {143, false, nil, Likely, "reported so itself", "came from outside"},
	} {
		t.Run(name, func(t *testing.T) {
			w := demo().container("gone", "b", 0, func(c *Container) {
				if name == "with whom was removed" {
					c.PIDMode, c.Error = "container:"+id("e"), "container e is not running"
				}
				c.Status, c.ExitCode, c.OOMKilled, c.StartedAt, c.FinishedAt = "exited", test.exit, test.oom, ended.Add(-9*time.Minute), ended
			})
			w.Events = &EventLog{Oldest: ended.Add(-time.Hour), Events: test.events}
			wantStatement(t, w.index(), test.certainty, test.text, test.never)
		})
	}
}

// An exit code that the engine gave to a start that failed is no word of the
// program's, and one that the program reported is no proof of what it stands for.
func TestExplainEndOfAStartThatFailed(t *testing.T) {
	gone := func(change func(*Container)) *Index {
		w := demo().container("gone", "b", 0, func(c *Container) {
			c.Status, c.ExitCode, c.FinishedAt, c.RestartPolicy = "exited", 128, takenAt.Add(-time.Minute), "always"
			change(c)
		})
		return w.index()
	}
	failed := gone(func(c *Container) { c.Error = "container x is not running" })
	wantStatement(t, failed, Certain, "the engine's own, for a start that failed", "wrong argument")
	wantStatement(t, failed, Certain, "could not be started again: container x is not running", "on purpose")
	wantStatement(t, failed, Certain, "gives up when a start fails", "on purpose")
	wantStatement(t, gone(func(c *Container) { c.ExitCode = 127 }), Certain, "by custom that a command was not found", "the engine's own")
	wantStatement(t, gone(func(c *Container) { c.Status = "restarting" }), Certain, "starts it again", "does not come back")
}

// wantStatement wants a statement about the container gone, and none with the
// words of never.
func wantStatement(t *testing.T, ix *Index, certainty Certainty, text, never string) {
	t.Helper()
	c, problem := ix.Resolve("gone")
	if problem != nil {
		t.Fatal(problem)
	}
	found := false
	for _, s := range ix.ExplainEnd(c) {
		found = found || s.Certainty == certainty && strings.Contains(s.Text, text)
		if strings.Contains(s.Text, never) {
			t.Errorf("said %q", s.Text)
		}
	}
	if !found {
		t.Errorf("got %+v, want %s %q", ix.ExplainEnd(c), certainty, text)
	}
}
