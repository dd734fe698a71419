package engine

import (
	"context"
	"encoding/binary"
	"io"
	"strings"

	"github.com/docker/docker/api/types/container"
)

// These limit how much of the end of a log is read: the number of lines, the bytes in all, and
// the bytes of one line.
const (
	lastLines     = "10"
	mostLogBytes  = 16 << 10
	mostLineBytes = 500
)

// LastWords are the last lines of a container's log (GET /containers/ID/logs, stdout and
// stderr), the oldest first.
func (c *Client) LastWords(ctx context.Context, id string) ([]string, error) {
	data, err := call(ctx, c, ofOne, func(ctx context.Context) ([]byte, error) {
		stream, err := c.api.ContainerLogs(ctx, id, container.LogsOptions{ShowStdout: true, ShowStderr: true, Tail: lastLines})
		if err != nil {
			return nil, err
		}
		defer func() { _ = stream.Close() }()
		return io.ReadAll(io.LimitReader(stream, mostLogBytes))
	})
	if err != nil {
		return nil, err
	}
	return logLines(data), nil
}

// frameHead is the length of the head of each piece of a log: its stream, three zeros, and its
// length (GET /containers/ID/attach, stream format). The log of a container with a terminal has
// no heads.
const frameHead = 8

// logLines are the lines of a log. Lines that are too long are cut.
func logLines(data []byte) []string {
	var text strings.Builder
	for rest := data; len(rest) > 0; {
		if len(rest) < frameHead || rest[0] > 2 || rest[1] != 0 || rest[2] != 0 || rest[3] != 0 {
			text.Write(rest)
			break
		}
		size := min(int64(binary.BigEndian.Uint32(rest[4:frameHead])), int64(len(rest)-frameHead))
		text.Write(rest[frameHead : frameHead+size])
		rest = rest[frameHead+size:]
	}
	var lines []string
	for line := range strings.Lines(text.String()) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line[:min(len(line), mostLineBytes)])
		}
	}
	return lines
}
