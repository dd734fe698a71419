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

// endOf is what is reported about the end of the container gone, after its exit code.
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
	notToldOfOOM = "likely: The OOM killer did not kill it (OOMKilled false), unless the host or a memory group inside the container ran out of memory."
	fromOutside  = "likely: SIGKILL was sent from the host, not through Docker. The kernel protects PID 1 from signals sent inside the container. Or PID 1 passed on the status of a child that was killed."
	aFault       = "likely: The program, or one that it started, crashed: the kernel sends SIGSEGV for such a fault."
	byItself     = "likely: The main process exited by itself, or on a signal that it handles."
)

// If the exit code is that of another signal than docker sent, docker's signal is not the cause.
// SIGKILL is docker's only if the events show one.
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
		"SIGKILL in a docker stop":              {137, []inspect.Event{sent(3*time.Second, term), stop}, []string{"certain: docker stop sent SIGTERM 3s before the exit, but exit code 137 does not belong to that signal.", notToldOfOOM, fromOutside}},
		"a fault in a docker stop":              {139, []inspect.Event{sent(300*time.Millisecond, term), stop}, []string{"certain: docker stop sent SIGTERM 300ms before the exit, but exit code 139 does not belong to that signal.", aFault}},
		"SIGKILL in one that is forever":        {137, []inspect.Event{sent(time.Hour-time.Minute, term), stop}, []string{"certain: docker stop sent SIGTERM 59m0s before the exit, but exit code 137 does not belong to that signal.", notToldOfOOM, fromOutside}},
		"its own word for the signal":           {143, []inspect.Event{sent(time.Second, term), stop}, []string{"certain: docker stop: SIGTERM terminated it within 1s."}},
		"a code that is no signal's":            {3, []inspect.Event{sent(4*time.Second, term), stop}, []string{"certain: docker stop: it exited within 4s of SIGTERM."}},
		"docker's own SIGKILL":                  {137, []inspect.Event{sent(time.Second, term), sent(0, kill), stop}, []string{"certain: docker stop sent SIGTERM, then killed the container 1s later (SIGKILL)."}},
		"a stop that lost it":                   {255, []inspect.Event{sent(13*time.Second, term), sent(12*time.Second, kill), stop}, []string{"certain: docker stop: it exited within 12s of SIGKILL."}},
		"a stop, and what it sent is forgotten": {0, []inspect.Event{stop}, []string{"likely: docker stop stopped it; the event of its signal is gone."}},
		"the same, and SIGKILL":                 {137, []inspect.Event{stop}, []string{"likely: docker stop stopped it; the event of its signal is gone.", notToldOfOOM, fromOutside}},
		"SIGKILL after another signal":          {137, []inspect.Event{sent(100*time.Millisecond, usr1)}, []string{"certain: docker kill sent SIGUSR1 100ms before the exit, but exit code 137 does not belong to that signal.", notToldOfOOM, fromOutside}},
		"a fault after another signal":          {139, []inspect.Event{sent(0, usr1)}, []string{"certain: docker kill sent SIGUSR1 0s before the exit, but exit code 139 does not belong to that signal.", aFault}},
		"SIGKILL that came too late":            {3, []inspect.Event{sent(0, kill)}, []string{"certain: docker kill sent SIGKILL 0s before the exit, but exit code 3 does not belong to that signal.", byItself}},
		"a signal that is not told":             {137, []inspect.Event{sent(0, 0)}, []string{"likely: docker kill: it exited within 0s of a signal (number unknown)."}},
	} {
		w := ended(2*time.Hour, func(c *inspect.Container) { c.ExitCode = test.exit })
		w.Events.Events = test.events
		if got := endOf(w.Index()); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// On an engine that may not report every kill and stop, a missing event proves nothing.
func TestExplainEndOnAnotherEngine(t *testing.T) {
	const remains = " Possible: docker stop after its timeout, docker kill, or SIGKILL sent without Docker."
	for product, gap := range map[string]string{
		"Podman Engine": "this engine (Podman Engine) does not have an event for every kill and stop.",
		"":              "this engine may not have an event for every kill and stop.",
	} {
		w := ended(2*time.Hour, func(*inspect.Container) {})
		w.Events.Product = product
		if got, want := endOf(w.Index()), []string{notToldOfOOM, "unknown: Cause unknown: " + gap + remains}; !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", product, got, want)
		}
		w.Events.Events = []inspect.Event{{At: TakenAt.Add(-2 * time.Minute), ContainerID: ID("b"), Action: "kill"}}
		if got := endOf(w.Index()); slices.Contains(got, fromOutside) || got[0] != "certain: docker kill sent a signal (number unknown) 1m0s before the exit." {
			t.Errorf("%q: got %q", product, got)
		}
	}
}
