package signal_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestReaps(t *testing.T) {
	static := func(a *procfs.Attention) {
		p := a.Program.Or(procfs.Program{})
		p.Static, p.Waits = true, procfs.None[[]string](procfs.Unsupported)
		a.Program = procfs.Some(p)
	}
	code := func(forAny bool) Attending {
		return func(a *procfs.Attention) {
			p := a.Program.Or(procfs.Program{})
			p.WaitsForAny = procfs.Some(forAny)
			a.Program = procfs.Some(p)
		}
	}
	for name, test := range map[string]struct {
		world *World
		want  inspect.Verdict
	}{
		"adopted zombies seen twice":                 {Demo().Attend(101), inspect.No},
		"it ignores SIGCHLD":                         {Alone("x", Ignored(procfs.SIGCHLD)).Attend(101, static), inspect.Yes},
		"it waits for any child":                     {Alone("x").Attend(101, static, Asleep(Waiting("wait4", true))), inspect.Yes},
		"another thread waits for any child":         {Alone("x").Attend(101, static, Asleep(Sleeping("pause"), Waiting("wait4", true))), inspect.Yes},
		"it waits for one child":                     {Alone("x").Attend(101, static, Asleep(Waiting("wait4", false))), inspect.Unknown},
		"an init":                                    {Alone("tini").Attend(101, Runs(TiniMarks...)), inspect.Yes},
		"bash that reads":                            {Alone("bash", Caught(procfs.SIGCHLD)).Attend(101, Runs(BashMarks...), Asleep(Sleeping("read"))), inspect.Unknown},
		"bash that waits":                            {Alone("bash", Caught(procfs.SIGCHLD)).Attend(101, Runs(BashMarks...), Asleep(Waiting("wait4", true))), inspect.Yes},
		"dash that reads":                            {Alone("sh", Caught(procfs.SIGCHLD)).Attend(101, Runs(DashMarks...), Asleep(Sleeping("read"))), inspect.No},
		"dash that waits for a signal":               {Alone("sh", Caught(procfs.SIGCHLD)).Attend(101, Runs(DashMarks...), Asleep(Sleeping("rt_sigsuspend"))), inspect.Yes},
		"it cannot wait":                             {Alone("sleep").Attend(101, Asleep(SleepingFor("nanosleep", time.Second))), inspect.No},
		"it is told, waits for any by its code":      {Alone("nginx", Caught(procfs.SIGCHLD)).Attend(101, Runs(), code(true)), inspect.Yes},
		"it is told, waits for its own by its code":  {Alone("icecast", Caught(procfs.SIGCHLD)).Attend(101, Runs(), code(false)), inspect.Unknown},
		"it is told, its code is not read":           {Alone("nginx", Caught(procfs.SIGCHLD)).Attend(101, Runs()), inspect.Unknown},
		"python that is told":                        {Alone("python", Caught(procfs.SIGCHLD)).Attend(101, Runs("Py_BytesMain"), code(true)), inspect.Unknown},
		"it is not told, wakes, its own by its code": {Alone("varnish").Attend(101, Runs(), code(false), Asleep(SleepingFor("poll", time.Second))), inspect.Unknown},
		"it is not told, wakes, any by its code":     {Alone("redis").Attend(101, Runs(), code(true), Asleep(SleepingFor("poll", time.Second))), inspect.Unknown},
		"it can wait, is not told, sleeps on":        {Alone("x").Attend(101, Runs()), inspect.Unknown},
		"the same, and has left a zombie": {
			Alone("x").Process(110, 101, "y", In("a", 7), NS(7), SID(101), StartedAt(301), Exited(0)).Again().Attend(101, Runs()), inspect.No,
		},
		"the same, before it was ready": {
			Alone("x").Process(110, 101, "y", In("a", 7), NS(7), SID(101), StartedAt(1), Exited(0)).Again().Attend(101, Runs()), inspect.Unknown,
		},
		"the same, of a tracer": {
			Alone("x").Process(110, 101, "y", In("a", 7), NS(7), SID(101), StartedAt(301), Exited(0), func(p *procfs.Process) { p.TracerPID = 55 }).Again().Attend(101, Runs()), inspect.Unknown,
		},
		"it can wait, is not told, wakes":         {Alone("x").Attend(101, Runs(), Asleep(SleepingFor("poll", time.Second))), inspect.Unknown},
		"python that is not told, wakes after 1h": {Alone("x").Attend(101, Runs("Py_BytesMain"), Asleep(SleepingFor("poll", time.Hour))), inspect.No},
		"waitid for any child":                    {Alone("x").Attend(101, static, Asleep(Calling("waitid", 0, 0, 0, 4))), inspect.Yes},
		"waitid that takes nobody away":           {Alone("x").Attend(101, static, Asleep(Calling("waitid", 0, 0, 0, 4|0x01000000))), inspect.Unknown},
		"waitid for those that stop":              {Alone("x").Attend(101, static, Asleep(Calling("waitid", 0, 0, 0, 2))), inspect.Unknown},
		"wait4 for clones":                        {Alone("x").Attend(101, static, Asleep(Calling("wait4", 1<<32-1, 0, 0x80000000))), inspect.Unknown},
		"dash that opens a FIFO":                  {Alone("sh", Caught(procfs.SIGCHLD)).Attend(101, Runs(DashMarks...), Asleep(Sleeping("257"))), inspect.Unknown},
		"node":                                    {Alone("node", Caught(procfs.SIGCHLD)).Attend(101, Runs(NodeMarks...)), inspect.No},
		"ruby alone":                              {Alone("ruby", Caught(procfs.SIGCHLD)).Attend(101, Runs("ruby_sysinit")), inspect.No},
		"ruby with workers":                       {Alone("ruby", Caught(procfs.SIGCHLD)).Process(102, 101, "ruby", In("a", 2), NS(7)).Attend(101, Runs("ruby_sysinit")), inspect.Unknown},
		"ruby with words of waiting":              {Alone("ruby", Caught(procfs.SIGCHLD), Args("ruby", "-e", "trap('CLD') { Process.wait(-1) }; sleep")).Attend(101, Runs("ruby_sysinit")), inspect.Unknown},
		"go that cannot wait":                     {Alone("srv", Caught(procfs.SIGCHLD)).Attend(101, Runs(".go.buildinfo")), inspect.No},
		"go that waits for its own":               {Alone("srv", Caught(procfs.SIGCHLD)).Attend(101, Runs(".go.buildinfo", "syscall.Wait4")), inspect.No},
		"go that reaps, by its functions":         {Alone("srv", Caught(procfs.SIGCHLD)).Attend(101, Runs(".go.buildinfo", "syscall.Wait4", "Reap")), inspect.Unknown},
		"the rights are lacking":                  {Alone("sleep").Attend(101, Denied), inspect.Unknown},
		"the rights are lacking, SIGCHLD ignored": {Alone("sleep", Ignored(procfs.SIGCHLD)).Attend(101, Denied), inspect.Yes},
		"stopped": {Alone("nginx", Caught(procfs.SIGCHLD), StateOf("T")).Attend(101, Runs()), inspect.Unknown},
	} {
		ix := test.world.Index()
		c, _ := Find(t, ix, "demo", 0)
		f := signal.ForecastOf(ix, c)
		if f.Reaps != test.want || f.ReapsWhy == "" {
			t.Errorf("%s: got %s (%s), want %s", name, f.Reaps, f.ReapsWhy, test.want)
		}
	}
}

// Whether PID 1 reaps is reported with how that is known. An observed reason comes before an
// inferred one.
func TestReapsWhy(t *testing.T) {
	const chld = procfs.SIGCHLD
	adopted := func(n int) *World {
		w := Alone("x", SID(101))
		for i := range n {
			w.Process(110+i, 101, "sh", In("a", 7+i), NS(7), SID(109), Exited(0))
		}
		return w.Again()
	}
	paused := Alone("tini").Attend(101, Runs(TiniMarks...))
	paused.Containers[0].Status = "paused"
	zombie := func(w *World) *World {
		return w.Process(110, 101, "y", inside(7), StartedAt(301), Exited(0)).Again()
	}
	ownCode := func(a *procfs.Attention) {
		p := a.Program.Or(procfs.Program{})
		p.WaitsForAny = procfs.Some(true)
		a.Program = procfs.Some(p)
	}
	const (
		open    = "It has not adopted a process yet"
		noSA    = "It has no SIGCHLD handler. The kernel would reap for it if it has set SA_NOCLDWAIT, which /proc does not show"
		rights  = "That needs the right to trace PID 1"
		ownOnly = "A Go program waits only for processes that it started, and none of its functions has a name about reaping"
		input   = " waits for input, and for its children only after that"
	)
	for name, test := range map[string]struct {
		world *World
		want  inspect.Verdict
		why   string
	}{
		"the host's namespace":        {Alone("x", func(p *procfs.Process) { p.NSPIDs = []int{101} }), inspect.Yes, "In the host's PID namespace, orphaned processes are reparented to the shim, which reaps them"},
		"the init is not seen":        {Alone("x", noInit), inspect.Unknown, "The init of its PID namespace is unknown"},
		"its main thread has exited":  {Alone("x", func(p *procfs.Process) { p.State, p.Threads = procfs.StateZombie, 3 }), inspect.Unknown, "Its main thread has exited, and its other threads cannot be read"},
		"paused":                      {paused, inspect.Unknown, "It is paused and cannot wait now"},
		"stopped":                     {Alone("tini", StateOf("T")).Attend(101, Runs(TiniMarks...)), inspect.Unknown, "It is stopped and cannot wait now"},
		"held by a tracer":            {Alone("tini", StateOf("t")).Attend(101, Runs(TiniMarks...)), inspect.Unknown, "It is traced and cannot wait now"},
		"in uninterruptible sleep":    {Alone("tini", StateOf("D")).Attend(101, Runs(TiniMarks...)), inspect.Unknown, "It is frozen or in uninterruptible sleep (D) and cannot wait now"},
		"one zombie":                  {adopted(1), inspect.No, "It has not waited for 1 adopted zombie"},
		"three zombies":               {adopted(3), inspect.No, "It has not waited for 3 adopted zombies"},
		"a zombie of tini's":          {adopted(1).Attend(101, Runs(TiniMarks...)), inspect.No, "It has not waited for 1 adopted zombie"},
		"a zombie of its own":         {zombie(Alone("x")).Attend(101, Runs(TiniMarks...)), inspect.Yes, "x (tini) is an init that reaps"},
		"SIGCHLD is ignored":          {Alone("x", Ignored(chld)), inspect.Yes, "It ignores SIGCHLD, so the kernel reaps its children"},
		"SA_NOCLDWAIT":                {Alone("x", Internal(NoChildWait)), inspect.Yes, "It has set SA_NOCLDWAIT (read from the kernel), so the kernel reaps its children"},
		"wait4":                       {Alone("x").Attend(101, Runs(), Asleep(Waiting("wait4", true))), inspect.Yes, "It waits for any child (wait4)"},
		"waitid":                      {Alone("x").Attend(101, Runs(), Asleep(Calling("waitid", 0, 0, 0, 4))), inspect.Yes, "It waits for any child (waitid)"},
		"waitid for clones":           {Alone("x", Caught(chld)).Attend(101, Runs(), Asleep(Calling("waitid", 0, 0, 0, 4|0x80000000))), inspect.Unknown, open},
		"waitid for one":              {Alone("x", Caught(chld)).Attend(101, Runs(), Asleep(Calling("waitid", 1, 7, 0, 4))), inspect.Unknown, open},
		"a supervisor":                {Alone("s6-svscan").Attend(101, Runs("s6-svscan")), inspect.Yes, "s6-svscan is an init that reaps"},
		"java":                        {Alone("java", Caught(chld)).Attend(101, Linked("libjvm.so")), inspect.No, "java waits only for processes that it started"},
		"a shell at its wait":         {Alone("sh", Caught(chld)).Attend(101, Runs(DashMarks...), Asleep(Sleeping("rt_sigsuspend"))), inspect.Yes, "sh, a shell, waits for any child"},
		"dash that reads":             {Alone("dash", Caught(chld)).Attend(101, Runs(DashMarks...), Asleep(Sleeping("read"))), inspect.No, "dash (sh)" + input},
		"dash that polls":             {Alone("sh", Caught(chld)).Attend(101, Runs(DashMarks...), Asleep(Sleeping("ppoll"))), inspect.No, "sh" + input},
		"bash that reads":             {Alone("bash", Caught(chld)).Attend(101, Runs(BashMarks...), Asleep(Sleeping("read"))), inspect.Unknown, open},
		"a shell that cannot wait":    {Alone("bash", Caught(chld)).Attend(101, Runs(BashMarks...), CannotWait), inspect.Unknown, open},
		"go without wait4":            {Alone("srv", Caught(chld)).Attend(101, Runs(goMarks...)), inspect.No, "A Go program without a function that waits for children"},
		"go with wait4":               {Alone("srv", Caught(chld)).Attend(101, Runs(".go.buildinfo", "syscall.Wait4")), inspect.No, ownOnly},
		"go with reap, in small":      {Alone("srv", Caught(chld)).Attend(101, Runs(".go.buildinfo", "syscall.Wait4", "reap")), inspect.Unknown, open},
		"it cannot wait":              {Alone("x", Caught(chld)).Attend(101), inspect.No, "x uses no function that waits for children"},
		"it is told, by its code":     {Alone("x", Caught(chld)).Attend(101, Runs(), ownCode), inspect.Yes, "It has a SIGCHLD handler, and its code waits for any child"},
		"it awaits it, by its code":   {Alone("x").Attend(101, Runs(), ownCode, Asleep(Awaiting(chld))), inspect.Yes, "It has a SIGCHLD handler, and its code waits for any child"},
		"it reads it, by its code":    {Alone("x", Blocked(chld)).Attend(101, Runs(), ownCode, WithSignalFD(chld), Asleep(Sleeping("poll"))), inspect.Yes, "It has a SIGCHLD handler, and its code waits for any child"},
		"ruby that is told":           {Alone("ruby", Caught(chld), Args("ruby", "-e", "Process.wait")).Attend(101, Runs("ruby_sysinit"), ownCode), inspect.Unknown, open},
		"python that sleeps on":       {Alone("x").Attend(101, Runs("Py_BytesMain")), inspect.No, "It has no SIGCHLD handler, so nothing wakes it when a child exits"},
		"python, just a minute":       {Alone("x").Attend(101, Runs("Py_BytesMain"), Asleep(SleepingFor("poll", time.Minute))), inspect.No, "It has no SIGCHLD handler, so nothing wakes it when a child exits"},
		"python, almost a minute":     {Alone("x").Attend(101, Runs("Py_BytesMain"), Asleep(SleepingFor("poll", 59*time.Second))), inspect.Unknown, noSA},
		"python that blocks it":       {Alone("x", Blocked(chld)).Attend(101, Runs("Py_BytesMain")), inspect.No, "It has no SIGCHLD handler, so nothing wakes it when a child exits"},
		"python, not at rest":         {Alone("x").Attend(101, Runs("Py_BytesMain"), Unsettled), inspect.Unknown, noSA},
		"it sleeps on, by the kernel": {Alone("x", Internal()).Attend(101, Runs()), inspect.No, "It has no SIGCHLD handler and has not set SA_NOCLDWAIT (read from the kernel), so nothing wakes it when a child exits"},
		"it wakes, by the kernel":     {Alone("x", Internal()).Attend(101, Runs(), Asleep(SleepingFor("poll", time.Second))), inspect.Unknown, open},
		"it has left a zombie":        {zombie(Alone("x")).Attend(101, Runs()), inspect.No, "It has no SIGCHLD handler, so nothing wakes it when a child exits. It has left a zombie, so the kernel does not reap for it"},
		"it sleeps on":                {Alone("x").Attend(101, Runs()), inspect.Unknown, noSA},
		"no rights":                   {Alone("x", Caught(chld)).Attend(101, Denied), inspect.Unknown, rights},
		"nobody asked":                {Alone("x", Caught(chld)), inspect.Unknown, rights},
		"functions could not be read": {Alone("x", Caught(chld)).Attend(101, func(a *procfs.Attention) {
			a.Program = procfs.Some(procfs.Program{Path: "/bin/x", Waits: procfs.None[[]string](procfs.Denied)})
		}), inspect.Unknown, open},
	} {
		t.Run(name, func(t *testing.T) {
			if f := forecast(t, test.world); f.Reaps != test.want || f.ReapsWhy != test.why {
				t.Errorf("got %s (%s), want %s (%s)", f.Reaps, f.ReapsWhy, test.want, test.why)
			}
		})
	}
}

// The init of the namespace reaps, also for a container that has joined it.
func TestReapsForWhoHasJoined(t *testing.T) {
	w := Alone("tini").Attend(101, Runs(TiniMarks...)).Container("joiner", "b", 201, JoinedTo("demo")).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "sleep", In("b", 9), NS(7)).Attend(201)
	ix := w.Index()
	f := signal.ForecastOf(ix, ix.Container(ID("b")))
	if f.Init != ix.ProcessAt(101) || f.Reaps != inspect.Yes || f.ReapsWhy != "tini is an init that reaps" {
		t.Errorf("got %v, %s (%s)", f.Init, f.Reaps, f.ReapsWhy)
	}
}
