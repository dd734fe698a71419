package source

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
)

// magic is the beginning of a file that gzip has written (RFC 1952, ID1 and ID2).
var magic = []byte{0x1f, 0x8b}

// uncompressed is the uncompressed input, or the input itself if it is not compressed by gzip.
// The reader must limit how much it reads, because one byte can become a thousand.
func uncompressed(r io.Reader) (io.Reader, error) {
	begin, r := peeked(r)
	if !bytes.Equal(begin, magic) {
		return r, nil // the reader of the file reports what is wrong with it
	}
	z, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return nil, inflateError(err)
	}
	return inflated{z}, nil
}

// peeked is the beginning of the input, and the input from its beginning. It is the input itself
// if that can be read at a position, so that its size is still known.
func peeked(r io.Reader) ([]byte, io.Reader) {
	begin := make([]byte, len(magic))
	if at, ok := r.(io.ReaderAt); ok {
		if n, err := at.ReadAt(begin, 0); err == nil || err == io.EOF {
			return begin[:n], r
		}
	}
	n, _ := io.ReadFull(r, begin) // an error is returned again by the next read
	return begin[:n], io.MultiReader(bytes.NewReader(begin[:n]), r)
}

// inflated fills each buffer that is read into, instead of returning gzip's pieces of 32 KiB. It
// says that an error is gzip's.
type inflated struct{ *gzip.Reader }

// Read fills p unless the input ends first.
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
