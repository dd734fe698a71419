package rule

import "github.com/docker-pidns/docker-pidns/inspect"

var stopSignalMismatch = Rule{
	ID:      "stop-signal-mismatch",
	Command: "signals",
	Worst:   inspect.SeverityWarning,
	Title:   "the stop signal is not the one that PID 1 listens to",
	Means:   "The main process does nothing about the container's stop signal, but has a handler for another by which programs are asked to end.",
	Matters: "It could end cleanly, and is killed after the grace period instead.",
	Proof:   "The stop signal is dropped (as for stop-ignored), and SIGTERM, SIGINT or SIGQUIT is caught, awaited or read from a signalfd.",
	Mend:    "--stop-signal, or STOPSIGNAL in the image, with the one it listens to.",
	check:   func(l *Look) []Finding { return l.checkStops(true) },

	NeedsTrace: true,
}
