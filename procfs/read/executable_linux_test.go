package read

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// holed is a file that has only zeros after its contents.
type holed []byte

func (h holed) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	if off < int64(len(h)) {
		copy(p, h[off:])
	}
	return len(p), nil
}

// elfWith is an ELF file with a section of this name and size, which begins with a text.
func elfWith(name, text string, size uint64) holed {
	names := "\x00" + name + "\x00.shstrtab\x00"
	const head = 64
	namesAt := uint64(head + 3*64)
	contentAt := namesAt + uint64(len(names))
	var file bytes.Buffer
	put := func(v any) { _ = binary.Write(&file, binary.LittleEndian, v) }
	put(elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Shoff: head, Ehsize: head, Shentsize: 64, Shnum: 3, Shstrndx: 2,
	})
	put(elf.Section64{})
	put(elf.Section64{Name: 1, Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC), Off: contentAt, Size: size})
	put(elf.Section64{Name: uint32(len(name) + 2), Type: uint32(elf.SHT_STRTAB), Off: namesAt, Size: uint64(len(names))})
	file.WriteString(names + text)
	return file.Bytes()
}

// The creator of an executable chooses the sizes in it.
func TestExecutableWithHoles(t *testing.T) {
	for name, file := range map[string]holed{
		"names of functions": elfWith(".gopclntab", "bash", 1<<40),
		"names of sections":  hugeNames(elfWith(".gopclntab", "bash", 4)),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := parseProgram(file, marksOf([]string{"bash"}), newAllowance())
			runtime.ReadMemStats(&after)
			if !errors.Is(err, errTooLarge) || absenceOf(err) != procfs.TooLarge {
				t.Errorf("got %+v, %v", got, err)
			}
			if took := after.TotalAlloc - before.TotalAlloc; took > 3*mostHeaders {
				t.Errorf("it took %d MB", took>>20)
			}
		})
	}
}

// hugeNames makes the section of names claim a terabyte.
func hugeNames(file holed) holed {
	const sizeOfThird = 64 + 2*64 + 32
	binary.LittleEndian.PutUint64(file[sizeOfThird:], 1<<40)
	return file
}

// Compressed contents could expand to gigabytes.
func TestExecutableWithCompressedParts(t *testing.T) {
	compressed := func(kind elf.SectionType, flags elf.SectionFlag) holed {
		file := elfWith(".dynstr", "bash", 100)
		const second = 64 + 64
		binary.LittleEndian.PutUint32(file[second+4:], uint32(kind))
		binary.LittleEndian.PutUint64(file[second+8:], uint64(flags|elf.SHF_COMPRESSED))
		return file
	}
	for name, file := range map[string]holed{
		"of the program": compressed(elf.SHT_PROGBITS, elf.SHF_ALLOC),
		"symbols":        compressed(elf.SHT_DYNSYM, 0),
		"strings":        compressed(elf.SHT_STRTAB, 0),
	} {
		if got, err := parseProgram(file, marksOf([]string{"bash"}), newAllowance()); !errors.Is(err, errCompressed) || absenceOf(err) != procfs.Unsupported {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	// This is for debuggers, with the name of another file. It is not read.
	if got, err := parseProgram(compressed(elf.SHT_PROGBITS, 0), marksOf([]string{"bash"}), newAllowance()); err != nil || len(got.Marks) > 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A file that is not an ELF file is recognised by its first bytes, however short it is.
func TestExecutableOfAnotherFormat(t *testing.T) {
	for _, file := range []string{"", "#!/bin/sh\n", strings.Repeat("\xff", 200), "\x7fELF\x03" + strings.Repeat("\x01", 100)} {
		if _, err := openELF(strings.NewReader(file), newAllowance()); absenceOf(err) != procfs.Unsupported {
			t.Errorf("%q: %v", file, err)
		}
	}
}

// A mark is found at any position, also across the border between two pieces.
func TestMarksAreFoundAcrossPieces(t *testing.T) {
	const mark = "a mark of many bytes"
	for _, at := range []int{0, 1<<16 - 1, 1 << 16, 1<<16 + len(mark) - 1, 1<<16 + len(mark), 2 << 16} {
		file := elfWith(".dynstr", strings.Repeat("x", at)+mark, uint64(at+len(mark)))
		got, err := parseProgram(file, marksOf([]string{mark, "no mark"}), newAllowance())
		if err != nil || !slices.Equal(got.Marks, []string{mark}) {
			t.Errorf("at %d: got %q, %v", at, got.Marks, err)
		}
	}
	cut := elfWith(".dynstr", mark, uint64(len(mark)-1))
	if got, err := parseProgram(cut, marksOf([]string{mark}), newAllowance()); err != nil || len(got.Marks) > 0 {
		t.Errorf("behind the end of the section: got %q, %v", got.Marks, err)
	}
}

func TestBounded(t *testing.T) {
	b := &bounded{from: strings.NewReader("0123456789"), left: 6, spend: newAllowance()}
	data := make([]byte, 4)
	if n, err := b.ReadAt(data, 2); n != 4 || err != nil || string(data) != "2345" {
		t.Errorf("got %q, %v", data[:n], err)
	}
	if n, err := b.ReadAt(data, 2); n != 0 || !errors.Is(err, errTooLarge) {
		t.Errorf("got %q, %v", data[:n], err)
	}
	if n, err := b.ReadAt(data[:2], 9); n != 1 || !errors.Is(err, io.EOF) {
		t.Errorf("got %q, %v", data[:n], err)
	}
}
