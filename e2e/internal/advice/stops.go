//go:build linux

package advice

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/e2e/internal/realhost"
)

// Sets of accepted forecasts.
var (
	ignored = []string{"ignored"}
	delayed = []string{"delayed"}
	handled = []string{"handled"}
	unsure  = []string{"unknown"}
)

// The texts of fixes that are not options. They change with the sentences of
// inspect/signal/curewords.go.
const (
	noOption = "No option is known to fix this"
	noInit   = "--init does not fix this, because "
	passOn   = "in the script, start the program in the background, and set a trap that forwards SIGTERM and waits: trap 'kill -TERM $pid; wait $pid' TERM"
	longer   = "set a --stop-timeout that is longer than its work takes"
)

// byExec is the fix of a script.
func byExec(program string) string { return "in the script, start " + program + " with exec" }

const andInit = ". Also recreate the container with --init (compose: init: true)"

const (
	// pythonApp and cleaning have a handler for SIGTERM.
	pythonApp = "python3 /forecast/app.py"
	cleaning  = "/forecast/behave cleans-up"
	ended     = "; echo ended"
)

var withInit = []string{"--init"}

func stopSignal(signal string) []string { return []string{"--stop-signal", signal} }

// stopTroubles are the problems of docker stop.
func stopTroubles() []trouble {
	return slices.Concat(plainTroubles(), shellTroubles(), initTroubles(), wrapperTroubles(), serverTroubles(), busyTroubles(),
		rightsTroubles(), placeTroubles(), graceTroubles(), hopelessTroubles())
}

// plainTroubles are programs that do nothing about the stop signal, or about another.
func plainTroubles() []trouble {
	const deaf = "trap '' TERM; while true; do busybox sleep 1; done"
	const trapInt = "trap 'exit 0' INT; busybox sleep 1000 & wait"
	return []trouble{
		{name: "sleep", spec: words("busybox sleep 1000"), forecasts: ignored, options: withInit, quick: true},
		{name: "tail", spec: words("tail -f /dev/null"), forecasts: ignored, options: withInit},
		{name: "python", spec: spec{command: []string{"python3", "-c", "import time; time.sleep(1000)"}}, forecasts: ignored, options: withInit, or: "SIGINT"},
		{name: "deaf-loop", spec: sh("busybox sh", deaf), forecasts: ignored, options: []string{"--init", "--stop-signal", "SIGHUP"}},
		{name: "deaf-tini", spec: sh("tini -- sh", deaf), forecasts: ignored, options: stopSignal("SIGHUP")},
		{name: "deaf-dumb-init", spec: sh("dumb-init sh", deaf), forecasts: ignored, options: stopSignal("SIGHUP")},
		{name: "python-ignores", spec: spec{command: []string{"python3", "-c", "import signal; signal.signal(15, signal.SIG_IGN); signal.pause()"}}, forecasts: ignored, options: []string{"--init", "--stop-signal", "SIGQUIT"}},
		{name: "node", spec: words("node /forecast/plain.js"), forecasts: unsure, options: withInit},
		{name: "perl", spec: words("perl -e sleep(1000)"), forecasts: ignored, options: withInit},
		{name: "perl-for-QUIT", spec: spec{command: []string{"perl", "-e", "$SIG{QUIT} = sub { exit }; sleep 1 while 1"}}, forecasts: ignored, options: withInit, or: "SIGQUIT"},
		{name: "go-ignores", spec: words("/forecast/go-behave ignore"), forecasts: ignored, options: stopSignal("SIGINT")},
		{name: "java-no-signals", spec: words("java -Xrs /forecast/Plain.java"), forecasts: ignored, options: withInit},
		{name: "ignored", spec: words("/forecast/behave ignored"), forecasts: ignored, options: []string{"--init", "--stop-signal", "SIGINT"}},
		{name: "blocked", spec: words("/forecast/behave blocked"), forecasts: ignored, options: []string{"--init", "--stop-signal", "SIGINT"}},
		{name: "awaits-another", spec: words("/forecast/behave sigwait-other"), forecasts: ignored, options: []string{"--init", "--stop-signal", "SIGINT"}},
		{name: "signalfd-of-another", spec: words("/forecast/behave signalfd-other"), forecasts: ignored, options: []string{"--init", "--stop-signal", "SIGINT"}},
		{name: "signalfd-unread", spec: words("/forecast/behave signalfd-unread"), forecasts: ignored, options: []string{"--init", "--stop-signal", "SIGINT"}},
		{name: "trap-for-INT", spec: sh("busybox sh", trapInt), forecasts: ignored, options: withInit},
		{name: "signal-without-effect", spec: sh("busybox sh", "trap 'exit 0' TERM; busybox sleep 1000 & wait").with("--stop-signal", "SIGWINCH"), forecasts: ignored, options: stopSignal("SIGTERM"), quick: true},
		{name: "cron-by-WINCH", spec: words("cron -f").with("--stop-signal", "SIGWINCH"), forecasts: ignored, options: []string{"--init", "--stop-signal", "SIGTERM"}},
		{name: "crond-by-WINCH", spec: words("busybox crond -f -c /tmp").with("--stop-signal", "SIGWINCH"), forecasts: ignored, options: []string{"--init", "--stop-signal", "SIGTERM"}},
		{name: "init-crond-by-WINCH", spec: words("busybox crond -f -c /tmp").with("--stop-signal", "SIGWINCH", "--init"), forecasts: ignored, options: stopSignal("SIGTERM")},
	}
}

// interactive is a shell on a terminal.
func interactive(name, shell string, options ...string) trouble {
	return trouble{name: name, spec: words(shell).with("-i", "-t"), forecasts: ignored, options: append(options, stopSignal("SIGHUP")...)}
}

// shellTroubles are scripts.
func shellTroubles() []trouble {
	all := []trouble{
		interactive("busybox-terminal", "busybox sh", "--init"), interactive("dash-terminal", "dash", "--init"), interactive("bash-terminal", "bash"),
		interactive("zsh-terminal", "zsh"), interactive("init-bash-terminal", "tini -- bash"),
		{name: "loop", spec: sh("busybox sh", "while true; do busybox sleep 1; done"), forecasts: ignored, options: withInit},
	}
	for _, shell := range []string{"dash", "bash", "zsh", "busybox sh"} {
		name := shell
		if shell == "busybox sh" {
			name = "busybox"
		}
		trapped, plain := sh(shell, "trap 'exit 0' TERM; busybox sleep 1000; true"), sh(shell, "busybox sleep 1000; true")
		exec := sh(shell, "exec busybox sleep 1000").with("--init")
		all = append(all,
			trouble{name: name + "-trap-child", spec: trapped, forecasts: delayed, text: byExec("busybox") + andInit, cured: &exec, quick: name == "busybox"},
			trouble{name: name + "-child", spec: plain, forecasts: ignored, options: withInit})
	}
	return all
}

// behind is a script with a server that has handlers, below an init.
func behind(name, init, script, cured string) trouble {
	s := sh(init+"sh", script)
	t := trouble{name: name, spec: s, handlers: true, forecasts: []string{"ignored", "handled", "delayed"}, text: byExec("python3 /forecast/app.py")}
	t.ready = realhost.HandlerSet
	c := sh(init+"sh", cured)
	c.ready = realhost.HandlerSet
	t.cured = &c
	return t
}

// initTroubles are scripts below an init.
func initTroubles() []trouble {
	script, cured := pythonApp+ended, "exec "+pythonApp
	all := []trouble{
		behind("app", "", script, cured),
		behind("app-tini", "tini -- ", script, cured),
		behind("app-tini-group", "tini -g -- ", script, cured),
		behind("app-dumb-init", "dumb-init ", script, cured),
		behind("app-dumb-init-single", "dumb-init -c ", script, cured),
		behind("app-catatonit", "catatonit -- ", script, cured),
	}
	init := behind("app-init", "", script, cured)
	init.spec = init.with("--init")
	c := init.cured.with("--init")
	init.cured = &c
	return append(all, init)
}

// wrapperTroubles are scripts of packages, and own traps.
func wrapperTroubles() []trouble {
	database := []string{"--tmpfs", "/run/mysqld:mode=777"}
	nginx := sh("bash", "exec nginx -g 'daemon off;'")
	// mysqld_safe starts this with options of its own.
	mariadb := sh("sh", "exec mariadbd --user=mysql").with(database...)
	mariadbInit := mariadb.with("--init")
	apache := sh("sh", `sed 's/^[[:space:]]*\$HTTPD/exec &/' $(which apache2ctl) >/tmp/apache2ctl; exec sh /tmp/apache2ctl -D FOREGROUND; true`)
	two := func(end string) spec {
		s := sh("bash", cleaning+" & "+cleaning+" & "+end)
		s.ready = realhost.HandlerSet
		return s
	}
	passing := two("pid=$(jobs -p); trap 'kill -TERM $pid; wait $pid' TERM; wait")
	passingInit := passing.with("--init")
	noWait := sh("sh", "trap 'kill -TERM $c; exit' TERM; "+pythonApp+" & c=$!; wait $c")
	noWait.ready = realhost.HandlerSet
	waits := sh("sh", pythonApp+" & pid=$!; trap 'kill -TERM $pid; wait $pid' TERM; wait $pid")
	waits.ready = realhost.HandlerSet
	return []trouble{
		{name: "nginx-then-echo", spec: sh("bash", "nginx -g 'daemon off;'"+ended), forecasts: ignored, text: byExec("nginx"), cured: &nginx},
		{name: "apache2ctl", spec: sh("sh", "apache2ctl -D FOREGROUND; true"), forecasts: ignored, text: "in the scripts, start apache2ctl and apache2 with exec", cured: &apache},
		{name: "mysqld-safe", spec: words("mysqld_safe").with(database...), forecasts: []string{"ignored", "delayed"}, text: byExec("mariadbd"), cured: &mariadb},
		{name: "mysqld-safe-init", spec: words("mysqld_safe").with(database...).with("--init"), forecasts: []string{"ignored", "delayed"}, text: byExec("mariadbd"), cured: &mariadbInit},
		{name: "handlers-in-bash", spec: two("wait"), handlers: true, forecasts: ignored, text: passOn, cured: &passing},
		{name: "handlers-in-bash-init", spec: two("wait").with("--init"), handlers: true, forecasts: handled, text: passOn, cured: &passingInit},
		{name: "trap-does-not-wait", spec: noWait, handlers: true, forecasts: handled, text: passOn, cured: &waits},
	}
}

// serverTroubles are servers for which a signal has another meaning.
func serverTroubles() []trouble {
	const uwsgi = "uwsgi --plugin python3 --http-socket 127.0.0.1:8080 --wsgi-file /forecast/wsgi.py --callable app --master -p 2"
	postgres := sh("sh", "exec /usr/lib/postgresql/*/bin/postgres -D /var/lib/postgresql/*/main -c config_file=$(echo /etc/postgresql/*/main/postgresql.conf)").
		with("--user", "postgres", "--tmpfs", "/run/postgresql:mode=777")
	postgres.ready = "ready to accept connections"
	postgres.then = [][]string{{"exec", "-d", "NAME", "psql", "-c", "select pg_sleep(1000)"}}
	systemd := words("/lib/systemd/systemd --unit=basic.target").with("--tmpfs", "/run", "--tmpfs", "/tmp",
		"--tmpfs", "/sys/fs/cgroup", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--stop-timeout", "10") // it is slow if others run at the same time
	return []trouble{
		{name: "postgres-client", spec: postgres, forecasts: []string{"delayed", "ignored"}, options: stopSignal("SIGINT")},
		{name: "squid", spec: words("squid --foreground"), forecasts: delayed, options: []string{"--stop-timeout", "36"}},
		{name: "uwsgi", spec: words(uwsgi), forecasts: ignored, options: stopSignal("SIGINT")},
		{name: "uwsgi-by-HUP", spec: words(uwsgi).with("--stop-signal", "SIGHUP"), forecasts: []string{"ignored", "unknown"}, options: stopSignal("SIGINT")},
		{name: "systemd", spec: systemd, forecasts: ignored, options: stopSignal("SIGRTMIN+3")},
		{name: "nginx-by-USR1", spec: spec{command: []string{"nginx", "-g", "daemon off;"}}.with("--stop-signal", "SIGUSR1"), forecasts: ignored, options: stopSignal("SIGTERM")},
		{name: "runsvdir", spec: spec{command: []string{"runsvdir", "/forecast/services-handler"}, ready: realhost.HandlerSet}, handlers: true, forecasts: handled, hopeless: true},
	}
}

// client makes a server join the network of a client, which disconnects after a while.
func (s spec) client(kind, port string) spec {
	s = s.with("--network", joinX)
	s.joined, s.askedBy = []string{"sh", "-c", "timeout 20 python3 /forecast/client.py " + kind + " " + port + "; sleep 1000"}, "client has asked"
	return s
}

// busyTroubles have work when they are stopped.
func busyTroubles() []trouble {
	const celery = "celery --workdir /forecast -A tasks worker -l info -c 2"
	task := words(celery).with("--network", joinX)
	task.joined = []string{"sh", "-c", "redis-server --daemonize yes; cd /forecast; celery -A tasks call tasks.work --args '[20]'; exec sleep 1000"}
	task.ready = "received"
	nginx := sh("sh", "truncate -s 64M /var/www/html/big; exec nginx -g 'daemon off;'").with("--stop-signal", "SIGQUIT").client("unread", "80")
	apache := sh("sh", "truncate -s 64M /var/www/html/big; . /etc/apache2/envvars; mkdir -p $APACHE_RUN_DIR; exec apache2 -DFOREGROUND").with("--stop-signal", "SIGWINCH").client("unread", "80")
	gunicorn := words("gunicorn --chdir /forecast -b 127.0.0.1:8080 -w 2 wsgi:app").client("waiting", "8080")
	uvicorn := words("uvicorn --app-dir /forecast --port 8080 asgi:app").client("unread", "8080")
	return []trouble{
		{name: "celery-busy", spec: task, forecasts: unsure, text: longer, cured: patient(task)},
		{name: "nginx-quit-busy", spec: nginx, forecasts: unsure, text: longer, cured: patient(nginx)},
		{name: "apache-winch-busy", spec: apache, forecasts: unsure, text: longer, cured: patient(apache)},
		{name: "uvicorn-busy", spec: uvicorn, forecasts: unsure, text: longer, cured: patient(uvicorn)},
		{name: "gunicorn-busy", spec: gunicorn, forecasts: delayed, options: []string{"--stop-timeout", "36"}},
	}
}

// patient waits longer than any work here takes.
func patient(s spec) *spec {
	s = s.with("--stop-timeout", "60")
	return &s
}

// rightsTroubles may not signal a child of another user.
func rightsTroubles() []trouble {
	const asNobody = "setpriv --reuid 65534 --clear-groups "
	few := []string{"--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add", "SETGID"}
	kill := []string{"--cap-add", "KILL"}
	var all []trouble
	for _, init := range [][2]string{{"init", ""}, {"tini", "tini -- "}, {"dumb-init", "dumb-init "}, {"catatonit", "catatonit -- sh /forecast/later.sh "}} {
		s := words(init[1] + asNobody + cleaning).with(few...)
		if init[1] == "" {
			s = s.with("--init")
		}
		s.ready = realhost.HandlerSet
		all = append(all, trouble{name: init[0] + "-without-right", spec: s, handlers: true, forecasts: []string{"handled", "ignored"}, options: kill})
	}
	return all
}

// placeTroubles are containers that are stopped, or are not alone.
func placeTroubles() []trouble {
	once := [][]string{{"kill", "--signal", "SIGSTOP", "NAME"}}
	nginx := spec{command: []string{"nginx", "-g", "daemon off;"}}
	joined := sh("busybox sh", "trap 'exit 0' TERM; busybox sleep 1000; true").with("--pid", joinX)
	joined.joined = []string{"busybox", "sleep", "1000"}
	exec := joined
	exec.command = sh("busybox sh", "exec busybox sleep 1000").command
	return []trouble{
		{name: "stopped-nginx", spec: nginx, once: once, forecasts: ignored, lets: true},
		{name: "stopped-trap", spec: sh("busybox sh", "trap 'exit 0' TERM; busybox sleep 1000 & wait"), once: once, forecasts: ignored, lets: true, quick: true},
		{name: "stopped-sleep", spec: words("busybox sleep 1000"), once: once, forecasts: ignored, options: withInit},
		{name: "joined", spec: joined, forecasts: delayed, text: byExec("busybox"), cured: &exec},
	}
}

// graceTroubles have a grace period that is too short, or not used.
func graceTroubles() []trouble {
	usual := []string{"--stop-timeout", "10"}
	handles := words(cleaning)
	handles.ready = realhost.HandlerSet
	return []trouble{
		{name: "no-grace", spec: handles.with("--stop-timeout", "0"), handlers: true, forecasts: ignored, options: usual},
		{name: "no-grace-sleep", spec: words("busybox sleep 1000").with("--stop-timeout", "0"), forecasts: ignored, options: []string{"--init", "--stop-timeout", "10"}, quick: true},
		{name: "grace-overflows", spec: handles.with("--stop-timeout", "10000000000"), handlers: true, forecasts: unsure, options: usual},
		{name: "grace-overflows-sleep", spec: words("busybox sleep 1000").with("--stop-timeout", "10000000000"), forecasts: unsure, options: []string{"--init", "--stop-timeout", "10"}},
		{name: "grace-without-end", spec: words("busybox sleep 1000").with("--stop-timeout", "-1"), forecasts: ignored, options: withInit},
	}
}

// hopelessTroubles are problems for which the plugin says that no option helps.
func hopelessTroubles() []trouble {
	const ignoresAll = "trap '' TERM INT QUIT HUP; while true; do busybox sleep 1; done"
	all := []trouble{
		{name: "deaf-to-all", spec: sh("busybox sh", ignoresAll)},
		{name: "deaf-to-all-tini", spec: sh("tini -- sh", ignoresAll)},
		{name: "deaf-to-all-dumb-init", spec: sh("dumb-init sh", ignoresAll)},
		{name: "deaf-to-all-bash", spec: sh("bash", ignoresAll)},
		{name: "supervisord-deaf", spec: words("supervisord -n -c /forecast/supervisor-deaf.conf")},
		{name: "python-ignores-all", spec: spec{command: []string{"python3", "-c", "import signal; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 3, 15)]; [signal.pause() for _ in iter(int, 1)]"}}},
	}
	for i := range all {
		all[i].hopeless, all[i].forecasts = true, []string{"ignored", "delayed", "unknown"}
	}
	return all
}
