package top

import (
	"context"
	"strings"
	"sync"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// fakeWatch answers every question with a world.
type fakeWatch struct {
	world *World
	err   error

	mu      sync.Mutex
	settled []string
}

func (w *fakeWatch) Capture(_ context.Context, q need.Question) (*inspect.Capture, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settled = append(w.settled, q.Settle.String())
	return &w.world.Capture, w.err
}

func (w *fakeWatch) State() source.EngineState { return source.EngineState{} }
func (w *fakeWatch) Close() error              { return nil }

// asked are the settle times of the questions.
func (w *fakeWatch) asked() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.settled, " ")
}
