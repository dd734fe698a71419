package rule_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// links makes the executable use this library.
func links(library string) Attending {
	return func(a *procfs.Attention) {
		p := a.Program.Or(procfs.Program{})
		p.Libraries = []string{library}
		a.Program = procfs.Some(p)
	}
}

// A supervisor that should be PID 1 and runs below an init is a note. One that may run
// elsewhere, one that is PID 1, and one that cannot be read are not.
func TestInitNotFirst(t *testing.T) {
	const said, cure = " is usually PID 1, and runs below an init here", " |  | leave --init out if the image was made to start without it"
	behind := func(comm string, program Attending) *World {
		return Alone("tini").Process(102, 101, comm, In("a", 2), NS(7)).Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, program)
	}
	twice := Alone("tini").Process(102, 101, "tini", In("a", 2), NS(7)).Process(103, 102, "s6-svscan", In("a", 3), NS(7)).
		Attend(101, Runs(TiniMarks...)).Attend(102, Runs(TiniMarks...)).Attend(103, Runs("s6-svscan"))
	hosts{
		"s6-svscan":             {now: behind("s6-svscan", Runs("s6-svscan")), want: []string{"note demo 102: s6-svscan (102)" + said + cure}},
		"systemd":               {now: behind("systemd", links("libsystemd-core-255.so")), want: []string{"note demo 102: systemd (102)" + said + cure}},
		"below two inits":       {now: twice, want: []string{"note demo 103: s6-svscan (103)" + said + cure}},
		"s6-svscan as PID 1":    {now: Alone("s6-svscan").Attend(101, Runs("s6-svscan"))},
		"runsvdir":              {now: behind("runsvdir", Runs("runsvdir "))},
		"called so":             {now: behind("s6-svscan", Runs())},
		"it cannot be read":     {now: behind("s6-svscan", Denied)},
		"below another program": {now: Alone("srv").Process(102, 101, "s6-svscan", In("a", 2), NS(7)).Attend(101, Runs()).Attend(102, Runs("s6-svscan"))},
	}.hold(t, "init-not-first")
}
