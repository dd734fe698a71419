package source

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// magic is how a file begins that gzip has written (RFC 1952, ID1 and ID2).
var magic = []byte{0x1f, 0x8b}

// uncompressed is what the input holds, which is itself where gzip has not written it. How
// much is read of it is up to the reader: one byte can become a thousand.
func uncompressed(r io.Reader) (io.Reader, error) {
	begin, r := peeked(r)
	if !bytes.Equal(begin, magic) {
		return r, nil // what is wrong with it says who reads it
	}
	z, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return nil, inflateError(err)
	}
	return inflated{z}, nil
}

// peeked is how the input begins, and the input from its beginning on: itself where it can
// be read without going on, so that it can still say how long it is.
func peeked(r io.Reader) ([]byte, io.Reader) {
	begin := make([]byte, len(magic))
	if at, ok := r.(io.ReaderAt); ok {
		if n, err := at.ReadAt(begin, 0); err == nil || err == io.EOF {
			return begin[:n], r
		}
	}
	n, _ := io.ReadFull(r, begin) // an error comes again
	return begin[:n], io.MultiReader(bytes.NewReader(begin[:n]), r)
}

// inflated gives as much at once as is asked for, and not in gzip's pieces of 32 KiB, and
// says of an error that it is gzip's.
type inflated struct{ *gzip.Reader }

// Read fills p unless the end comes before.
func (i inflated) Read(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var more int
		more, err = i.Reader.Read(p[n:])
		n += more
	}
	if err != nil && err != io.EOF {
		err = inflateError(err)
	}
	return n, err
}

func inflateError(err error) error {
	return fmt.Errorf("the compressed data is incomplete or damaged: %w", err)
}
