// Package shim says what an engine's shims serve, and where engine and kernel disagree. It
// finds containers of an engine that does not answer (find.go), a shim that hangs (hang.go),
// a container that has lost its shim or its main process (unserved.go), and what still runs
// of an exited container (leftover.go).
//
// Package inspect knows how a shim is recognised, because that is part of identity.
package shim
