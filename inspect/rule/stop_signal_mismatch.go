package rule

import "github.com/docker-pidns/docker-pidns/inspect"

var stopSignalMismatch = Rule{
	ID:      "stop-signal-mismatch",
	Command: "signals",
	Worst:   inspect.SeverityWarning,
	Title:   "docker stop sends the wrong signal, waits, then kills",
	Means:   "The container's stop signal has no effect on the main process. The process has a handler for another signal that asks programs to exit.",
	Matters: "The process could exit cleanly. Instead it is killed after the grace period.",
	Proof:   "The stop signal has no effect, as for stop-ignored. SIGTERM, SIGINT or SIGQUIT is caught, waited for, or read from a signalfd.",
	Mend:    "Set --stop-signal, or STOPSIGNAL in the image, to the signal that the process handles.",
	check:   func(l *Look) []Finding { return l.checkStops(true) },

	NeedsTrace: true,
}
