//go:build linux

package main

// serverPrograms serve HTTP or forward it.
func serverPrograms() []program {
	return []program{
		does("nginx", "nginx", "-g", "daemon off;"),
		does("nginx-quit", "nginx", "-g", "daemon off;").with("--stop-signal", "SIGQUIT"),
		does("nginx-single", "nginx", "-g", "daemon off; master_process off;"),
		sh("apache", "sh", apache),
		sh("apache-winch", "sh", apache).with("--stop-signal", "SIGWINCH"),
		words("lighttpd", "lighttpd -D -f /etc/lighttpd/lighttpd.conf"),
		words("haproxy", "haproxy -W -db -f /etc/haproxy/haproxy.cfg").with("--tmpfs", "/run/haproxy"),
		words("haproxy-usr1", "haproxy -W -db -f /etc/haproxy/haproxy.cfg").with("--tmpfs", "/run/haproxy", "--stop-signal", "SIGUSR1"),
		words("squid", "squid --foreground"),
		words("squid-single", "squid -N"),
		words("varnish", "varnishd -F -a :8080 -b 127.0.0.1:9 -s malloc,16m"),
		words("caddy", "caddy file-server --listen :8080"),
	}
}

// storePrograms keep data.
func storePrograms() []program {
	return []program{
		words("redis", "redis-server"),
		words("memcached", "memcached -u nobody"),
		sh("postgres", "sh", postgres).with("--user", "postgres", "--tmpfs", "/run/postgresql:mode=777"),
		sh("postgres-int", "sh", postgres).with("--user", "postgres", "--tmpfs", "/run/postgresql:mode=777", "--stop-signal", "SIGINT"),
		words("mariadb", "mariadbd --user=mysql").with("--tmpfs", "/run/mysqld:mode=777"),
		words("mosquitto", "mosquitto"),
		words("erlang", "erl -noinput"),
		words("erlang-tty", "erl").with("-i", "-t"),
		words("epmd", "epmd"),
		words("etcd", "etcd --data-dir /tmp/etcd"),
	}
}

// uwsgiPrograms differ in what SIGTERM means to them.
func uwsgiPrograms() []program {
	var all []program
	for _, signal := range []string{"TERM", "INT", "QUIT", "HUP"} {
		all = append(all,
			words("uwsgi-by-"+signal, uwsgi).with("--stop-signal", "SIG"+signal),
			words("uwsgi-die-by-"+signal, uwsgi+" --die-on-term").with("--stop-signal", "SIG"+signal))
	}
	return all
}

const uwsgi = "uwsgi --plugin python3 --http-socket 127.0.0.1:8080 --wsgi-file /forecast/wsgi.py --callable app --master -p 2"

const apache = ". /etc/apache2/envvars; mkdir -p $APACHE_RUN_DIR; exec apache2 -DFOREGROUND"

const postgres = "exec /usr/lib/postgresql/*/bin/postgres -D /var/lib/postgresql/*/main " +
	"-c config_file=$(echo /etc/postgresql/*/main/postgresql.conf)"

// daemonPrograms are a system's services, kept in the foreground.
func daemonPrograms() []program {
	return []program{
		sh("sshd", "sh", "mkdir -p /run/sshd; exec /usr/sbin/sshd -D"),
		words("rsyslog", "rsyslogd -n"),
		words("dnsmasq", "dnsmasq -k -u root"),
		words("exim", "exim4 -bdf -q30m"),
		words("syncthing", "syncthing serve --no-browser --home=/tmp/syncthing"),
	}
}
