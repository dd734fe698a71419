package read

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// waitsForAny reports whether the code of an ELF file waits for any child. wait(2) and
// wait3(2) always do so, and waitpid(2) and wait4(2) with -1. The calls of x86-64 are read,
// with the value that is loaded into their first argument just before. found is false if there
// is no such call. The symbols are the functions of the file that wait.
func waitsForAny(file *executable, symbols []dynamicSymbol) (found, supported bool, err error) {
	called := map[uint32]bool{}
	for _, symbol := range symbols {
		switch {
		case symbol.imported && (symbol.name == "wait" || symbol.name == "wait3"):
			return true, true, nil
		case slices.Contains(waitsForSome, symbol.name):
			called[symbol.index] = true
		}
	}
	if file.machine != machineX8664 {
		return false, false, nil
	}
	slots, err := slotsOf(file, called)
	if err != nil || len(slots) == 0 {
		return false, true, err
	}
	stubs, err := stubsOf(file, slots)
	if err != nil {
		return false, true, err
	}
	return callsForAny(file, slots, stubs)
}

// waitsForSome are the functions that wait for any child only with such an argument.
var waitsForSome = []string{"waitpid", "wait4", "__waitpid", "__wait4"}

// mostCode is the size from which code is not searched.
const mostCode = 64 << 20

// callsForAny searches all code for such a call.
func callsForAny(file *executable, slots, stubs map[uint64]bool) (found, supported bool, err error) {
	supported = true
	for i := range file.sections {
		s := &file.sections[i]
		if s.flags&flagCode == 0 {
			continue
		}
		if s.size > mostCode {
			supported = false
			continue
		}
		err := file.search(s, argumentWindow+longestCall-1, func(at int64, code []byte) error {
			found = found || callsWithMinusOne(code, s.address+uint64(at), slots, stubs)
			return nil
		})
		if err != nil {
			return false, true, err
		}
		if found {
			return true, true, nil
		}
	}
	return false, supported, nil
}

// slotsOf are the addresses at which the dynamic linker puts those symbols.
func slotsOf(file *executable, called map[uint32]bool) (map[uint64]bool, error) {
	slots := map[uint64]bool{}
	if len(called) == 0 {
		return slots, nil
	}
	for i := range file.sections {
		s := &file.sections[i]
		if s.kind != sectionRelocations {
			continue
		}
		const entry = 24 // Elf64_Rela
		err := file.table(s.offset, s.size-s.size%entry, entry, func(relocation []byte) error {
			if called[uint32(file.order.Uint64(relocation[8:])>>32)] {
				slots[file.order.Uint64(relocation)] = true
			}
			if len(slots) > mostPlaces {
				return errTooLarge
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return slots, nil
}

// stubsOf are the addresses in the procedure linkage table that jump to the addresses in those
// slots (jmp *slot(%rip)). Other instructions may precede the jump.
func stubsOf(file *executable, slots map[uint64]bool) (map[uint64]bool, error) {
	stubs := map[uint64]bool{}
	for i := range file.sections {
		s := &file.sections[i]
		if s.flags&flagCode == 0 || !bytes.HasPrefix(file.nameOf(s), []byte(".plt")) {
			continue
		}
		err := file.search(s, longestCall-1, func(start int64, code []byte) error {
			base := s.address + uint64(start)
			for at := 0; at+longestCall <= len(code); at++ {
				if code[at] != 0xff || code[at+1] != 0x25 || !slots[target(code, at+2, base)] {
					continue
				}
				jump := base + uint64(at)
				const endbr64, bnd = 4, 1
				for _, before := range []uint64{0, bnd, endbr64, endbr64 + bnd} {
					stubs[jump-before] = true
				}
			}
			if len(stubs) > mostPlaces {
				return errTooLarge
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return stubs, nil
}

// longestCall is the length of a call or a jump through a slot.
const longestCall = 6

// target is the address that a displacement of four bytes leads to.
func target(code []byte, at int, base uint64) uint64 {
	displacement := int64(int32(binary.LittleEndian.Uint32(code[at:]))) // signed by definition
	return base + uint64(at) + 4 + uint64(displacement)                 // wraps around as the processor does
}

// callsWithMinusOne finds call *slot(%rip), call stub and jmp stub after a load of -1 into the
// first argument.
func callsWithMinusOne(code []byte, base uint64, slots, stubs map[uint64]bool) bool {
	for at := 0; at+longestCall <= len(code); at++ {
		switch {
		case code[at] == 0xe8 || code[at] == 0xe9:
			if !stubs[target(code, at+1, base)] {
				continue
			}
		case code[at] == 0xff && code[at+1] == 0x15:
			if !slots[target(code, at+2, base)] {
				continue
			}
		default:
			continue
		}
		if loadsMinusOne(code[max(0, at-argumentWindow):at]) {
			return true
		}
	}
	return false
}

// argumentWindow is how many bytes before a call are searched for its arguments.
const argumentWindow = 48

// minusOnes are mov $-1,%edi; or $-1,%edi; mov $-1,%rdi; or $-1,%rdi.
var minusOnes = [][]byte{{0xbf, 0xff, 0xff, 0xff, 0xff}, {0x83, 0xcf, 0xff}, {0x48, 0xc7, 0xc7, 0xff, 0xff, 0xff, 0xff}, {0x48, 0x83, 0xcf, 0xff}}

func loadsMinusOne(code []byte) bool {
	return slices.ContainsFunc(minusOnes, func(load []byte) bool { return bytes.Contains(code, load) })
}
