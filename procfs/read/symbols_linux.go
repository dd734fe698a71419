package read

import (
	"bytes"
	"slices"
)

// dynamicSymbol is a symbol with one of the searched names, in the table that the dynamic
// linker reads.
type dynamicSymbol struct {
	// name is one of the searched names, and index its place in the table.
	name  string
	index uint32
	// imported is true if another file has the symbol, and this file needs it (STB_GLOBAL,
	// SHN_UNDEF).
	imported bool
}

// dynamicSymbols finds the symbols that have one of the names. The positions of these in the
// table of names are found first, so no name has to be read for a symbol.
func (e *executable) dynamicSymbols(names []string) ([]dynamicSymbol, error) {
	at := slices.IndexFunc(e.sections, func(s section) bool { return s.kind == sectionDynamicSymbols })
	if at < 0 {
		return nil, nil
	}
	table := &e.sections[at]
	if table.link == 0 || int64(table.link) >= int64(len(e.sections)) {
		return nil, errFormat
	}
	places, err := e.placesOf(&e.sections[table.link], names)
	if err != nil || len(places) == 0 {
		return nil, err
	}
	var found []dynamicSymbol
	index := uint32(0)
	err = e.table(table.offset, table.size, e.symbolSize(), func(entry []byte) error {
		if name, wanted := places[e.order.Uint32(entry)]; wanted && index > 0 {
			found = append(found, dynamicSymbol{name, index, e.isImported(entry)})
		}
		index++
		if len(found) > mostPlaces {
			return errTooLarge
		}
		return nil
	})
	return found, err
}

func (e *executable) symbolSize() int {
	if e.wide {
		return wideSymbolSize
	}
	return narrowSymbolSize
}

// isImported reads Elf64_Sym or Elf32_Sym.
func (e *executable) isImported(symbol []byte) bool {
	info, where := symbol[12], symbol[14:]
	if e.wide {
		info, where = symbol[4], symbol[6:]
	}
	return info>>4 == bindGlobal && e.order.Uint16(where) == sectionUndefined
}

// placesOf finds the positions of the names in a table of strings, as whole strings or as the
// end of longer ones, which linkers share.
func (e *executable) placesOf(table *section, names []string) (map[uint32]string, error) {
	longest := 0
	for _, name := range names {
		longest = max(longest, len(name)+1)
	}
	places := map[uint32]string{}
	err := e.search(table, longest, func(start int64, piece []byte) error {
		for _, name := range names {
			whole := []byte(name + "\x00")
			for from := 0; ; {
				at := bytes.Index(piece[from:], whole)
				if at < 0 {
					break
				}
				from += at + len(whole)
				if len(places) >= mostPlaces {
					return errTooLarge
				}
				places[uint32(start+int64(from-len(whole)))] = name // symbols have no larger numbers
			}
		}
		return nil
	})
	return places, err
}
