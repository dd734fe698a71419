//go:build e2e && linux

package e2e

import (
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// storm forks all the time: grandchildren whose parent exits at once or a moment later, so that
// they are reparented to PID 1 during the look, and zombies.
const storm = `
short() { while :; do sleep 0.02; done; }
orphans() { while :; do (sleep 1 &); sleep 0.01; done; }
later() { while :; do sh -c 'sleep 1 & sleep 0.05' & sleep 0.02; done; }
short & orphans & later &
while :; do sleep 0.1 & wait $!; done`

// A process that exists before and after the look is found, however often its parent has changed
// meanwhile, and with either collector.
func TestForkStormHidesNobody(t *testing.T) {
	t.Parallel()
	for _, collector := range []string{"proc", "bpf"} {
		t.Run(collector, func(t *testing.T) {
			t.Parallel()
			stormHidesNobody(t, collector)
		})
	}
}

func stormHidesNobody(t *testing.T, collector string) {
	t.Helper()
	b := Run(t, "--", "sh", "-c", storm)
	Eventually(t, "the storm blows", func() bool { return len(b.Processes()) > 20 })
	stayed, moved := 0, 0
	before := b.Processes()
	for until := time.Now().Add(8 * time.Second); time.Now().Before(until); {
		found := map[int]bool{}
		for _, r := range PIDNS(t, "tree", "--collector", collector, "--format", "json", b.Name).WantStatus(t, 0).Rows(t) {
			found[r.HostPID] = true
		}
		after := b.Processes()
		for pid, p := range before {
			q, lives := after[pid]
			if !lives || q.Comm != p.Comm {
				continue
			}
			stayed++
			if q.PPID != p.PPID {
				moved++
			}
			if !found[pid] {
				t.Errorf("process %d %q, child of %d and then of %d, was not found", pid, p.Args, p.PPID, q.PPID)
			}
		}
		before = after
	}
	t.Logf("%d processes lived through a look, %d of them changed their parent", stayed, moved)
	if stayed < 100 || moved < 3 {
		t.Errorf("%d processes lived through a look, %d changed their parent: that was no storm", stayed, moved)
	}
}

// A count over all containers is made from a survey, and agrees with /proc.
func TestSurveyCountsWhatIsThere(t *testing.T) {
	t.Parallel()
	label := "e2e-survey=" + Random()
	outer := Run(t, "--label", label, "--", "sh", "-c", "sleep 1111 & sleep 2222 & exec sleep infinity")
	joined := Run(t, "--label", label, "--pid", "container:"+outer.Name, "--", "sh", "-c", "sleep 3333 & exec sleep infinity")
	outer.Leave("exit 7")
	outer.Start(nil, "sleep", "4444")
	outer.Zombies(1)
	for _, b := range []*Box{outer, joined} {
		rows := Decoded[struct {
			HostPID, Processes, Zombies int
		}](t, PIDNS(t, "host-pid", "--format", "json", "--filter", "name=^"+b.Name+"$").WantStatus(t, 0))
		if len(rows) != 1 || rows[0].HostPID != b.PID() || rows[0].Processes != len(b.Processes()) {
			t.Errorf("%s has the processes %v: got %+v", b.Name, b.Processes(), rows)
		}
	}
	for _, r := range AskRows(t, "zombies", "--format", "json", "--filter", "label="+label) {
		if r.Container != outer.Name || r.Exit == nil || *r.Exit != "exit 7" {
			t.Errorf("got %v", r)
		}
	}
}
