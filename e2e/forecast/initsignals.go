//go:build linux

package main

import (
	"slices"
	"strings"
)

// stopSignals are the stop signals that images use.
var stopSignals = []string{"TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "PWR", "WINCH", "RTMIN+3", "RTMIN+4"}

// inits have a meaning of their own for some signals.
var inits = []program{
	words("tini", "tini -- sleep 1000"),
	words("dumb-init", "dumb-init sleep 1000"),
	words("catatonit", "catatonit -- sleep 1000"),
	words("s6-svscan", "s6-svscan /forecast/services"),
	words("runsvdir", "runsvdir /forecast/services"),
	words("supervisord", "supervisord -n -c /forecast/supervisor.conf"),
	words("systemd", "/lib/systemd/systemd --unit=basic.target").with("--tmpfs", "/run", "--tmpfs", "/tmp",
		"--tmpfs", "/sys/fs/cgroup", "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"),
	sh("busybox-init-respawn", "sh", "cp /forecast/inittab-busybox /etc/inittab; exec busybox init"),
	sh("busybox-init-boot", "sh", "cp /forecast/inittab-busybox /etc/inittab; exec busybox init").with("--cap-add", "SYS_BOOT"),
	sh("sysvinit", "sh", "cp /forecast/inittab-sysv /etc/inittab; exec /sbin/init"),
	sh("runit", "sh", "mkdir -p /etc/runit; cp /forecast/runit/* /etc/runit; exec runit"),
	sh("openrc-init", "sh", noServices).with("--tmpfs", "/run"),
	sh("openrc-init-boot", "sh", noServices).with("--tmpfs", "/run", "--cap-add", "SYS_BOOT"),
}

// noServices starts openrc's init without the services of all the packages.
const noServices = "rm -f /etc/runlevels/*/* /etc/init.d/*; exec openrc-init"

// initSignalPrograms are the inits, stopped by each of these signals.
func initSignalPrograms() []program {
	var all []program
	for _, init := range inits {
		for _, signal := range stopSignals {
			p := init.with("--stop-signal", "SIG"+signal)
			p.name += "-by-" + strings.ReplaceAll(signal, "+", "-")
			all = append(all, p)
		}
	}
	return slices.Clip(all)
}
