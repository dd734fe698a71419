package procfs_test

import (
	"slices"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// with is a process of a session, which is a zombie if its state says so.
func with(pid, parent, sid int, state procfs.State) procfs.Process {
	return procfs.Process{Key: procfs.Key{PID: pid, StartTicks: 100}, ParentPID: parent, SID: sid, State: state, Threads: 1}
}

// Parents of all processes are pointed to, and leaders of sessions only of zombies. Who was read,
// or is not there, is not among them.
func TestPointed(t *testing.T) {
	s := procfs.Snapshot{
		Processes: []procfs.Process{with(1, 0, 1, "S"), with(40, 30, 20, "S"), with(41, 30, 20, procfs.StateZombie), with(42, 31, 42, procfs.StateZombie), with(43, 99, 98, procfs.StateZombie), with(44, 1, 44, "S")},
		Listed:    []int{20, 21, 30, 31, 32},
	}
	exited := with(45, 1, 21, procfs.StateZombie)
	exited.Threads = 2
	s.Processes = append(s.Processes, exited)
	procfstest.Equal(t, s.Pointed(s.Processes), []int{20, 30, 31})
	procfstest.Equal(t, s.Pointed([]procfs.Process{with(30, 1, 1, "S")}), []int(nil))
	procfstest.Equal(t, (&procfs.Snapshot{Processes: s.Processes}).Pointed(s.Processes), []int(nil))
}

// What was read is listed no longer, and is in its place. What was missed is among the missed.
func TestTake(t *testing.T) {
	s := procfs.Snapshot{
		Processes: []procfs.Process{with(1, 0, 1, "S"), with(40, 1, 1, "S")}, Listed: []int{10, 20, 30},
		Missed: []procfs.Missed{{PID: 50, Why: procfs.Gone}},
	}
	s.Take([]procfs.Process{with(30, 1, 1, "S"), with(10, 1, 1, procfs.StateZombie)}, []procfs.Missed{{PID: 20, Why: procfs.Gone}})
	procfstest.Equal(t, s.Listed, []int{})
	procfstest.Equal(t, pidsOf(s.Processes), []int{1, 10, 30, 40})
	procfstest.Equal(t, s.Missed, []procfs.Missed{{PID: 20, Why: procfs.Gone}, {PID: 50, Why: procfs.Gone}})
	before := slices.Clone(s.Processes)
	s.Take(nil, nil)
	procfstest.Equal(t, s.Processes, before)
}

// A later look fills in who was alive, and lives. Zombies, and processes that have got the PID of
// another since, were not seen at the first look.
func TestFill(t *testing.T) {
	s := procfs.Snapshot{Uptime: 10 * time.Second, Processes: []procfs.Process{with(1, 0, 1, "S")}, Listed: []int{10, 20, 30, 40}}
	another := with(30, 1, 1, "S")
	another.StartTicks = 1001
	later := []procfs.Process{with(1, 0, 1, "R"), with(5, 1, 1, "S"), with(10, 1, 1, "S"), with(20, 1, 1, procfs.StateZombie), another}
	s.Fill(later)
	procfstest.Equal(t, pidsOf(s.Processes), []int{1, 10})
	procfstest.Equal(t, s.Processes[0].State, procfs.State("S"))
	procfstest.Equal(t, s.Listed, []int{20, 30, 40})
	procfstest.Equal(t, pidsOf(later), []int{1, 5, 10, 20, 30})
}

func pidsOf(list []procfs.Process) []int {
	pids := make([]int, len(list))
	for i := range list {
		pids[i] = list[i].PID
	}
	return pids
}
