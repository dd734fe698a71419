package source

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReadInput(t *testing.T) {
	data, err := ReadInput(context.Background(), strings.NewReader("a\nb"))
	if err != nil || string(data) != "a\nb" {
		t.Errorf("got %q, %v", data, err)
	}
	reader, writer := io.Pipe() // nobody ever writes
	defer func() { _ = writer.Close() }()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadInput(ctx, reader); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
