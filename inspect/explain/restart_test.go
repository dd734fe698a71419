package explain_test

import (
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
)

// Whether a container that has ended comes back, its policy says together with how it
// ended; that somebody stopped it on purpose is concluded, and so likely.
func TestExplainRestart(t *testing.T) {
	const never, purpose = "certain: it does not come back by itself: ", "likely: it does not come back by itself although its restart policy is "
	policy := func(name string, most, so, exit int) func(*inspect.Container) {
		return func(c *inspect.Container) {
			c.RestartPolicy, c.RestartMax, c.RestartCount, c.ExitCode = name, most, so, exit
		}
	}
	restarting := func(name string, so int) func(*inspect.Container) {
		return func(c *inspect.Container) { c.Status, c.RestartPolicy, c.RestartCount = "restarting", name, so }
	}
	failed := func(c *inspect.Container) { c.RestartPolicy, c.Error = "always", "no such file" }
	for name, test := range map[string]struct {
		change func(*inspect.Container)
		want   []string
	}{
		"no policy":                  {policy("", 0, 0, 1), []string{never + "it has no restart policy"}},
		"the policy no":              {policy("no", 0, 0, 1), []string{never + "it has no restart policy"}},
		"restarting":                 {restarting("always", 0), []string{"certain: its restart policy (always) waits a while and starts it again"}},
		"restarting once more":       {restarting("always", 1), []string{"certain: its restart policy (always) waits a while and starts it again; so it has done once"}},
		"restarting often":           {restarting("unless-stopped", 12), []string{"certain: its restart policy (unless-stopped) waits a while and starts it again; so it has done 12 times"}},
		"a start that failed":        {failed, []string{never + "its restart policy (always) gives up when a start fails"}},
		"on-failure, a success":      {policy("on-failure", 3, 1, 0), []string{never + "on-failure restarts failures alone"}},
		"on-failure, given up":       {policy("on-failure", 3, 3, 1), []string{never + "on-failure has tried 3 times, and given up"}},
		"on-failure, tries left":     {policy("on-failure", 3, 2, 1), []string{purpose + "on-failure:3: it was stopped on purpose"}},
		"on-failure, without an end": {policy("on-failure", 0, 90, 1), []string{purpose + "on-failure: it was stopped on purpose"}},
		"unless-stopped":             {policy("unless-stopped", 0, 0, 0), []string{purpose + "unless-stopped: it was stopped on purpose"}},
		"always":                     {policy("always", 0, 0, 0), []string{purpose + "always: it was stopped on purpose", "likely: when the engine itself is started anew, always starts it again"}},
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
