package source

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

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
