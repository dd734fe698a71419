package engine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/client"

	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// sorted gives an error of a call its type: silence, permission denied, unreachable and why, no
// such container, too large, or unchanged.
func (c *Client) sorted(ctx context.Context, err error, s *slip, begun time.Time) error {
	var tooLarge *source.TooLargeError
	var odd *source.OddAnswerError
	switch {
	case errors.As(err, &tooLarge):
		return tooLarge
	case errors.As(s.err, &odd):
		return odd
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return c.silence(ctx, s, begun)
	case errors.Is(ctx.Err(), context.Canceled):
		return ctx.Err()
	case errors.Is(err, os.ErrPermission), errors.Is(s.err, os.ErrPermission):
		return &source.DeniedError{Endpoint: c.endpoint}
	case s.err != nil || client.IsErrConnectionFailed(err):
		cause := cmp.Or(s.err, err)
		return &source.UnreachableError{Endpoint: c.endpoint, Obstacle: obstacle(cause), Cause: brief(cause)}
	case errdefs.IsNotFound(err) && s.stranger:
		return &source.OddAnswerError{Endpoint: c.endpoint, Text: "it answers with status 404 and without an engine's message, as a proxy does"}
	case errdefs.IsNotFound(err):
		return source.ErrNoSuchContainer
	case s.status >= http.StatusBadRequest:
		return &refusedError{brief(err)}
	default:
		return brief(err)
	}
}

// refusedError is what an engine says that answers and does not do it.
type refusedError struct{ error }

func (e *refusedError) Unwrap() error { return e.error }

// isRefused reports whether the engine has answered that it does not do it.
func isRefused(err error) bool {
	var refused *refusedError
	return errors.As(err, &refused)
}

// silence says how long was waited, which may be less than the deadline of a call.
func (c *Client) silence(ctx context.Context, s *slip, begun time.Time) error {
	waited := c.timeout
	if deadline, ok := ctx.Deadline(); ok {
		// A busy machine is late in making a deadline, which is not worth a word.
		if left := deadline.Sub(begun).Round(time.Millisecond); left < waited*9/10 {
			waited = left
		}
	}
	if s.queued {
		return fmt.Errorf("%w at %s in %s: its connection queue is full", source.ErrSilent, c.endpoint, waited)
	}
	return fmt.Errorf("%w at %s in %s", source.ErrSilent, c.endpoint, waited)
}

// obstacle is the result of connect(2) or socket(2).
func obstacle(err error) source.Obstacle {
	for errno, o := range map[syscall.Errno]source.Obstacle{
		syscall.ENOENT: source.NoSocket, syscall.ECONNREFUSED: source.NobodyListens,
		syscall.EMFILE: source.ProcessOutOfFiles, syscall.ENFILE: source.HostOutOfFiles,
	} {
		if errors.Is(err, errno) {
			return o
		}
	}
	return source.OtherObstacle
}

// mostMessage is the greatest length of an engine's message, in bytes.
const mostMessage = 64 << 10

// tellsAsEngine reports whether an answer without success has an engine's message (API,
// ErrorResponse). The answer can still be read afterwards.
func tellsAsEngine(response *http.Response) bool {
	body := response.Body
	begin, err := io.ReadAll(io.LimitReader(body, mostMessage))
	rest := io.Reader(body)
	if err != nil {
		rest = brokenOff{err}
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(begin), rest), body}
	return toldMessage(begin) != ""
}

// toldMessage is what an engine says in an answer without success, "" if that has no message.
func toldMessage(answer []byte) string {
	var told struct{ Message string }
	if json.Unmarshal(answer, &told) != nil {
		return ""
	}
	return told.Message
}

// brokenOff is an input that cannot be read further.
type brokenOff struct{ err error }

func (b brokenOff) Read([]byte) (int, error) { return 0, b.err }

// mostText is how much of another program's message is repeated, in bytes.
const mostText = 1000

// trimmed is an error whose text lacks the blank space around it, such as the newline of what
// ssh(1) wrote.
type trimmed struct{ error }

func (t trimmed) Error() string { return strings.TrimSpace(t.error.Error()) }

func (t trimmed) Unwrap() error { return t.error }

// brief is the error, without the end of a sentence that is too long.
func brief(err error) error {
	text := err.Error()
	switch {
	case len(text) > mostText:
	case strings.TrimSpace(text) != text:
		return trimmed{err}
	default:
		return err
	}
	end := mostText
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Errorf("%s [more]", strings.TrimSpace(text[:end]))
}
