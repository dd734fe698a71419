package source

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// File is a saved capture. It needs no engine, no /proc and no Linux, and answers every question
// with the whole capture. It may be compressed with gzip.
type File struct {
	// Path is the path of the file, or "-" for In.
	Path string
	// In is the standard input.
	In io.Reader
	// Most is the limit for the size of the uncompressed file, in bytes, 0 for
	// [inspect.MostCapture].
	Most int64
}

// Capture reads the file.
func (f File) Capture(ctx context.Context, _ need.Question) (*inspect.Capture, error) {
	if f.Path == "-" {
		data, err := ReadInput(ctx, f.In, f.most())
		if err != nil {
			return nil, err
		}
		return f.decode(bytes.NewReader(data))
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, fmt.Errorf("read snapshot: %w", err)
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.Size() > f.most() {
		return nil, fmt.Errorf("read snapshot %s: it has %d bytes, more than %d: raise --max-snapshot", f.Path, info.Size(), f.most())
	}
	return f.decode(file)
}

func (f File) most() int64 { return cmp.Or(f.Most, inspect.MostCapture) }

func (f File) decode(r io.Reader) (*inspect.Capture, error) {
	plain, err := uncompressed(r)
	if err != nil {
		return nil, fmt.Errorf("read snapshot %s: %w", f.Path, err)
	}
	c, err := inspect.DecodeWithin(plain, f.most())
	if err != nil {
		return nil, fmt.Errorf("read snapshot %s: %w", f.Path, err)
	}
	return c, nil
}

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
