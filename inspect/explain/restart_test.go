package explain_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Whether a container that has ended comes back, its policy says together with how it
// ended; that somebody stopped it on purpose is concluded, and so likely.
func TestExplainRestart(t *testing.T) {
	const cancelled, anew = "a docker stop or docker kill, whatever it sent, has cancelled that", "likely: when the engine itself is started anew, on-failure starts it again"
	const never, purpose = "certain: it does not come back by itself: ", "likely: it does not come back by itself although its restart policy is "
	policy := func(name string, most, so, exit int) func(*inspect.Container) {
		return func(c *inspect.Container) {
			c.RestartPolicy, c.RestartMax, c.RestartCount, c.ExitCode = name, most, so, exit
		}
	}
	restarting := func(name string, so int) func(*inspect.Container) {
		return func(c *inspect.Container) { c.Status, c.RestartPolicy, c.RestartCount = "restarting", name, so }
	}
	unit := func(rm bool) func(*inspect.Container) {
		return func(c *inspect.Container) {
			c.AutoRemove, c.Labels = rm, map[string]string{"PODMAN_SYSTEMD_UNIT": "web.service"}
		}
	}
	failed := func(c *inspect.Container) { c.RestartPolicy, c.Error = "always", "no such file" }
	for name, test := range map[string]struct {
		change func(*inspect.Container)
		want   []string
	}{
		"no policy":                  {policy("", 0, 0, 1), []string{never + "it has no restart policy"}},
		"no policy, and a unit":      {unit(false), []string{"likely: docker does not start it again, as it has no restart policy: unit web.service (systemd) may run it again (Restart=)"}},
		"--rm, and a unit":           {unit(true), []string{"likely: docker removes it at its end, with its logs and anonymous volumes (--rm): unit web.service (systemd) may run it again (Restart=)"}},
		"the policy no":              {policy("no", 0, 0, 1), []string{never + "it has no restart policy"}},
		"restarting":                 {restarting("always", 0), []string{"certain: its restart policy (always) waits a while and starts it again"}},
		"restarting once more":       {restarting("always", 1), []string{"certain: its restart policy (always) waits a while and starts it again; so it has done once"}},
		"restarting often":           {restarting("unless-stopped", 12), []string{"certain: its restart policy (unless-stopped) waits a while and starts it again; so it has done 12 times"}},
		"a start that failed":        {failed, []string{never + "its restart policy (always) gives up when a start fails"}},
		"on-failure, a success":      {policy("on-failure", 3, 1, 0), []string{never + "on-failure restarts failures alone"}},
		"on-failure, given up":       {policy("on-failure", 3, 3, 1), []string{never + "on-failure has tried 3 times, and given up"}},
		"on-failure, tries left":     {policy("on-failure", 3, 2, 1), []string{purpose + "on-failure:3: " + cancelled, anew}},
		"on-failure, without an end": {policy("on-failure", 0, 90, 1), []string{purpose + "on-failure: " + cancelled, anew}},
		"unless-stopped":             {policy("unless-stopped", 0, 0, 0), []string{purpose + "unless-stopped: " + cancelled}},
		"always":                     {policy("always", 0, 0, 0), []string{purpose + "always: " + cancelled, "likely: when the engine itself is started anew, always starts it again"}},
	} {
		w := ended(0, test.change)
		ix := w.Index()
		var got []string
		for _, s := range explain.Ended(ix, ix.ContainerNamed("gone")) {
			if s.Topic == explain.TopicRestart {
				got = append(got, string(s.Certainty)+": "+s.Text)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A policy that docker kill has cancelled does not act: that is said while the container
// runs, and afterwards with the signal that did it.
func TestExplainACancelledPolicy(t *testing.T) {
	hup := []inspect.Event{{At: TakenAt.Add(-2 * time.Minute), ContainerID: ID("b"), Action: "kill", Signal: procfs.SIGHUP}}
	w := ended(2*time.Hour, func(c *inspect.Container) { c.RestartPolicy = "unless-stopped" })
	w.Events.Events = hup
	ix := w.Index()
	var got []string
	for _, s := range explain.Ended(ix, ix.ContainerNamed("gone")) {
		if s.Topic == explain.TopicRestart {
			got = append(got, string(s.Certainty)+": "+s.Text)
		}
	}
	if want := []string{"certain: it does not come back by itself although its restart policy is unless-stopped: docker sent it SIGHUP 1m0s before its end, which cancels that until docker start"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}

	demo := Demo().Declared("demo", func(c *inspect.Container) { c.RestartPolicy, c.StartedAt = "always", TakenAt.Add(-time.Hour) })
	hup[0].ContainerID = ID("a")
	demo.Events = &inspect.EventLog{Product: "Engine", Oldest: TakenAt.Add(-2 * time.Hour), Events: hup}
	if got, want := saidOf(t, demo, explain.TopicHistory), []string{"certain: docker sent it SIGHUP 2 minutes ago, which has cancelled its restart policy (always) until docker restart"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := saidOf(t, demo, explain.TopicKill)[0]; !strings.Contains(got, "does not start demo again: docker sent it SIGHUP 2 minutes ago") || !strings.HasPrefix(got, "certain") {
		t.Errorf("got %q", got)
	}
	demo.Events.Product = "Podman Engine"
	if got := saidOf(t, demo, explain.TopicHistory); len(got) != 1 || !strings.HasPrefix(got[0], "likely") {
		t.Errorf("on another engine: got %q", got)
	}
}

// What is removed at its end (--rm) does not come back, and leaves nothing behind.
func TestExplainWhatIsRemovedAtItsEnd(t *testing.T) {
	demo := Demo().Declared("demo", func(c *inspect.Container) { c.AutoRemove = true })
	if got := saidOf(t, demo, explain.TopicKill)[0]; !strings.Contains(got, "Docker removes demo with its logs and anonymous volumes (--rm)") || strings.Contains(got, "Exited") {
		t.Errorf("got %q", got)
	}
	w := ended(0, func(c *inspect.Container) { c.AutoRemove = true })
	wantStatement(t, w.Index(), inspect.Certain, "docker removes it at its end, with its logs and anonymous volumes (--rm)", "no restart policy")
	ix := w.Index()
	if command, _ := explain.Next(ix, ix.ContainerNamed("gone")); command != "docker rm -f gone" {
		t.Errorf("got %q", command)
	}
}
