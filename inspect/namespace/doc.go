// Package namespace finds the owner of each namespace of a container: itself, the host, or
// another container, as configured and as the kernel has it. It remarks on joins that are
// stale, owners that are gone, and PID namespaces nested inside.
//
// The role of a process in its container, and the chain of its PIDs, are found in package
// inspect.
package namespace
