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

// ended is a world in which the container gone has exited with 137 a minute ago, and the engine
// remembers events since the time oldest before that.
func ended(oldest time.Duration, change func(*inspect.Container)) *World {
	w := Demo().Container("gone", "b", 0, func(c *inspect.Container) {
		c.Status, c.ExitCode, c.StartedAt, c.FinishedAt = "exited", 137, TakenAt.Add(-time.Hour), TakenAt.Add(-time.Minute)
		change(c)
	})
	w.Events = &inspect.EventLog{Product: "Engine", Oldest: TakenAt.Add(-time.Minute - oldest)}
	w.Host.CgroupVersion = procfs.Some("v2")
	return w
}

// If the engine has forgotten the events, state and restart policy still show something, which
// is never certain. That the events are forgotten is reported.
func TestExplainEndWithoutEvents(t *testing.T) {
	const forgotten = -30 * time.Second
	for name, test := range map[string]struct {
		change func(*inspect.Container)
		text   string
		never  string
	}{
		"out of memory":                           {func(c *inspect.Container) { c.OOMKilled = true }, "The OOM killer killed it with SIGKILL", "Cause unknown"},
		"always would have come":                  {func(c *inspect.Container) { c.RestartPolicy = "always" }, "docker stop or docker kill: otherwise its restart policy (always)", "Cause unknown"},
		"so would on-failure":                     {func(c *inspect.Container) { c.RestartPolicy, c.RestartMax = "on-failure", 3 }, "otherwise its restart policy (on-failure)", "Cause unknown"},
		"on-failure has given up":                 {func(c *inspect.Container) { c.RestartPolicy, c.RestartMax, c.RestartCount = "on-failure", 3, 3 }, "", "docker stop or"},
		"a start that failed":                     {func(c *inspect.Container) { c.RestartPolicy, c.Error = "always", "no" }, "", "docker stop or"},
		"with whom it joined":                     {func(c *inspect.Container) { c.PIDMode = "container:" + ID("c") }, "owner, whose PID namespace it used, exited at that moment (20 ms apart)", "Cause unknown"},
		"with whom that one joined":               {func(c *inspect.Container) { c.PIDMode = "container:" + ID("d") }, "owner, whose PID namespace it used, exited at that moment (20 ms apart)", "Cause unknown"},
		"by policy, joined one that is not there": {func(c *inspect.Container) { c.PIDMode, c.RestartPolicy = "container:"+ID("e"), "always" }, "docker stop or docker kill: otherwise its restart policy (always)", "whose PID namespace it used"},
		"nothing is known":                        {func(*inspect.Container) {}, "", "docker"},
	} {
		t.Run(name, func(t *testing.T) {
			w := ended(forgotten, test.change).
				Container("owner", "c", 0, func(c *inspect.Container) {
					c.Status, c.FinishedAt = "exited", TakenAt.Add(-time.Minute-20*time.Millisecond)
				}).
				Container("between", "d", 0, func(c *inspect.Container) { c.Status, c.PIDMode = "exited", "container:"+ID("c") })
			ix := w.Index()
			gap := "Cause unknown: Docker keeps about 256 events"
			if test.text != "" {
				wantStatement(t, ix, inspect.Likely, test.text, test.never)
				gap = "The cause cannot be determined further: Docker keeps about 256 events"
			}
			if name != "out of memory" {
				wantStatement(t, ix, inspect.Uncertain, gap, "no kill event")
			}
		})
	}
}

// The cause of the end is reported in full. It is a signal from elsewhere only if docker sent
// none, and is never certain then. It is the OOM killer only if the exit is one that it causes.
func TestExplainEndWordByWord(t *testing.T) {
	const minute = time.Minute
	happened := func(action string, before time.Duration, signal int) inspect.Event {
		return inspect.Event{At: TakenAt.Add(-minute - before), ContainerID: ID("b"), Action: action, Signal: signal}
	}
	const notDocker, notOOM = "certain: Docker did not stop or kill it (no kill event).", "likely: The OOM killer did not kill it (OOMKilled false), unless the host or a memory group inside the container ran out of memory."
	const struck = "it reached its memory limit"
	exits := func(code int, oom bool) func(*inspect.Container) {
		return func(c *inspect.Container) { c.ExitCode, c.OOMKilled = code, oom }
	}
	shares := func(mode string, code int) func(*inspect.Container) {
		return func(c *inspect.Container) { c.PIDMode, c.ExitCode = mode, code }
	}
	otherOne := happened("kill", 0, procfs.SIGKILL)
	otherOne.ContainerID = ID("a")
	for name, test := range map[string]struct {
		change func(*inspect.Container)
		events []inspect.Event
		want   []string
	}{
		"SIGKILL from outside":                     {exits(137, false), nil, []string{notOOM, notDocker, "likely: SIGKILL was sent from the host, not through Docker. The kernel protects PID 1 from signals sent inside the container. Or PID 1 passed on the status of a child that was killed."}},
		"another container was killed":             {exits(137, false), []inspect.Event{otherOne}, []string{notOOM, notDocker, "likely: SIGKILL was sent from the host, not through Docker. The kernel protects PID 1 from signals sent inside the container. Or PID 1 passed on the status of a child that was killed."}},
		"the run before was killed":                {exits(1, false), []inspect.Event{happened("kill", 2*time.Hour, 9)}, []string{notOOM, notDocker, "likely: The main process exited by itself, or on a signal that it handles."}},
		"a signal, to an init":                     {exits(143, false), nil, []string{notOOM, notDocker, "likely: The main process set this code, for itself or for a child: SIGTERM alone does not terminate PID 1."}},
		"a signal, on the host":                    {shares("host", 143), nil, []string{notOOM, notDocker, "likely: SIGTERM did not come from Docker, but from the host or from inside the container."}},
		"SIGKILL, on the host":                     {shares("host", 137), nil, []string{notOOM, notDocker, "likely: SIGKILL did not come from Docker, but from the host or from inside the container."}},
		"SIGKILL to one that joined one that runs": {shares("container:demo", 137), nil, []string{notOOM, notDocker, "likely: SIGKILL did not come from Docker, but from the host or from inside the container."}},
		"a fault":                      {exits(139, false), nil, []string{notOOM, notDocker, "likely: The program, or one that it started, crashed: the kernel sends SIGSEGV for such a fault."}},
		"an abort":                     {exits(134, false), nil, []string{notOOM, notDocker, "likely: The program, or one that it started, crashed: the kernel sends SIGABRT for such a fault."}},
		"beyond the signals":           {exits(200, false), nil, []string{notOOM, notDocker, "likely: The main process exited by itself, or on a signal that it handles."}},
		"the OOM killer":               {exits(137, true), []inspect.Event{happened("oom", time.Second, 0)}, []string{"certain: The OOM killer killed it: " + struck + "."}},
		"the OOM killer, not noted":    {exits(137, false), []inspect.Event{happened("oom", time.Second, 0)}, []string{"certain: The OOM killer killed it: " + struck + "."}},
		"the OOM killer, and no event": {exits(137, true), nil, []string{"likely: The OOM killer killed it with SIGKILL: " + struck + "."}},
		"the OOM killer, and docker kill": {exits(137, true), []inspect.Event{happened("oom", time.Second, 0), happened("kill", time.Second, 9)}, []string{
			"certain: The OOM killer also killed a process at that time: " + struck + ".", "certain: docker kill: SIGKILL terminated it."}},
		"the OOM killer long before": {exits(137, true), []inspect.Event{happened("oom", 5*time.Second, 0)}, []string{
			"certain: The OOM killer killed another of its processes, 5s before the exit: " + struck + ". The main process exited with 137.", notDocker,
			"likely: SIGKILL was sent from the host, not through Docker. The kernel protects PID 1 from signals sent inside the container. Or PID 1 passed on the status of a child that was killed."}},
		"the OOM killer, another's": {exits(1, true), nil, []string{"certain: The OOM killer killed another of its processes: " + struck + ". The main process exited with 1.", notDocker, "likely: The main process exited by itself, or on a signal that it handles."}},
		"the OOM killer at some time, and docker kill": {exits(137, true), []inspect.Event{happened("kill", time.Second, 9)}, []string{
			"certain: The OOM killer killed another of its processes: " + struck + ". The main process exited with 137.", "certain: docker kill: SIGKILL terminated it."}},
		"a signal to one that joined one removed": {shares("container:"+ID("e"), 143), nil, []string{notOOM, notDocker, "likely: SIGTERM did not come from Docker, but from the host or from inside the container."}},
		"SIGKILL, and a start that failed": {func(c *inspect.Container) { c.Error = "no" }, nil, []string{"certain: It could not be started again: no.", notOOM, notDocker,
			"likely: SIGKILL was sent from the host, not through Docker. The kernel protects PID 1 from signals sent inside the container. Or PID 1 passed on the status of a child that was killed."}},
		"a start that failed":          {func(c *inspect.Container) { c.Error, c.ExitCode = "no", 128 }, nil, []string{"certain: It could not be started again: no.", notOOM, notDocker, "likely: The main process exited by itself, or on a signal that it handles."}},
		"docker kill long before":      {exits(1, false), []inspect.Event{happened("kill", minute, 10)}, []string{"certain: docker kill sent SIGUSR1 1m0s before the exit.", "likely: The main process exited by itself, or on a signal that it handles."}},
		"docker stop by SIGKILL alone": {func(c *inspect.Container) { c.StopSignal = "SIGKILL" }, []inspect.Event{happened("kill", 0, 9), happened("stop", 0, 0)}, []string{"certain: docker stop: SIGKILL terminated it within 0s."}},
	} {
		w := ended(2*time.Hour, test.change)
		w.Events.Events = test.events
		ix := w.Index()
		var got []string
		for _, s := range explain.Ended(ix, ix.ContainerNamed("gone"))[1:] {
			if s.Topic == explain.TopicEnd {
				got = append(got, string(s.Certainty)+": "+s.Text)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// If only the state is known, the remaining possibilities are named, and why the cause is not
// known.
func TestExplainEndOpen(t *testing.T) {
	const notRead, forgotten = "Docker's events were not read.", "Docker keeps about 256 events, and those from that time are gone."
	const notOOM = "likely: The OOM killer did not kill it (OOMKilled false), unless the host or a memory group inside the container ran out of memory."
	const own, sent = "Either the process exited by itself, or docker stop or docker kill stopped it.", "Possible: docker stop after its timeout, docker kill, or SIGKILL sent without Docker."
	for name, test := range map[string]struct {
		exit int
		log  *inspect.EventLog
		want []string
	}{
		"events not read, by itself":   {3, nil, []string{notOOM, "unknown: Cause unknown: " + notRead + " " + own}},
		"events not read, killed":      {137, nil, []string{notOOM, "unknown: Cause unknown: " + notRead + " " + sent}},
		"events forgotten, by itself":  {3, &inspect.EventLog{Product: "Engine", Oldest: TakenAt}, []string{notOOM, "unknown: Cause unknown: " + forgotten + " " + own}},
		"an empty log is no whole one": {137, &inspect.EventLog{Product: "Engine"}, []string{notOOM, "unknown: Cause unknown: " + forgotten + " " + sent}},
	} {
		w := ended(0, func(c *inspect.Container) { c.ExitCode = test.exit })
		w.Events = test.log
		ix := w.Index()
		var got []string
		for _, s := range explain.Ended(ix, ix.ContainerNamed("gone"))[1:] {
			if s.Topic == explain.TopicEnd {
				got = append(got, string(s.Certainty)+": "+s.Text)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// A container that joined a PID namespace ended with its init if both exited at the same moment
// and by SIGKILL. The statement is about the owner.
func TestExplainEndWithItsOwner(t *testing.T) {
	for name, test := range map[string]struct {
		apart time.Duration
		exit  int
		want  string
	}{
		"at once":         {0, 137, "(less than 1 ms apart)"},
		"a moment later":  {-1500 * time.Millisecond, 137, "(1500 ms apart)"},
		"a moment before": {20 * time.Millisecond, 137, "(20 ms apart)"},
		"long before":     {3 * time.Second, 137, ""},
		"by another end":  {0, 143, ""},
		"it still runs":   {-time.Hour, 137, ""},
	} {
		w := ended(2*time.Hour, func(c *inspect.Container) { c.PIDMode, c.ExitCode = "container:owner", test.exit }).
			Container("owner", "c", 0, func(c *inspect.Container) {
				c.Status = "exited"
				if name != "it still runs" {
					c.FinishedAt = TakenAt.Add(-time.Minute - test.apart)
				}
			})
		ix := w.Index()
		got := ""
		for _, s := range explain.Ended(ix, ix.ContainerNamed("gone")) {
			if s.Other != nil {
				got = s.Text
				if s.Other.Name != "owner" || s.Certainty != inspect.Likely {
					t.Errorf("%s: got %+v", name, s)
				}
			}
		}
		if (got != "") != (test.want != "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The engine's events reach far enough back if they include the beginning of a docker stop that
// could have caused the end. That is not certain, because a longer grace period may have been
// given.
func TestExplainEndWithinTheEnginesMemory(t *testing.T) {
	for oldest, whole := range map[time.Duration]bool{13 * time.Second: true, 12 * time.Second: true, 11 * time.Second: false} {
		w := ended(oldest, func(c *inspect.Container) { c.StopTimeout = 10 * time.Second })
		if whole {
			wantStatement(t, w.Index(), inspect.Likely, "Docker did not stop or kill it (no kill event).", "are gone")
		} else {
			wantStatement(t, w.Index(), inspect.Uncertain, "Docker keeps about 256 events", "no kill event")
		}
	}
}

// A container that is about to be restarted was not stopped on purpose.
func TestExplainEndOfWhoIsStartedAgain(t *testing.T) {
	w := ended(-time.Hour, func(c *inspect.Container) { c.Status, c.RestartPolicy = "restarting", "always" })
	wantStatement(t, w.Index(), inspect.Uncertain, "Cause unknown", "would have restarted it")
}

// What docker sent is reported even if the beginning of docker stop is forgotten.
func TestExplainEndOfAStopHalfForgotten(t *testing.T) {
	w := ended(time.Second, func(c *inspect.Container) { c.StopTimeout = 10 * time.Second })
	at := TakenAt.Add(-time.Minute)
	w.Events.Events = []inspect.Event{{At: at, ContainerID: ID("b"), Action: "kill", Signal: procfs.SIGKILL}, {At: at, ContainerID: ID("b"), Action: "stop"}}
	wantStatement(t, w.Index(), inspect.Certain, "docker stop sent SIGTERM, then killed the container (SIGKILL).", "are gone")
}

// The next commands name the containers to start first, and what to look at.
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
		"out of memory":         {func(c *inspect.Container) { c.OOMKilled = true }, oom, "docker inspect --format '{{.HostConfig.Memory}}' gone | its memory limit in bytes; 0 means no limit of its own"},
		"joined one that rests": {joins("c"), nil, "docker start gone | once owner is running"},
		"and by way of another": {joins("d"), nil, "docker start gone | once owner is running"},
		"joined one removed":    {joins("e"), nil, "docker rm gone | then create it again: the container that it joined was removed"},
		"failed to start":       {func(c *inspect.Container) { c.Error = "no such file" }, kill, "docker start gone | once the cause of the failed start is fixed"},
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

// The history of a running container is reported.
func TestExplainHistory(t *testing.T) {
	w := Demo()
	c := &w.Containers[0]
	c.StartedAt, c.RestartPolicy, c.RestartMax, c.RestartCount = TakenAt.Add(-time.Minute), "on-failure", 5, 2
	w.Events = &inspect.EventLog{Events: []inspect.Event{
		{At: TakenAt.Add(-3 * time.Minute), ContainerID: c.ID, Action: "oom"},
		{At: TakenAt.Add(-2 * time.Minute), ContainerID: c.ID, Action: "die", ExitCode: 139},
		{At: TakenAt.Add(-30 * time.Second), ContainerID: c.ID, Action: "oom"},
	}}
	w.Host.CgroupVersion = procfs.Some("v2")
	var got []string
	for _, s := range running(w.Index(), c) {
		if s.Topic == explain.TopicHistory {
			got = append(got, s.Text)
		}
	}
	want := "Its restart policy (on-failure:5) has restarted it 2 times. This run began about a minute ago, after exit code 139 (SIGSEGV).\n" +
		"The OOM killer killed a process of it 30 seconds ago: it reached its memory limit. The main process was not killed."
	if strings.Join(got, "\n") != want {
		t.Errorf("got %q", got)
	}
	said := 0
	w.Events = nil
	for _, s := range running(w.Index(), c) {
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
	wantStatement(t, w.Index(), inspect.Certain, "It could not be started again: container demo is not running, nor is ffffffffffff.", "aaaaaaaa")
}
