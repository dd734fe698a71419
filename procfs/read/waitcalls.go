package read

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"slices"
)

// waitsForAny reports whether an ELF file's code waits for any child, whichever
// ends: by wait(2) and wait3(2), which know nothing else, or by waitpid(2) or
// wait4(2) with -1. Read are the calls of x86-64 with what is loaded into their
// first argument just before; false means that none was found.
func waitsForAny(file *elf.File) (found, supported bool, err error) {
	imported, err := file.ImportedSymbols()
	if err != nil {
		return false, false, err
	}
	for _, symbol := range imported {
		if symbol.Name == "wait" || symbol.Name == "wait3" {
			return true, true, nil
		}
	}
	if file.Machine != elf.EM_X86_64 {
		return false, false, nil
	}
	slots, err := slotsOf(file, "waitpid", "wait4", "__waitpid", "__wait4")
	if err != nil || len(slots) == 0 {
		return false, true, err
	}
	stubs, err := stubsOf(file, slots)
	if err != nil {
		return false, true, err
	}
	supported = true
	for _, section := range file.Sections {
		if section.Flags&elf.SHF_EXECINSTR == 0 {
			continue
		}
		if section.Size > mostCode {
			supported = false
			continue
		}
		code, err := section.Data()
		if err != nil {
			return false, true, err
		}
		if callsWithMinusOne(code, section.Addr, slots, stubs) {
			return true, true, nil
		}
	}
	return false, supported, nil
}

// mostCode is the size from which code is not searched.
const mostCode = 64 << 20

// slotsOf are the addresses at which the dynamic linker puts those functions.
func slotsOf(file *elf.File, functions ...string) (map[uint64]bool, error) {
	symbols, err := file.DynamicSymbols()
	if err != nil {
		return nil, err
	}
	slots := map[uint64]bool{}
	for _, section := range file.Sections {
		if section.Type != elf.SHT_RELA {
			continue
		}
		data, err := section.Data()
		if err != nil {
			return nil, err
		}
		const entry = 24 // Elf64_Rela
		for ; len(data) >= entry; data = data[entry:] {
			index := file.ByteOrder.Uint64(data[8:]) >> 32
			if index > 0 && index <= uint64(len(symbols)) && slices.Contains(functions, symbols[index-1].Name) {
				slots[file.ByteOrder.Uint64(data)] = true
			}
		}
	}
	return slots, nil
}

// stubsOf are the addresses of the procedure linkage table from which those
// slots are jumped to (jmp *slot(%rip)), with the instructions that may stand in
// front of the jump.
func stubsOf(file *elf.File, slots map[uint64]bool) (map[uint64]bool, error) {
	stubs := map[uint64]bool{}
	for _, section := range file.Sections {
		if section.Flags&elf.SHF_EXECINSTR == 0 || !bytes.HasPrefix([]byte(section.Name), []byte(".plt")) {
			continue
		}
		code, err := section.Data()
		if err != nil {
			return nil, err
		}
		for at := 0; at+6 <= len(code); at++ {
			if code[at] != 0xff || code[at+1] != 0x25 || !slots[target(code, at+2, section.Addr)] {
				continue
			}
			jump := section.Addr + uint64(at)
			const endbr64, bnd = 4, 1
			for _, before := range []uint64{0, bnd, endbr64, endbr64 + bnd} {
				stubs[jump-before] = true
			}
		}
	}
	return stubs, nil
}

// target is the address that a displacement of four bytes leads to.
func target(code []byte, at int, base uint64) uint64 {
	displacement := int64(int32(binary.LittleEndian.Uint32(code[at:]))) // signed by definition
	return base + uint64(at) + 4 + uint64(displacement)                 // wraps around as the processor does
}

// callsWithMinusOne finds call *slot(%rip), call stub and jmp stub behind a load
// of -1 into the first argument.
func callsWithMinusOne(code []byte, base uint64, slots, stubs map[uint64]bool) bool {
	for at := 0; at+6 <= len(code); at++ {
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

// argumentWindow is how many bytes in front of a call its arguments are looked
// for.
const argumentWindow = 48

// minusOnes are mov $-1,%edi; or $-1,%edi; mov $-1,%rdi; or $-1,%rdi.
var minusOnes = [][]byte{{0xbf, 0xff, 0xff, 0xff, 0xff}, {0x83, 0xcf, 0xff}, {0x48, 0xc7, 0xc7, 0xff, 0xff, 0xff, 0xff}, {0x48, 0x83, 0xcf, 0xff}}

func loadsMinusOne(code []byte) bool {
	return slices.ContainsFunc(minusOnes, func(load []byte) bool { return bytes.Contains(code, load) })
}
