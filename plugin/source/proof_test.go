package source

import (
	"errors"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The process that serves the engine's socket proves whether the processes are those of its
// host. If that is unknown, the reason is reported.
func TestProveHost(t *testing.T) {
	for name, test := range map[string]struct {
		pid  int
		err  error
		root string
		want inspect.HostProof
	}{
		"here": {dockerd, nil, "/proc", inspect.HostProof{
			Verdict: inspect.Yes, By: "dockerd (process 50) serves the engine's socket and is in the PID namespace of this /proc",
		}},
		"passed on":         {60, nil, "/proc", inspect.HostProof{Verdict: inspect.Unknown, By: "the socket is served by ssh (process 60), which may pass it on"}},
		"inside":            {61, nil, "/proc", inspect.HostProof{Verdict: inspect.No, By: "the engine (dockerd, process 61 here) runs in a PID namespace of its own, where it is 5"}},
		"not a unix socket": {0, ErrNoPeer, "/proc", inspect.HostProof{Verdict: inspect.Unknown, By: "unix:///run/fake.sock is not a unix socket of this host"}},
		"not told":          {0, errors.New("EIO"), "/proc", inspect.HostProof{Verdict: inspect.Unknown, By: "its socket does not show which process serves it"}},
		"another /proc":     {dockerd, nil, "/host/proc", inspect.HostProof{Verdict: inspect.Unknown, By: "/host/proc is not this program's own /proc"}},
		"no number here":    {0, nil, "/proc", inspect.HostProof{Verdict: inspect.No, By: "the engine's socket is served from a PID namespace that this one does not see"}},
		"not read":          {999, nil, "/proc", inspect.HostProof{Verdict: inspect.Unknown, By: "process 999, which serves the engine's socket, cannot be read"}},
	} {
		w := engineHost().Process(60, 1, "ssh").Process(61, 1, "dockerd", func(p *procfs.Process) { p.NSPIDs = []int{61, 5} })
		if got := proveHost(test.pid, test.err, &fakeFacts{}, &fakeProcesses{world: w, root: test.root}); got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

// A program that serves the API itself, or passes its socket to an engine here, proves the host.
func TestJudgeServer(t *testing.T) {
	for name, test := range map[string]struct {
		comm   string
		nspids []int
		want   inspect.Verdict
	}{
		"dockerd here":                      {"dockerd", []int{700}, inspect.Yes},
		"systemd, which holds the socket":   {"systemd", []int{1}, inspect.Yes},
		"podman":                            {"podman", []int{700}, inspect.Yes},
		"dockerd in a namespace of its own": {"dockerd", []int{700, 5}, inspect.No},
		"a forwarder":                       {"ssh", []int{700}, inspect.Unknown},
		"a forwarder in another namespace":  {"socat", []int{700, 5}, inspect.No},
	} {
		got := judgeServer(&procfs.Process{Key: procfs.Key{PID: 700}, Comm: test.comm, NSPIDs: test.nspids})
		if got.Verdict != test.want || got.By == "" {
			t.Errorf("%s: got %+v, want %s", name, got, test.want)
		}
	}
}
