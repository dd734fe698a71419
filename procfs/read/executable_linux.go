package read

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"strings"
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
// program has, and they are taken as they stand in the file.
func openELF(file io.ReaderAt) (*elf.File, error) {
	rest := &bounded{file, mostHeaders}
	if err := refuseCompressed(rest); err != nil {
		return nil, err
	}
	program, err := elf.NewFile(rest)
	if err != nil {
		return nil, err
	}
	rest.left = mostParts
	for _, section := range program.Sections {
		if section.Flags&elf.SHF_COMPRESSED != 0 || strings.HasPrefix(section.Name, ".zdebug") {
			section.Flags &^= elf.SHF_COMPRESSED
			section.Name, section.Size = "", section.FileSize
			section.ReaderAt = io.NewSectionReader(rest, int64(section.Offset), int64(section.FileSize)) // what is below 0 is read as nothing
		}
	}
	return program, nil
}

// refuseCompressed refuses a file with compressed sections other than those for
// debuggers: what a program needs when it runs never is compressed, and some kilobytes
// of it become gigabytes.
func refuseCompressed(file io.ReaderAt) error {
	head := make([]byte, 64)
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(head[:len(elf.ELFMAG)]) != elf.ELFMAG {
		return nil // that it is none, others say
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[elf.EI_DATA] == byte(elf.ELFDATA2MSB) {
		order = binary.BigEndian
	}
	wide := head[elf.EI_CLASS] == byte(elf.ELFCLASS64)
	start, size, count := int64(order.Uint32(head[0x20:])), int64(order.Uint16(head[0x2e:])), int64(order.Uint16(head[0x30:]))
	if wide {
		start, size, count = int64(order.Uint64(head[0x28:])), int64(order.Uint16(head[0x3a:])), int64(order.Uint16(head[0x3c:])) // what is below 0 cannot be read
	}
	if count == 0 && start != 0 {
		return errTooLarge // there are more than 65,279
	}
	section := make([]byte, 16)
	for i := range count {
		if _, err := file.ReadAt(section, start+i*size); err != nil {
			return err
		}
		flags := uint64(order.Uint32(section[8:]))
		if wide {
			flags = order.Uint64(section[8:])
		}
		isDebug := elf.SectionType(order.Uint32(section[4:])) == elf.SHT_PROGBITS && flags&uint64(elf.SHF_ALLOC) == 0
		if flags&uint64(elf.SHF_COMPRESSED) != 0 && !isDebug {
			return errCompressed
		}
	}
	return nil
}

var errCompressed = errors.New("with compressed parts that no real program has")

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
	content := io.NewSectionReader(section.ReaderAt, 0, int64(section.FileSize)) // what is below 0 is read as nothing
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
