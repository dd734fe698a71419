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

// Whether a container that has ended is restarted depends on its policy and its exit. That it
// was stopped on purpose is inferred, and so likely.
func TestExplainRestart(t *testing.T) {
	const cancelled, anew = "docker stop or docker kill has cancelled the policy.", "likely: Its restart policy (on-failure) then starts it again when Docker itself is restarted."
	const never, purpose = "certain: Docker will not restart it: ", "likely: Docker will not restart it despite its restart policy ("
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
		"no policy":                  {policy("", 0, 0, 1), []string{never + "the container has no restart policy."}},
		"no policy, and a unit":      {unit(false), []string{"likely: Docker will not restart it: the container has no restart policy. With Restart=, unit web.service (systemd) may run it again."}},
		"--rm, and a unit":           {unit(true), []string{"likely: Docker removes the container, its logs and anonymous volumes on exit (--rm). With Restart=, unit web.service (systemd) may run it again."}},
		"the policy no":              {policy("no", 0, 0, 1), []string{never + "the container has no restart policy."}},
		"restarting":                 {restarting("always", 0), []string{"certain: Docker will restart it after a delay (policy always)."}},
		"restarting once more":       {restarting("always", 1), []string{"certain: Docker will restart it after a delay (policy always, 1 restart so far)."}},
		"restarting often":           {restarting("unless-stopped", 12), []string{"certain: Docker will restart it after a delay (policy unless-stopped, 12 restarts so far)."}},
		"a start that failed":        {failed, []string{never + "its restart policy (always) gives up after a failed start."}},
		"on-failure, a success":      {policy("on-failure", 3, 1, 0), []string{never + "its restart policy (on-failure) acts only on failures."}},
		"on-failure, given up":       {policy("on-failure", 3, 3, 1), []string{never + "its restart policy (on-failure) has tried 3 times and given up."}},
		"on-failure, tries left":     {policy("on-failure", 3, 2, 1), []string{purpose + "on-failure:3): " + cancelled, anew}},
		"on-failure, without an end": {policy("on-failure", 0, 90, 1), []string{purpose + "on-failure): " + cancelled, anew}},
		"unless-stopped":             {policy("unless-stopped", 0, 0, 0), []string{purpose + "unless-stopped): " + cancelled}},
		"always":                     {policy("always", 0, 0, 0), []string{purpose + "always): " + cancelled, "likely: Its restart policy (always) then starts it again when Docker itself is restarted."}},
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

// A policy that docker kill has cancelled does not act. That is reported while the container
// runs, and afterwards with the signal that cancelled it.
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
	if want := []string{"certain: Docker will not restart it despite its restart policy (unless-stopped): docker sent SIGHUP 1m0s before the exit, which cancels the policy until docker start."}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}

	demo := Demo().Declared("demo", func(c *inspect.Container) { c.RestartPolicy, c.StartedAt = "always", TakenAt.Add(-time.Hour) })
	hup[0].ContainerID = ID("a")
	demo.Events = &inspect.EventLog{Product: "Engine", Oldest: TakenAt.Add(-2 * time.Hour), Events: hup}
	if got, want := saidOf(t, demo, explain.TopicHistory), []string{"certain: docker sent it SIGHUP 2 minutes ago, which cancels its restart policy (always) until docker restart."}; !slices.Equal(got, want) {
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

// A container that is removed when it exits (--rm) is not restarted, and leaves nothing.
func TestExplainWhatIsRemovedAtItsEnd(t *testing.T) {
	demo := Demo().Declared("demo", func(c *inspect.Container) { c.AutoRemove = true })
	if got := saidOf(t, demo, explain.TopicKill)[0]; !strings.Contains(got, "Docker removes demo with its logs and anonymous volumes (--rm)") || strings.Contains(got, "Exited") {
		t.Errorf("got %q", got)
	}
	w := ended(0, func(c *inspect.Container) { c.AutoRemove = true })
	wantStatement(t, w.Index(), inspect.Certain, "it removes the container, its logs and anonymous volumes on exit (--rm).", "no restart policy")
	ix := w.Index()
	if command, _ := explain.Next(ix, ix.ContainerNamed("gone")); command != "docker rm -f gone" {
		t.Errorf("got %q", command)
	}
}
