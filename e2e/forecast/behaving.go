//go:build linux

package main

import "strings"

// ways are the ways of behave.c.
var ways = []string{
	"default", "handler-exits", "handler-returns", "flag-polled", "resets-and-raises", "pipe-read", "handler-in-thread",
	"sigsuspend", "ppoll", "cleans-up", "sigtimedwait", "sigtimedwait-often", "sigwait", "sigwait-in-thread", "sigwait-other", "sigwait-goes-on",
	"signalfd-read", "signalfd-epoll", "signalfd-unread", "signalfd-other", "ignored", "blocked", "blocked-for-seconds",
	"busy", "busy-handler", "handler-hangs", "kernel-reaps", "no-cld-wait", "vfork-parent", "waits-for-child",
	"waits-for-deaf-child", "sigchld-reaps", "thread-reaps", "main-thread-gone",
}

// behavingPrograms are small C programs, one for each way to handle a signal.
func behavingPrograms() []program {
	all := make([]program, 0, len(ways))
	for _, way := range ways {
		all = append(all, does("c-"+way, "/forecast/behave", way))
	}
	return all
}

// signalPrograms are stopped by another signal than SIGTERM.
func signalPrograms() []program {
	var all []program
	for _, signal := range []string{"KILL", "RTMIN+3", "INT", "QUIT", "HUP", "USR1", "WINCH", "CHLD", "STOP", "CONT"} {
		name := "sleep-by-" + strings.ReplaceAll(signal, "+", "-")
		all = append(all, words(name, "sleep 1000").with("--stop-signal", "SIG"+signal))
	}
	return append(all,
		words("bash-tty-by-HUP", "bash").with("-i", "-t", "--stop-signal", "SIGHUP"),
		words("go-by-INT", "/forecast/go-behave default").with("--stop-signal", "SIGINT"),
		words("go-by-HUP", "/forecast/go-behave default").with("--stop-signal", "SIGHUP"),
		words("go-by-WINCH", "/forecast/go-behave default").with("--stop-signal", "SIGWINCH"),
		words("java-by-INT", "java /forecast/Plain.java").with("--stop-signal", "SIGINT"),
		words("node-by-INT", "node /forecast/plain.js").with("--stop-signal", "SIGINT"),
		words("init-by-INT", "sleep 1000").with("--init", "--stop-signal", "SIGINT"),
		words("init-by-WINCH", "sleep 1000").with("--init", "--stop-signal", "SIGWINCH"),
		words("tini-by-CHLD", "tini -- sleep 1000").with("--stop-signal", "SIGCHLD"),
		does("nginx-by-KILL", "nginx", "-g", "daemon off;").with("--stop-signal", "SIGKILL"),
	)
}

// joinX stands for the container that a program joins.
const joinX = "container:X"

// placePrograms are programs that are not the init of their PID namespace, or do not run.
func placePrograms() []program {
	join := []string{"--pid", joinX}
	return []program{
		words("joined-sleep", "sleep 1000").in("sleep", "1000").with(join...),
		sh("joined-shell", "sh", "sleep 1000; true").in("tini", "--", "sleep", "1000").with(join...),
		sh("joined-deaf", "sh", deaf).in("sleep", "1000").with(join...),
		words("joined-node", "node /forecast/plain.js").in("sleep", "1000").with(join...),
		words("host-sleep", "sleep 1000").with("--pid", "host"),
		sh("host-deaf", "sh", deaf).with("--pid", "host"),
		does("host-nginx", "nginx", "-g", "daemon off;").with("--pid", "host"),
		words("paused-sleep", "sleep 1000").after("pause"),
		does("paused-nginx", "nginx", "-g", "daemon off;").after("pause"),
		words("stopped-sleep", "sleep 1000").after("kill", "--signal", "SIGSTOP"),
		does("stopped-nginx", "nginx", "-g", "daemon off;").after("kill", "--signal", "SIGSTOP"),
	}
}
