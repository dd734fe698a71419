package source

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
)

// File is a capture that was saved. It needs no engine, no /proc and no Linux,
// and answers every question with the whole capture.
type File struct {
	// Path is the file's; "-" is In.
	Path string
	// In is the standard input.
	In io.Reader
}

// Capture reads the file.
func (f File) Capture(ctx context.Context, _ need.Question) (*inspect.Capture, error) {
	if f.Path == "-" {
		data, err := ReadInput(ctx, f.In)
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
	return f.decode(file)
}

func (f File) decode(r io.Reader) (*inspect.Capture, error) {
	c, err := inspect.Decode(r)
	if err != nil {
		return nil, fmt.Errorf("read snapshot %s: %w", f.Path, err)
	}
	return c, nil
}
