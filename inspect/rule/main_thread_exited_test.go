package rule_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A main process whose main thread has exited while other threads run is an error. A complete
// zombie has exited, and another process of the container is not docker's main process.
func TestMainThreadExited(t *testing.T) {
	left := func(threads int) Change {
		return func(p *procfs.Process) { p.State, p.Threads = procfs.StateZombie, threads }
	}
	const end = " | sudo kill -9 101 | The program must not exit its main thread alone"
	hosts{
		"one thread is left":  {now: Alone("java", left(2)), want: []string{"error demo 101: The main thread of java (101) has exited, but 1 thread lives on" + end}},
		"several are left":    {now: Alone("java", left(5)), want: []string{"error demo 101: The main thread of java (101) has exited, but 4 threads live on" + end}},
		"all have exited":     {now: Alone("java", left(1))},
		"all live":            {now: Alone("java", func(p *procfs.Process) { p.Threads = 5 })},
		"of a child of PID 1": {now: Alone("sh").Process(102, 101, "java", In("a", 2), NS(7), left(5))},
		"of an exec session":  {now: Alone("sh").Process(102, 100, "java", In("a", 2), NS(7), left(5))},
	}.hold(t, "main-thread-exited")
}
