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
