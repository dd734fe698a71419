package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A process is named by numbers that the reader can find: PID 1 by that number, a process
// without a number in the container by its host PID, and every other process by both.
func TestProcessName(t *testing.T) {
	ix := Demo().Process(401, 101, "bwrap", In("a", 61, 1), NS(8)).
		Process(402, 1, "nsenter", In("a", 4), NS(9)).
		Container("agent", "b", 201, func(c *inspect.Container) { c.PIDMode = "host" }).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "agent", In("b")).
		Container("ended", "c", 0).Process(301, 1, "left", In("c", 1), NS(10)).Index()
	for _, test := range []struct {
		container string
		pid       int
		want      string
	}{
		{"demo", 101, "PID 1 (sleep)"},
		{"demo", 111, "sleep (111, inside 8)"},
		{"demo", 401, "bwrap (401, inside 61>1)"},
		{"demo", 100, "containerd-shim (100)"},
		{"demo", 402, "nsenter (402)"},
		{"agent", 201, "agent (201)"},
		{"ended", 301, "left (301)"},
	} {
		c, p := ix.ContainerNamed(test.container), ix.ProcessAt(test.pid)
		if got := ix.ProcessName(c, p); got != test.want {
			t.Errorf("%d of %s: got %q, want %q", test.pid, test.container, got, test.want)
		}
	}
}

// The host's first process is PID 1 only for a container that uses the host's PIDs.
func TestProcessNameOfTheHostsInit(t *testing.T) {
	ix := NewWorld().Process(1, 0, "systemd").Container("agent", "b", 201).Process(201, 1, "agent", In("b")).Index()
	if got := ix.ProcessName(ix.Container(ID("b")), ix.ProcessAt(1)); got != "PID 1 (systemd)" {
		t.Errorf("got %q", got)
	}
}

// A parent is named with its container if that is another one. If nothing is known about it, it
// is named by its number.
func TestParentName(t *testing.T) {
	ix := Demo().Container("joiner", "b", 201, JoinedTo("demo")).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sh", In("b", 50), NS(7)).
		Process(210, 101, "orphan", In("b", 51), NS(7)).Process(211, 111, "entered", In("b", 52), NS(7)).
		Process(220, 999, "stray", In("a", 53), NS(7)).Process(1, 0, "systemd").Process(230, 1, "moved", In("a", 54), NS(7)).
		Process(240, 240, "itself", In("a", 55), NS(7)).Index()
	for _, test := range []struct {
		container string
		pid       int
		want      string
	}{
		{"demo", 111, "PID 1 (sleep)"},
		{"demo", 121, "sh (120, inside 21)"},
		{"demo", 101, "the shim (100)"},
		{"demo", 120, "the shim (100)"},
		{"joiner", 210, "PID 1 (sleep) of demo"},
		{"joiner", 211, "sleep (111, inside 8) of demo"},
		{"demo", 220, "process 999"},
		{"demo", 230, "systemd (1)"},
		{"demo", 240, "process 240"},
	} {
		c, p := ix.ContainerNamed(test.container), ix.ProcessAt(test.pid)
		if got := ix.ParentName(c, p); got != test.want {
			t.Errorf("of %d of %s: got %q, want %q", test.pid, test.container, got, test.want)
		}
	}
}

// A chain is written in the form in which it is parsed.
func TestChainString(t *testing.T) {
	for want, chain := range map[string][]int{"": nil, "7": {7}, "9>3>1": {9, 3, 1}} {
		if got := inspect.ChainString(chain); got != want {
			t.Errorf("%v: got %q, want %q", chain, got, want)
		}
	}
}

// An ID is shortened as docker does it. A name is never shortened.
func TestShortRef(t *testing.T) {
	ix := Demo().Container("db", "b", 0).Index()
	for ref, want := range map[string]string{
		ID("a"): "aaaaaaaaaaaa", "web": "web", "": "", "a-very-long-name-of-a-container": "a-very-long-name-of-a-container", ID("a")[1:]: ID("a")[1:],
	} {
		if got := inspect.ShortRef(ref); got != want {
			t.Errorf("%q: got %q, want %q", ref, got, want)
		}
	}
	for ref, want := range map[string]string{ID("a"): "demo", "demo": "demo", "bbb": "db", ID("c"): "cccccccccccc", "gone": "gone", "": ""} {
		if got := ix.NameOfRef(ref); got != want {
			t.Errorf("the name of %q: got %q, want %q", ref, got, want)
		}
	}
	for ref, want := range map[string]string{"": "", "c": "", "demo": "demo"} {
		c, got := ix.ContainerNamed(ref), ""
		if c != nil {
			got = c.Name
		}
		if got != want {
			t.Errorf("named %q: got %q, want %q", ref, got, want)
		}
	}
	if got := (&inspect.Container{ID: "abc"}).ShortID(); got != "abc" {
		t.Errorf("of an ID that is short: got %q", got)
	}
	if got := (&inspect.Container{ID: ID("a")}).ShortID(); got != "aaaaaaaaaaaa" {
		t.Errorf("of a whole ID: got %q", got)
	}
}

// Only codes that a shell or an engine derives from a signal are read as a signal.
func TestSignalWords(t *testing.T) {
	for code, want := range map[int]string{
		0: "", 1: "", 127: "", 128: "", 129: " (SIGHUP)", 137: " (SIGKILL)", 143: " (SIGTERM)",
		128 + procfs.MaxSignal: " (SIGRTMIN+30)", 129 + procfs.MaxSignal: "", 255: "", -1: "",
	} {
		if got := inspect.SignalWords(code); got != want {
			t.Errorf("%d: got %q, want %q", code, got, want)
		}
	}
}

// Lists of containers are ordered by the bytes of their names.
func TestSortByName(t *testing.T) {
	list := []*inspect.Container{{Name: "web"}, {Name: "db-10"}, {Name: "Api"}, {Name: "db"}}
	inspect.SortByName(list)
	if got := inspect.ContainerNames(list); got != "Api, db, db-10, web" {
		t.Errorf("got %q", got)
	}
	if got := inspect.ContainerNames(list[:1]) + inspect.ContainerNames(nil); got != "Api" {
		t.Errorf("of one, and of none: got %q", got)
	}
}
