// Package sigtrace reports signals when the kernel generates them: for which process, by which
// one, and whether they are dropped. It reports the ends of these processes, and the victims of
// the OOM killer. If wanted, it reports each fork, exec and reaping. BPF programs at the kernel's
// tracepoints see it, and filter it there.
//
// The package does not know containers. It can be limited to PID namespaces and control groups.
// It does not decide what an event means. It sees nothing of what was before it was opened.
package sigtrace
