package source

import (
	"context"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// Source is one host that can be captured.
type Source interface {
	// Capture answers the question. What one container refuses is a problem in
	// the capture; an error means that nothing could be answered.
	Capture(ctx context.Context, question need.Question) (*inspect.Capture, error)
}
