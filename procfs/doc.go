// Package procfs has the types for what /proc says about processes and a host, the type of a
// snapshot of processes, and a parser for each kernel file.
//
// Parsing and reading are separate. Every parser takes the bytes of one file and is pure.
// Package read opens files and calls the parsers. A process is identified by its PID together
// with its start time, never by a PID alone. A value that could not be read is an [Opt] that
// says why.
//
// The package knows nothing of containers, engines or terminals, and draws no conclusions.
// Package inspect decides what the facts mean.
//
// github.com/prometheus/procfs is used where it is correct: for the list of processes, for
// cgroup lines and for mounts. This package has its own parsers where that library lacks
// something (signal masks, wait status, the whole NSpid chain with NSsid and NSpgid) or fails
// (a truncated stat line).
package procfs
