//go:build linux

package main

import (
	"slices"
	"strings"
)

const (
	// Both have a handler for SIGTERM.
	pythonApp = "python3 /forecast/app.py"
	cleaning  = "/forecast/behave cleans-up"
	ended     = "; echo ended"
)

// wrapperPrograms start a program with a handler in ways that may or may not forward the
// signal.
func wrapperPrograms() []program {
	var all []program
	for _, shell := range []string{"dash", "bash"} {
		all = append(all, traps(shell)...)
	}
	for _, p := range []program{
		sh("apache2ctl", "sh", "apache2ctl -D FOREGROUND; true"),
		sh("nginx-then-echo", "bash", "nginx -g 'daemon off;'"+ended),
		sh("app-then-echo", "sh", pythonApp+ended).cleansUp(),
		sh("app-sh-then-echo", "sh", "sh /forecast/app.sh"+ended).cleansUp(),
		sh("app-bash-then-echo", "bash", "bash /forecast/app.sh"+ended).cleansUp(),
		sh("setsid-app", "sh", "setsid "+pythonApp+" & exec tail -f /dev/null").cleansUp(),
		sh("handlers-in-bash", "bash", cleaning+" & "+cleaning+" & wait").cleansUp(),
		sh("handlers-in-bash-trap", "bash", "trap 'exit 0' TERM; "+cleaning+" & "+cleaning+" & wait").cleansUp(),
		words("npm", "npm start").with(inNPM...).cleansUp(),
		words("node-app", "node /forecast/app.js").cleansUp(),
		words("mysqld-safe", "mysqld_safe").with(databaseDirectory...),
		words("cron", "cron -f"),
		words("crond", "busybox crond -f -c /tmp"),
	} {
		all = append(all, behindInits(p)...)
	}
	return slices.Concat(all, behindDumbInit(), []program{
		sh("apache2ctl-exec", "sh", "exec apache2ctl -D FOREGROUND"),
		sh("nginx-exec", "bash", "echo starting; exec nginx -g 'daemon off;'"),
		sh("app-exec", "sh", "echo starting; exec "+pythonApp).cleansUp(),
		words("npm-by-INT", "npm start").with(inNPM...).with("--stop-signal", "SIGINT"),
		words("cron-by-WINCH", "cron -f").with("--stop-signal", "SIGWINCH"),
		words("init-cron-by-WINCH", "cron -f").with("--stop-signal", "SIGWINCH", "--init"),
		words("crond-by-WINCH", "busybox crond -f -c /tmp").with("--stop-signal", "SIGWINCH"),
		words("init-crond-by-WINCH", "busybox crond -f -c /tmp").with("--stop-signal", "SIGWINCH", "--init"),
		words("mysqld-safe-by-QUIT", "mysqld_safe").with(databaseDirectory...).with("--stop-signal", "SIGQUIT"),
		words("mysqld-safe-by-INT", "mysqld_safe").with(databaseDirectory...).with("--stop-signal", "SIGINT"),
		words("mysqld-safe-by-HUP", "mysqld_safe").with(databaseDirectory...).with("--stop-signal", "SIGHUP"),
	})
}

var (
	// Otherwise npm asks the registry for the newest version and waits for it.
	inNPM             = []string{"--workdir", "/forecast/npm", "--env", "NPM_CONFIG_UPDATE_NOTIFIER=false"}
	databaseDirectory = []string{"--tmpfs", "/run/mysqld:mode=777"}
)

// behindInits is a program alone, and as the child of inits that forward the signal to it, or
// to its whole process group.
func behindInits(p program) []program {
	init, group := p.with("--init"), p
	init.name = "init-" + p.name
	group.name, group.command = "tini-group-"+p.name, append(strings.Fields("tini -g --"), p.command...)
	return []program{p, init, group}
}

// behindDumbInit are programs behind dumb-init, which signals the whole process group or only
// its child.
func behindDumbInit() []program {
	var all []program
	for _, p := range []program{
		sh("handlers-in-bash", "bash", cleaning+" & "+cleaning+" & wait").cleansUp(),
		sh("handlers-in-bash-trap", "bash", "trap 'exit 0' TERM; "+cleaning+" & "+cleaning+" & wait").cleansUp(),
		sh("app-then-echo", "sh", pythonApp+ended).cleansUp(),
		words("npm", "npm start").with(inNPM...).cleansUp(),
	} {
		for _, line := range []string{"dumb-init", "dumb-init -c"} {
			behind := p
			behind.name = strings.ReplaceAll(line, " ", "") + "-" + p.name
			behind.command = append(strings.Fields(line), p.command...)
			all = append(all, behind)
		}
	}
	return all
}

// traps forward the signal, and wait once or again for the child to exit.
func traps(shell string) []program {
	start := "trap 'kill -TERM $c' TERM; " + pythonApp + " & c=$!; wait $c"
	return []program{
		sh(shell+"-trap-one-wait", shell, start).cleansUp(),
		sh(shell+"-trap-two-waits", shell, start+"; wait $c").cleansUp(),
		sh(shell+"-trap-waits", shell, "trap 'kill -TERM $c; wait $c' TERM; "+pythonApp+" & c=$!; wait $c").cleansUp(),
		sh(shell+"-trap-exit-child", shell, "trap 'kill -TERM $c; exit' TERM; "+pythonApp+" & c=$!; wait $c").cleansUp(),
	}
}
