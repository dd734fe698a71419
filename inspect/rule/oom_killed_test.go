package rule_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// onUnified puts the host on cgroup v2, and proves that it is the engine's.
func onUnified(w *World) *World {
	w.Host.CgroupVersion = procfs.Some("v2")
	w.Proof = inspect.HostProof{Verdict: inspect.Yes, By: "the socket"}
	return w
}

// A victim in the kernel log is reported if it was killed in the present run. OOMKilled is
// reported if the container runs or waits for a restart. It is uncertain with cgroup v1, and its
// run is only named if it is known.
func TestOOMKilled(t *testing.T) {
	const (
		advice = " | docker pidns explain demo | use less memory, or raise its memory limit (--memory, in compose mem_limit)"
		shared = "; With cgroup v1 it may have been a process of another container below the same memory limit"
	)
	running := func(finished time.Time, killed bool) *World {
		return onUnified(Alone("app").Declared("demo", func(c *inspect.Container) { c.OOMKilled, c.FinishedAt = killed, finished }))
	}
	restarting := func(exitCode int, killed bool) *World {
		w := loops(2, time.Minute/2)
		w.Containers[0].ExitCode, w.Containers[0].OOMKilled = exitCode, killed
		return onUnified(w)
	}
	v1 := running(time.Time{}, true)
	v1.Host.CgroupVersion = procfs.Some("v1 and v2")
	restartingOnV1 := restarting(137, true)
	restartingOnV1.Host.CgroupVersion = procfs.Some("v1")
	exited := restarting(137, true)
	exited.Containers[0].Status = "exited"
	before := TakenAt.Add(-time.Hour)
	inLog := func(ago time.Duration, group string) *World {
		w := running(before, false)
		w.Containers[0].StartedAt, w.Snapshot.Uptime = TakenAt.Add(-time.Minute), 1000*time.Second
		w.OOM = &procfs.OOMFacts{Kills: procfs.Some(1), LogSince: procfs.Some(time.Duration(0)), Victims: []procfs.OOMKill{{
			At: 1000*time.Second - ago, Limit: "/docker/" + ID("a"), Group: group, Comm: "job", PID: 150,
		}}}
		return w
	}
	const killed = "The OOM killer killed a process of it %s ago: it reached its memory limit (kernel log: job, PID 150). The main process was not killed"
	hosts{
		"in the kernel log":            {now: inLog(5*time.Second, "/docker/"+ID("a")), want: []string{"warning demo 101: " + fmt.Sprintf(killed, "5 seconds") + advice}},
		"when it had just started":     {now: inLog(59*time.Second, "/docker/"+ID("a")), want: []string{"warning unknown demo 101: " + fmt.Sprintf(killed, "59 seconds") + "; This is likely, but not certain" + advice}},
		"in the run before":            {now: inLog(5*time.Minute, "/docker/"+ID("a"))},
		"a victim of another":          {now: inLog(5*time.Second, "/docker/"+ID("b"))},
		"in its first run":             {now: running(time.Time{}, true), want: []string{"warning demo 101: The OOM killer killed one of its processes" + advice}},
		"in a later run":               {now: running(before, true), want: []string{"warning demo 101: The OOM killer killed one of its processes in this run or the previous one" + advice}},
		"it waits for a restart":       {now: restarting(137, true), want: []string{"error demo: The OOM killer killed one of its processes in its last run, which exited with 137 (SIGKILL)" + advice}},
		"another process, restarted":   {now: restarting(1, true), want: []string{"error demo: The OOM killer killed one of its processes in its last run, which exited with 1" + advice}},
		"with cgroup v1":               {now: v1, want: []string{"warning unknown demo 101: The OOM killer probably killed one of its processes" + shared + advice}},
		"restarted with cgroup v1":     {now: restartingOnV1, want: []string{"warning unknown demo: The OOM killer probably killed one of its processes in its last run, which exited with 137 (SIGKILL)" + shared + advice}},
		"not killed":                   {now: running(before, false)},
		"restarted, not by that":       {now: restarting(137, false)},
		"one that has exited for good": {now: exited},
	}.hold(t, "oom-killed")
}

// A question about some containers does not report others that are restarted.
func TestOOMKilledOfOthers(t *testing.T) {
	w := onUnified(Alone("app").Container("other", "b", 0, func(c *inspect.Container) { c.Status, c.OOMKilled = "restarting", true }))
	if got := said(findingsAbout(t, w.Index(), "oom-killed", "demo")); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}
