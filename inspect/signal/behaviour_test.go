package signal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// listens is what is reported about a program about which nothing else is known.
const listens = "Programs with a handler for the stop signal usually exit"

// interpreter is PID 1 with a handler for a signal, and runs a program with this mark and these
// arguments.
func interpreter(n int, mark string, args ...string) *World {
	return Alone("x", Caught(n), Args(args...)).Attend(101, Runs(mark))
}

// What programs do with a signal that they received is reported with how they received it, and
// is never certain.
func TestBehaviour(t *testing.T) {
	const python, perl, ruby, php = "Py_BytesMain", "perl_parse", "ruby_sysinit", "php_request_startup"
	caught := func(n int, marks ...string) *World { return Alone("x", Caught(n)).Attend(101, Runs(marks...)) }
	java := func(n int) *World { return Alone("x", Caught(n)).Attend(101, Linked("libjvm.so")) }
	squid := func(grace time.Duration) *World {
		w := caught(Term, "shutdown_lifetime")
		w.Containers[0].StopTimeout = grace
		return w
	}
	inCall := func(call string, marks ...string) *World {
		return Alone("x", Caught(Term)).Attend(101, Runs(marks...), Asleep(Calling(call, 7)))
	}
	const (
		silent = "The program on its command line contains no call to exit"
		cannot = "It waits for a child. Whether it kills the child, keeps waiting or exits first cannot be determined"
		goEnds = "A Go program exits on SIGTERM unless it has its own handler"
		reload = "uwsgi reloads on SIGTERM unless its configuration sets die-on-term"
	)
	for name, test := range map[string]struct {
		world *World
		n     int
		want  string
		why   string
	}{
		"a program":                  {caught(Term), Term, "handled likely", listens},
		"its file could not be read": {Alone("x", Caught(Term)).Attend(101, Denied), Term, "unknown unknown", "Its program cannot be determined without the right to read its executable"},
		"it waits for a child":       {inCall("wait4"), Term, "unknown unknown", cannot},
		"it waits by waitid":         {inCall("waitid"), Term, "unknown unknown", cannot},
		"it waits for input":         {inCall("read"), Term, "handled likely", listens},
		"python waits for a child":   {inCall("wait4", python), Term, "handled likely", listens},

		"squid, the default grace": {squid(10 * time.Second), Term, "delayed likely", "squid continues for 30s by default before it exits"},
		"squid, just as long":      {squid(30 * time.Second), Term, "delayed likely", "squid continues for 30s by default before it exits"},
		"squid, long enough":       {squid(31 * time.Second), Term, "handled likely", listens},

		"go and SIGTERM":    {caught(Term, goMarks...), Term, "handled likely", goEnds},
		"go and SIGINT":     {caught(procfs.SIGINT, goMarks...), procfs.SIGINT, "handled likely", "A Go program exits on SIGINT unless it has its own handler"},
		"go and SIGHUP":     {caught(hup, goMarks...), hup, "handled likely", "A Go program exits on SIGHUP unless it has its own handler"},
		"go and SIGUSR1":    {caught(usr1, goMarks...), usr1, "unknown unknown", "Every Go program catches SIGUSR1 and ignores it unless it has its own handler, which /proc does not show"},
		"go and SIGWINCH":   {caught(winch, goMarks...), winch, "unknown unknown", "Every Go program catches SIGWINCH and ignores it unless it has its own handler, which /proc does not show"},
		"go and SIGQUIT":    {caught(procfs.SIGQUIT, goMarks...), procfs.SIGQUIT, "handled likely", listens},
		"go that awaits it": {Alone("x").Attend(101, Runs(goMarks...), Asleep(Awaiting(usr1))), usr1, "handled likely", listens},

		"java and SIGQUIT":             {java(procfs.SIGQUIT), procfs.SIGQUIT, "ignored likely", "On SIGQUIT, a Java VM writes a thread dump and continues"},
		"java and SIGTERM":             {java(Term), Term, "handled likely", listens},
		"uwsgi":                        {interpreter(Term, "die-on-term", "uwsgi", "--ini", "x.ini"), Term, "unknown unknown", reload},
		"uwsgi that was told":          {interpreter(Term, "die-on-term", "uwsgi", "--die-on-term"), Term, "handled likely", listens},
		"uwsgi that was told in short": {interpreter(Term, "die-on-term", "uwsgi", "--set=die-on-term=true"), Term, "handled likely", listens},
		"uwsgi and SIGINT":             {interpreter(procfs.SIGINT, "die-on-term", "uwsgi"), procfs.SIGINT, "handled likely", "uwsgi exits on SIGINT"},

		"python -c":                      {interpreter(Term, python, "python3", "-c", "signal.signal(15, f); work()"), Term, "unknown unknown", silent},
		"python -c behind other options": {interpreter(Term, python, "python3", "-u", "-c", "signal.signal(15, f); work()"), Term, "unknown unknown", silent},
		"python -c that ends":            {interpreter(Term, python, "python3", "-c", "signal.signal(15, lambda *_: sys.exit())"), Term, "handled likely", listens},
		"python -c without handlers":     {interpreter(Term, python, "python3", "-c", "work()"), Term, "handled likely", listens},
		"python with a file":             {interpreter(Term, python, "python3", "x.py", "-c", "signal"), Term, "handled likely", listens},
		"python with a module":           {interpreter(Term, python, "python3", "-m", "x", "-c", "signal"), Term, "handled likely", listens},
		"python with nothing behind -c":  {interpreter(Term, python, "python3", "-c"), Term, "handled likely", listens},
		"perl -e":                        {interpreter(Term, perl, "perl", "-e", "$SIG{TERM} = sub { print 1 }; sleep 9"), Term, "unknown unknown", silent},
		"perl -E":                        {interpreter(Term, perl, "perl", "-E", "$SIG{TERM} = sub { print 1 }; sleep 9"), Term, "unknown unknown", silent},
		"php -r":                         {interpreter(Term, php, "php", "-r", "pcntl_signal(15, $f); sleep(9);"), Term, "unknown unknown", silent},
		"ruby -e":                        {interpreter(Term, ruby, "ruby", "-e", "trap('TERM') { puts 1 }; sleep"), Term, "unknown unknown", silent},
		"ruby -e that ends":              {interpreter(Term, ruby, "ruby", "-e", "trap('TERM') { exit }; sleep"), Term, "handled likely", listens},
		"no interpreter with -c":         {interpreter(Term, "postmaster.pid", "postgres", "-c", "signal"), Term, "handled likely", listens},
		"python whose loop a flag ends":  {interpreter(Term, python, "python3", "-c", "signal.signal(15, f)\nwhile running: work()"), Term, "handled likely", listens},
		"python, the flag negated":       {interpreter(Term, python, "python3", "-c", "signal.signal(15, f)\nwhile not done: work()"), Term, "handled likely", listens},
		"python whose loop is endless":   {interpreter(Term, python, "python3", "-c", "signal.signal(15, f)\nwhile True: work()"), Term, "unknown unknown", silent},
		"perl whose loop is endless":     {interpreter(Term, perl, "perl", "-e", "$SIG{TERM} = \\&f; while (true) { work() }"), Term, "unknown unknown", silent},
		"perl whose loop a flag ends":    {interpreter(Term, perl, "perl", "-e", "$SIG{TERM} = \\&f; until ($over) { work() }"), Term, "handled likely", listens},
		"ruby whose loop a flag ends":    {interpreter(Term, ruby, "ruby", "-e", "trap('TERM') { f }; work until @over"), Term, "handled likely", listens},
	} {
		t.Run(name, func(t *testing.T) {
			j := judge(t, test.world, 101, test.n)
			if short(j) != test.want || len(j.Evidence) != 2 || j.Evidence[1] != test.why {
				t.Errorf("got %s (%s), want %s (%s)", short(j), because(j), test.want, test.why)
			}
			if !strings.HasPrefix(because(j), procfs.SignalName(test.n)+" has a handler") && !strings.HasPrefix(because(j), "A thread waits for "+procfs.SignalName(test.n)) {
				t.Errorf("how it was heard is missing: %s", because(j))
			}
		})
	}
}

// Each way in which a script says how it exits is recognised, within other text.
func TestWordsOfEnding(t *testing.T) {
	for _, word := range []string{
		"sys.exit(0)", "die", "quit()", "os.abort()", "loop.stop()", "server.shutdown()", "task.cancel()", "s.close()", "os.kill(1, 9)",
		"raise SystemExit", "throw 1", "event.set()", "END of the LOOP", "break", "EXIT",
	} {
		if j := judge(t, interpreter(Term, "Py_BytesMain", "python3", "-c", "signal.signal(15, f); "+word), 101, Term); short(j) != "handled likely" {
			t.Errorf("%s: got %s (%s)", word, short(j), because(j))
		}
	}
	for _, word := range []string{"diesel()", "the end", "work()"} {
		if j := judge(t, interpreter(Term, "Py_BytesMain", "python3", "-c", "signal.signal(15, f); "+word), 101, Term); short(j) != "unknown unknown" {
			t.Errorf("%s: got %s (%s)", word, short(j), because(j))
		}
	}
}

// Node catches signals whose default action would kill it. The result depends on whether it is
// PID 1, on the signal, and on what is known of the program.
func TestNode(t *testing.T) {
	node := func(n int, args ...string) *World {
		return interpreter(n, NodeMarks[0], append([]string{"node"}, args...)...)
	}
	const (
		cannot = "node always catches SIGTERM. In PID 1 that has no effect unless the program has its own handler, which /proc does not show"
		none   = "node always catches SIGTERM. In PID 1 that has no effect unless the program has its own handler. The program on its command line names no signal"
	)
	for name, test := range map[string]struct {
		world *World
		n     int
		want  string
		why   string
	}{
		"a file":               {node(Term, "srv.js"), Term, "unknown unknown", cannot},
		"and SIGINT":           {node(procfs.SIGINT, "srv.js"), procfs.SIGINT, "unknown unknown", strings.ReplaceAll(cannot, "SIGTERM", "SIGINT")},
		"and SIGUSR1":          {node(usr1, "srv.js"), usr1, "ignored likely", "On SIGUSR1, node starts its debugger"},
		"and SIGHUP":           {node(hup, "srv.js"), hup, "handled likely", listens},
		"no init":              {Alone("node", Caught(Term), noInit).Attend(101, Runs(NodeMarks...)), Term, "handled likely", listens},
		"no init, and SIGUSR1": {Alone("node", Caught(usr1), noInit).Attend(101, Runs(NodeMarks...)), usr1, "ignored likely", "On SIGUSR1, node starts its debugger"},
		"-e":                   {node(Term, "-e", "setInterval(() => {}, 1000)"), Term, "ignored likely", none},
		"-e and SIGINT":        {node(procfs.SIGINT, "-e", "setInterval(() => {}, 1000)"), procfs.SIGINT, "ignored likely", strings.ReplaceAll(none, "SIGTERM", "SIGINT")},
		"-e with a handler":    {node(Term, "-e", "process.on('SIGTERM', f)"), Term, "unknown unknown", cannot},
		"-e with another file": {node(Term, "-e", "require('./srv')"), Term, "unknown unknown", cannot},
		"-e with a module":     {node(Term, "-e", "import('./srv.mjs')"), Term, "unknown unknown", cannot},
		"-e with a word of it": {node(Term, "-e", "addSignals()"), Term, "unknown unknown", cannot},
	} {
		t.Run(name, func(t *testing.T) {
			j := judge(t, test.world, 101, test.n)
			if short(j) != test.want || !slices.Equal(j.Evidence, []string{procfs.SignalName(test.n) + " has a handler", test.why}) {
				t.Errorf("got %s (%s), want %s (%s)", short(j), because(j), test.want, test.why)
			}
		})
	}
}

// On SIGTERM, postgres waits for its clients, which are distinguished from its own workers by
// their titles.
func TestPostgres(t *testing.T) {
	world := func(n int, mark, title string) *World {
		return Alone("postgres", Caught(n)).Process(102, 101, "postgres", inside(2), Args(title)).
			Attend(101, Runs(mark)).Attend(102, Runs(mark))
	}
	for name, test := range map[string]struct {
		world *World
		n     int
		waits bool
	}{
		"a client from afar":  {world(Term, "postmaster.pid", "postgres: bob shop 10.0.0.7(4711) idle"), Term, true},
		"a client of IPv6":    {world(Term, "postmaster.pid", "postgres: bob shop ::1(4711) idle"), Term, true},
		"a local client":      {world(Term, "postmaster.pid", "postgres: bob shop [local] SELECT"), Term, true},
		"a worker":            {world(Term, "postmaster.pid", "postgres: autovacuum launcher "), Term, false},
		"another program":     {world(Term, "postmaster.pid", "psql [local] (1)"), Term, false},
		"SIGINT ends clients": {world(procfs.SIGINT, "postmaster.pid", "postgres: bob shop [local] idle"), procfs.SIGINT, false},
		"what only says so":   {world(Term, "perl_parse", "postgres: bob shop [local] idle"), Term, false},
	} {
		want, why := "handled likely", listens
		if test.n == procfs.SIGINT {
			why = "postgres disconnects its clients on SIGINT, and exits"
		}
		if test.waits {
			want, why = "delayed likely by 102", "On SIGTERM, postgres waits until its clients disconnect, such as the client of 102. SIGINT (--stop-signal) disconnects them"
		}
		if j := judge(t, test.world, 101, test.n); short(j) != want || j.Evidence[1] != why {
			t.Errorf("%s: got %s (%s), want %s", name, short(j), because(j), want)
		}
	}
}

// The parent may wait for a child that ignores the signal, unless the child is a worker of the
// same program or the parent is known not to wait.
func TestDeafChild(t *testing.T) {
	ignores := Ignored(Term)
	world := func(mark string, child ...Change) *World {
		return Alone("srv", Caught(Term)).Process(102, 101, "job", append([]Change{inside(2)}, child...)...).Attend(101, Runs(mark))
	}
	none := func(*procfs.Process) {}
	const open = "Its child job (102) ignores SIGTERM. If the parent waits for it, both run until SIGKILL"
	for name, test := range map[string]struct {
		world *World
		want  string
		why   string
	}{
		"another program":              {world("", ignores).Attend(102), "unknown unknown by 102", open},
		"another one, which is unread": {world("", ignores), "unknown unknown by 102", open},
		"another one, denied":          {world("", ignores).Attend(102, Denied), "unknown unknown by 102", open},
		"a worker":                     {world("", ignores).Attend(102, func(a *procfs.Attention) { a.Program = procfs.Some(procfs.Program{Path: "/bin/srv"}) }), "handled likely", listens},
		"one that hears":               {world("", none).Attend(102), "handled likely", listens},
		"one that has ended":           {world("", ignores, Exited(0)), "handled likely", listens},
		"of erlang":                    {world("erl_child_setup", ignores).Attend(102), "handled likely", listens},
		"of python":                    {world("Py_BytesMain", ignores).Attend(102), "unknown unknown by 102", open},
	} {
		if j := judge(t, test.world, 101, Term); short(j) != test.want || j.Evidence[1] != test.why {
			t.Errorf("%s: got %s (%s), want %s (%s)", name, short(j), because(j), test.want, test.why)
		}
	}
}

// If a program itself reads or awaits a signal, its language's default handlers do not matter.
func TestRuntimeHandlersOnlyWhereCaught(t *testing.T) {
	for name, world := range map[string]*World{
		"node":  Alone("node").Attend(101, Runs(NodeMarks...), Asleep(Awaiting(Term))),
		"uwsgi": Alone("uwsgi").Attend(101, Runs("die-on-term"), Asleep(Awaiting(Term))),
		"bash":  Alone("bash").Attend(101, Runs(BashMarks...), Asleep(Awaiting(Term))),
		"go":    Alone("srv", Blocked(Term)).Attend(101, Runs(goMarks...), WithSignalFD(Term), Asleep(Sleeping("epoll_wait"))),
	} {
		if j := judge(t, world, 101, Term); j.Outcome != signal.OutcomeHandled || j.Evidence[1] != listens {
			t.Errorf("%s: got %s (%s)", name, short(j), because(j))
		}
	}
}
