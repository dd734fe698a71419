//go:build e2e && linux

package e2e

import (
	"testing"
	"time"
)

// storm forks all the time: grandchildren whose parent exits at once or a moment
// later, so that they are handed to PID 1 while somebody looks, and zombies.
const storm = `
short() { while :; do sleep 0.02; done; }
orphans() { while :; do (sleep 1 &); sleep 0.01; done; }
later() { while :; do sh -c 'sleep 1 & sleep 0.05' & sleep 0.02; done; }
short & orphans & later &
while :; do sleep 0.1 & wait $!; done`

// What lives before the look and after it, the look has found, however often its
// parent has changed meanwhile, and whichever collector looks.
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
	b := run(t, "--", "sh", "-c", storm)
	eventually(t, "the storm blows", func() bool { return len(b.processes()) > 20 })
	stayed, moved := 0, 0
	before := b.processes()
	for until := time.Now().Add(8 * time.Second); time.Now().Before(until); {
		found := map[int]bool{}
		for _, r := range pidns(t, "tree", "--collector", collector, "--format", "json", b.name).wantStatus(t, 0).rows(t) {
			found[r.HostPID] = true
		}
		after := b.processes()
		for pid, p := range before {
			q, lives := after[pid]
			if !lives || q.comm != p.comm {
				continue
			}
			stayed++
			if q.ppid != p.ppid {
				moved++
			}
			if !found[pid] {
				t.Errorf("process %d %q, child of %d and then of %d, was not found", pid, p.args, p.ppid, q.ppid)
			}
		}
		before = after
	}
	t.Logf("%d processes lived through a look, %d of them changed their parent", stayed, moved)
	if stayed < 100 || moved < 3 {
		t.Errorf("%d processes lived through a look, %d changed their parent: that was no storm", stayed, moved)
	}
}

// A count over all containers is made of a survey: it agrees with what /proc has.
func TestSurveyCountsWhatIsThere(t *testing.T) {
	t.Parallel()
	label := "e2e-survey=" + random()
	outer := run(t, "--label", label, "--", "sh", "-c", "sleep 1111 & sleep 2222 & exec sleep infinity")
	joined := run(t, "--label", label, "--pid", "container:"+outer.name, "--", "sh", "-c", "sleep 3333 & exec sleep infinity")
	outer.leave("exit 7")
	outer.start(nil, "sleep", "4444")
	outer.zombies(1)
	for _, b := range []*box{outer, joined} {
		rows := decoded[struct {
			HostPID, Processes, Zombies int
		}](t, pidns(t, "host-pid", "--format", "json", "--filter", "name=^"+b.name+"$").wantStatus(t, 0))
		if len(rows) != 1 || rows[0].HostPID != b.pid() || rows[0].Processes != len(b.processes()) {
			t.Errorf("%s has the processes %v: got %+v", b.name, b.processes(), rows)
		}
	}
	for _, r := range askRows(t, "zombies", "--format", "json", "--filter", "label="+label) {
		if r.Container != outer.name || r.Exit == nil || *r.Exit != "exit 7" {
			t.Errorf("got %v", r)
		}
	}
}
