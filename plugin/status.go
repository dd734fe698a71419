package plugin

import (
	"context"
	"errors"

	"github.com/docker/cli/cli"
)

// The exit statuses. README documents them.
const (
	// statusUnanswered: some question could not be answered; the rest was.
	statusUnanswered = 1
	// statusFound: found, with --exit-code.
	statusFound = 3
	// statusCannotTell: not found, with --exit-code, but something relevant
	// could not be read.
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

// ExitStatus is the exit status of a command that returned err.
func ExitStatus(err error) int {
	var status cli.StatusError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status) && status.StatusCode != 0:
		return status.StatusCode
	case errors.Is(err, context.Canceled):
		return StatusInterrupted
	default:
		return statusUnanswered
	}
}
