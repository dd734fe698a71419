package signal_test

import (
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// behind is a program that was started by an init as PID 1, which awaits every signal that it
// may receive.
func behind(comm string, marks, args []string, child ...Change) *World {
	return Alone(comm, Args(args...)).Process(102, 101, "app", append([]Change{inside(2)}, child...)...).
		Attend(101, Runs(marks...), Asleep(Awaiting(hup, procfs.SIGINT, procfs.SIGQUIT, usr1, Term, procfs.SIGCHLD))).Attend(102, Runs())
}

// With an init, the program that it has started decides. It is named, and a conclusion about two
// programs is not certain.
func TestForwarded(t *testing.T) {
	tini := []string{"tini", "--", "app"}
	const (
		awaits = "A thread waits for SIGTERM in sigtimedwait; "
		passes = awaits + "tini forwards SIGTERM to app (102) and exits after it; "
	)
	for name, test := range map[string]struct {
		world *World
		n     int
		want  string
		why   string
	}{
		"a program with a handler": {behind("tini", TiniMarks, tini, Caught(Term)), Term, "handled likely", passes + "SIGTERM has a handler; " + listens},
		"one without":              {behind("tini", TiniMarks, tini), Term, "handled likely", passes + "app is not PID 1 and has no SIGTERM handler, so the signal terminates it"},
		"one that ignores it":      {behind("tini", TiniMarks, tini, Ignored(Term)), Term, "ignored likely by 102", passes + "SIGTERM is ignored"},
		"one that was stopped":     {behind("tini", TiniMarks, tini, Caught(Term), StateOf("T")), Term, "ignored likely by 102", passes + "It is stopped (State T) and reacts only to SIGCONT and SIGKILL"},
		"one that is traced":       {behind("tini", TiniMarks, tini, TracedBy(9)), Term, "unknown unknown", passes + "Process 9 traces it and decides which signals it receives"},
		"under another name":       {behind("docker-init", TiniMarks, tini, Ignored(Term)), Term, "ignored likely by 102", awaits + "docker-init (tini) forwards SIGTERM to app (102) and exits after it; SIGTERM is ignored"},
		"catatonit":                {behind("catatonit", []string{"catatonit"}, tini, Ignored(Term)), Term, "ignored likely by 102", awaits + "catatonit forwards SIGTERM to app (102) and exits after it; SIGTERM is ignored"},
		"SIGCHLD":                  {behind("tini", TiniMarks, tini), procfs.SIGCHLD, "ignored likely", "A thread waits for SIGCHLD in sigtimedwait; tini does not forward SIGCHLD"},
		"its program has ended":    {behind("tini", TiniMarks, tini, Exited(0)), Term, "handled likely", awaits + "tini has no child left to wait for"},
		"the init's handler hears": {Alone("tini", Caught(Term)).Process(102, 101, "app", inside(2), Ignored(Term)).Attend(101, Runs(TiniMarks...)).Attend(102), Term, "ignored likely by 102",
			"SIGTERM has a handler; tini forwards SIGTERM to app (102) and exits after it; SIGTERM is ignored"},
		"an orphan that came later":      {behind("tini", TiniMarks, tini, Caught(Term)).Process(103, 101, "orphan", inside(3), Ignored(Term)), Term, "handled likely", passes + "SIGTERM has a handler; " + listens},
		"a supervisor passes nothing on": {behind("runsvdir", []string{"runsvdir "}, nil), Term, "handled likely", awaits + listens},
	} {
		t.Run(name, func(t *testing.T) {
			if j := judge(t, test.world, 101, test.n); short(j) != test.want || because(j) != test.why {
				t.Errorf("got %s (%s), want %s (%s)", short(j), because(j), test.want, test.why)
			}
		})
	}
}

// dumb-init sends another signal if it is configured to, with each spelling of the option, and
// only by its own options.
func TestRewritten(t *testing.T) {
	for args, want := range map[string]string{
		"dumb-init app":                                "SIGTERM",
		"dumb-init -r 15:3 app":                        "SIGQUIT",
		"dumb-init -r15:3 app":                         "SIGQUIT",
		"dumb-init --rewrite 15:3 app":                 "SIGQUIT",
		"dumb-init -r 15:3 -r 15:2 app":                "SIGINT",
		"dumb-init -v app -r15:3":                      "SIGTERM",
		"dumb-init -vr 15:3 app":                       "SIGQUIT",
		"dumb-init -vr15:3 app":                        "SIGQUIT",
		"dumb-init --rewrite=15:3 app":                 "SIGQUIT",
		"dumb-init --rewrite=15:3 -- app":              "SIGQUIT",
		"dumb-init -r 2:3 -r 15:1 app":                 "SIGHUP",
		"dumb-init -v -r 15:2 app":                     "SIGINT",
		"dumb-init -r 1:3 app":                         "SIGTERM",
		"dumb-init -r 15 app":                          "SIGTERM",
		"dumb-init -r 15:x app":                        "SIGTERM",
		"dumb-init -r":                                 "SIGTERM",
		"dumb-init -- app -r 15:3":                     "SIGTERM",
		"dumb-init app -r 15:3":                        "SIGTERM",
		"dumb-init sh -c -r15:3":                       "SIGTERM",
		"dumb-init --single-child --rewrite 15:10 app": "SIGUSR1",
	} {
		j := judge(t, behind("dumb-init", dumbMarks, strings.Fields(args), Caught(hup, procfs.SIGINT, procfs.SIGQUIT, usr1, Term)), 101, Term)
		if why := "dumb-init forwards " + want + " to app (102) and exits after it"; len(j.Evidence) < 3 || j.Evidence[1] != why || !strings.HasPrefix(j.Evidence[2], want+" has a handler") {
			t.Errorf("%s: got %s, want %s", args, because(j), want)
		}
	}
	for args, comm := range map[string]string{"dumb-init -r 15:0 app": "dumb-init", "x --rewrite=15:0 app": "x (dumb-init)"} {
		name, _, _ := strings.Cut(comm, " ")
		j := judge(t, behind(name, dumbMarks, strings.Fields(args), Caught(Term)), 101, Term)
		if short(j) != "ignored likely" || j.Evidence[1] != comm+" is configured to discard SIGTERM" {
			t.Errorf("%s: got %s (%s)", args, short(j), because(j))
		}
	}
	// tini does not have -r.
	if j := judge(t, behind("tini", TiniMarks, []string{"tini", "-r", "15:0", "app"}, Caught(Term)), 101, Term); short(j) != "handled likely" {
		t.Errorf("tini -r: got %s (%s)", short(j), because(j))
	}
}

// An init that signals the whole process group of its program also reaches a shell's child: tini
// if it is configured to, dumb-init unless it is configured not to.
func TestForwardedToTheGroup(t *testing.T) {
	const group = "Its child is in the same process group and gets the signal too"
	world := func(marks []string, args string, child ...Change) *World {
		return Alone("init", Args(strings.Fields(args)...)).Process(102, 101, "sh", inside(2), Caught(Term), InGroup(102)).
			Process(103, 102, "sleep", append([]Change{inside(3), InGroup(102)}, child...)...).
			Attend(101, Runs(marks...), Asleep(Awaiting(Term))).Attend(102, Runs(DashMarks...), Asleep(Waiting("wait4", true)))
	}
	for name, test := range map[string]struct {
		world *World
		told  bool
	}{
		"tini":                            {world(TiniMarks, "tini -- sh"), false},
		"tini -g":                         {world(TiniMarks, "tini -g -- sh"), true},
		"tini -vg":                        {world(TiniMarks, "tini -vg sh"), true},
		"tini, another option before it":  {world(TiniMarks, "tini -p SIGTERM -g -- sh"), true},
		"tini --verbose-group":            {world(TiniMarks, "tini --verbose-group -- sh"), false},
		"tini, -g of the program":         {world(TiniMarks, "tini -- sh -g"), false},
		"tini, -g of the program, no --":  {world(TiniMarks, "tini sh -g"), false},
		"tini, nothing but the name":      {world(TiniMarks, "tini"), false},
		"dumb-init":                       {world(dumbMarks, "dumb-init sh"), true},
		"dumb-init --single-child":        {world(dumbMarks, "dumb-init --single-child sh"), false},
		"dumb-init -c":                    {world(dumbMarks, "dumb-init -c sh"), false},
		"dumb-init, -c of the program":    {world(dumbMarks, "dumb-init sh -c x"), true},
		"dumb-init, -c behind --":         {world(dumbMarks, "dumb-init -- sh -c x"), true},
		"a child with a group of its own": {world(TiniMarks, "tini -g -- sh", InGroup(103)), false},
	} {
		j := judge(t, test.world, 101, Term)
		want, last := "delayed likely by 103", "It waits for its foreground child sleep (103), which does not receive the signal"
		if test.told {
			want, last = "handled likely", group
		}
		if short(j) != want || j.Evidence[len(j.Evidence)-1] != last {
			t.Errorf("%s: got %s (%s), want %s", name, short(j), because(j), want)
		}
	}
}

// Several inits in a row are followed up to a limit.
func TestForwardedByManyInits(t *testing.T) {
	chain := func(inits int) *World {
		w := Alone("tini").Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term)))
		for i := 1; i < inits; i++ {
			w.Process(101+i, 100+i, "tini", inside(1+i)).Attend(101+i, Runs(TiniMarks...), Asleep(Awaiting(Term)))
		}
		return w.Process(101+inits, 100+inits, "app", inside(1+inits), Ignored(Term)).Attend(101 + inits)
	}
	for inits, want := range map[int]string{1: "ignored likely by 102", 2: "ignored likely by 103", 5: "ignored likely by 106", 6: "unknown unknown by 107", 20: "handled likely"} {
		if j := judge(t, chain(inits), 101, Term); short(j) != want {
			t.Errorf("%d inits: got %s (%s), want %s", inits, short(j), because(j), want)
		}
	}
}
