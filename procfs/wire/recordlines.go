package wire

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"strconv"
	"strings"
)

// A recording travels through a container's log. A log has lines, an engine cuts long ones (at
// 16 KiB), and a log driver may lose some. So the first line says how many lines follow, and
// each has its number and a sum. Base64 has no character that any log driver changes.

const (
	// recordMark begins each line.
	recordMark = "pidns-record"
	// mostLine is how much of the message is in a line, in bytes. A line is less than 16 KiB.
	mostLine = 9 << 10
	// mostLineText is how long a line is that is still read.
	mostLineText = 16 << 10
	// mostRecord is the length of a recording in bytes. One process takes about 60, and one
	// container about 10,000 for the files that describe it.
	mostRecord = 24 << 20
)

// Word is the order as a word of a command line.
func (o Order) Word() string {
	return hex.EncodeToString(encode(func(c *coder) { c.order(&o) }))
}

// ParseOrder reads a word of [Order.Word].
func ParseOrder(word string) (Order, error) {
	var o Order
	message, err := hex.DecodeString(word)
	if err != nil {
		return o, protocolError("an order that is not one: %v", err)
	}
	err = decode(message, mostCall, func(c *coder) { c.order(&o) })
	return o, err
}

func (c *coder) order(o *Order) {
	c.hello(&o.Hello)
	c.duration(&o.Settle)
}

// Record looks at the host of the server once, and writes what it has read as lines. If that is
// not possible, nothing is written. [ReadRecorded] reads the lines.
func Record(ctx context.Context, to io.Writer, server Server, order Order) error {
	r, err := newRecord(ctx, server, order)
	if err != nil {
		return err
	}
	message := encode(func(c *coder) { c.record(r) })
	if len(message) > mostRecord {
		return fmt.Errorf("the host has too much for one recording: %d bytes, of %d", len(message), mostRecord)
	}
	return writeLines(to, order.Nonce, message)
}

// writeLines writes a message as lines.
func writeLines(to io.Writer, nonce string, message []byte) error {
	out := bufio.NewWriter(to)
	count := (len(message) + mostLine - 1) / mostLine
	writeLine(out, 0, []byte(headLine(count, len(message), nonce)))
	for n := 1; n <= count; n++ {
		part := message[(n-1)*mostLine:]
		writeLine(out, n, part[:min(len(part), mostLine)])
	}
	return out.Flush()
}

func headLine(lines, length int, nonce string) string {
	return fmt.Sprintf("%d %d %s", lines, length, nonce)
}

// writeLine writes a line. Flush returns an earlier error of the writer.
func writeLine(out *bufio.Writer, n int, part []byte) {
	_, _ = fmt.Fprintf(out, "%s %d %s %08x\n", recordMark, n, base64.RawStdEncoding.EncodeToString(part), adler32.Checksum(part))
}

// readLines reads the message of the lines, and nothing behind them.
func readLines(from io.Reader, nonce string) ([]byte, error) {
	lines := bufio.NewReaderSize(from, mostLineText)
	head, err := readLine(lines, 0)
	if err != nil {
		return nil, err
	}
	var count, length int
	fields := strings.Fields(string(head))
	if len(fields) == 3 {
		count, length = number(fields[0]), number(fields[1])
	}
	switch {
	case string(head) != headLine(count, length, nonce):
		return nil, protocolError("a recording that was made for another question")
	case length > mostRecord || count != (length+mostLine-1)/mostLine:
		return nil, protocolError("a recording of %d bytes in %d lines", length, count)
	}
	var message []byte // it grows by what comes, not by what was announced
	for n := 1; n <= count; n++ {
		part, err := readLine(lines, n)
		if err != nil {
			return nil, err
		}
		message = append(message, part...)
	}
	if len(message) != length {
		return nil, protocolError("a recording of %d bytes instead of %d", len(message), length)
	}
	return message, nil
}

// readLine reads the line with a number.
func readLine(lines *bufio.Reader, n int) ([]byte, error) {
	line, err := lines.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, protocolError("a line of more than %d bytes", mostLineText)
	}
	if err != nil {
		return nil, fmt.Errorf("%w before line %d of the recording: %w", ErrEnded, n, err)
	}
	fields := strings.Fields(string(line))
	if len(fields) != 4 || fields[0] != recordMark || fields[1] != strconv.Itoa(n) {
		return nil, protocolError("another line than number %d of a recording", n)
	}
	part, err := base64.RawStdEncoding.DecodeString(fields[2])
	if err != nil || fmt.Sprintf("%08x", adler32.Checksum(part)) != fields[3] {
		return nil, protocolError("line %d of a recording, changed on its way", n)
	}
	return part, nil
}

// number is a number without a sign, 0 for none.
func number(text string) int {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}
