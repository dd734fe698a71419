// Package procfs reads the processes of one host from its /proc.
//
// Parsing and reading are apart: every parser takes the bytes of one kernel
// file and is pure; the readers open files and call the parsers. A process is
// identified by its PID together with its start time, never by a PID alone,
// and a value that could not be read is an [Opt] that says why.
//
// The package knows nothing of containers, engines or terminals, and it draws
// no conclusions: what the facts mean is decided in package inspect.
//
// github.com/prometheus/procfs is used where it is right (the list of
// processes, cgroup lines, mounts). The own parsers stand where it has nothing
// (signal masks, wait status, the whole NSpid chain with NSsid and NSpgid) or
// breaks (a cut stat line).
package procfs
