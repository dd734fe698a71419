package read

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The limits on reading an executable, in bytes. The file itself says how large its parts are,
// and a file of a few kilobytes can have holes of terabytes.
const (
	mostHeaders = 16 << 20
	mostParts   = 256 << 20
	// mostNames is the maximum length of the names of all sections, in bytes. mostPlaces is how
	// many positions of the searched names are kept.
	mostNames  = 4 << 20
	mostPlaces = 1 << 16
)

// errTooLarge is about a file whose parts are larger than those of any real program, or about a
// container whose files together are.
var errTooLarge = errors.New("larger than is read of an executable")

// errFormat is about a file that is not an executable that can be understood.
var errFormat = errors.New("not an ELF file that can be understood")

// errCompressed is about a file with compressed sections other than those for debuggers.
// Sections that a running program needs are never compressed.
var errCompressed = fmt.Errorf("%w: with compressed parts that no real program has", errFormat)

// The constants of elf(5) and of <elf.h> that are used. Package debug/elf links decompressors and
// the tables of debuggers with them.
const (
	elfMagic = "\x7fELF"
	// elfClassAt, elfDataAt and elfVersionAt are the places of EI_CLASS, EI_DATA and
	// EI_VERSION in the head, and elfCurrent is EV_CURRENT.
	elfClassAt, elfDataAt, elfVersionAt = 4, 5, 6
	elfClass32, elfClass64              = 1, 2 // ELFCLASS
	elfLittleEndian, elfBigEndian       = 1, 2 // ELFDATA2LSB, ELFDATA2MSB
	elfCurrent                          = 1
	machineX8664                        = 62             // EM_X86_64
	segmentInterpreter                  = 3              // PT_INTERP
	sectionProgram, sectionStrings      = 1, 3           // SHT_PROGBITS, SHT_STRTAB
	sectionRelocations, sectionEmpty    = 4, 8           // SHT_RELA, SHT_NOBITS
	sectionDynamicSymbols               = 11             // SHT_DYNSYM
	flagAllocated, flagCode             = 1 << 1, 1 << 2 // SHF_ALLOC, SHF_EXECINSTR
	flagCompressed                      = 1 << 11        // SHF_COMPRESSED
	bindGlobal, sectionUndefined        = 1, 0           // STB_GLOBAL, SHN_UNDEF
	narrowSymbolSize, wideSymbolSize    = 16, 24         // Elf32_Sym, Elf64_Sym, in bytes
)

// executable is an ELF file. Its parts are read a piece at a time, and names are compared
// without copying them. Package debug/elf copies the name of each section and symbol, and
// thousands of these can share one name of megabytes.
type executable struct {
	file *bounded
	// order, wide and machine are how it is encoded: ELFCLASS64, and an EM_ constant.
	order   binary.ByteOrder
	wide    bool
	machine uint16
	// interpreted is true if it names a dynamic linker (PT_INTERP).
	interpreted bool
	sections    []section
	// names is the table of the names of sections.
	names []byte
}

// section is what the header of a section says.
type section struct {
	// name is the position of its name in the table of names.
	name    uint32
	kind    uint32
	flags   uint64
	address uint64
	// offset and size say where it is in the file, in bytes.
	offset, size int64
	// link is the section that belongs to it: for symbols, that of their names.
	link uint32
}

// isCompressed reports whether the program sees other contents than the file has.
func (s *section) isCompressed() bool { return s.flags&flagCompressed != 0 }

// openELF reads the headers of an ELF file. What is read is limited, and counts against the
// allowance.
func openELF(file io.ReaderAt, spend *allowance) (*executable, error) {
	e := &executable{file: &bounded{from: file, left: mostHeaders, spend: spend}}
	head, err := e.readHead()
	if err != nil {
		return nil, err
	}
	if err := e.readSegments(head); err != nil {
		return nil, err
	}
	if err := e.readSections(head); err != nil {
		return nil, err
	}
	e.file.left = mostParts
	return e, nil
}

// readHead reads the file's own header.
func (e *executable) readHead() ([]byte, error) {
	head := make([]byte, 64) // the size of the 64-bit head. The 32-bit head is shorter
	n, err := e.file.ReadAt(head, 0)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case n < len(elfMagic) || string(head[:len(elfMagic)]) != elfMagic:
		return nil, errFormat
	case n < 52: // Elf32_Ehdr
		return nil, io.ErrUnexpectedEOF
	}
	switch head[elfClassAt] {
	case elfClass64:
		e.wide = true
	case elfClass32:
	default:
		return nil, errFormat
	}
	switch head[elfDataAt] {
	case elfLittleEndian:
		e.order = binary.LittleEndian
	case elfBigEndian:
		e.order = binary.BigEndian
	default:
		return nil, errFormat
	}
	if head[elfVersionAt] != elfCurrent || e.order.Uint32(head[20:]) != elfCurrent {
		return nil, errFormat
	}
	e.machine = e.order.Uint16(head[18:])
	return head, nil
}

// readSegments looks for the segment that names the dynamic linker.
func (e *executable) readSegments(head []byte) error {
	start, size, count, least := int64(e.order.Uint32(head[0x1c:])), e.order.Uint16(head[0x2a:]), e.order.Uint16(head[0x2c:]), 32
	if e.wide {
		start, size, count, least = int64(e.order.Uint64(head[0x20:])), e.order.Uint16(head[0x36:]), e.order.Uint16(head[0x38:]), 56
	}
	if count > 0 && int(size) < least {
		return errFormat
	}
	return e.table(start, int64(count)*int64(size), int(size), func(entry []byte) error {
		e.interpreted = e.interpreted || e.order.Uint32(entry) == segmentInterpreter
		return nil
	})
}

// readSections reads the headers of sections, and the table of their names.
func (e *executable) readSections(head []byte) error {
	start, size, count, names, least := int64(e.order.Uint32(head[0x20:])), e.order.Uint16(head[0x2e:]), e.order.Uint16(head[0x30:]), e.order.Uint16(head[0x32:]), 40
	if e.wide {
		start, size, count, names, least = int64(e.order.Uint64(head[0x28:])), e.order.Uint16(head[0x3a:]), e.order.Uint16(head[0x3c:]), e.order.Uint16(head[0x3e:]), 64
	}
	switch {
	case count == 0 && start != 0:
		return errTooLarge // there are more than 65,279
	case count == 0:
		return nil
	case int(size) < least, names >= count, start <= 0:
		return errFormat
	}
	e.sections = make([]section, 0, count)
	err := e.table(start, int64(count)*int64(size), int(size), func(entry []byte) error {
		s, err := e.section(entry)
		e.sections = append(e.sections, s)
		return err
	})
	if err != nil || names == 0 {
		return err
	}
	return e.readNames(&e.sections[names])
}

func (e *executable) section(entry []byte) (section, error) {
	s := section{name: e.order.Uint32(entry), kind: e.order.Uint32(entry[4:])}
	if e.wide {
		s.flags, s.address, s.link = e.order.Uint64(entry[8:]), e.order.Uint64(entry[16:]), e.order.Uint32(entry[40:])
		s.offset, s.size = int64(e.order.Uint64(entry[24:])), int64(e.order.Uint64(entry[32:]))
	} else {
		s.flags, s.address, s.link = uint64(e.order.Uint32(entry[8:])), uint64(e.order.Uint32(entry[12:])), e.order.Uint32(entry[24:])
		s.offset, s.size = int64(e.order.Uint32(entry[16:])), int64(e.order.Uint32(entry[20:]))
	}
	if s.offset < 0 || s.size < 0 {
		return section{}, errFormat
	}
	if isDebug := s.kind == sectionProgram && s.flags&flagAllocated == 0; s.isCompressed() && !isDebug {
		return section{}, errCompressed
	}
	return s, nil
}

func (e *executable) readNames(table *section) error {
	switch {
	case table.kind != sectionStrings:
		return errFormat
	case table.size > mostNames:
		return errTooLarge
	}
	e.names = make([]byte, table.size)
	if _, err := e.file.ReadAt(e.names, table.offset); err != nil {
		return unexpected(err)
	}
	for i := range e.sections {
		if int64(e.sections[i].name) >= table.size {
			return errFormat
		}
	}
	return nil
}

// isNamed reports whether the section has that name.
func (e *executable) isNamed(s *section, name string) bool {
	rest, ok := bytes.CutPrefix(e.nameOf(s), []byte(name))
	return ok && len(rest) > 0 && rest[0] == 0
}

// nameOf begins with the section's name. It is empty if the file has no such name.
func (e *executable) nameOf(s *section) []byte { return e.names[min(int(s.name), len(e.names)):] }

// pieceSize is how much is read at a time, in bytes.
const pieceSize = 64 << 10

// table calls pass with each entry of a table. entry is the size of one in bytes.
func (e *executable) table(start, size int64, entry int, pass func([]byte) error) error {
	if size == 0 {
		return nil
	}
	if start < 0 || entry <= 0 || size%int64(entry) != 0 {
		return errFormat
	}
	buffer := make([]byte, min(size, int64(max(pieceSize/entry, 1)*entry)))
	for size > 0 {
		piece := buffer[:min(size, int64(len(buffer)))]
		if _, err := e.file.ReadAt(piece, start); err != nil {
			return unexpected(err)
		}
		start, size = start+int64(len(piece)), size-int64(len(piece))
		for ; len(piece) > 0; piece = piece[entry:] {
			if err := pass(piece[:entry]); err != nil {
				return err
			}
		}
	}
	return nil
}

// search calls pass with each piece of a section, and with the place where it begins. Each
// piece begins with the end of the piece before, as long as the overlap. A section without
// contents in the file has no pieces.
func (e *executable) search(s *section, overlap int, pass func(at int64, piece []byte) error) error {
	if s.kind == sectionEmpty {
		return nil
	}
	buffer := make([]byte, min(s.size, int64(overlap+pieceSize)))
	kept := 0
	for at := int64(0); at+int64(kept) < s.size; {
		piece := buffer[:min(int64(len(buffer)), s.size-at)]
		if _, err := e.file.ReadAt(piece[kept:], s.offset+at+int64(kept)); err != nil {
			return unexpected(err)
		}
		if err := pass(at, piece); err != nil {
			return err
		}
		kept = copy(buffer, piece[max(len(piece)-overlap, 0):])
		at += int64(len(piece) - kept)
	}
	return nil
}

// unexpected is the error of a file that is shorter than it says.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// bounded reads at most so many bytes, which count against the allowance.
type bounded struct {
	from  io.ReaderAt
	left  int
	spend *allowance
}

func (b *bounded) ReadAt(p []byte, off int64) (int, error) {
	if len(p) > b.left {
		return 0, errTooLarge
	}
	if err := b.spend.takeBytes(len(p)); err != nil {
		return 0, err
	}
	b.left -= len(p)
	n, err := b.from.ReadAt(p, off)
	if n == len(p) {
		err = nil // the end of the file after it does not matter
	}
	return n, err
}
