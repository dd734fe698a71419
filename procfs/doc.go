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
// github.com/prometheus/procfs is not used: it lacks signal masks, wait statuses and the whole
// NSpid chain, fails at a truncated stat line, and links the network, which would be a third of
// cmd/pidns-helper. Benchmarks compare it.
package procfs
