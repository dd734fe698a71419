package signal_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// These signals are used only here.
const (
	hup, usr1, tstp, winch = 1, 10, 20, 28
)

// noInit makes the process of Alone one that is not PID 1 of its namespace.
func noInit(p *procfs.Process) { In("a", 9)(p) }

// inside puts a process into the container of Alone, with this PID there and in the
// session of its PID 1.
func inside(pid int) Change {
	return func(p *procfs.Process) {
		In("a", pid)(p)
		NS(7)(p)
		SID(101)(p)
	}
}

// judge is what a process of the world does with signal n.
func judge(t *testing.T, w *World, pid, n int) signal.Judgement {
	t.Helper()
	ix := w.Index()
	_, p := Find(t, ix, "demo", pid)
	return signal.Judge(ix, p, n)
}

// forecast is what docker stop does to the container demo.
func forecast(t *testing.T, w *World) signal.Forecast {
	t.Helper()
	ix := w.Index()
	c, _ := Find(t, ix, "demo", 0)
	return signal.ForecastOf(ix, c)
}

// stopBy is the world with another stop signal of its container demo.
func stopBy(w *World, name string) *World {
	w.Containers[0].StopSignal = name
	return w
}

// short is a judgement without its evidence: "delayed likely by 102".
func short(j signal.Judgement) string {
	text := fmt.Sprint(j.Outcome, " ", j.Certainty)
	if j.Blocker != nil {
		text += fmt.Sprint(" by ", j.Blocker.PID)
	}
	return text
}

// because is the evidence of a judgement.
func because(j signal.Judgement) string { return strings.Join(j.Evidence, "; ") }

// pids are the host PIDs of processes.
func pids(list []*procfs.Process) []int {
	numbers := []int{}
	for _, p := range list {
		numbers = append(numbers, p.PID)
	}
	return numbers
}
