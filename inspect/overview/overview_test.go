package overview

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// shop is a host with a container that has two settled zombies, one that uses its limit, one
// without a fault, and one that has exited.
func shop() *World {
	w := Demo().
		Process(200, 1, "containerd-shim", ShimOf("b")).Container("web", "b", 201).Process(201, 200, "nginx", In("b", 1), NS(8), Caught(15)).
		Process(202, 201, "nginx", In("b", 2), NS(8)).
		Process(300, 1, "containerd-shim", ShimOf("c")).Container("limited", "c", 301).Process(301, 300, "nginx", In("c", 1), NS(9), Caught(15))
	w.Container("resting", "d", 0, func(c *inspect.Container) { c.Status, c.FinishedAt = "restarting", TakenAt.Add(-time.Second) })
	w.PIDs = map[string]inspect.PIDsUse{
		ID("a"): {Current: procfs.Some(5), Max: procfs.None[int](procfs.NotHeld)},
		ID("b"): {Current: procfs.Some(2), Max: procfs.Some(100)},
		ID("c"): {Current: procfs.Some(19), Max: procfs.Some(20)},
	}
	return w
}

func lineOf(r *Row) string {
	text := r.Container.Name
	if n, known := r.Count.Get(); known {
		text = fmt.Sprintf("%s %d processes %d threads %d execs", r.Container.Name, n.Processes, n.Threads, n.Execs)
	}
	if n, known := r.Zombies.Get(); known {
		text += fmt.Sprintf(" %d zombies", n)
	}
	if r.Passing > 0 {
		text += fmt.Sprintf(" %d passing", r.Passing)
	}
	if r.Problem != nil {
		text = r.Container.Name + " " + string(r.Problem.Kind)
	}
	if worst := r.Verdict.Worst(); worst != nil {
		text += " " + worst.Rule
	}
	return text
}

func linesOf(rows []Row) string {
	lines := make([]string, len(rows))
	for i := range rows {
		lines[i] = lineOf(&rows[i])
	}
	return strings.Join(lines, "\n")
}

func TestRows(t *testing.T) {
	once := shop()
	once.SecondLook = nil
	passing := shop()
	passing.SecondLook.Zombies = nil
	hidden := shop()
	hidden.Host.HidePID, hidden.Host.EUID = "2", 1000
	missed := shop()
	missed.Snapshot.Missed = []procfs.Missed{{PID: 203, Why: procfs.Denied}}
	missed.Groups = []inspect.GroupMembers{{ContainerID: ID("b"), PIDs: []int{201, 202, 203}}}
	for name, test := range map[string]struct {
		w      *World
		names  []string
		filter string
		want   string
	}{
		"all": {shop(), nil, "", "demo 4 processes 4 threads 1 execs 1 zombies\nlimited 1 processes 1 threads 0 execs 0 zombies\n" +
			"web 2 processes 2 threads 0 execs 0 zombies\nresting " + string(inspect.NotRunning)},
		"one look": {once, []string{"demo"}, "", "demo 4 processes 4 threads 1 execs 1 passing"},
		"passing":  {passing, []string{"demo"}, "", "demo 4 processes 4 threads 1 execs 0 zombies 1 passing"},
		"hidden":   {hidden, []string{"demo"}, "", "demo"},
		"missed":   {missed, []string{"web", "limited"}, "", "limited 1 processes 1 threads 0 execs 0 zombies\nweb"},
		"filtered": {shop(), nil, "web", "web 2 processes 2 threads 0 execs 0 zombies"},
		"unknown":  {shop(), []string{"web", "nobody"}, "", "nobody " + string(inspect.NoSuchContainer) + "\nweb 2 processes 2 threads 0 execs 0 zombies"},
	} {
		var filter inspect.Filter
		if test.filter != "" {
			if err := filter.Add("name", test.filter); err != nil {
				t.Fatal(err)
			}
		}
		if got := linesOf(Rows(test.w.Index(), test.names, filter, nil)); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, test.want)
		}
	}
}

// Verdicts stay with a container until it is restarted.
func TestJudge(t *testing.T) {
	ix := shop().Index()
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	judged := Judge(ix, chosen, true)
	rows := Rows(ix, nil, inspect.Filter{}, judged)
	if rows[0].Container.Name != "demo" || rows[0].Verdict == nil || len(rows[0].Verdict.Findings) == 0 || rows[0].Verdict.Stop == nil {
		t.Fatalf("got %s", linesOf(rows))
	}
	if !judged.At.Equal(TakenAt) {
		t.Errorf("judged at %s", judged.At)
	}
	for name, change := range map[string]func(*inspect.Container){
		"restarted":      func(c *inspect.Container) { c.HostPID, c.StartedAt = 111, TakenAt },
		"same name":      func(c *inspect.Container) { c.ID = ID("e") },
		"same main, new": func(c *inspect.Container) { c.StartedAt = TakenAt },
	} {
		c := *rows[0].Container
		if change(&c); judged.Of(&c) != nil {
			t.Errorf("%s: it has the verdict on another run", name)
		}
	}
	var none *Judged
	if none.Of(rows[0].Container) != nil || (*Verdict)(nil).Worst() != nil {
		t.Error("there is a verdict before the first")
	}
}

// Each order ends with the names.
func TestSort(t *testing.T) {
	ix := shop().Index()
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	rows := Rows(ix, nil, inspect.Filter{}, Judge(ix, chosen, true))
	for order, want := range map[Order]string{
		WorstFirst: "demo limited web resting", ByName: "demo limited resting web", ByZombies: "demo limited resting web", ByProcess: "demo web limited resting", ByPIDs: "limited web demo resting",
	} {
		Sort(rows, order)
		var names []string
		for _, r := range rows {
			names = append(names, r.Container.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: got %s, want %s", order, got, want)
		}
	}
	if WorstFirst.Next() != ByName || ByPIDs.Next() != WorstFirst {
		t.Error("the orders are not in a circle")
	}
}
