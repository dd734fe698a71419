package source

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReadInput(t *testing.T) {
	data, err := ReadInput(context.Background(), strings.NewReader("a\nb"), 3)
	if err != nil || string(data) != "a\nb" {
		t.Errorf("got %q, %v", data, err)
	}
	if _, err := ReadInput(context.Background(), strings.NewReader("a\nbc"), 3); err == nil || err.Error() != "the input is longer than 3 bytes" {
		t.Errorf("of more than it may be: got %v", err)
	}
	reader, writer := io.Pipe() // it is never written to
	defer func() { _ = writer.Close() }()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ReadInput(ctx, reader, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
