package plugin

import (
	"context"
	"errors"
	"strings"

	"github.com/docker/cli/cli"

	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// The exit statuses. README documents them.
const (
	// statusUnanswered: a part of the question could not be answered.
	statusUnanswered = 1
	// statusWrongUse: the command line is invalid, and nothing was read. docker has the same
	// status for an unknown option.
	statusWrongUse = 125
	// statusFound: something was found, with --exit-code.
	statusFound = 3
	// statusCannotTell: nothing was found, with --exit-code, but something relevant, or
	// everything, could not be read.
	statusCannotTell = 4
	// StatusInterrupted: the user interrupted the command.
	StatusInterrupted = 130
)

// exitWith ends the command with a status and without a message, because everything has been
// written already. 0 is success.
func exitWith(status int) error {
	if status == 0 {
		return nil
	}
	return cli.StatusError{StatusCode: status}
}

// unreadError means that nothing could be read. It is not a usage error.
type unreadError struct{ error }

// Unwrap is the wrapped error.
func (e *unreadError) Unwrap() error { return e.error }

// cannotTell is the error of a command whose exit status is the answer (--exit-code,
// --fail-on). If nothing could be read, the status is the same as if a part could not.
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

// ErrorText is an error as it is written to standard error. An engine or a file may have
// chosen words of it, so every line is escaped.
func ErrorText(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = string(render.Escape(line))
	}
	return strings.Join(lines, "\n")
}

// ExitMeaning is an exit status and what it means.
type ExitMeaning struct {
	// Status is the exit status, 0 to 255.
	Status int
	// Meaning is a sentence for people, without a full stop.
	Meaning string
	// Options are options without which a command never ends with this status, none for a
	// status that every command has.
	Options []string
}

// ExitMeanings are all exit statuses, in ascending order. The documentation is generated from
// them.
func ExitMeanings() []ExitMeaning {
	gates := []string{"exit-code", "fail-on"}
	return []ExitMeaning{
		{Status: 0, Meaning: "Every question was answered"},
		{Status: statusUnanswered, Meaning: "Some question could not be answered, or a host did not answer. The rest was answered"},
		{Status: statusFound, Meaning: "Found what the option asks for", Options: gates},
		{Status: statusCannotTell, Meaning: "Found nothing, but something relevant, or everything, could not be read", Options: gates},
		{Status: statusWrongUse, Meaning: "Usage error, such as an unknown option or an invalid option value"},
		{Status: StatusInterrupted, Meaning: "Interrupted"},
	}
}
