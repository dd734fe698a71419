// Package tracing joins what the kernel reports of signals, what the engine reports of containers,
// and captures of the host, as all of it comes. Package inspect/trace says what it means.
package tracing
