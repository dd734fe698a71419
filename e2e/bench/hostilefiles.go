//go:build linux

package main

import (
	"bufio"
	"context"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Where the files of hostile containers are in the image.
const (
	shell          = "/busybox"
	chainScript    = "/chain.sh"
	fifo           = "/fifo"
	namesProgram   = "/names"
	namesLibrary   = "/libnames.so"
	rodataProgram  = "/rodata"
	rodataLibrary  = "/librodata.so"
	loader         = "/load"
	manySections   = 60000
	longName       = 1 << 20
	rodata         = 8 << 20
	chainFunctions = 3000
)

// endlessScript says that it runs, and stays.
const endlessScript = "echo ready\nwhile :; do " + shell + " sleep 1000; done\n"

// writeHostileFiles writes them into the root of the image, a piece at a time: of what
// this program has held, the kernel makes the programs that it starts have held the same
// (ru_maxrss in getrusage(2)).
func (s *scene) writeHostileFiles(ctx context.Context, root string) error {
	busybox, err := output(ctx, "e2e/script/engine.sh", "busybox")
	if err != nil {
		return err
	}
	if _, err := output(ctx, "cp", busybox, filepath.Join(root, shell)); err != nil {
		return err
	}
	for path, write := range map[string]func(io.Writer){
		chainScript:  writeChain,
		namesProgram: func(w io.Writer) { writeSameName(w, elf.ET_EXEC) }, namesLibrary: func(w io.Writer) { writeSameName(w, elf.ET_DYN) },
		rodataProgram: func(w io.Writer) { writeSameConstants(w, elf.ET_EXEC) }, rodataLibrary: func(w io.Writer) { writeSameConstants(w, elf.ET_DYN) },
	} {
		if err := writeFile(filepath.Join(root, path), write); err != nil {
			return err
		}
	}
	path := filepath.Join(root, fifo)
	// The container's user may write into it, whatever the umask is.
	return errors.Join(unix.Mkfifo(path, 0), os.Chmod(path, 0o666))
}

func writeFile(path string, write func(io.Writer)) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	write(w) // w keeps the error
	return errors.Join(w.Flush(), file.Close())
}

// writeChain writes a script with a trap that calls a function that calls another, and so
// on.
func writeChain(w io.Writer) {
	fmt.Fprintf(w, "trap f%d TERM\nf0(){ :\n}\n", chainFunctions-1)
	for i := 1; i < chainFunctions; i++ {
		fmt.Fprintf(w, "f%d(){ f%d\n}\n", i, i-1)
	}
	fmt.Fprint(w, endlessScript)
}

// writeSameName writes an ELF file all of whose sections have one long name.
func writeSameName(w io.Writer, kind elf.Type) {
	writeELF(w, kind, "", longName, elf.Section64{Type: uint32(elf.SHT_NOBITS), Addralign: 1})
}

// writeSameConstants writes one all of whose sections are the same constants, which are
// searched.
func writeSameConstants(w io.Writer, kind elf.Type) {
	constants := elf.Section64{Type: uint32(elf.SHT_PROGBITS), Flags: uint64(elf.SHF_ALLOC), Off: uint64(headersSize), Size: rodata, Addralign: 1}
	writeELF(w, kind, ".rodata\x00", rodata, constants)
}

const (
	headerSize, segmentSize, sectionSize = 64, 56, 64
	headersSize                          = headerSize + 2*segmentSize + len(loader) + 1
	// loadAddress is where no part of the loader is.
	loadAddress = 0x40000000
)

// writeELF writes a file of 64 bits whose sections, but for the first two, are all the
// same. Behind its headers stand the names, and a string so long. As a program it runs the
// load: that is its dynamic linker, which the kernel starts.
func writeELF(w io.Writer, kind elf.Type, names string, long int, same elf.Section64) {
	write := func(v any) { _ = binary.Write(w, binary.NativeEndian, v) }
	behind := headersSize + len(names) + long + 1
	padding := -behind & 7
	header := elf.Header64{
		Type: uint16(kind), Machine: uint16(ownMachine()), Version: uint32(elf.EV_CURRENT), Entry: loadAddress,
		Phoff: headerSize, Shoff: uint64(behind + padding), Ehsize: headerSize, Phentsize: segmentSize, Phnum: 2,
		Shentsize: sectionSize, Shnum: manySections, Shstrndx: 1,
	}
	copy(header.Ident[:], elf.ELFMAG)
	header.Ident[elf.EI_CLASS], header.Ident[elf.EI_DATA], header.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	write(header)
	linker := uint64(len(loader) + 1)
	write(elf.Prog64{Type: uint32(elf.PT_INTERP), Flags: uint32(elf.PF_R), Off: uint64(headersSize) - linker, Filesz: linker, Memsz: linker, Align: 1})
	write(elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R), Vaddr: loadAddress, Filesz: uint64(headersSize), Memsz: uint64(headersSize), Align: 0x10000})
	fmt.Fprint(w, loader, "\x00", names)
	for range long {
		_, _ = w.Write([]byte{'A'})
	}
	_, _ = w.Write(make([]byte, 1+padding))
	write(elf.Section64{})
	write(elf.Section64{Type: uint32(elf.SHT_STRTAB), Off: uint64(headersSize), Size: uint64(len(names) + min(long, longName) + 1), Addralign: 1})
	for range manySections - 2 {
		write(same)
	}
}

// ownMachine is what this program runs on: amd64 and arm64 are what it is built for.
func ownMachine() elf.Machine {
	file, err := elf.Open("/proc/self/exe")
	if err != nil {
		return elf.EM_X86_64
	}
	defer func() { _ = file.Close() }()
	return file.Machine
}
