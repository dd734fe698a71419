package inspect_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Which signal cancels which policy was observed with Docker's engine.
func TestIsCancelledBy(t *testing.T) {
	for name, test := range map[string]struct {
		policy, stop string
		signal       int
		want         bool
	}{
		"no stop signal, any":                   {"always", "", procfs.SIGHUP, true},
		"no stop signal, on-failure":            {"on-failure", "", procfs.SIGHUP, true},
		"another than the stop signal":          {"always", "SIGTERM", procfs.SIGHUP, false},
		"the same, on-failure":                  {"on-failure", "TERM", procfs.SIGHUP, false},
		"unless-stopped obeys any":              {"unless-stopped", "SIGTERM", procfs.SIGHUP, true},
		"the stop signal":                       {"always", "SIGTERM", procfs.SIGTERM, true},
		"a stop signal of its own":              {"always", "SIGHUP", procfs.SIGHUP, true},
		"SIGKILL":                               {"always", "SIGTERM", procfs.SIGKILL, true},
		"one that the engine did not tell":      {"always", "SIGTERM", 0, true},
		"SIGTERM, which is not the stop signal": {"always", "SIGQUIT", procfs.SIGTERM, false},
	} {
		c := inspect.Container{RestartPolicy: test.policy, StopSignal: test.stop}
		if got := c.IsCancelledBy(test.signal); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// A policy acts with certainty only if Docker's engine remembers the whole run and no signal of
// it that cancels the policy.
func TestComebackOf(t *testing.T) {
	sent := func(before time.Duration, n int) inspect.Event {
		return inspect.Event{At: TakenAt.Add(-before), ContainerID: ID("b"), Action: "kill", Signal: n}
	}
	of := func(letter, action string) inspect.Event {
		return inspect.Event{At: TakenAt.Add(-time.Second), ContainerID: ID(letter), Action: action, Signal: procfs.SIGHUP}
	}
	log := func(events ...inspect.Event) *inspect.EventLog {
		return &inspect.EventLog{Product: "Engine", Oldest: TakenAt.Add(-time.Hour), Events: events}
	}
	short := &inspect.EventLog{Product: "Engine", Oldest: TakenAt.Add(-time.Second)}
	podman := func(events ...inspect.Event) *inspect.EventLog {
		return &inspect.EventLog{Product: "Podman Engine", Oldest: TakenAt.Add(-time.Hour), Events: events}
	}
	is := func(*inspect.Container) {}
	yes, no := inspect.Comeback{Starts: true, Certainty: inspect.Certain}, inspect.Comeback{Certainty: inspect.Certain}
	likely := inspect.Comeback{Starts: true, Certainty: inspect.Likely}
	hup := sent(time.Minute, procfs.SIGHUP)
	cancelled := inspect.Comeback{Certainty: inspect.Certain, Cancelled: &hup}
	for name, test := range map[string]struct {
		change func(*inspect.Container)
		log    *inspect.EventLog
		want   inspect.Comeback
	}{
		"nothing was sent":             {is, log(), yes},
		"no policy":                    {func(c *inspect.Container) { c.RestartPolicy = "no" }, nil, no},
		"events not read":              {is, nil, likely},
		"events forgotten":             {is, short, likely},
		"another engine":               {is, podman(), likely},
		"another engine, and a kill":   {is, podman(hup), inspect.Comeback{Certainty: inspect.Likely, Cancelled: &hup}},
		"of an engine not known":       {is, &inspect.EventLog{Oldest: TakenAt.Add(-time.Hour)}, likely},
		"cancelled":                    {is, log(hup), cancelled},
		"cancelled, and another since": {is, log(hup, sent(time.Second, procfs.SIGHUP)), inspect.Comeback{Certainty: inspect.Certain, Cancelled: &inspect.Event{At: TakenAt.Add(-time.Second)}}},
		"cancelled in the run before":  {is, log(sent(20*time.Minute, procfs.SIGHUP)), yes},
		"by one that does not":         {func(c *inspect.Container) { c.StopSignal = "SIGTERM" }, log(hup), yes},
		"by one that is not told":      {func(c *inspect.Container) { c.StopSignal = "SIGTERM" }, log(sent(time.Minute, 0)), inspect.Comeback{Certainty: inspect.Likely, Cancelled: &inspect.Event{At: TakenAt.Add(-time.Minute)}}},
		"by whatever it was":           {is, log(sent(time.Minute, 0)), inspect.Comeback{Certainty: inspect.Certain, Cancelled: &inspect.Event{At: TakenAt.Add(-time.Minute)}}},
		"another one was sent it":      {is, log(of("a", "kill")), yes},
		"another event":                {is, log(of("b", "exec_start")), yes},
		"it has been restarted":        {func(c *inspect.Container) { c.RestartCount = 1 }, log(), likely},
		"whom it joined was removed":   {func(c *inspect.Container) { c.NetworkMode = "container:" + ID("e") }, log(), inspect.Comeback{Certainty: inspect.Likely, Missing: ID("e")}},
		"whom it joined rests":         {func(c *inspect.Container) { c.IPCMode = "container:rests" }, log(), inspect.Comeback{Certainty: inspect.Likely, Missing: "rests"}},
		"whom it joined runs":          {func(c *inspect.Container) { c.PIDMode = "container:demo" }, log(), yes},
	} {
		w := Demo().Container("web", "b", 0, func(c *inspect.Container) {
			c.RestartPolicy, c.StartedAt = "always", TakenAt.Add(-10*time.Minute)
			test.change(c)
		}).Container("rests", "c", 0, func(c *inspect.Container) { c.Status = "exited" })
		w.Events = test.log
		ix := w.Index()
		got := ix.ComebackOf(ix.ContainerNamed("web"), 137)
		sameEvent := (got.Cancelled == nil) == (test.want.Cancelled == nil) && (got.Cancelled == nil || got.Cancelled.At.Equal(test.want.Cancelled.At))
		if got.Starts != test.want.Starts || got.Certainty != test.want.Certainty || got.Missing != test.want.Missing || !sameEvent {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

// A signal after the end of the run belongs to a later run, and cancels nothing.
func TestComebackOfAnEndedRun(t *testing.T) {
	w := Demo().Container("gone", "b", 0, func(c *inspect.Container) {
		c.Status, c.RestartPolicy, c.StartedAt, c.FinishedAt = "exited", "always", TakenAt.Add(-time.Hour), TakenAt.Add(-time.Minute)
	})
	w.Events = &inspect.EventLog{Product: "Engine", Oldest: TakenAt.Add(-2 * time.Hour), Events: []inspect.Event{
		{At: TakenAt.Add(-time.Second), ContainerID: ID("b"), Action: "kill", Signal: procfs.SIGHUP},
	}}
	ix := w.Index()
	if got := ix.ComebackOf(ix.ContainerNamed("gone"), 1); !got.Starts || got.Cancelled != nil {
		t.Errorf("got %+v", got)
	}
}
