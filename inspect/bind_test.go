package inspect_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestBind(t *testing.T) {
	noCgroup := func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Denied) }
	tests := map[string]struct {
		world *World
		want  inspect.BindOutcome
		by    inspect.Via
	}{
		"by cgroup": {
			NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", In("a", 1)), inspect.Bound, "cgroup",
		},
		"by the systemd driver's scope": {
			NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", func(p *procfs.Process) {
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/system.slice/docker-" + ID("a") + ".scope"}})
			}), inspect.Bound, "cgroup",
		},
		"by podman's scope, seen from inside another cgroup namespace": {
			NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", func(p *procfs.Process) {
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/../../machine.slice/libpod-" + ID("a") + ".scope"}})
			}), inspect.Bound, "cgroup",
		},
		"rootless: no cgroup has the ID, the shim's argument does": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("a")).
				Process(101, 100, "sleep"), inspect.Bound, "shim",
		},
		"the shim of another container proves nothing": {
			NewWorld().Container("demo", "a", 101).Process(100, 1, "containerd-shim", ShimOf("b")).
				Process(101, 100, "sleep"), inspect.Contradicted, "",
		},
		"a process of the same number that is somebody else's": {
			NewWorld().Container("demo", "a", 101).Process(101, 1, "sshd"), inspect.Contradicted, "",
		},
		"another container's process": {
			NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", In("b", 1)), inspect.Contradicted, "",
		},
		"a later process of the container, by an engine in another PID namespace": {
			NewWorld().Container("demo", "a", 102).Process(101, 1, "sleep", In("a", 1)).
				Process(102, 101, "sh", In("a", 5)), inspect.Contradicted, "",
		},
		"started after the answer": {
			NewWorld().Container("demo", "a", 101, func(c *inspect.Container) { c.AnsweredAt = Booted.Add(500 * time.Second) }).
				Process(101, 1, "sleep", In("a", 1), StartedAt(501)), inspect.Contradicted, "",
		},
		"no such process":   {NewWorld().Container("demo", "a", 101), inspect.Vanished, ""},
		"no process named":  {NewWorld().Container("demo", "a", 0), inspect.NoProcess, ""},
		"cgroup unreadable": {NewWorld().Container("demo", "a", 101).Process(101, 1, "sleep", noCgroup), inspect.Unproven, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			got := ix.Binding(&ix.Capture.Containers[0])
			if got.Outcome != test.want || got.By != test.by {
				t.Errorf("got %s by %q (%s), want %s by %q", got.Outcome, got.By, got.Why, test.want, test.by)
			}
			if (got.Main != nil) != (test.want == inspect.Bound) {
				t.Errorf("main process %v with outcome %s", got.Main, got.Outcome)
			}
		})
	}
}

// What hidepid hides is not evidence that it is elsewhere.
func TestHiddenProcessesDisproveNothing(t *testing.T) {
	w := NewWorld().Container("x", "a", 5).Container("y", "b", 6)
	w.Proof, w.Host = inspect.HostProof{Verdict: inspect.Unknown}, procfs.Host{HidePID: "2", EUID: 1000}
	ix := w.Index()
	if got := ix.HostProof(); got.Verdict != inspect.Unknown {
		t.Errorf("got %+v", got)
	}
	if _, problems := ix.Choose([]string{"x"}, inspect.Filter{}); len(problems) != 1 || problems[0].Kind != inspect.Hidden {
		t.Errorf("got %+v", problems)
	}
}

// Inside the container itself the number can fall on an exec session.
func TestBindWhereTheHostIsDisproved(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101).Process(101, 0, "sh", In("a"))
	w.Proof = inspect.HostProof{Verdict: inspect.No}
	ix := w.Index()
	if got := ix.Binding(&ix.Capture.Containers[0]); got.Outcome != inspect.Contradicted {
		t.Errorf("got %s by %s", got.Outcome, got.By)
	}
}

func TestBindDeniedProcessIsUnproven(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101)
	w.Snapshot.Missed = []procfs.Missed{{PID: 101, Why: procfs.Denied}}
	ix := w.Index()
	if got := ix.Binding(&ix.Capture.Containers[0]).Outcome; got != inspect.Unproven {
		t.Errorf("got %s, want %s: a process that cannot be read is not a process that is gone", got, inspect.Unproven)
	}
}

func TestHostProof(t *testing.T) {
	tests := map[string]struct {
		proof inspect.HostProof
		world *World
		want  inspect.Verdict
	}{
		"peer and container":                      {inspect.HostProof{Verdict: inspect.Yes}, Demo(), inspect.Yes},
		"container alone":                         {inspect.HostProof{Verdict: inspect.Unknown}, Demo(), inspect.Yes},
		"peer alone":                              {inspect.HostProof{Verdict: inspect.Yes}, NewWorld(), inspect.Yes},
		"nothing to go by":                        {inspect.HostProof{Verdict: inspect.Unknown}, NewWorld(), inspect.Unknown},
		"one container that vanished":             {inspect.HostProof{Verdict: inspect.Unknown}, NewWorld().Container("x", "a", 5), inspect.Unknown},
		"none of several containers' processes":   {inspect.HostProof{Verdict: inspect.Unknown}, NewWorld().Container("x", "a", 5).Container("y", "b", 6), inspect.No},
		"disproved by the socket":                 {inspect.HostProof{Verdict: inspect.No}, NewWorld(), inspect.No},
		"a stopped container says nothing either": {inspect.HostProof{Verdict: inspect.Unknown}, NewWorld().Container("x", "a", 0), inspect.Unknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.world.Proof = test.proof
			if got := test.world.Index().HostProof(); got.Verdict != test.want {
				t.Errorf("got %s (%s), want %s", got.Verdict, got.By, test.want)
			}
		})
	}
}
