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

// The history is about this run, and the end just before it. What the engine has forgotten is
// left out.
func TestExplainHistoryOfThisRun(t *testing.T) {
	event := func(letter, action string, before time.Duration, exit int) inspect.Event {
		return inspect.Event{At: TakenAt.Add(-before), ContainerID: ID(letter), Action: action, ExitCode: exit}
	}
	log := func(events ...inspect.Event) *inspect.EventLog { return &inspect.EventLog{Events: events} }
	const again, struck = "certain: Its restart policy (always) has restarted it 2 times. This run began about a minute ago", "certain: The OOM killer killed a process of it 5 seconds ago: it reached its memory limit. The main process was not killed."
	for name, test := range map[string]struct {
		restarts int
		log      *inspect.EventLog
		want     []string
	}{
		"it just runs":                      {0, log(), nil},
		"events were not read":              {0, nil, nil},
		"restarted, and events not read":    {2, nil, []string{again + "."}},
		"restarted, and the end forgotten":  {2, log(), []string{again + "."}},
		"restarted after a success":         {2, log(event("a", "die", 2*time.Minute, 0)), []string{again + ", after exit code 0."}},
		"restarted after a signal":          {2, log(event("a", "die", 3*time.Minute, 1), event("a", "die", 2*time.Minute, 137)), []string{again + ", after exit code 137 (SIGKILL)."}},
		"the end of another":                {2, log(event("b", "die", 2*time.Minute, 1)), []string{again + "."}},
		"an end after its start":            {2, log(event("a", "die", 2*time.Second, 1)), []string{again + "."}},
		"out of memory in the run before":   {0, log(event("a", "oom", 2*time.Minute, 0)), nil},
		"another was out of memory":         {0, log(event("b", "oom", 5*time.Second, 0)), nil},
		"out of memory, the last time told": {0, log(event("a", "oom", 50*time.Second, 0), event("a", "oom", 5*time.Second, 0)), []string{struck}},
	} {
		w := Demo().Declared("demo", func(c *inspect.Container) {
			c.StartedAt, c.RestartPolicy, c.RestartCount = TakenAt.Add(-time.Minute), "always", test.restarts
		})
		w.Events = test.log
		w.Host.CgroupVersion = procfs.Some("v2")
		if got := saidOf(t, w, explain.TopicHistory); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The labels of a container show its manager, or the client that runs it from a unit. A manager
// that restarts the existing container keeps what docker update has changed.
func TestExplainManager(t *testing.T) {
	client := func(command string) func(*inspect.Container) {
		return func(c *inspect.Container) {
			c.Unit = &inspect.Unit{Name: "web.service", ClientPID: 70, Command: command}
		}
	}
	const lost = " Changes by docker update are lost when it is recreated."
	const restart = "likely: systemctl restart web.service alone sends SIGTERM only to that client, which forwards it. Unless the unit has an ExecStop, the container may keep running. To restart both: systemctl restart --no-block web.service && docker stop demo"
	const unit = "likely: It belongs to unit web.service (systemd), according to its client "
	for name, test := range map[string]struct {
		change func(*inspect.Container)
		want   []string
	}{
		"by a label":   {func(c *inspect.Container) { c.Labels = map[string]string{"PODMAN_SYSTEMD_UNIT": "web.service"} }, []string{"likely: It belongs to unit web.service (systemd), according to its labels." + lost}},
		"docker run":   {client("run"), []string{unit + "(run, 70)." + lost, restart}},
		"docker start": {client("start"), []string{unit + "(start, 70).", restart}},
		"nobody's":     {func(*inspect.Container) {}, nil},
	} {
		if got := saidOf(t, Demo().Declared("demo", test.change), explain.TopicHistory); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
