package wire

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// ErrEnded means that the stream has ended, or was closed, before an answer came. The other
// program may have exited.
var ErrEnded = errors.New("the stream between docker pidns and its helper has ended")

// ProtocolError means that the other end sent something that is not part of this protocol. It
// is another version, another program, or hostile. Nothing that it sent can be used, and the
// stream is closed.
type ProtocolError struct {
	// Text says what was sent.
	Text string
}

// Error is the text.
func (e *ProtocolError) Error() string {
	return "the helper sent an invalid answer: " + e.Text
}

func protocolError(format string, args ...any) error {
	return &ProtocolError{Text: fmt.Sprintf(format, args...)}
}

// UnsupportedError means that the server cannot read by the kernel's iterator of tasks.
type UnsupportedError struct {
	// Reason is what is missing, in a few words.
	Reason string
	// Remedy says what makes it possible, "" if nothing does.
	Remedy string
}

// Error is the reason.
func (e *UnsupportedError) Error() string { return e.Reason }

// CallError is the error of one call. Other calls are still answered.
type CallError struct {
	// Text is the error's text at the other end.
	Text string
	// sentinel is an error that callers compare with, nil for none.
	sentinel error
}

// Error is the text.
func (e *CallError) Error() string { return e.Text }

// Unwrap is what [errors.Is] compares: fs.ErrNotExist, fs.ErrPermission, an error of package
// procfs, or one of a context.
func (e *CallError) Unwrap() error { return e.sentinel }

// sentinels are the errors that callers compare with. The index is sent.
var sentinels = []error{
	fs.ErrNotExist, fs.ErrPermission, procfs.ErrNoChildren, procfs.ErrNoProc, procfs.ErrMalformed,
	context.Canceled, context.DeadlineExceeded,
}

// failure is an error as it is sent.
type failure struct {
	text string
	// kind is 0, the place of a sentinel counted from 1, or unsupportedKind.
	kind   int
	remedy string
}

const unsupportedKind = 100

func failureOf(err error) failure {
	f := failure{text: err.Error()[:min(len(err.Error()), mostErrorText)]}
	var unsupported *UnsupportedError
	if errors.As(err, &unsupported) {
		return failure{text: f.text, kind: unsupportedKind, remedy: unsupported.Remedy}
	}
	for i, sentinel := range sentinels {
		if errors.Is(err, sentinel) {
			f.kind = 1 + i
			break
		}
	}
	return f
}

// error is the error that was sent. An unknown kind is an error of the coder.
func (f *failure) error() error {
	switch {
	case f.kind == 0:
		return &CallError{Text: f.text}
	case f.kind == unsupportedKind:
		return &UnsupportedError{Reason: f.text, Remedy: f.remedy}
	case f.kind > 0 && f.kind <= len(sentinels):
		return &CallError{Text: f.text, sentinel: sentinels[f.kind-1]}
	default:
		return protocolError("error of kind %d", f.kind)
	}
}

func (c *coder) failure(f *failure) {
	c.text(&f.text)
	c.int(&f.kind)
	c.text(&f.remedy)
}
