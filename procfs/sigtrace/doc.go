// Package sigtrace reports signals when the kernel generates them: to which process, from which
// one, and whether they are dropped. It reports the ends of these processes, and the victims of
// the OOM killer. If wanted, it reports each fork, exec and reaping. BPF programs at the kernel's
// tracepoints collect and filter these events.
//
// The package does not know containers. It can be limited to PID namespaces and control groups.
// It does not decide what an event means. It does not report what happened before it was opened.
package sigtrace
