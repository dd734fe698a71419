package measure_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/measure"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// numbersOf writes the samples of a world whose names have this beginning, without that beginning
// and without the label id: "zombies demo,pid1 1".
func numbersOf(w *World, filter inspect.Filter, beginning string) []string {
	var lines []string
	for _, f := range measure.Of(w.Index(), filter).Families {
		name, ok := strings.CutPrefix(f.Name, beginning)
		if !ok {
			continue
		}
		for _, sample := range f.Samples {
			var values []string
			for i, value := range sample.Labels {
				if f.Labels[i] != "id" {
					values = append(values, value)
				}
			}
			lines = append(lines, fmt.Sprintf("%s %s %g", name, strings.Join(values, ","), sample.Value))
		}
	}
	return lines
}

func wantNumbers(t *testing.T, got []string, want ...string) {
	t.Helper()
	for _, line := range want {
		if missing, is := strings.CutPrefix(line, "- "); is {
			if slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, missing) }) {
				t.Errorf("there is %q", missing)
			}
			continue
		}
		if !slices.Contains(got, line) {
			t.Errorf("no %q in\n%s", line, strings.Join(got, "\n"))
		}
	}
}

const ofContainer = "pidns_container_"

// limitedDemo is the demo container with a limit of PIDs in its control group.
func limitedDemo(group procfs.PIDsGroup) *World {
	w := Demo().Listed("demo", "a", "running", "running").Dockerd(50)
	group.Path = "/docker/" + ID("a")
	w.Limits = &inspect.LimitFacts{ReaderCgroupNamespace: procfs.Some[uint64](procfs.InitialCgroupNamespace), Groups: []procfs.PIDsGroup{group}}
	return w
}

func TestNumbersOfContainer(t *testing.T) {
	w := limitedDemo(procfs.PIDsGroup{Current: procfs.Some(6), Max: procfs.Some(100), Refused: procfs.Some(3)})
	w.Declared("demo", func(c *inspect.Container) {
		c.Image, c.Labels = "shop/api:1", map[string]string{"com.docker.compose.project": "shop", "com.docker.compose.service": "api", "pidns.grace": ""}
	})
	wantNumbers(t, numbersOf(w, inspect.Filter{}, ofContainer),
		"info demo,shop/api:1,shop,api 1",
		"zombies demo,pid1 1", "zombies demo,other 0", "zombie_oldest_seconds demo 998.9",
		"processes demo 4", "threads demo 4", "orphans demo 0", "exec_sessions demo 1",
		"pids demo 6", "pids_limit demo 100", "fork_failures_total demo 3",
		"stop_forecast demo,unknown 1", "stop_forecast demo,handled 0", "reaps demo,no 1", "reaps demo,yes 0",
		"grace_wanted demo 1", "- unread", "- namespace_stale",
	)
}

// A number has no 0 in its place if it was not read.
func TestUnread(t *testing.T) {
	noLimits := Demo()
	unreadLimit := limitedDemo(procfs.PIDsGroup{Current: procfs.Some(6), Max: procfs.None[int](procfs.Denied), Refused: procfs.None[int](procfs.Unsupported)})
	noLimit := limitedDemo(procfs.PIDsGroup{Current: procfs.Some(6), Max: procfs.None[int](procfs.NotHeld), Refused: procfs.Some(0)})
	onceSeen := Demo()
	onceSeen.SecondLook = nil
	missed := Demo()
	missed.Snapshot.Missed = []procfs.Missed{{PID: 130, Why: procfs.Malformed}, {PID: 131, Why: procfs.Gone}}
	missed.Groups = []inspect.GroupMembers{{ContainerID: ID("a"), PIDs: []int{101, 130}}}
	hidden := Demo()
	hidden.Host.HidePID, hidden.Host.EUID = "2", 1000
	unbound := Demo().Without(101)
	unbound.Proof.Verdict = inspect.No
	silent := Demo().Declared("demo", func(c *inspect.Container) { c.Silent = true })
	processes := []string{"- processes", "- threads", "- orphans", "- exec_sessions", "- zombies", "- zombie_oldest",
		"unread demo,processes 1", "unread demo,threads 1", "unread demo,orphans 1", "unread demo,exec_sessions 1", "unread demo,zombies 1"}
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"limits were not read":          {noLimits, []string{"- pids", "- fork", "unread demo,pids 1", "unread demo,pids_limit 1", "unread demo,fork_failures 1"}},
		"a limit could not be read":     {unreadLimit, []string{"pids demo 6", "- pids_limit", "- fork", "unread demo,pids_limit 1", "unread demo,fork_failures 1"}},
		"there is no limit":             {noLimit, []string{"pids demo 6", "- pids_limit", "fork_failures_total demo 0", "- unread"}},
		"no second look":                {onceSeen, []string{"- zombies", "- zombie_oldest", "unread demo,zombies 1", "processes demo 4"}},
		"a process could not be read":   {missed, processes},
		"processes may be hidden":       {hidden, processes},
		"its processes are elsewhere":   {unbound, append(processes, "info demo,,, 1", "- stop_forecast", "unread demo,stop_forecast 1", "unread demo,reaps 1", "unread demo,pids 1")},
		"the engine is silent about it": {silent, []string{"processes demo 4", "stop_forecast demo,unknown 1"}},
	} {
		t.Run(name, func(t *testing.T) { wantNumbers(t, numbersOf(test.world, inspect.Filter{}, ofContainer), test.want...) })
	}
}

// A container that waits for its restart has no process and nothing that is unread.
func TestRestingContainer(t *testing.T) {
	w := NewWorld().Container("loop", "a", 0, func(c *inspect.Container) { c.Status, c.FinishedAt = "restarting", TakenAt })
	wantNumbers(t, numbersOf(w, inspect.Filter{}, ofContainer), "info loop,,, 1", "- unread", "- processes")
}

// A namespace is stale, is not, or could not be read. A container that joined none has no series.
func TestStaleNamespaces(t *testing.T) {
	w := Neighbours()
	wantNumbers(t, numbersOf(w, inspect.Filter{}, ofContainer),
		"namespace_stale qbit,net 1", "namespace_stale web,net 0", "namespace_stale lost,net 0", "- namespace_stale vpn", "- grace_wanted", "- namespace_stale agent")
	denied := Neighbours().Alter(301, func(p *procfs.Process) {
		for _, kind := range procfs.NamespaceTypes {
			p.Namespaces[kind] = procfs.None[uint64](procfs.Denied)
		}
	})
	wantNumbers(t, numbersOf(denied, inspect.Filter{}, ofContainer), "- namespace_stale qbit", "unread qbit,namespace_stale 1")
}

// Of each rule there is a number or a statement that it could not be checked completely.
func TestFindings(t *testing.T) {
	got := numbersOf(Neighbours(), inspect.Filter{}, "pidns_")
	wantNumbers(t, got, "findings stale-join,error 1", "findings owner-gone,error 1", "findings shim-hung,error 0")
	for _, r := range rule.All() {
		ofRule := func(line string) bool {
			return strings.HasPrefix(line, "findings "+r.ID+",") || strings.HasPrefix(line, "rule_unread "+r.ID+" ")
		}
		if !slices.ContainsFunc(got, ofRule) {
			t.Errorf("nothing about %s", r.ID)
		}
	}
	absent := Neighbours()
	absent.Engine.Absent = true
	wantNumbers(t, numbersOf(absent, inspect.Filter{}, "pidns_"), "engine_up  0", "rule_unread restart-loop 1", "- findings restart-loop", "findings stale-join,error 1")
}

// Shims without a container are counted if it is known which containers run.
func TestLeftoverShims(t *testing.T) {
	left := NewWorld().Dockerd(50).Listed("gone", "a", "exited", "exited").
		Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "app", In("a", 1), NS(7))
	wantNumbers(t, numbersOf(left, inspect.Filter{}, "pidns_"), "leftover_shims  1", "engine_up  1", "- host_unread")
	left.Listing = nil
	wantNumbers(t, numbersOf(left, inspect.Filter{}, "pidns_"), "- leftover_shims", "host_unread leftover_shims 1")
	missed := NewWorld().Dockerd(50).Listed("demo", "a", "running", "running")
	missed.Snapshot.Missed = []procfs.Missed{{PID: 130, Why: procfs.Denied}}
	wantNumbers(t, numbersOf(missed, inspect.Filter{}, "pidns_"), "host_unread processes 1", "leftover_shims  0")
}

// A filter chooses containers, and then nothing is said about the host.
func TestFilter(t *testing.T) {
	var filter inspect.Filter
	if err := filter.Add("name", "^web$"); err != nil {
		t.Fatal(err)
	}
	got := numbersOf(Neighbours(), filter, "pidns_")
	wantNumbers(t, got, "container_info web,,, 1", "- findings stale-join", "- container_info vpn", "- leftover_shims", "- host_unread")
}

// Why something could not be read is counted by its reason.
func TestReasons(t *testing.T) {
	w := Demo()
	w.Snapshot.Unfinished = true
	w.Problems = []inspect.Problem{{Kind: inspect.Cut}, {Kind: inspect.EngineSilent, Ref: "x"}, {Kind: inspect.EngineSilent, Ref: "y"}, {Kind: inspect.Ended, Ref: "z"}}
	want := map[measure.Reason]int{"cut": 1, "engine-silent": 2, measure.Unreadable: 1}
	if got := measure.Of(w.Index(), inspect.Filter{}).Errors; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// Without a look there are only the numbers about the look itself.
func TestAbout(t *testing.T) {
	about := measure.About{Version: "v1", Errors: map[measure.Reason]int{measure.Deadline: 2}}
	got := map[string]float64{}
	for _, f := range about.Families() {
		for _, sample := range f.Samples {
			got[f.Name+strings.Join(sample.Labels, ",")] = sample.Value
		}
	}
	for name, want := range map[string]float64{
		"pidns_up": 0, "pidns_capture_errors_totaldeadline": 2, "pidns_capture_errors_totalfailed": 0, "pidns_build_infov1": 1, "pidns_capture_duration_seconds": 0,
	} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %g, %v, want %g", name, value, ok, want)
		}
	}
}

// Two series never have the same labels, whatever the engine says.
func TestSeriesAreUnique(t *testing.T) {
	w := Demo().Container("demo", "a", 101)
	seen := map[string]bool{}
	for _, f := range measure.Of(w.Index(), inspect.Filter{}).Families {
		for _, sample := range f.Samples {
			key := f.Name + strings.Join(sample.Labels, "\xff")
			if seen[key] {
				t.Errorf("twice: %q", key)
			}
			seen[key] = true
			if len(sample.Labels) != len(f.Labels) {
				t.Errorf("%s has labels %v for %v", f.Name, sample.Labels, f.Labels)
			}
		}
	}
}
