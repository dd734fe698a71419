package source

import "errors"

// ErrSilent means that the engine did not answer within the deadline.
var ErrSilent = errors.New("the engine did not answer")

// ErrNoSuchContainer means that the engine knows no container of that name or ID.
var ErrNoSuchContainer = errors.New("no such container")

// ErrNoPeer means that the engine is not reached through a unix socket of this host, so
// no process here is known to serve it.
var ErrNoPeer = errors.New("not a unix socket of this host")

// DeniedError means that the user may not talk to the engine.
type DeniedError struct {
	// Endpoint is where it was to be reached.
	Endpoint string
}

// Error names the endpoint.
func (e *DeniedError) Error() string { return "permission denied on " + e.Endpoint }

// UnreachableError means that nobody serves the endpoint.
type UnreachableError struct {
	// Endpoint is where it was to be reached, and Cause what the dial came to.
	Endpoint string
	Cause    error
}

// Error names the endpoint.
func (e *UnreachableError) Error() string { return "no engine answers at " + e.Endpoint }

// Unwrap is the cause.
func (e *UnreachableError) Unwrap() error { return e.Cause }
