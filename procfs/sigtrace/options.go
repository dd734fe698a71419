package sigtrace

// Options say what is traced.
type Options struct {
	// Named limits the trace to what Watch names. Otherwise all PID namespaces below the reader's
	// are traced.
	Named bool
	// Everything adds forks, execs, exits and reapings, and the signals SIGCHLD and SIGPIPE and
	// the real-time ones.
	Everything bool
}
