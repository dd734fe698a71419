package procfs

import (
	"debug/elf"
	"errors"
	"io"
)

// What is read of an executable at most, in bytes: whoever made it says how large its
// parts are, and a file of some kilobytes can have holes of terabytes.
const (
	mostHeaders = 16 << 20
	mostParts   = 256 << 20
)

// errTooLarge is about a file whose parts are larger than those of any real program.
var errTooLarge = errors.New("larger than is read of an executable")

// openELF opens an ELF file. Of all of its parts together no more is read than a large
// program has.
func openELF(file io.ReaderAt) (*elf.File, error) {
	rest := &bounded{file, mostHeaders}
	binary, err := elf.NewFile(rest)
	rest.left = mostParts
	return binary, err
}

// bounded reads so many bytes at most.
type bounded struct {
	from io.ReaderAt
	left int
}

func (b *bounded) ReadAt(p []byte, off int64) (int, error) {
	if len(p) > b.left {
		return 0, errTooLarge
	}
	b.left -= len(p)
	return b.from.ReadAt(p, off)
}

// searchSection passes on a section a piece at a time. Each begins with the end of
// the one before, as long as the overlap.
func searchSection(section *elf.Section, overlap int, pass func([]byte)) error {
	buffer := make([]byte, overlap+1<<16)
	content := io.NewSectionReader(section.ReaderAt, 0, int64(section.FileSize)) //nolint:gosec // what is below 0 is read as nothing
	kept := 0
	for {
		n, err := io.ReadFull(content, buffer[kept:])
		pass(buffer[:kept+n])
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
		kept = copy(buffer, buffer[kept+n-overlap:kept+n])
	}
}
