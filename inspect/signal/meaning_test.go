package signal_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The documented meaning of a signal for a program decides, if the program is PID 1 where that
// matters, and has the rights that it needs to exit. The results were measured (make forecast).
func TestOwnMeaning(t *testing.T) {
	const pwr, usr2, rtmin3 = 30, 12, 37
	every := Caught(hup, procfs.SIGINT, procfs.SIGQUIT, usr1, usr2, Term, winch, pwr, rtmin3)
	runs := func(mark string, change ...Change) *World {
		return Alone("x", append([]Change{every}, change...)...).Attend(101, Runs(mark))
	}
	systemd := func(change ...Change) *World {
		return Alone("systemd", append([]Change{every}, change...)...).Attend(101, Linked("libsystemd-core-252.so"))
	}
	boot := Capabilities(1 << procfs.CapSysBoot)
	app := func(args ...string) *World { return runs("Py_BytesMain", Args(args...)) }
	const openrc, busybox = "OpenRC init version", "BusyBox v"
	for name, test := range map[string]struct {
		world *World
		n     int
		want  string
	}{
		"systemd, SIGTERM":                 {systemd(), Term, "ignored likely"},
		"systemd, SIGRTMIN+3":              {systemd(), rtmin3, "handled likely"},
		"systemd, SIGINT":                  {systemd(), procfs.SIGINT, "handled likely"},
		"systemd for a user, SIGTERM":      {systemd(noInit), Term, "handled likely"},
		"busybox init, SIGTERM":            {runs(busybox, Args("init")), Term, "handled likely"},
		"busybox init, SIGHUP":             {runs(busybox, Args("/sbin/init")), hup, "ignored likely"},
		"busybox sh, SIGHUP":               {runs(busybox, Args("httpd")), hup, "handled likely"},
		"sysvinit, SIGINT":                 {runs("INIT_VERSION=sysvinit"), procfs.SIGINT, "unknown unknown"},
		"sysvinit, SIGUSR1":                {runs("INIT_VERSION=sysvinit"), usr1, "ignored likely"},
		"runit, SIGPWR":                    {runs("/etc/runit/ctrlaltdel", Capabilities(0)), pwr, "ignored likely"},
		"openrc-init, SIGTERM":             {runs(openrc, boot), Term, "handled likely"},
		"openrc-init without CAP_SYS_BOOT": {runs(openrc, Capabilities(0)), Term, "ignored likely"},
		"openrc-init, rights unread":       {runs(openrc), Term, "unknown unknown"},
		"s6-svscan, SIGTERM":               {runs("s6-svscan"), Term, "handled likely"},
		"s6-svscan, SIGHUP":                {runs("s6-svscan"), hup, "ignored likely"},
		"nginx, SIGHUP":                    {runs("ngx_http_core_module"), hup, "ignored likely"},
		"nginx, SIGTERM":                   {runs("ngx_http_core_module"), Term, "handled likely"},
		"apache, SIGUSR1":                  {runs("ap_run_mpm"), usr1, "ignored likely"},
		"supervisord, SIGHUP":              {app("/usr/bin/python3", "/usr/bin/supervisord", "-n"), hup, "ignored likely"},
		"supervisord, SIGTERM":             {app("/usr/bin/python3", "/usr/bin/supervisord", "-n"), Term, "handled likely"},
		"gunicorn, SIGHUP":                 {app("python3", "-m", "gunicorn", "app"), hup, "ignored likely"},
		"gunicorn by its title, SIGHUP":    {app("gunicorn: master [app]"), hup, "ignored likely"},
		"puma by its title, SIGUSR2":       {runs("ruby_sysinit", Args("puma 5.6.5 (tcp://127.0.0.1:8080) [app]")), usr2, "ignored likely"},
		"uwsgi to die on SIGTERM":          {runs("die-on-term", Args("uwsgi", "--die-on-term")), procfs.SIGQUIT, "ignored likely"},
		"uwsgi, SIGQUIT":                   {runs("die-on-term", Args("uwsgi")), procfs.SIGQUIT, "handled likely"},
		"su":                               {runs("Session terminated, killing shell", Args("su", "app")), Term, "handled likely"},
		"npm":                              {runs("napi_module_register", Args("npm start")), Term, "handled likely"},
		"npm, SIGINT":                      {runs("napi_module_register", Args("npm start")), procfs.SIGINT, "unknown unknown"},
		"uwsgi, SIGTERM":                   {runs("die-on-term", Args("uwsgi", "--http", ":80")), Term, "ignored likely"},
		"uwsgi with a file, SIGTERM":       {runs("die-on-term", Args("uwsgi", "app.ini")), Term, "unknown unknown"},
		"what has it as an argument":       {app("python3", "run.py", "gunicorn"), hup, "handled likely"},
		"a program on the command line":    {app("python3", "-c", "import signal # gunicorn quit"), hup, "handled likely"},
	} {
		if j := judge(t, test.world, 101, test.n); short(j) != test.want {
			t.Errorf("%s: got %s (%s), want %s", name, short(j), because(j), test.want)
		}
	}
}

// A program that exits on another signal gets that signal as advice. If no such signal is known,
// no advice is given that its own forecast would refute.
func TestProperSignals(t *testing.T) {
	const rtmin3 = 37
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"systemd":               {Alone("systemd", Caught(Term, rtmin3)).Attend(101, Linked("libsystemd-core-252.so")), "recreate the container with --stop-signal SIGRTMIN+3, because systemd handles SIGRTMIN+3"},
		"uwsgi":                 {Alone("uwsgi", Caught(Term, procfs.SIGINT)).Attend(101, Runs("die-on-term")), "recreate the container with --stop-signal SIGINT, because uwsgi handles SIGINT"},
		"sysvinit":              {Alone("init", Ignored(Term), Caught(procfs.SIGINT)).Attend(101, Runs("INIT_VERSION=sysvinit")), "--init does not fix this, because init ignores SIGTERM. init must handle SIGTERM. No option is known to fix this"},
		"a shell by SIGRTMIN+3": {stopBy(front(DashMarks, "trap exit TERM; read x").Attend(101, Runs(DashMarks...), Asleep(Calling("read", 0))), "SIGRTMIN+3"), "recreate the container with --stop-signal SIGTERM, because sh handles SIGTERM"},
	} {
		if f := forecast(t, test.world); f.Cure.Text != test.want {
			t.Errorf("%s: got %q, want %q: %s (%s)", name, f.Cure.Text, test.want, short(f.Judgement), because(f.Judgement))
		}
	}
}
