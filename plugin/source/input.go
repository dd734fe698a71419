package source

import (
	"context"
	"fmt"
	"io"
)

// ReadInput reads to the end, or until ctx ends. Reading from a terminal or a pipe cannot be
// interrupted, only abandoned. An input of more than most bytes is an error.
func ReadInput(ctx context.Context, r io.Reader, most int64) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(r, most+1))
		if err == nil && int64(len(data)) > most {
			err = fmt.Errorf("the input is longer than %d bytes", most)
		}
		done <- result{data, err}
	}()
	select {
	case got := <-done:
		return got.data, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
