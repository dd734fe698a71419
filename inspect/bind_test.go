package inspect

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestBind(t *testing.T) {
	noCgroup := func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Denied) }
	tests := map[string]struct {
		world *world
		want  Outcome
		by    Via
	}{
		"by cgroup": {
			newWorld().container("demo", "a", 101).process(101, 1, "sleep", in("a", 1)), Bound, "cgroup",
		},
		"by the systemd driver's scope": {
			newWorld().container("demo", "a", 101).process(101, 1, "sleep", func(p *procfs.Process) {
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/system.slice/docker-" + id("a") + ".scope"}})
			}), Bound, "cgroup",
		},
		"by podman's scope, seen from inside another cgroup namespace": {
			newWorld().container("demo", "a", 101).process(101, 1, "sleep", func(p *procfs.Process) {
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/../../machine.slice/libpod-" + id("a") + ".scope"}})
			}), Bound, "cgroup",
		},
		"rootless: no cgroup has the ID, the shim's argument does": {
			newWorld().container("demo", "a", 101).process(100, 1, "containerd-shim", shimOf("a")).
				process(101, 100, "sleep"), Bound, "shim",
		},
		"the shim of another container proves nothing": {
			newWorld().container("demo", "a", 101).process(100, 1, "containerd-shim", shimOf("b")).
				process(101, 100, "sleep"), Contradicted, "",
		},
		"a process of the same number that is somebody else's": {
			newWorld().container("demo", "a", 101).process(101, 1, "sshd"), Contradicted, "",
		},
		"another container's process": {
			newWorld().container("demo", "a", 101).process(101, 1, "sleep", in("b", 1)), Contradicted, "",
		},
		"a later process of the container, by an engine in another PID namespace": {
			newWorld().container("demo", "a", 102).process(101, 1, "sleep", in("a", 1)).
				process(102, 101, "sh", in("a", 5)), Contradicted, "",
		},
		"started after the answer": {
			newWorld().container("demo", "a", 101, func(c *Container) { c.AnsweredAt = booted.Add(500 * time.Second) }).
				process(101, 1, "sleep", in("a", 1), startedAt(501)), Contradicted, "",
		},
		"no such process":   {newWorld().container("demo", "a", 101), Vanished, ""},
		"no process named":  {newWorld().container("demo", "a", 0), NoProcess, ""},
		"cgroup unreadable": {newWorld().container("demo", "a", 101).process(101, 1, "sleep", noCgroup), Unproven, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.index()
			got := ix.Binding(&ix.Capture.Containers[0])
			if got.Outcome != test.want || got.By != test.by {
				t.Errorf("got %s by %q (%s), want %s by %q", got.Outcome, got.By, got.Why, test.want, test.by)
			}
			if (got.Main != nil) != (test.want == Bound) {
				t.Errorf("main process %v with outcome %s", got.Main, got.Outcome)
			}
		})
	}
}

// What hidepid hides is not evidence that it is elsewhere.
func TestHiddenProcessesDisproveNothing(t *testing.T) {
	w := newWorld().container("x", "a", 5).container("y", "b", 6)
	w.Proof, w.Host = HostProof{Verdict: Unknown}, procfs.Host{HidePID: "2", EUID: 1000}
	ix := w.index()
	if got := ix.HostProof(); got.Verdict != Unknown {
		t.Errorf("got %+v", got)
	}
	if _, problems := ix.Choose([]string{"x"}, Filter{}); len(problems) != 1 || problems[0].Kind != Hidden {
		t.Errorf("got %+v", problems)
	}
}

// Inside the container itself the number can fall on an exec session.
func TestBindWhereTheHostIsDisproved(t *testing.T) {
	w := newWorld().container("demo", "a", 101).process(101, 0, "sh", in("a"))
	w.Proof = HostProof{Verdict: No}
	ix := w.index()
	if got := ix.Binding(&ix.Capture.Containers[0]); got.Outcome != Contradicted {
		t.Errorf("got %s by %s", got.Outcome, got.By)
	}
}

func TestBindDeniedProcessIsUnproven(t *testing.T) {
	w := newWorld().container("demo", "a", 101)
	w.Snapshot.Missed = []procfs.Missed{{PID: 101, Why: procfs.Denied}}
	ix := w.index()
	if got := ix.Binding(&ix.Capture.Containers[0]).Outcome; got != Unproven {
		t.Errorf("got %s, want %s: a process that cannot be read is not a process that is gone", got, Unproven)
	}
}

func TestHostProof(t *testing.T) {
	tests := map[string]struct {
		proof HostProof
		world *world
		want  Verdict
	}{
		"peer and container":                      {HostProof{Verdict: Yes}, demo(), Yes},
		"container alone":                         {HostProof{Verdict: Unknown}, demo(), Yes},
		"peer alone":                              {HostProof{Verdict: Yes}, newWorld(), Yes},
		"nothing to go by":                        {HostProof{Verdict: Unknown}, newWorld(), Unknown},
		"one container that vanished":             {HostProof{Verdict: Unknown}, newWorld().container("x", "a", 5), Unknown},
		"none of several containers' processes":   {HostProof{Verdict: Unknown}, newWorld().container("x", "a", 5).container("y", "b", 6), No},
		"disproved by the socket":                 {HostProof{Verdict: No}, newWorld(), No},
		"a stopped container says nothing either": {HostProof{Verdict: Unknown}, newWorld().container("x", "a", 0), Unknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.world.Proof = test.proof
			if got := test.world.index().HostProof(); got.Verdict != test.want {
				t.Errorf("got %s (%s), want %s", got.Verdict, got.By, test.want)
			}
		})
	}
}
