// Package namespace says whose each namespace of a container is: its own, the host's,
// or another container's, as declared and as the kernel has it, and what deserves a
// remark: joins that are stale, owners that are gone, PID namespaces nested inside.
//
// What a process is to its container, and the chain of its PIDs, is identity, which
// package inspect knows by itself.
package namespace
