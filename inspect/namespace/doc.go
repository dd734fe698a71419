// Package namespace says to what each namespace of a container belongs: to the container, to
// the host, or to another container. It compares what was declared with what the kernel
// shows. It also finds stale joins, owners that do not run, and nested PID namespaces.
//
// What a process is to its container, and the chain of its PIDs, is identity, and belongs to
// package inspect.
package namespace
