//go:build linux

package main

// scriptPrograms are programs in script languages.
func scriptPrograms() []program {
	return []program{
		does("python", "python3", "-c", "import time; time.sleep(1000)"),
		does("python-int", "python3", "-c", "import time; time.sleep(1000)").with("--stop-signal", "SIGINT"),
		does("python-exit", "python3", "-c", "import signal, sys, time; signal.signal(15, lambda *_: sys.exit()); time.sleep(1000)"),
		does("python-goes-on", "python3", "-c", "import signal; signal.signal(15, lambda *_: None)\nwhile True: signal.pause()"),
		does("python-ignore", "python3", "-c", "import signal; signal.signal(15, signal.SIG_IGN); signal.pause()"),
		does("python-child", "python3", "-c", "import signal, subprocess, sys; signal.signal(15, lambda *_: sys.exit()); subprocess.run(['sleep', '1000'])"),
		words("python-http", "python3 -m http.server 8080"),
		words("python-asyncio", "python3 /forecast/loop.py"),
		words("python-threads", "python3 /forecast/threads.py"),
		words("gunicorn", "gunicorn --chdir /forecast -b 127.0.0.1:8080 -w 2 wsgi:app"),
		words("uvicorn", "uvicorn --app-dir /forecast asgi:app"),
		words("perl", "perl -e sleep(1000)"),
		does("perl-exit", "perl", "-e", "$SIG{TERM} = sub { exit }; sleep 1 while 1"),
		does("perl-goes-on", "perl", "-e", "$SIG{TERM} = sub { }; sleep 1 while 1"),
		does("perl-system", "perl", "-e", "$SIG{TERM} = sub { exit }; system 'sleep 1000'"),
		words("ruby", "ruby -e sleep"),
		does("ruby-exit", "ruby", "-e", "trap('TERM') { exit }; sleep"),
		does("ruby-goes-on", "ruby", "-e", "trap('TERM') { }; loop { sleep 1 }"),
		does("ruby-webrick", "ruby", "-run", "-e", "httpd", "/tmp", "-p", "8080"),
		words("puma", "puma -b tcp://127.0.0.1:8080 /forecast/config.ru"),
		words("puma-cluster", "puma -w 2 -b tcp://127.0.0.1:8080 /forecast/config.ru"),
		does("php", "php", "-r", "sleep(1000);"),
		words("php-server", "php -S 127.0.0.1:8080"),
		sh("php-fpm", "sh", phpFPM),
		does("lua", "lua5.4", "-e", "io.read()").with("-i"),
		words("tcl", "tclsh /forecast/forever.tcl"),
	}
}

const phpFPM = "mkdir -p /run/php; exec /usr/sbin/php-fpm[0-9]* -F"

// runtimePrograms are programs with runtimes that catch signals themselves.
func runtimePrograms() []program {
	return []program{
		words("node", "node /forecast/plain.js"),
		words("node-exit", "node /forecast/exit.js"),
		words("node-goes-on", "node /forecast/goes-on.js"),
		words("node-http", "node /forecast/http.js"),
		words("node-child", "node /forecast/child.js"),
		words("node-tty", "node").with("-i", "-t"),
		words("java", "java /forecast/Plain.java"),
		words("java-hook", "java /forecast/Hook.java"),
		words("java-hook-hangs", "java /forecast/Hangs.java"),
		words("java-no-signals", "java -Xrs /forecast/Plain.java"),
		words("go", "/forecast/go-behave default"),
		words("go-notify", "/forecast/go-behave notify"),
		words("go-notify-goes-on", "/forecast/go-behave notify-goes-on"),
		words("go-notify-other", "/forecast/go-behave notify-other"),
		words("go-notify-context", "/forecast/go-behave notify-context"),
		words("go-ignore", "/forecast/go-behave ignore"),
		words("go-http", "/forecast/go-behave http"),
		words("go-http-shutdown", "/forecast/go-behave http-shutdown"),
		words("go-waits-for-child", "/forecast/go-behave waits-for-child"),
	}
}
