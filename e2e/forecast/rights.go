//go:build linux

package main

import "slices"

const (
	sleeping = "sleep 1000"
	// asNobody starts a program as another user than the init.
	asNobody = "setpriv --reuid 65534 --clear-groups "
)

// mayStart lets an init start a child of another user, which it cannot signal without CAP_KILL.
var mayStart = []string{"--cap-drop", "ALL", "--cap-add", "SETUID", "--cap-add", "SETGID"}

// forwarders forward the stop signal to one child.
var forwarders = []struct{ name, line string }{
	{"init", ""},
	{"tini", "tini -- "},
	{"tini-group", "tini -g -- "},
	{"dumb-init", "dumb-init "},
	{"dumb-init-single", "dumb-init -c "},
	// It tests once whether it may signal its child, and exits if it may not.
	{"catatonit", "catatonit -- sh /forecast/later.sh "},
}

// rightsPrograms signal a child of another user, and may or may not do so.
func rightsPrograms() []program {
	var all []program
	for _, f := range forwarders {
		all = append(all, forwards(f.name, f.line)...)
	}
	trap := sh("trap-other", "sh", "trap 'kill -TERM $c; wait $c' TERM; "+asNobody+cleaning+" & c=$!; wait $c").cleansUp()
	all = append(all, both(trap, mayStart...)...)
	for _, supervisor := range []program{
		words("s6-svscan-other", "s6-svscan /forecast/services-other"),
		words("runsvdir-other", "runsvdir /forecast/services-other"),
		words("runsvdir-other-hup", "runsvdir /forecast/services-other").with("--stop-signal", "SIGHUP"),
		words("supervisord-other", "supervisord -n -c /forecast/supervisor-other.conf"),
	} {
		all = append(all, both(supervisor.cleansUp(), mayStart...)...)
	}
	return slices.Concat(all,
		[]program{
			words("s6-svscan-same", "s6-svscan /forecast/services-handler").with(mayStart...).cleansUp(),
			words("runsvdir-same", "runsvdir /forecast/services-handler").with(mayStart...).cleansUp(),
			words("runsvdir-same-hup", "runsvdir /forecast/services-handler").with("--stop-signal", "SIGHUP").with(mayStart...).cleansUp(),
			words("supervisord-same", "supervisord -n -c /forecast/supervisor-handler.conf").with(mayStart...).cleansUp(),
		},
		withoutKill(
			does("nginx", "nginx", "-g", "daemon off;"),
			does("nginx-quit", "nginx", "-g", "daemon off;").with("--stop-signal", "SIGQUIT"),
			sh("apache", "sh", apache),
			sh("apache-winch", "sh", apache).with("--stop-signal", "SIGWINCH"),
			sh("php-fpm", "sh", phpFPM),
			sh("php-fpm-quit", "sh", phpFPM).with("--stop-signal", "SIGQUIT"),
		),
		[]program{words("joined-nobody", asNobody+sleeping).in("sleep", "1000").with("--pid", joinX).with(mayStart...)},
	)
}

// forwards starts children of both users behind an init. If no line is given, it is docker's
// own init.
func forwards(name, line string) []program {
	var all []program
	for _, child := range []program{
		words(name+"-other", line+asNobody+sleeping),
		words(name+"-other-handler", line+asNobody+cleaning).cleansUp(),
	} {
		all = append(all, both(child, mayStart...)...)
	}
	all = append(all, words(name+"-same-handler", line+cleaning).with(mayStart...).cleansUp())
	if line != "" {
		return all
	}
	for i := range all {
		all[i] = all[i].with("--init")
	}
	return all
}

// both is a program with few capabilities, and the same with CAP_KILL among them.
func both(p program, few ...string) []program {
	with := p.with(few...).with("--cap-add", "KILL")
	with.name += "-kill"
	return []program{p.with(few...), with}
}

// withoutKill removes only CAP_KILL.
func withoutKill(all ...program) []program {
	for i := range all {
		all[i] = all[i].with("--cap-drop", "KILL")
		all[i].name += "-no-kill"
	}
	return all
}
