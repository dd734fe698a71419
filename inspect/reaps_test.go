package inspect

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestReaps(t *testing.T) {
	static := func(a *procfs.Attention) {
		p := a.Program.Or(procfs.Program{})
		p.Static, p.Waits = true, procfs.None[[]string](procfs.Unsupported)
		a.Program = procfs.Some(p)
	}
	code := func(forAny bool) attend {
		return func(a *procfs.Attention) {
			p := a.Program.Or(procfs.Program{})
			p.WaitsForAny = procfs.Some(forAny)
			a.Program = procfs.Some(p)
		}
	}
	for name, test := range map[string]struct {
		world *world
		want  Verdict
	}{
		"adopted zombies seen twice":                 {demo().attention(101), No},
		"it ignores SIGCHLD":                         {alone("x", ignored(procfs.SIGCHLD)).attention(101, static), Yes},
		"it waits for any child":                     {alone("x").attention(101, static, asleep(waiting("wait4", true))), Yes},
		"another thread waits for any child":         {alone("x").attention(101, static, asleep(sleeping("pause"), waiting("wait4", true))), Yes},
		"it waits for one child":                     {alone("x").attention(101, static, asleep(waiting("wait4", false))), Unknown},
		"an init":                                    {alone("tini").attention(101, runs(tiniMarks...)), Yes},
		"bash that reads":                            {alone("bash", caught(procfs.SIGCHLD)).attention(101, runs(bashMarks...), asleep(sleeping("read"))), Unknown},
		"bash that waits":                            {alone("bash", caught(procfs.SIGCHLD)).attention(101, runs(bashMarks...), asleep(waiting("wait4", true))), Yes},
		"dash that reads":                            {alone("sh", caught(procfs.SIGCHLD)).attention(101, runs(dashMarks...), asleep(sleeping("read"))), No},
		"dash that waits for a signal":               {alone("sh", caught(procfs.SIGCHLD)).attention(101, runs(dashMarks...), asleep(sleeping("rt_sigsuspend"))), Yes},
		"it cannot wait":                             {alone("sleep").attention(101, asleep(sleepingFor("nanosleep", time.Second))), No},
		"it is told, waits for any by its code":      {alone("nginx", caught(procfs.SIGCHLD)).attention(101, runs(), code(true)), Yes},
		"it is told, waits for its own by its code":  {alone("icecast", caught(procfs.SIGCHLD)).attention(101, runs(), code(false)), Unknown},
		"it is told, its code is not read":           {alone("nginx", caught(procfs.SIGCHLD)).attention(101, runs()), Unknown},
		"python that is told":                        {alone("python", caught(procfs.SIGCHLD)).attention(101, runs("Py_BytesMain"), code(true)), Unknown},
		"it is not told, wakes, its own by its code": {alone("varnish").attention(101, runs(), code(false), asleep(sleepingFor("poll", time.Second))), Unknown},
		"it is not told, wakes, any by its code":     {alone("redis").attention(101, runs(), code(true), asleep(sleepingFor("poll", time.Second))), Unknown},
		"it can wait, is not told, sleeps on":        {alone("x").attention(101, runs()), Unknown},
		"the same, and has left a zombie": {
			alone("x").process(110, 101, "y", in("a", 7), ns(7), sid(101), startedAt(301), zombie(0)).again().attention(101, runs()), No,
		},
		"the same, before it was ready": {
			alone("x").process(110, 101, "y", in("a", 7), ns(7), sid(101), startedAt(1), zombie(0)).again().attention(101, runs()), Unknown,
		},
		"the same, of a tracer": {
			alone("x").process(110, 101, "y", in("a", 7), ns(7), sid(101), startedAt(301), zombie(0), func(p *procfs.Process) { p.TracerPID = 55 }).again().attention(101, runs()), Unknown,
		},
		"it can wait, is not told, wakes":         {alone("x").attention(101, runs(), asleep(sleepingFor("poll", time.Second))), Unknown},
		"python that is not told, wakes after 1h": {alone("x").attention(101, runs("Py_BytesMain"), asleep(sleepingFor("poll", time.Hour))), No},
		"waitid for any child":                    {alone("x").attention(101, static, asleep(calling("waitid", 0, 0, 0, 4))), Yes},
		"waitid that takes nobody away":           {alone("x").attention(101, static, asleep(calling("waitid", 0, 0, 0, 4|0x01000000))), Unknown},
		"waitid for those that stop":              {alone("x").attention(101, static, asleep(calling("waitid", 0, 0, 0, 2))), Unknown},
		"wait4 for clones":                        {alone("x").attention(101, static, asleep(calling("wait4", 1<<32-1, 0, 0x80000000))), Unknown},
		"dash that opens a FIFO":                  {alone("sh", caught(procfs.SIGCHLD)).attention(101, runs(dashMarks...), asleep(sleeping("257"))), Unknown},
		"node":                                    {alone("node", caught(procfs.SIGCHLD)).attention(101, runs(nodeMarks...)), No},
		"ruby alone":                              {alone("ruby", caught(procfs.SIGCHLD)).attention(101, runs("ruby_sysinit")), No},
		"ruby with workers":                       {alone("ruby", caught(procfs.SIGCHLD)).process(102, 101, "ruby", in("a", 2), ns(7)).attention(101, runs("ruby_sysinit")), Unknown},
		"ruby with words of waiting":              {alone("ruby", caught(procfs.SIGCHLD), args("ruby", "-e", "trap('CLD') { Process.wait(-1) }; sleep")).attention(101, runs("ruby_sysinit")), Unknown},
		"go that cannot wait":                     {alone("srv", caught(procfs.SIGCHLD)).attention(101, runs(".go.buildinfo")), No},
		"go that waits for its own":               {alone("srv", caught(procfs.SIGCHLD)).attention(101, runs(".go.buildinfo", "syscall.Wait4")), No},
		"go that reaps, by its functions":         {alone("srv", caught(procfs.SIGCHLD)).attention(101, runs(".go.buildinfo", "syscall.Wait4", "Reap")), Unknown},
		"the rights are lacking":                  {alone("sleep").attention(101, denied), Unknown},
		"the rights are lacking, SIGCHLD ignored": {alone("sleep", ignored(procfs.SIGCHLD)).attention(101, denied), Yes},
		"stopped": {alone("nginx", caught(procfs.SIGCHLD), stateOf("T")).attention(101, runs()), Unknown},
	} {
		ix := test.world.index()
		c, _ := find(t, ix, "demo", 0)
		f := ix.Forecast(c)
		if f.Reaps != test.want || f.ReapsWhy == "" {
			t.Errorf("%s: got %s (%s), want %s", name, f.Reaps, f.ReapsWhy, test.want)
		}
	}
}
