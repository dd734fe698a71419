package rule_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A PID 1 that has exited and cannot finish is an error that names the processes that prevent
// it, and what removes the first of them if possible. It is recognised only by its wait channel.
// Without the right to read that, nothing is reported.
func TestInitCannotFinish(t *testing.T) {
	ended := func() *World { return Alone("app").Attend(101, finishing).Process(50, 1, "bash") }
	inside := func(w *World, pid, parent int, change ...Change) *World {
		return w.Process(pid, parent, "job", append([]func(*procfs.Process){In("a", pid-100), NS(7)}, change...)...)
	}
	const said = "error demo 101: PID 1 (app) has exited and waits until its PID namespace is empty"
	const zombie103 = "; job (103) is a zombie in it. Its parent bash (50), outside the namespace, has not waited for it"
	hosts{
		"a zombie of one outside":            {now: inside(ended(), 103, 50, Exited(0)), want: []string{said + zombie103 + " | sudo kill 50"}},
		"of one that is stopped":             {now: inside(ended().Alter(50, StateOf(procfs.StateStopped)), 103, 50, Exited(0)), want: []string{said + "; job (103) is a zombie in it. Its parent bash (50), outside the namespace, is stopped | sudo kill -CONT 50"}},
		"of one that is not read":            {now: inside(ended(), 103, 555, Exited(0)), want: []string{said + "; job (103) is a zombie in it"}},
		"in uninterruptible sleep":           {now: inside(ended(), 103, 101, StateOf("D")), want: []string{said + "; job (103) still runs, in state D | cat /proc/103/wchan"}},
		"two, of which one leads on":         {now: inside(inside(ended(), 102, 555, Exited(0)), 103, 50, Exited(0)), want: []string{said + "; job (102) is a zombie in it" + zombie103 + " | sudo kill 50"}},
		"two, of which the first leads on":   {now: inside(inside(ended(), 103, 50, Exited(0)), 104, 101, StateOf("D")), want: []string{said + zombie103 + "; job (104) still runs, in state D | sudo kill 50"}},
		"nobody is seen any more":            {now: ended(), want: []string{said}},
		"of another namespace":               {now: ended().Process(103, 50, "job", NS(8), Exited(0)), want: []string{said}},
		"of a namespace that cannot be read": {now: inside(ended(), 103, 50, Exited(0), NSDenied), want: []string{said}},
		"it runs":                            {now: inside(Alone("app").Attend(101).Process(50, 1, "bash"), 103, 50, Exited(0))},
		"where it sleeps is not read":        {now: inside(Alone("app").Attend(101, Denied).Process(50, 1, "bash"), 103, 50, Exited(0))},
		"a child that sleeps there":          {now: inside(Alone("app").Attend(101), 102, 101).Attend(102, finishing)},
	}.hold(t, "init-cannot-finish")
}
