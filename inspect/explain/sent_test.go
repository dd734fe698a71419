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

// endOf is what is said of the end of the container gone, behind its exit code.
func endOf(ix *inspect.Index) []string {
	var got []string
	for _, s := range explain.Ended(ix, ix.ContainerNamed("gone"))[1:] {
		if s.Topic == explain.TopicEnd {
			got = append(got, string(s.Certainty)+": "+s.Text)
		}
	}
	return got
}

const (
	notToldOfOOM = "likely: not the OOM killer (OOMKilled false), unless the host, or a memory group inside the container, ran out of memory"
	fromOutside  = "likely: SIGKILL came from outside of docker: from the host, as the kernel protects PID 1 from those inside; or PID 1 reported that one of its programs was killed so"
	aFault       = "likely: a fault of its own program, or of one that it started: SIGSEGV is what the kernel sends for one"
	byItself     = "likely: its main process ended by itself, or at a signal that it handles"
)

// An exit code that stands for another signal than docker sent is not put down to what it
// sent: SIGKILL is docker's only where docker tells of one.
func TestExplainEndByAnotherSignalThanDockers(t *testing.T) {
	sent := func(before time.Duration, n int) inspect.Event {
		return inspect.Event{At: TakenAt.Add(-time.Minute - before), ContainerID: ID("b"), Action: "kill", Signal: n}
	}
	stop := inspect.Event{At: TakenAt.Add(-time.Minute), ContainerID: ID("b"), Action: "stop"}
	const term, usr1, kill = procfs.SIGTERM, 10, procfs.SIGKILL
	for name, test := range map[string]struct {
		exit   int
		events []inspect.Event
		want   []string
	}{
		"SIGKILL in a docker stop":              {137, []inspect.Event{sent(3*time.Second, term), stop}, []string{"certain: docker stop sent SIGTERM 3s before it ended, but 137 is not of that signal", notToldOfOOM, fromOutside}},
		"a fault in a docker stop":              {139, []inspect.Event{sent(300*time.Millisecond, term), stop}, []string{"certain: docker stop sent SIGTERM 300ms before it ended, but 139 is not of that signal", aFault}},
		"SIGKILL in one that is forever":        {137, []inspect.Event{sent(time.Hour-time.Minute, term), stop}, []string{"certain: docker stop sent SIGTERM 59m0s before it ended, but 137 is not of that signal", notToldOfOOM, fromOutside}},
		"its own word for the signal":           {143, []inspect.Event{sent(time.Second, term), stop}, []string{"certain: docker stop: it ended on SIGTERM within 1s"}},
		"a code that is no signal's":            {3, []inspect.Event{sent(4*time.Second, term), stop}, []string{"certain: docker stop: it ended within 4s of SIGTERM"}},
		"docker's own SIGKILL":                  {137, []inspect.Event{sent(time.Second, term), sent(0, kill), stop}, []string{"certain: docker stop: SIGTERM had not ended it when SIGKILL followed 1s later"}},
		"a stop that lost it":                   {255, []inspect.Event{sent(13*time.Second, term), sent(12*time.Second, kill), stop}, []string{"certain: docker stop: it ended within 12s of SIGKILL"}},
		"a stop, and what it sent is forgotten": {0, []inspect.Event{stop}, []string{"likely: docker stop: what it sent is forgotten"}},
		"the same, and SIGKILL":                 {137, []inspect.Event{stop}, []string{"likely: docker stop: what it sent is forgotten", notToldOfOOM, fromOutside}},
		"SIGKILL after another signal":          {137, []inspect.Event{sent(100*time.Millisecond, usr1)}, []string{"certain: docker kill sent SIGUSR1 100ms before it ended, but 137 is not of that signal", notToldOfOOM, fromOutside}},
		"a fault after another signal":          {139, []inspect.Event{sent(0, usr1)}, []string{"certain: docker kill sent SIGUSR1 0s before it ended, but 139 is not of that signal", aFault}},
		"SIGKILL that came too late":            {3, []inspect.Event{sent(0, kill)}, []string{"certain: docker kill sent SIGKILL 0s before it ended, but 3 is not of that signal", byItself}},
		"a stop whose signals are not told":     {137, []inspect.Event{sent(time.Second, 0), sent(0, 0), stop}, []string{"likely: docker stop: it ended within 0s of a signal of which the engine does not tell the number"}},
		"a signal that is not told":             {137, []inspect.Event{sent(0, 0)}, []string{"likely: docker kill: it ended within 0s of a signal of which the engine does not tell the number"}},
	} {
		w := ended(2*time.Hour, func(c *inspect.Container) { c.ExitCode = test.exit })
		w.Events.Events = test.events
		if got := endOf(w.Index()); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// On an engine that is not known to tell of every kill and stop, nothing follows from there
// being no event.
func TestExplainEndOnAnotherEngine(t *testing.T) {
	const remains = "; what remains is docker stop after its grace period, docker kill, and SIGKILL from outside of docker"
	for product, gap := range map[string]string{
		"Podman Engine": "this engine (Podman Engine) does not tell of every kill and stop",
		"":              "whether this engine tells of every kill and stop is not known",
	} {
		w := ended(2*time.Hour, func(*inspect.Container) {})
		w.Events.Product = product
		if got, want := endOf(w.Index()), []string{notToldOfOOM, "unknown: who ended it cannot be told: " + gap + remains}; !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", product, got, want)
		}
		w.Events.Events = []inspect.Event{{At: TakenAt.Add(-2 * time.Minute), ContainerID: ID("b"), Action: "kill"}}
		if got := endOf(w.Index()); slices.Contains(got, fromOutside) || got[0] != "certain: docker kill sent a signal of which the engine does not tell the number 1m0s before it ended" {
			t.Errorf("%q: got %q", product, got)
		}
	}
}
