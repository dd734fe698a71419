package explain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Why a container ended, by its state and the engine's events. An event that only came before
// the end is never its cause with certainty.
func TestExplainEndSaysWhoEndedIt(t *testing.T) {
	ended := TakenAt.Add(-time.Minute)
	sent := func(before time.Duration, signal int) inspect.Event {
		return inspect.Event{At: ended.Add(-before), ContainerID: ID("b"), Action: "kill", Signal: signal}
	}
	happened := func(action string) inspect.Event {
		return inspect.Event{At: ended, ContainerID: ID("b"), Action: action}
	}
	restarted := inspect.Event{At: ended.Add(-8 * time.Minute), ContainerID: ID("b"), Action: "restart"}
	const sigterm, sigusr1 = procfs.SIGTERM, 10
	for name, test := range map[string]struct {
		exit      int
		oom       bool
		events    []inspect.Event
		certainty inspect.Certainty
		text      string
		never     string
	}{
		"docker stop in vain":           {137, false, []inspect.Event{sent(time.Second, sigterm), sent(0, procfs.SIGKILL), happened("stop")}, inspect.Certain, "docker stop sent SIGTERM, then killed the container 1s later (SIGKILL).", "docker kill"},
		"docker kill, then docker stop": {137, false, []inspect.Event{sent(9*time.Second, sigusr1), sent(time.Second, sigterm), sent(0, procfs.SIGKILL), happened("stop")}, inspect.Certain, "docker stop sent SIGTERM, then killed", "SIGUSR1"},
		"docker stop":                   {0, false, []inspect.Event{sent(time.Second, sigterm), happened("stop")}, inspect.Certain, "docker stop: it exited within 1s of SIGTERM", "process exited by itself"},
		"docker stop without patience":  {143, false, []inspect.Event{sent(20*time.Millisecond, sigterm), sent(0, procfs.SIGKILL), happened("stop")}, inspect.Certain, "docker stop sent SIGTERM and the container exited just before SIGKILL", "then killed"},
		"the same, half forgotten":      {0, false, []inspect.Event{sent(0, procfs.SIGKILL), happened("stop")}, inspect.Certain, "docker stop sent SIGTERM and the container exited just before SIGKILL", "then killed"},
		"killed after a docker restart": {137, false, []inspect.Event{restarted, sent(0, procfs.SIGKILL)}, inspect.Certain, "docker kill: SIGKILL terminated it.", "docker stop"},
		"a signal, and then an end":     {0, false, []inspect.Event{sent(time.Second, sigusr1)}, inspect.Likely, "docker kill: it exited within 1s of SIGUSR1", "process exited by itself"},
		"a signal long before":          {137, false, []inspect.Event{sent(time.Minute, sigusr1)}, inspect.Likely, "SIGKILL was sent from the host, not through Docker", "no kill event"},
		"by itself, or so it looks":     {0, false, nil, inspect.Likely, "The main process exited by itself, or on a signal that it handles.", "docker kill"},
		"out of memory":                 {137, true, []inspect.Event{{At: ended, ContainerID: ID("b"), Action: "oom"}}, inspect.Certain, "OOM killer killed it: it reached", "not through Docker"},
		"a child was out of memory":     {0, true, []inspect.Event{sent(0, sigterm), happened("stop")}, inspect.Certain, "docker stop: it exited within 0s of SIGTERM", "OOM killer killed it: it reached"},
		"a child's end, and its own":    {3, true, nil, inspect.Certain, "killed another of its processes", "OOMKilled false"},
		"a child, and later docker":     {137, true, []inspect.Event{{At: ended.Add(-time.Minute), ContainerID: ID("b"), Action: "oom"}, sent(time.Second, sigterm), sent(0, procfs.SIGKILL), happened("stop")}, inspect.Certain, "docker stop sent SIGTERM, then killed", "OOM killer killed it"},
		"a child, a minute before":      {137, true, []inspect.Event{{At: ended.Add(-time.Minute), ContainerID: ID("b"), Action: "oom"}}, inspect.Certain, "killed another of its processes, 1m0s before the exit", "OOM killer killed it: it reached"},
		"a child, and not noted yet":    {1, false, []inspect.Event{{At: ended, ContainerID: ID("b"), Action: "oom"}}, inspect.Certain, "killed another of its processes", "OOMKilled false"},
		"with whom was removed":         {137, false, nil, inspect.Likely, "Container " + ID("e")[:12] + ", whose PID namespace it used, may have exited", "exited by itself"},
		"a fault":                       {139, false, nil, inspect.Likely, "crashed: the kernel sends", "through Docker"},
		"its own word for SIGTERM":      {143, false, nil, inspect.Likely, "set this code, for itself", "through Docker"},
	} {
		t.Run(name, func(t *testing.T) {
			w := Demo().Container("gone", "b", 0, func(c *inspect.Container) {
				if name == "with whom was removed" {
					c.PIDMode, c.Error = "container:"+ID("e"), "container e is not running"
				}
				c.Status, c.ExitCode, c.OOMKilled, c.StartedAt, c.FinishedAt = "exited", test.exit, test.oom, ended.Add(-9*time.Minute), ended
			})
			w.Events = &inspect.EventLog{Product: "Engine", Oldest: ended.Add(-time.Hour), Events: test.events}
			w.Host.CgroupVersion = procfs.Some("v2")
			wantStatement(t, w.Index(), test.certainty, test.text, test.never)
		})
	}
}

// An exit code that the engine assigned to a failed start is not one of the program. An exit
// code of the program is not a proof of its usual meaning.
func TestExplainEndOfAStartThatFailed(t *testing.T) {
	gone := func(change func(*inspect.Container)) *inspect.Index {
		w := Demo().Container("gone", "b", 0, func(c *inspect.Container) {
			c.Status, c.ExitCode, c.FinishedAt, c.RestartPolicy = "exited", 128, TakenAt.Add(-time.Minute), "always"
			change(c)
		})
		return w.Index()
	}
	failed := gone(func(c *inspect.Container) { c.Error = "container x is not running" })
	wantStatement(t, failed, inspect.Certain, "set by Docker for a failed start", "invalid argument")
	wantStatement(t, failed, inspect.Certain, "ould not be started again: container x is not running", "on purpose")
	wantStatement(t, failed, inspect.Certain, "gives up after a failed start", "on purpose")
	wantStatement(t, gone(func(c *inspect.Container) { c.ExitCode = 127 }), inspect.Certain, "usually for a command that was not found", "set by Docker")
	wantStatement(t, gone(func(c *inspect.Container) { c.Status = "restarting" }), inspect.Certain, "will restart it after a delay", "will not restart")
}

// An exit code is reported with its usual meaning, which is never called the cause. A code above
// 128 is that of a signal, or of the program itself.
func TestExplainExitCodes(t *testing.T) {
	const so = "set by the program"
	for code, want := range map[int]string{
		0:   "the main process reported success.",
		1:   "the main process reported an error.",
		2:   so + ", usually for a usage error. A Go program that is PID 1 also exits with 2 on SIGTERM.",
		3:   so + ".",
		125: so + ", usually because it could not start another one.",
		126: so + ", usually for a command that was found but could not be executed.",
		127: so + ", usually for a command that was not found.",
		128: so + ", usually for an invalid argument of exit.",
		129: "SIGHUP terminated the main process, or the program set this code.",
		137: "SIGKILL terminated the main process, or the program set this code.",
		192: "SIGRTMIN+30 terminated the main process, or the program set this code.",
		193: so + ".",
		255: so + ", or Docker lost the real one.",
	} {
		ix := ended(0, func(c *inspect.Container) { c.ExitCode = code }).Index()
		first := explain.Ended(ix, ix.ContainerNamed("gone"))[0]
		if text := fmt.Sprintf("Exit code %d, about a minute ago: %s", code, want); first.Text != text || first.Certainty != inspect.Certain {
			t.Errorf("got %s %q, want %q", first.Certainty, first.Text, text)
		}
		if got, ok := first.ExitCode.Get(); !ok || got != code || first.Other != nil {
			t.Errorf("%d: got %+v", code, first)
		}
	}
	for code, own := range map[int]bool{1: false, 126: true, 127: true, 128: true, 255: false} {
		ix := ended(0, func(c *inspect.Container) { c.ExitCode, c.Error = code, "no" }).Index()
		if got := strings.HasSuffix(explain.Ended(ix, ix.ContainerNamed("gone"))[0].Text, "set by Docker for a failed start."); got != own {
			t.Errorf("%d and an error: the engine's own: %t", code, got)
		}
	}
}

// A container that never ran has no exit code, and no cause of its end.
func TestExplainWhoNeverRan(t *testing.T) {
	for failure, want := range map[string]string{"": "It has never run.", "no image " + ID("a"): "It has never run.\nIt could not be started: no image demo."} {
		ix := Demo().Container("new", "b", 0, func(c *inspect.Container) { c.Status, c.Error, c.RestartPolicy = "created", failure, "always" }).Index()
		var got []string
		for _, s := range explain.Ended(ix, ix.ContainerNamed("new")) {
			got = append(got, s.Text)
			if s.ExitCode.Held() || s.Certainty != inspect.Certain {
				t.Errorf("got %+v", s)
			}
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A start for which a control group has no room is distinguished from others by the use of the
// group.
func TestExplainStartInAFullGroup(t *testing.T) {
	group := func(path string, used, most int) procfs.PIDsGroup {
		return procfs.PIDsGroup{Path: path, Current: procfs.Some(used), Max: procfs.Some(most)}
	}
	const failed = "It could not be started: can't get final child's PID from pipe: EOF."
	const batch = "Too few PIDs were left for its start: 3 of 10 used (pids.max) in control group /batch.slice/batch-x.slice."
	const engine = "Too few PIDs were left for its start: 100 of 100 used (pids.max) in control group /system.slice/docker.service."
	for name, test := range map[string]struct {
		parent string
		groups []procfs.PIDsGroup
		want   []string
	}{
		"room":                {"batch-x.slice", []procfs.PIDsGroup{group("/batch.slice/batch-x.slice", 2, 10)}, []string{failed}},
		"a full slice":        {"batch-x.slice", []procfs.PIDsGroup{group("/batch.slice/batch-x.slice", 3, 10)}, []string{failed, batch}},
		"a group":             {"/lab/x", []procfs.PIDsGroup{group("/lab", 0, 0)}, []string{failed, "Too few PIDs were left for its start: 0 of 0 used (pids.max) in control group /lab."}},
		"the engine's":        {"batch-x.slice", []procfs.PIDsGroup{group("/system.slice/docker.service", 100, 100)}, []string{failed, engine}},
		"the default":         {"", []procfs.PIDsGroup{group("/docker", 9, 9)}, []string{failed, "Too few PIDs were left for its start: 9 of 9 used (pids.max) in control group /docker."}},
		"another's":           {"/lab/x", []procfs.PIDsGroup{group("/other", 9, 9)}, []string{failed}},
		"a limit without use": {"/lab/x", []procfs.PIDsGroup{{Path: "/lab", Max: procfs.Some(0)}}, []string{failed}},
	} {
		w := Demo().Process(50, 1, "dockerd", InGroups("/system.slice/docker.service")).Container("new", "b", 0, func(c *inspect.Container) {
			c.Status, c.Error, c.CgroupParent = "created", "can't get final child's PID from pipe: EOF", test.parent
		})
		w.Limits = &inspect.LimitFacts{Groups: test.groups, EnginePIDs: []int{50}}
		ix := w.Index()
		var got []string
		for _, s := range explain.Ended(ix, ix.ContainerNamed("new"))[1:] {
			got = append(got, s.Text)
			if (s.Certainty == inspect.Likely) != strings.HasPrefix(s.Text, "Too few") {
				t.Errorf("%s: %s %q", name, s.Certainty, s.Text)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// What still runs of a container that has ended is reported last, with where to look.
func TestExplainEndTellsWhatLives(t *testing.T) {
	for n, want := range map[int]string{0: "", 1: "1 process of it still running.", 2: "2 processes of it still running."} {
		w := ended(0, func(*inspect.Container) {})
		for i := range n {
			w.Process(300+i, 1, "app", In("b", 1+i), NS(9))
		}
		ix := w.Index()
		list := explain.Ended(ix, ix.ContainerNamed("gone"))
		last := list[len(list)-1]
		if got := last.Topic == explain.TopicLeftovers; got != (n > 0) || got && (last.Text != want || last.Certainty != inspect.Certain) {
			t.Errorf("%d: got %+v", n, last)
		}
	}
}

// wantStatement wants a statement about the container gone, and none with the words in never.
func wantStatement(t *testing.T, ix *inspect.Index, certainty inspect.Certainty, text, never string) {
	t.Helper()
	c, problem := ix.Resolve("gone")
	if problem != nil {
		t.Fatal(problem)
	}
	found := false
	for _, s := range explain.Ended(ix, c) {
		found = found || s.Certainty == certainty && strings.Contains(s.Text, text)
		if strings.Contains(s.Text, never) {
			t.Errorf("said %q", s.Text)
		}
	}
	if !found {
		t.Errorf("got %+v, want %s %q", explain.Ended(ix, c), certainty, text)
	}
}
