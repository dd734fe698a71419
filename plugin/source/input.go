package source

import (
	"context"
	"io"
)

// ReadInput reads to the end, or until ctx ends: reading from a terminal or a
// pipe cannot be interrupted, only abandoned.
func ReadInput(ctx context.Context, r io.Reader) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := io.ReadAll(r)
		done <- result{data, err}
	}()
	select {
	case got := <-done:
		return got.data, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
