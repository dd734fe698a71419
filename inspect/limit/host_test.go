package limit_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Since Linux 6.14 a PID namespace has a limit of its own, which cannot be read. It is reported
// only if a process inside may change it.
func TestLimitOfThePIDNamespace(t *testing.T) {
	admin := caps(procfs.CapSysAdmin)
	for name, test := range map[string]struct {
		release string
		world   *World
		want    bool
	}{
		"PID 1 may":                 {"6.14.0", Alone("app", admin), true},
		"another may":               {"6.18.44-fc", Alone("app", caps(1)).Process(102, 101, "job", In("a", 2), NS(7), admin), true},
		"nobody may":                {"6.14.0", Alone("app", caps(procfs.CapSysResource)), false},
		"a zombie could":            {"6.14.0", Alone("app", caps(1)).Process(102, 101, "job", In("a", 2), NS(7), admin, Exited(0)), false},
		"what it may is not read":   {"6.14.0", Alone("app", func(p *procfs.Process) { p.Effective = procfs.None[procfs.Capabilities](procfs.Denied) }), false},
		"an older kernel":           {"6.13.9", Alone("app", admin), false},
		"a kernel that is not told": {"", Alone("app", admin), true},
		"in the host's":             {"6.14.0", Alone("app", admin, In("a")), false},
		"no main process":           {"6.14.0", Alone("app", caps(1)).Process(102, 101, "job", In("a", 2), NS(7), admin).Without(101), false},
	} {
		w := withLimits(test.world)
		w.Host.KernelRelease = procfs.Some(test.release)
		found := false
		set := limits(w, t, "demo")
		for i := range set.Limits {
			l := &set.Limits[i]
			if l.Kind != limit.Numbers || l.Scope != limit.ScopeInside {
				continue
			}
			found = true
			if l.IsUnlimited() || l.Left().Held() || l.Unseen == "" || l.Place() != "its PID namespace" {
				t.Errorf("%s: got %+v", name, l)
			}
		}
		if found != test.want {
			t.Errorf("%s: said: %t", name, found)
		}
	}
}

// Limits of the host that could not be read are not reported, except that they may be nearer.
func TestHostLimitsThatWereNotRead(t *testing.T) {
	w := withLimits(Alone("app"), group(own("a"), 1, "max"), group("/docker", 1, "max"))
	w.Limits.PIDMax, w.Limits.Tasks = procfs.None[int](procfs.Denied), procfs.None[int](procfs.Malformed)
	set := limits(w, t, "demo")
	if got, want := say(set), "pid_max/host 300 of denied; threads-max/host malformed of 190000; uncertain"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := set.Sentence(), "The nearest limit cannot be determined."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(set.Unread) != 2 {
		t.Errorf("%d may come first", len(set.Unread))
	}
}
