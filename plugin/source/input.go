package source

import (
	"context"
	"fmt"
	"io"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// mostInput is the longest input that is read, in bytes.
const mostInput = inspect.MostCapture

// ReadInput reads to the end, or until ctx ends: reading from a terminal or a
// pipe cannot be interrupted, only abandoned. An input of more than 1 GiB is an error.
func ReadInput(ctx context.Context, r io.Reader) ([]byte, error) {
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(r, mostInput+1))
		if err == nil && len(data) > mostInput {
			err = fmt.Errorf("the input is longer than %d MiB", mostInput>>20)
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
