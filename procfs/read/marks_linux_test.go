package read

import (
	"bytes"
	"debug/elf"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// One pass finds what a search for each text finds, however the texts overlap and in whatever
// pieces the file is read.
func TestMarksAreThoseThatStandInTheText(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	word := func(most int) string {
		b := make([]byte, 1+random.IntN(most))
		for i := range b {
			b[i] = "abc"[random.IntN(3)]
		}
		return string(b)
	}
	for range 2000 {
		var texts []string
		for range 1 + random.IntN(6) {
			texts = append(texts, word(6))
		}
		slices.Sort(texts)
		texts = slices.Compact(texts)
		text := word(12) + "\x00" + word(12)
		var want []string
		for _, mark := range texts {
			if strings.Contains(text, mark) {
				want = append(want, mark)
			}
		}
		s := sought{marks: marksOf(texts), found: make([]bool, len(texts))}
		cut := random.IntN(len(text))
		s.read([]byte(text[:cut]))
		s.read([]byte(text[cut:]))
		if got := s.list(); !slices.Equal(got, want) {
			t.Fatalf("%q in %q: got %q, want %q", texts, text, got, want)
		}
	}
}

// Thousands of sections that are the same part of the file are read once.
func TestSectionsOfTheSameConstants(t *testing.T) {
	const long = 1 << 20
	names := ".rodata\x00"
	text := names + strings.Repeat("A", long-len(names)-4) + "bash"
	sections := make([]elf.Section64, 60_000)
	sections[1] = elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: 64, Size: uint64(len(names))}
	for i := 2; i < len(sections); i++ {
		sections[i] = elf.Section64{Type: uint32(elf.SHT_PROGBITS), Off: 64 + uint64(i), Size: uint64(long - i)}
	}
	sections[9].Type = uint32(elf.SHT_NOBITS) // a section of this type takes no space
	content := elfOf(sections, text)
	file := &counted{ReaderAt: io.ReaderAt(bytes.NewReader(content))}
	got, err := parseProgram(file, marksOf([]string{"bash", "zsh"}), newAllowance())
	if err != nil || !slices.Equal(got.Marks, []string{"bash"}) {
		t.Errorf("got %q, %v", got.Marks, err)
	}
	if file.bytes > len(content)+long {
		t.Errorf("%d bytes are read of a file of %d", file.bytes, len(content))
	}
}

// Sections that follow each other are separate: no text is found across them.
func TestSectionsSideBySide(t *testing.T) {
	names := ".dynstr\x00"
	section := func(at, size int) elf.Section64 {
		return elf.Section64{Type: uint32(elf.SHT_PROGBITS), Off: 64 + uint64(len(names)+at), Size: uint64(size)}
	}
	head := elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: 64, Size: uint64(len(names))}
	for name, test := range map[string]struct {
		sections []elf.Section64
		want     []string
	}{
		"apart":       {[]elf.Section64{section(2, 2), section(0, 2)}, nil},
		"in common":   {[]elf.Section64{section(2, 2), section(0, 3)}, []string{"bash"}},
		"inside":      {[]elf.Section64{section(0, 4), section(1, 1)}, []string{"bash"}},
		"overflowing": {[]elf.Section64{section(0, 2), section(1, 1<<63-1)}, nil},
	} {
		file := elfOf(append([]elf.Section64{{}, head}, test.sections...), names+"bash")
		got, err := parseProgram(bytes.NewReader(file), marksOf([]string{"bash"}), newAllowance())
		if isTooLong := name == "overflowing"; !slices.Equal(got.Marks, test.want) || (err != nil) != isTooLong {
			t.Errorf("%s: got %q, %v", name, got.Marks, err)
		}
	}
}

func BenchmarkMarks(b *testing.B) {
	var texts []string
	for c := 'a'; c < 'a'+26; c++ {
		texts = append(texts, "runtime."+strings.Repeat(string(c), 12), string(c)+".messages")
	}
	m := marksOf(texts)
	for _, text := range []string{"A", "runtime.", "a.message"} {
		b.Run(text, func(b *testing.B) {
			piece := []byte(strings.Repeat(text, 1<<20/len(text)))
			b.SetBytes(int64(len(piece)))
			for b.Loop() {
				s := sought{marks: m, found: make([]bool, len(texts))}
				s.read(piece)
			}
		})
	}
}
