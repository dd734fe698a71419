// Package procfs is the words of /proc: what a process, a host and a snapshot of
// processes are, and a parser for each kernel file.
//
// Parsing and reading are apart: every parser takes the bytes of one file and is
// pure; package read opens files and calls the parsers. A process is identified by
// its PID together with its start time, never by a PID alone, and a value that
// could not be read is an [Opt] that says why.
//
// The package knows nothing of containers, engines or terminals, and it draws
// no conclusions: what the facts mean is decided in package inspect.
//
// github.com/prometheus/procfs is used where it is right (the list of
// processes, cgroup lines, mounts). The own parsers stand where it has nothing
// (signal masks, wait status, the whole NSpid chain with NSsid and NSpgid) or
// breaks (a cut stat line).
package procfs
