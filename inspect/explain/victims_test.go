package explain_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The first ID in the path of a victim's group is its container. The time is that of the kernel
// log, whose clock may differ.
func TestOOMBetween(t *testing.T) {
	victim := func(at time.Duration, group string) procfs.OOMKill {
		return procfs.OOMKill{At: at, Group: group, Comm: "x", PID: 7}
	}
	w := Demo()
	w.OOM = &procfs.OOMFacts{LogSince: procfs.Some(time.Duration(0)), Victims: []procfs.OOMKill{
		victim(800*time.Second, "/docker/"+ID("a")),
		victim(990*time.Second, "/docker/"+ID("a")), victim(991*time.Second, "/docker/"+ID("a")+"/child"), victim(992*time.Second, "/system.slice/docker-"+ID("a")+".scope"),
		victim(993*time.Second, "/docker/"+ID("b")+"/"+ID("a")), victim(994*time.Second, "/user.slice"),
	}}
	ix := w.Index()
	demo := ix.Container(ID("a"))
	got := explain.OOMBetween(ix, demo, TakenAt.Add(-10*time.Second), TakenAt)
	if len(got.Own) != 3 || len(got.Others) != 2 || !got.Reaches || got.Slack != inspect.EndSlack+100*time.Millisecond {
		t.Errorf("got %+v", got)
	}
	if at := explain.OOMKilledAt(ix, got.Own[0]); !at.Equal(TakenAt.Add(-10 * time.Second)) {
		t.Errorf("got %s", at)
	}
	if got := explain.OOMBetween(ix, demo, Booted, TakenAt); got.Reaches || len(got.Own) != 4 {
		t.Errorf("from the boot on: got %+v", got)
	}
	if owner := explain.OwnerOfGroup(ix, "/docker/"+ID("a")+"/x"); owner != demo {
		t.Errorf("got %v", owner)
	}
	for _, nobody := range []string{"/user.slice", "/docker/" + ID("f")} {
		if owner := explain.OwnerOfGroup(ix, nobody); owner != nil {
			t.Errorf("%s: got %v", nobody, owner)
		}
	}
	w.OOM = nil
	ix = w.Index()
	if got := explain.OOMBetween(ix, ix.Container(ID("a")), Booted, TakenAt); got.Reaches || len(got.Own)+len(got.Others) > 0 {
		t.Errorf("not read: got %+v", got)
	}
}

// That no process was killed is only known if the kernel of the engine's host has counted none
// since an earlier boot.
func TestNoOOMKillSince(t *testing.T) {
	for name, test := range map[string]struct {
		facts *procfs.OOMFacts
		proof inspect.Verdict
		since time.Time
		want  bool
	}{
		"none since boot":      {&procfs.OOMFacts{Kills: procfs.Some(0)}, inspect.Yes, TakenAt, true},
		"one since boot":       {&procfs.OOMFacts{Kills: procfs.Some(1)}, inspect.Yes, TakenAt, false},
		"not told":             {&procfs.OOMFacts{Kills: procfs.None[int](procfs.Unsupported)}, inspect.Yes, TakenAt, false},
		"not read":             {nil, inspect.Yes, TakenAt, false},
		"of another host":      {&procfs.OOMFacts{Kills: procfs.Some(0)}, inspect.No, TakenAt, false},
		"of a host not proved": {&procfs.OOMFacts{Kills: procfs.Some(0)}, inspect.Unknown, TakenAt, false},
		"before the boot":      {&procfs.OOMFacts{Kills: procfs.Some(0)}, inspect.Yes, Booted.Add(time.Second), false},
	} {
		w := NewWorld()
		w.OOM, w.Proof.Verdict = test.facts, test.proof
		if got := explain.NoOOMKillSince(w.Index(), test.since); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}

// Only with cgroup v2 alone does the engine report a container's own victims.
func TestOOMIsItsOwn(t *testing.T) {
	for version, want := range map[procfs.Opt[string]]bool{
		procfs.Some("v2"): true, procfs.Some("v1"): false, procfs.Some("v1 and v2"): false, procfs.None[string](procfs.Denied): false,
	} {
		w := NewWorld()
		w.Host.CgroupVersion = version
		if got := explain.OOMIsItsOwn(w.Index()); got != want {
			t.Errorf("%v: got %t", version, got)
		}
		w.Proof.Verdict = inspect.Unknown
		if explain.OOMIsItsOwn(w.Index()) {
			t.Errorf("%v of a host that is not proved", version)
		}
	}
}
