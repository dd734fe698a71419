package plugin

import (
	"context"
	"errors"

	"github.com/docker/cli/cli"

	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// The exit statuses. README documents them.
const (
	// statusUnanswered: some question could not be answered; the rest was.
	statusUnanswered = 1
	// statusWrongUse: the command line cannot be meant, and nothing was read. It is docker's
	// own for an unknown option.
	statusWrongUse = 125
	// statusFound: found, with --exit-code.
	statusFound = 3
	// statusCannotTell: not found, with --exit-code, but something relevant, or
	// everything, could not be read.
	statusCannotTell = 4
	// StatusInterrupted: the user interrupted the command.
	StatusInterrupted = 130
)

// exitWith ends the command with a status and without a word: what there was
// to say has been said. 0 is success.
func exitWith(status int) error {
	if status == 0 {
		return nil
	}
	return cli.StatusError{StatusCode: status}
}

// unreadError kept all from being read that a command asked for. It was no wrong use.
type unreadError struct{ error }

// Unwrap is what it was.
func (e *unreadError) Unwrap() error { return e.error }

// cannotTell is the error of a command whose exit status is the answer (--exit-code,
// --fail-on): where nothing could be read, the status is the same as where something
// could not.
func cannotTell(err error) error {
	var unread *unreadError
	if !errors.As(err, &unread) || errors.Is(err, context.Canceled) {
		return err
	}
	return cli.StatusError{StatusCode: statusCannotTell, Cause: err}
}

// ExitStatus is the exit status of a command that returned err.
func ExitStatus(err error) int {
	var status cli.StatusError
	var format *render.FormatError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status) && status.StatusCode != 0:
		return status.StatusCode
	case errors.Is(err, context.Canceled):
		return StatusInterrupted
	case errors.As(err, &format):
		return statusWrongUse
	default:
		return statusUnanswered
	}
}
