package read

import (
	"cmp"
	"math"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// marks are texts that are searched for, all in one pass. The cost grows only with the size of
// the data, whatever it contains (Aho and Corasick, 1975).
type marks struct {
	texts []string
	// class is the column of a byte. It is 0 for bytes that no text has.
	class   [256]uint16
	columns int
	// next is the row with which the search continues, by row and by the column of the byte. A
	// row is identified by its first index, and the first row is the start of all texts.
	next []uint32
	// ends are the texts that end in a row, and isEnd says in which rows there are any.
	ends  map[uint32][]int
	isEnd []bool
}

// marksOf makes marks of texts. No text may be empty.
func marksOf(texts []string) *marks {
	m := &marks{texts: texts, columns: 1, ends: map[uint32][]int{}}
	for _, text := range texts {
		for _, b := range []byte(text) {
			if m.class[b] == 0 {
				m.class[b] = uint16(m.columns)
				m.columns++
			}
		}
	}
	m.next = make([]uint32, m.columns)
	for i, text := range texts {
		m.add(i, text)
	}
	m.link()
	m.isEnd = make([]bool, len(m.next))
	for row := range m.ends {
		m.isEnd[row] = true
	}
	return m
}

// add makes the rows of one text.
func (m *marks) add(i int, text string) {
	row := uint32(0)
	for _, b := range []byte(text) {
		at := row + uint32(m.class[b])
		if m.next[at] == 0 {
			m.next[at] = uint32(len(m.next))
			m.next = append(m.next, make([]uint32, m.columns)...)
		}
		row = m.next[at]
	}
	m.ends[row] = append(m.ends[row], i)
}

// link sets for each row where the search continues when its text does not match further. That
// is the row of its longest suffix with which a text begins.
func (m *marks) link() {
	shorter := map[uint32]uint32{}
	for queue := []uint32{0}; len(queue) > 0; queue = queue[1:] {
		row := queue[0]
		for column := range uint32(m.columns) {
			child, otherwise := m.next[row+column], uint32(0)
			if row != 0 {
				otherwise = m.next[shorter[row]+column]
			}
			if child == 0 {
				m.next[row+column] = otherwise
				continue
			}
			shorter[child] = otherwise
			m.ends[child] = append(m.ends[child], m.ends[otherwise]...)
			if len(m.ends[child]) == 0 {
				delete(m.ends, child)
			}
			queue = append(queue, child)
		}
	}
}

// sought is a search for marks in one text after another.
type sought struct {
	*marks
	row   uint32
	found []bool
}

// restart makes the search begin again, because the next data do not follow the data before.
func (s *sought) restart() { s.row = 0 }

func (s *sought) read(piece []byte) {
	row, next, isEnd, class := s.row, s.next, s.isEnd, &s.class
	for _, b := range piece {
		if row = next[row+uint32(class[b])]; isEnd[row] {
			for _, i := range s.ends[row] {
				s.found[i] = true
			}
		}
	}
	s.row = row
}

// list are the texts that were found, sorted.
func (s *sought) list() []string {
	var list []string
	for i, found := range s.found {
		if found {
			list = append(list, s.texts[i])
		}
	}
	slices.Sort(list)
	return list
}

// in are the marks that the file has in the names of its sections or in the searched sections.
func (m *marks) in(binary *executable) ([]string, error) {
	s := sought{marks: m, found: make([]bool, len(m.texts))}
	s.read(binary.names)
	for _, part := range binary.searchedParts() {
		s.restart()
		err := binary.search(&part, 0, func(_ int64, piece []byte) error {
			s.read(piece)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return s.list(), nil
}

// mostConstants is the size from which a section of constants is not searched. Small programs
// are recognised by their messages, large ones by their symbols.
const mostConstants = 8 << 20

// searchedNames are the sections in which marks are looked for, and whether that
// depends on their size.
var searchedNames = map[string]bool{".dynstr": false, ".gopclntab": false, ".rodata": true}

// searchedParts are the parts of the file in which marks are looked for. If sections overlap,
// which no linker does, the overlap is searched once.
func (e *executable) searchedParts() []section {
	var list []section
	for i := range e.sections {
		if s := &e.sections[i]; e.isSearched(s) && s.size > 0 {
			list = append(list, *s)
		}
	}
	procfs.SortLarge(list, func(a, b *section) int { return cmp.Compare(a.offset, b.offset) })
	parts := list[:0]
	for _, s := range list {
		if len(parts) > 0 {
			if last := &parts[len(parts)-1]; s.offset-last.offset < last.size {
				last.size = max(last.size, s.offset-last.offset+min(s.size, math.MaxInt64-s.offset))
				continue
			}
		}
		parts = append(parts, s)
	}
	return parts
}

// isSearched reports whether marks are searched for in the section. A section without contents
// in the file has none.
func (e *executable) isSearched(s *section) bool {
	if s.isCompressed() || s.kind == sectionEmpty {
		return false
	}
	for name, limited := range searchedNames {
		if e.isNamed(s, name) {
			return !limited || s.size <= mostConstants
		}
	}
	return false
}
