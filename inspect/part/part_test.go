package part_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/part"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// host has demo, whose PID namespace side has joined, far, which has joined side's network as
// declared, and other, which is not related to them.
func host() *World {
	w := NewWorld().Process(1, 0, "systemd", EveryNamespace(1, nil), Args("/sbin/init"))
	w.Host.Namespaces = w.Snapshot.Processes[0].Namespaces
	add := func(name, letter string, main int, change ...func(*inspect.Container)) {
		change = append(change, func(c *inspect.Container) { c.Labels = map[string]string{"secret": "of-" + name} })
		w.Container(name, letter, main, change...).Process(main-1, 1, "containerd-shim", ShimOf(letter), EveryNamespace(1, nil)).
			Process(main, main-1, "sleep", In(letter, 1), EveryNamespace(uint64(10*main), nil), Args("sleep", "word-of-"+name))
	}
	add("demo", "a", 101)
	add("side", "b", 201, func(c *inspect.Container) { c.PIDMode = "container:" + ID("a") })
	add("far", "c", 301, func(c *inspect.Container) { c.NetworkMode = "container:" + ID("b") })
	add("other", "d", 401)
	w.Process(500, 1, "cron", EveryNamespace(1, nil), Args("cron", "word-of-host"))
	w.Execs = []inspect.Exec{{ID: "x", ContainerID: ID("a")}, {ID: "y", ContainerID: ID("d")}}
	w.Events = &inspect.EventLog{Events: []inspect.Event{{ContainerID: ID("d")}, {ContainerID: ID("c")}}}
	w.Attention = []procfs.Attention{{Key: w.Index().ProcessAt(101).Key}, {Key: w.Index().ProcessAt(401).Key}}
	return w
}

func TestOf(t *testing.T) {
	for _, name := range []string{"demo", "side", "far"} { // whichever was asked for
		w := host()
		ix := w.Index()
		c, problem := ix.Resolve(name)
		if problem != nil {
			t.Fatal(problem)
		}
		got := part.Of(ix, []*inspect.Container{c})
		if want := []string{ID("a"), ID("b"), ID("c")}; !slices.Equal(got.Only, want) {
			t.Errorf("%s: got %v", name, got.Only)
		}
		if len(got.Execs) != 1 || got.Execs[0].ID != "x" || len(got.Attention) != 1 || len(got.Events.Events) != 1 {
			t.Errorf("%s: %d sessions, %d attentive, %d events", name, len(got.Execs), len(got.Attention), len(got.Events.Events))
		}
		if len(got.Snapshot.Processes) != len(ix.Capture.Snapshot.Processes) {
			t.Errorf("%s: %d processes: the host's figures count all", name, len(got.Snapshot.Processes))
		}
		var file bytes.Buffer
		if err := got.Encode(&file); err != nil {
			t.Fatal(err)
		}
		for word, want := range map[string]bool{
			"word-of-demo": true, "word-of-side": true, "word-of-far": true, "word-of-other": false, "word-of-host": false, "of-side": true, "of-other": false, "/sbin/init": true,
		} {
			if strings.Contains(file.String(), word) != want {
				t.Errorf("%s: the file has %s: %t, want %t", name, word, !want, want)
			}
		}
		if args, held := ix.ProcessAt(401).Args.Get(); !held || len(args) != 2 || len(ix.Capture.Execs) != 2 {
			t.Errorf("%s: the whole capture was changed", name)
		}
		again, err := inspect.Decode(&file)
		if err != nil {
			t.Fatal(err)
		}
		answers(t, inspect.NewIndex(again))
	}
}

// answers checks what a capture of a part says: the containers that it was taken of, the owners
// of the other processes, and nothing more about those.
func answers(t *testing.T, ix *inspect.Index) {
	t.Helper()
	chosen, problems := ix.Choose(nil, inspect.Filter{})
	var names []string
	for _, c := range chosen {
		names = append(names, c.Name)
	}
	if !slices.Equal(names, []string{"demo", "far", "side"}) || len(problems) > 0 {
		t.Errorf("of all: got %v, %v", names, problems)
	}
	if owner := ix.OwnerOf(ix.ProcessAt(401)).Container; owner == nil || owner.Name != "other" {
		t.Errorf("owner of the other's: %v", owner)
	}
	chosen, problems = ix.Choose([]string{"demo", "other"}, inspect.Filter{})
	if len(chosen) != 1 || len(problems) != 1 || problems[0].Text != "other was left out of the snapshot" {
		t.Errorf("by name: got %d, %v", len(chosen), problems)
	}
}

// A container that shares nothing is alone.
func TestOfOneAlone(t *testing.T) {
	ix := host().Index()
	other, _ := ix.Resolve("other")
	if got := part.Of(ix, []*inspect.Container{other}); !slices.Equal(got.Only, []string{ID("d")}) {
		t.Errorf("got %v", got.Only)
	}
}
