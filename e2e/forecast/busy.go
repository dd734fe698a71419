//go:build linux

package main

import "strings"

// client makes a server join the network of another container, which is its client. The client
// waits until the server listens (client.py has the kinds).
func (p program) client(kind string) program {
	return p.clientAt(kind, "8080")
}

func (p program) clientAt(kind, port string) program {
	p.askedBy = "client has asked"
	return p.in("python3", "/forecast/client.py", kind, port).with("--network", joinX)
}

// busyPrograms have work when they are stopped, or a client that may send work.
func busyPrograms() []program {
	nginx := sh("nginx", "sh", "truncate -s 64M /var/www/html/big; exec nginx -g 'daemon off;'")
	apache := sh("apache", "sh", "truncate -s 64M /var/www/html/big; "+apache)
	haproxy := words("haproxy", "haproxy -W -db -f /forecast/haproxy.cfg")
	proxied := []string{"sh", "-c", "redis-server --daemonize yes; exec python3 /forecast/client.py silent 8080"}
	gunicorn := "gunicorn --chdir /forecast -b 127.0.0.1:8080 -w 2 wsgi:app"
	uvicorn := words("uvicorn", "uvicorn --app-dir /forecast --port 8080 asgi:app")
	puma := "puma -b tcp://127.0.0.1:8080 /forecast/config.ru"
	fpm := sh("php-fpm", "sh", "sed -i 's/^listen = .*/listen = 127.0.0.1:9000/' /etc/php/*/fpm/pool.d/www.conf; "+phpFPM)
	fpmWaits := sh("php-fpm", "sh", "sed -i 's/^;process_control_timeout = .*/process_control_timeout = 60s/' /etc/php/*/fpm/php-fpm.conf; "+fpm.command[2])
	http := words("node-http", "node /forecast/http.js")
	all := []program{
		words("gunicorn-busy", gunicorn).client("waiting"),
		words("gunicorn-busy-quit", gunicorn).client("waiting").with("--stop-signal", "SIGQUIT"),
		words("gunicorn-busy-graceful", gunicorn+" --graceful-timeout 2").client("waiting"),
		words("gunicorn-threads-busy", gunicorn+" --threads 2").client("waiting"),
		words("gunicorn-silent", gunicorn).client("silent"),
		words("uvicorn-workers", "uvicorn --app-dir /forecast --port 8080 --workers 2 asgi:app"),
		words("uvicorn-workers-busy", "uvicorn --app-dir /forecast --port 8080 --workers 2 asgi:app").client("waiting"),
		words("puma-busy", puma).client("waiting"),
		words("puma-cluster-busy", puma+" -w 2").client("waiting"),
		words("node-http-busy", "node /forecast/http.js").client("waiting"),
		words("go-http-shutdown-silent", "/forecast/go-behave http-shutdown").client("silent"),
		words("haproxy-busy", "haproxy -W -db -f /forecast/haproxy.cfg").in(proxied...).with("--network", joinX),
	}
	named := func(p program, suffix string) program {
		p.name += suffix
		return p
	}
	quit, winch, usr1 := []string{"--stop-signal", "SIGQUIT"}, []string{"--stop-signal", "SIGWINCH"}, []string{"--stop-signal", "SIGUSR1"}
	return append(all,
		named(uvicorn.client("waiting"), "-busy"), named(uvicorn.client("kept"), "-kept"),
		named(http.client("kept"), "-kept"),
		named(haproxy.in(proxied...).with("--network", joinX).with(usr1...), "-usr1-busy"),
		named(nginx.clientAt("unread", "80"), "-busy"),
		named(nginx.clientAt("silent", "80").with(quit...), "-quit-silent"),
		named(nginx.clientAt("kept", "80").with(quit...), "-quit-kept"),
		named(nginx.clientAt("unread", "80").with(quit...), "-quit-busy"),
		named(apache.clientAt("unread", "80"), "-busy"),
		named(apache.clientAt("silent", "80").with(winch...), "-winch-silent"),
		named(apache.clientAt("kept", "80").with(winch...), "-winch-kept"),
		named(apache.clientAt("unread", "80").with(winch...), "-winch-busy"),
		named(fpm.clientAt("fastcgi", "9000"), "-busy"),
		named(fpm.clientAt("fastcgi", "9000").with(quit...), "-quit-busy"),
		named(fpmWaits.clientAt("fastcgi", "9000").with(quit...), "-quit-busy-waits"),
		named(fpm.with(quit...), "-quit"),
		named(words("uwsgi", uwsgi).client("waiting").with("--stop-signal", "SIGINT"), "-int-busy"),
		named(words("uwsgi", uwsgi).client("waiting").with(quit...), "-quit-busy"),
	)
}

// queuePrograms work on tasks of a queue in another container.
func queuePrograms() []program {
	const celery = "celery --workdir /forecast -A tasks worker -l info -c 2"
	empty := []string{"redis-server"}
	full := []string{"sh", "-c", "redis-server --daemonize yes; cd /forecast; celery -A tasks call tasks.work --args '[1000]'; exec sleep 1000"}
	var all []program
	for _, p := range []program{
		words("celery", celery),
		words("celery-quit", celery).with("--stop-signal", "SIGQUIT"),
		words("celery-int", celery).with("--stop-signal", "SIGINT"),
		words("celery-init", celery).with("--init"),
		words("celery-dumb-init", "dumb-init "+celery),
		words("celery-dumb-init-single", "dumb-init -c "+celery),
		words("celery-tini-group", "tini -g -- "+celery),
		words("celery-solo", strings.Replace(celery, "-c 2", "-P solo", 1)),
	} {
		p = p.with("--network", joinX)
		all = append(all, p.in(empty...).says("ready."))
		p.name += "-busy"
		all = append(all, p.in(full...).says("received"))
	}
	return all
}
