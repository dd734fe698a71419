// Package shim says what an engine's shims serve, and where engine and kernel disagree:
// containers of an engine that does not answer (find.go), a shim that hangs (hang.go), a
// container that has lost its shim or its main process (unserved.go), and what lives on
// of one that has ended (leftover.go).
//
// How a shim is recognised is part of identity, which package inspect knows.
package shim
