package source

import (
	"errors"
	"fmt"
)

// ErrSilent means that the engine did not answer within the deadline.
var ErrSilent = errors.New("the engine did not answer")

// ErrNoSuchContainer means that the engine knows no container with this name or ID.
var ErrNoSuchContainer = errors.New("no such container")

// ErrNotRunning means that no container of that name or ID runs, and that those which do not
// run are not known.
var ErrNotRunning = fmt.Errorf("%w that runs", ErrNoSuchContainer)

// ErrNoPeer means that the engine is not reached through a unix socket of this host, so
// no process here is known to serve it.
var ErrNoPeer = errors.New("not a unix socket of this host")

// ErrOwnProc means that no engine was asked: the containers are those that this /proc shows,
// so its processes are theirs.
var ErrOwnProc = errors.New("no engine was asked")

// DeniedError means that the user may not talk to the engine.
type DeniedError struct {
	// Endpoint is the address of the engine.
	Endpoint string
}

// Error names the endpoint.
func (e *DeniedError) Error() string { return "permission denied on " + e.Endpoint }

// Obstacle is what prevented a connection.
type Obstacle string

// The obstacles.
const (
	// NoSocket: there is no such file (connect(2), ENOENT).
	NoSocket Obstacle = "no-socket"
	// NobodyListens: its server is gone, or the port is closed (connect(2), ECONNREFUSED).
	NobodyListens Obstacle = "nobody-listens"
	// ProcessOutOfFiles: this process may open no more files (socket(2), EMFILE;
	// getrlimit(2), RLIMIT_NOFILE).
	ProcessOutOfFiles Obstacle = "process-out-of-files"
	// HostOutOfFiles: the host may open no more files (socket(2), ENFILE; proc(5),
	// /proc/sys/fs/file-max).
	HostOutOfFiles Obstacle = "host-out-of-files"
	// OtherObstacle: the cause says what it is.
	OtherObstacle Obstacle = "other"
)

// UnreachableError means that no connection to the endpoint could be made.
type UnreachableError struct {
	// Endpoint is the address of the engine, Obstacle is what prevented the connection, and
	// Cause is the error of the dial.
	Endpoint string
	Obstacle Obstacle
	Cause    error
}

// Error names the endpoint and the obstacle. If this side could not even ask, it does not say
// whether an engine answers there.
func (e *UnreachableError) Error() string {
	switch e.Obstacle {
	case NoSocket:
		return fmt.Sprintf("no engine answers at %s: the socket does not exist", e.Endpoint)
	case NobodyListens:
		return fmt.Sprintf("no engine answers at %s: no process listens there", e.Endpoint)
	case ProcessOutOfFiles:
		return fmt.Sprintf("cannot connect to the engine at %s: this process may not open more files", e.Endpoint)
	case HostOutOfFiles:
		return fmt.Sprintf("cannot connect to the engine at %s: this host may not open more files", e.Endpoint)
	default:
		return fmt.Sprintf("no engine answers at %s: %v", e.Endpoint, e.Cause)
	}
}

// Unwrap is the cause.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// Remedy is the command that shows or raises the limit, "" if no command helps.
func (e *UnreachableError) Remedy() string {
	switch e.Obstacle {
	case ProcessOutOfFiles:
		return "ulimit -n 1024"
	case HostOutOfFiles:
		return "sysctl fs.file-nr fs.file-max"
	default:
		return ""
	}
}

// TooLargeError means that an answer is larger than its limit.
type TooLargeError struct {
	// Endpoint is the engine that answered, and Bound is the limit, with its unit.
	Endpoint, Bound string
}

// Error names both.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the answer of %s is too large: %s", e.Endpoint, e.Bound)
}

// OddAnswerError means that an answer is not one of an engine.
type OddAnswerError struct {
	// Endpoint is where the answer came from, and Text is what is wrong with it.
	Endpoint, Text string
}

// Error names both.
func (e *OddAnswerError) Error() string {
	return fmt.Sprintf("no engine answers at %s: %s", e.Endpoint, e.Text)
}

// CutError is returned with an answer whose end was not read.
type CutError struct {
	// Text says what was cut, and where.
	Text string
}

// Error is the text.
func (e *CutError) Error() string { return e.Text }

// ElsewhereError means that the engine's processes cannot be on this machine, because there is
// no /proc.
type ElsewhereError struct {
	// Endpoint is the address of the engine, and Cause is why there is no /proc.
	Endpoint string
	Cause    error
}

// Error names both.
func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("the processes of the engine at %s are elsewhere: %v", e.Endpoint, e.Cause)
}

// Unwrap is the cause.
func (e *ElsewhereError) Unwrap() error { return e.Cause }
