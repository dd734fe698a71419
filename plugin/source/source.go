package source

import (
	"context"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// Source is one host that can be captured.
type Source interface {
	// Capture answers the question. If one container could not be read, that is a problem in the
	// capture. An error means that nothing could be answered.
	Capture(ctx context.Context, question need.Question) (*inspect.Capture, error)
}
