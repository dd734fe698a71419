package read

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// counted counts what is read of a file.
type counted struct {
	io.ReaderAt
	bytes int
}

func (c *counted) ReadAt(p []byte, off int64) (int, error) {
	c.bytes += len(p)
	return c.ReaderAt.ReadAt(p, off)
}

// elfOf is an ELF file with these sections. The first one has their names.
func elfOf(sections []elf.Section64, content string) []byte {
	const head = 64
	var file bytes.Buffer
	put := func(v any) { _ = binary.Write(&file, binary.LittleEndian, v) }
	put(elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_DYN), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Shoff: head + uint64(len(content)), Ehsize: head, Shentsize: 64, Shnum: uint16(len(sections)), Shstrndx: 1,
	})
	file.WriteString(content)
	put(sections)
	return file.Bytes()
}

// The cost of thousands of sections with one long name grows only with the length of the file.
func TestSectionsOfOneLongName(t *testing.T) {
	const long = 100 << 10
	sections := make([]elf.Section64, 60_000)
	sections[1] = elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: 64, Size: long + 1}
	for i := 2; i < len(sections); i++ {
		sections[i].Type = uint32(elf.SHT_NOBITS)
	}
	file := elfOf(sections, strings.Repeat("A", long)+"\x00")
	took := procfstest.Allocated(func() {
		if got, err := parseProgram(bytes.NewReader(file), marksOf([]string{"bash", "AAA"}), newAllowance()); err != nil || !slices.Equal(got.Marks, []string{"AAA"}) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	if took > 3*len(file) {
		t.Errorf("%d MB of memory for %d MB", took>>20, len(file)>>20)
	}
}

// symbolsFile imports this many symbols, all with the name at the end of the text.
func symbolsFile(count int, names string, at uint32) []byte {
	symbols := make([]elf.Sym64, count+1)
	for i := range symbols[1:] {
		symbols[i+1] = elf.Sym64{Name: at, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC)}
	}
	var table bytes.Buffer
	_ = binary.Write(&table, binary.LittleEndian, symbols)
	size := uint64(table.Len())
	return elfOf([]elf.Section64{
		{},
		{Type: uint32(elf.SHT_STRTAB), Off: 64 + size, Size: uint64(len(names))},
		{Type: uint32(elf.SHT_DYNSYM), Off: 64, Size: size, Link: 1},
	}, table.String()+names)
}

// The same holds for symbols, and names at their end are still found.
func TestSymbolsOfOneLongName(t *testing.T) {
	const long = 500 << 10
	names := "\x00" + strings.Repeat("A", long) + "__waitpid\x00"
	for _, test := range []struct {
		at   uint32
		want []string
	}{{1, []string{}}, {long + 1, []string{"waitpid"}}, {long + 3, []string{"waitpid"}}, {long + 4, []string{}}} {
		file := symbolsFile(20_000, names, test.at)
		took := procfstest.Allocated(func() {
			got, err := parseWaits(bytes.NewReader(file), newAllowance())
			if err != nil || !slices.Equal(got.functions, test.want) {
				t.Errorf("at %d: got %+v, %v", test.at, got, err)
			}
		})
		if took > 4*len(file)+8<<20 {
			t.Errorf("%d MB of memory for %d MB", took>>20, len(file)>>20)
		}
	}
}

// Thousands of names are not kept.
func TestManyNames(t *testing.T) {
	file := symbolsFile(1, strings.Repeat("wait\x00", mostPlaces+2), 0)
	if _, err := parseWaits(bytes.NewReader(file), newAllowance()); absenceOf(err) != procfs.TooLarge {
		t.Errorf("got %v", err)
	}
}

// No file makes reading take more than the limits allow, in bytes and in memory.
func FuzzExecutable(f *testing.F) {
	f.Add([]byte(elfWith(".rodata", "bash", 4)))
	f.Add(symbolsFile(3, "\x00wait4\x00", 1))
	f.Add(elfOf([]elf.Section64{
		{}, {Type: uint32(elf.SHT_STRTAB), Off: 64, Size: 12},
		{Name: 1, Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_EXECINSTR), Off: 64, Size: 12},
		{Type: uint32(elf.SHT_RELA), Off: 64, Size: 48},
	}, "\x00.plt\x00.text\x00"))
	if self, err := os.ReadFile("/bin/true"); err == nil && len(self) < 64<<10 {
		f.Add(self)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<20 {
			return
		}
		spend := newAllowance()
		spend.bytes = 8 << 20
		file := &counted{ReaderAt: bytes.NewReader(data)}
		took := procfstest.Allocated(func() {
			p, err := parseProgram(file, marksOf([]string{"bash", ".plt"}), spend)
			if err != nil && (p.Marks != nil || absenceOf(err) == "") {
				t.Errorf("error %v with %+v", err, p)
			}
			_, _ = parseWaits(file, spend)
		})
		if file.bytes > 8<<20 {
			t.Errorf("%d bytes are read of %d", file.bytes, len(data))
		}
		// The tables of sections and of positions, and the buffers. None of them grows without
		// limit.
		if most := 32<<20 + 16*len(data); took > most {
			t.Errorf("%d bytes of memory for %d", took, len(data))
		}
	})
}

func FuzzMappedLibraries(f *testing.F) {
	f.Add([]byte("7f00-7f01 r-xp 00000000 08:01 124   /usr/lib/libfoo.so.1.2 (deleted)\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var found []string
		procfstest.Linear(t, data, func() { found = ParseMappedLibraries(data) })
		if !slices.IsSorted(found) || len(slices.Compact(slices.Clone(found))) != len(found) {
			t.Errorf("got %q", found)
		}
	})
}
