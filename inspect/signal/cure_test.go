package signal_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The fix for each of the usual causes.
func TestStopCure(t *testing.T) {
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"no handler":                  {Alone("sleep").Attend(101), "recreate the container with --init (compose: init: true)"},
		"no handler, but another":     {Alone("python", Caught(procfs.SIGINT)).Attend(101, Runs("Py_BytesMain")), "recreate the container with --init (compose: init: true). Or recreate the container with --stop-signal SIGINT, because python handles SIGINT"},
		"ignored":                     {Alone("sh", Ignored(Term)).Attend(101), "recreate the container with --init (compose: init: true) and --stop-signal SIGINT. Neither helps alone"},
		"a shell in front of a child": {Alone("sh", Caught(Term)).Process(102, 101, "sleep", In("a", 2), NS(7), SID(101)).Attend(101, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(102), "exec"},
		"a shell on a terminal":       {Alone("bash", Ignored(Term), Caught(hup)).Attend(101, Runs(BashMarks...), OnTerminal), "--stop-signal SIGHUP"},
		"such a shell below an init": {Alone("tini").Process(102, 101, "bash", In("a", 2), NS(7), Ignored(Term)).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term, hup))).Attend(102, Runs(BashMarks...), OnTerminal), "--stop-signal SIGHUP"},
		"a C shell on a terminal": {Alone("tcsh", Ignored(Term), Caught(procfs.SIGINT, hup)).Attend(101, Runs("onintr", "rehash", "unlimit")), "--stop-signal SIGHUP"},
		"a C shell with a script": {Alone("tcsh", Ignored(Term), Caught(procfs.SIGINT), Args("tcsh", "-c", "sleep 9")).Attend(101, Runs("onintr", "rehash", "unlimit")), "recreate the container with --init (compose: init: true) and --stop-signal SIGHUP. Neither helps alone"},
		"stopped":                 {Alone("x", Caught(Term), StateOf("T")).Attend(101, Runs()), "find out what stopped it"},
		"well":                    {Alone("x", Caught(Term)).Attend(101, Runs()), ""},
	} {
		ix := test.world.Index()
		c, _ := Find(t, ix, "demo", 0)
		if got := signal.ForecastOf(ix, c).Cure.Text; !strings.Contains(got, test.want) || (test.want == "") != (got == "") {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The fix is the lasting one, in words that can be typed. There is none if no problem is known.
func TestCure(t *testing.T) {
	const (
		byInit = "recreate the container with --init (compose: init: true)"
		both   = byInit + " and --stop-signal %s. Neither helps alone"
		sigINT = ". Or recreate the container with --stop-signal SIGINT, because x handles SIGINT"
		noPID1 = byInit + ". node is then not PID 1, so it exits in either case"
		exec   = "in the script, start x with exec"
		byHUP  = "recreate the container with --stop-signal SIGHUP. An interactive shell exits on it"
	)
	node := func(change ...Change) *World {
		return Alone("node", append([]Change{Caught(procfs.SIGINT, Term)}, change...)...).Attend(101, Runs(NodeMarks...))
	}
	tini := func(child ...Change) *World {
		return Alone("tini").Process(102, 101, "app", append([]Change{inside(2)}, child...)...).Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term)))
	}
	withInit := func(signal string) string { return fmt.Sprintf(both, signal) }
	ofPostgres := Args("postgres: bob shop [local] idle")
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"it ends":                 {Alone("x", Caught(Term)).Attend(101, Runs()), ""},
		"nobody can tell":         {Alone("x").Attend(101, Denied), ""},
		"its main thread is gone": {Alone("x", func(p *procfs.Process) { p.State, p.Threads = procfs.StateZombie, 3 }).Attend(101), ""},
		"it has ended":            {Alone("x").Attend(101, Finishing), ""},

		"no handler":                     {Alone("x").Attend(101, Runs()), byInit},
		"no handler, but for SIGINT":     {Alone("x", Caught(procfs.SIGINT)).Attend(101, Runs()), byInit + sigINT},
		"no handler, and SIGQUIT":        {stopBy(Alone("x").Attend(101, Runs()), "SIGQUIT"), byInit},
		"no handler, by SIGWINCH":        {stopBy(Alone("x").Attend(101, Runs()), "SIGWINCH"), withInit("SIGTERM")},
		"no handler, by SIGTSTP":         {stopBy(Alone("x").Attend(101, Runs()), "SIGTSTP"), withInit("SIGTERM")},
		"by SIGSTOP":                     {stopBy(Alone("x").Attend(101, Runs()), "SIGSTOP"), withInit("SIGTERM")},
		"by SIGCHLD, with SIGTERM":       {stopBy(Alone("x", Caught(Term)).Attend(101, Runs()), "SIGCHLD"), "recreate the container with --stop-signal SIGTERM, because x handles SIGTERM"},
		"ignored":                        {Alone("x", Ignored(Term)).Attend(101, Runs()), withInit("SIGINT")},
		"ignored, but for SIGINT":        {Alone("x", Ignored(Term), Caught(procfs.SIGINT)).Attend(101, Runs()), "--init does not fix this, because x ignores SIGTERM. recreate the container with --stop-signal SIGINT, because x handles SIGINT"},
		"ignored, no init":               {Alone("x", Ignored(Term), noInit).Attend(101, Runs()), "--init does not fix this, because x ignores SIGTERM. recreate the container with --stop-signal SIGINT, which terminates x"},
		"blocked":                        {Alone("x", Blocked(Term)).Attend(101, Runs()), withInit("SIGINT")},
		"java by SIGQUIT":                {stopBy(Alone("x", Caught(procfs.SIGQUIT)).Attend(101, Linked("libjvm.so")), "SIGQUIT"), withInit("SIGTERM")},
		"a handler that resets itself":   {Alone("x", Caught(Term), Internal(Resetting(Term))).Attend(101, Runs()), byInit + ". x is then not PID 1, so it exits in either case"},
		"one for another signal":         {Alone("x", Ignored(Term), Internal(Resetting(hup))).Attend(101, Runs()), withInit("SIGINT")},
		"such a handler, by SIGWINCH":    {stopBy(Alone("x", Caught(winch), Internal(Resetting(winch))).Attend(101, Runs()), "SIGWINCH"), withInit("SIGTERM")},
		"node":                           {node(), noPID1},
		"node without effect":            {node(Args("node", "-e", "1")), noPID1},
		"node by its own handler":        {node(Internal(Resetting(Term))), noPID1},
		"node that ends":                 {node(Internal()), ""},
		"node that is no init":           {node(noInit), ""},
		"node by SIGWINCH":               {stopBy(Alone("node").Attend(101, Runs(NodeMarks...)), "SIGWINCH"), withInit("SIGTERM")},
		"node that was stopped":          {node(StateOf("T")), "find out what stopped it"},
		"stopped, and would not hear":    {Alone("x", StateOf("T")).Attend(101, Runs()), byInit},
		"behind an init":                 {tini(Ignored(Term)), "app must handle SIGTERM. No option is known to fix this"},
		"behind an init, one that hears": {tini(Caught(Term)).Attend(102, Runs()), ""},
		"a shell in front":               {front(DashMarks, "trap exit TERM; x").Process(102, 101, "x", inside(2)), exec + ". Also recreate the container with --init (compose: init: true)"},
		"such a shell behind an init":    {tini(Caught(Term)).Process(103, 102, "x", inside(3), SID(101)).Attend(102, Runs(DashMarks...), Asleep(Waiting("wait4", true))), exec},
		"a shell on a terminal":          {Alone("bash", Ignored(Term), Caught(hup)).Attend(101, Runs(BashMarks...), OnTerminal), byHUP},
		"the same, and it catches":       {Alone("ksh", Caught(Term, hup)).Attend(101, Runs(kshMarks...), OnTerminal), byHUP},
		"such a shell behind":            {tini(Ignored(Term)).Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term, hup))).Attend(102, Runs(BashMarks...), OnTerminal), byHUP},
		"a shell, and no terminal":       {Alone("bash", Ignored(Term), Caught(procfs.SIGINT)).Attend(101, Runs(BashMarks...)), withInit("SIGHUP")},
		"the same, and deaf to all":      {Alone("bash", Ignored(Term, hup, procfs.SIGQUIT), Caught(procfs.SIGINT)).Attend(101, Runs(BashMarks...)), "--init does not fix this, because bash ignores SIGTERM. bash must handle SIGTERM. No option is known to fix this"},
		"the same, with other traps":     {Alone("bash", Ignored(Term), Caught(procfs.SIGINT, procfs.SIGQUIT, hup)).Attend(101, Runs(BashMarks...)), "--init does not fix this, because bash ignores SIGTERM. bash must handle SIGTERM. No option is known to fix this"},
		"a shell behind an init":         {tini(Ignored(Term)).Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term, hup))).Attend(102, Runs(BashMarks...)), "recreate the container with --stop-signal SIGHUP, which terminates app"},
		"deaf to all but SIGHUP":         {Alone("x", Ignored(Term, procfs.SIGINT, procfs.SIGQUIT)).Attend(101, Runs()), withInit("SIGHUP")},
		"which has another meaning":      {Alone("x", Ignored(Term, procfs.SIGINT, procfs.SIGQUIT), Caught(hup)).Attend(101, Runs()), "--init does not fix this, because x ignores SIGTERM. x must handle SIGTERM. No option is known to fix this"},
		"scripts that start each other": {front(DashMarks, "ctl; true").Process(102, 101, "ctl", inside(2), SID(101)).Process(103, 102, "x", inside(3), SID(101), Caught(Term)).
			Attend(102, Runs(DashMarks...), Asleep(Waiting("wait4", true))).Attend(103, Runs()), "in the scripts, start ctl and x with exec"},
		"postgres with a client":         {Alone("postgres", Caught(Term, procfs.SIGINT)).Process(102, 101, "postgres", inside(2), ofPostgres).Attend(101, Runs("postmaster.pid")), "recreate the container with --stop-signal SIGINT. postgres then disconnects its clients"},
		"squid":                          {Alone("squid", Caught(Term)).Attend(101, Runs("shutdown_lifetime")), "recreate the container with --stop-timeout 36"},
		"squid that waits for its child": {Alone("squid", Caught(Term)).Process(102, 101, "squid", inside(2), Caught(Term)).Attend(101, Runs("shutdown_lifetime"), Asleep(Waiting("wait4", true))), "recreate the container with --stop-timeout 36"},
		"a script of a shell's":          {front(DashMarks, "sh /app.sh; true").Process(102, 101, "sh", inside(2), SID(101), Caught(Term), Args("sh", "/app.sh")).Attend(102, Runs(DashMarks...), Script("trap exit TERM; wait")), "in the script, start sh /app.sh with exec"},
		"npm": {Alone("tini").Process(102, 101, "npm start", inside(2), Caught(Term), Args("npm start")).Process(103, 102, "srv", inside(3), Caught(Term)).
			Attend(101, Runs(TiniMarks...), Asleep(Awaiting(Term))).Attend(102, Runs(NodeMarks...)).Attend(103, Runs()), "start srv itself as the main process instead of npm start"},
		"in vfork": {Alone("x", Caught(Term), StateOf("D")).Process(102, 101, "y", inside(2)).Attend(101, Runs(), Asleep(Sleeping("vfork"))), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if f := forecast(t, test.world); f.Cure.Text != test.want {
				t.Errorf("got %q, want %q: %s (%s)", f.Cure.Text, test.want, short(f.Judgement), because(f.Judgement))
			}
		})
	}
}

// Another stop signal is recommended if the current one is discarded and the process handles the
// other, the usual signals first. SIGHUP has another meaning for most programs, and a shell's
// SIGINT is for its terminal.
func TestInstead(t *testing.T) {
	const sigINT, sigQUIT = procfs.SIGINT, procfs.SIGQUIT
	for name, test := range map[string]struct {
		world *World
		want  int
	}{
		"nothing":              {Alone("x").Attend(101, Runs()), 0},
		"SIGINT":               {Alone("x", Caught(sigINT)).Attend(101, Runs()), sigINT},
		"SIGQUIT":              {Alone("x", Caught(sigQUIT)).Attend(101, Runs()), sigQUIT},
		"both":                 {Alone("x", Caught(sigINT, sigQUIT)).Attend(101, Runs()), sigINT},
		"SIGTERM for another":  {stopBy(Alone("x", Caught(sigINT, Term)).Attend(101, Runs()), "SIGQUIT"), Term},
		"SIGHUP":               {Alone("x", Caught(hup)).Attend(101, Runs()), 0},
		"SIGUSR1":              {Alone("x", Caught(usr1)).Attend(101, Runs()), 0},
		"awaited":              {Alone("x").Attend(101, Runs(), Asleep(Awaiting(sigINT))), sigINT},
		"read from a signalfd": {Alone("x", Blocked(sigQUIT)).Attend(101, Runs(), WithSignalFD(sigQUIT), Asleep(Sleeping("poll"))), sigQUIT},
		"it would only end it": {Alone("x", noInit, Ignored(Term)).Attend(101, Runs()), 0},
		"SIGTERM is ignored":   {Alone("x", Ignored(Term), Caught(sigINT)).Attend(101, Runs()), sigINT},
		"SIGTERM is heard":     {Alone("x", Caught(Term, sigINT)).Attend(101, Runs()), 0},
		"SIGTERM is blocked":   {Alone("x", Blocked(Term), Caught(sigINT)).Attend(101, Runs()), 0},
		"SIGTERM: who knows":   {Alone("x", Caught(sigINT)).Attend(101, Denied), 0},
		"a shell":              {Alone("sh", Caught(sigINT)).Attend(101, Runs(DashMarks...)), 0},
	} {
		if f := forecast(t, test.world); f.Instead != test.want {
			t.Errorf("%s: got %d, want %d", name, f.Instead, test.want)
		}
	}
}

// The command that lets a stopped process continue is for the reader, who may be root.
func TestNow(t *testing.T) {
	world := func() *World { return Alone("x", Caught(Term), StateOf("T")).Attend(101, Runs()) }
	root, halfRoot := world(), world()
	root.Host.CanPtrace = true
	halfRoot.Host.EUID, halfRoot.Host.CanPtrace = 1000, true
	noGrace := Alone("x", StateOf("T")).Attend(101, Denied)
	noGrace.Containers[0].StopTimeout = 0
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"a user":                            {world(), "sudo kill -CONT 101"},
		"root":                              {root, "kill -CONT 101"},
		"a user who may trace":              {halfRoot, "sudo kill -CONT 101"},
		"who runs":                          {Alone("x", Caught(Term)).Attend(101, Runs()), ""},
		"who would drop it":                 {Alone("x", Ignored(Term), StateOf("T")).Attend(101, Runs()), ""},
		"of whom it is not known":           {Alone("x", StateOf("T")).Attend(101, Denied), ""},
		"nor known, without grace":          {noGrace, ""},
		"a stopped process that then exits": {Alone("x", noInit, StateOf("T")).Attend(101, Runs()), "sudo kill -CONT 101"},
	} {
		if f := forecast(t, test.world); f.Now != test.want {
			t.Errorf("%s: got %q, want %q", name, f.Now, test.want)
		}
	}
}
