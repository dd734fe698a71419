package read

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// waitFunctions are those of the C library by which a program waits for its
// children.
var waitFunctions = []string{"wait", "wait3", "wait4", "waitpid", "waitid"}

// cLibraries import and export the wait functions for others.
var cLibraries = []string{"libc.so", "libc-", "libpthread", "ld-linux", "ld-musl", "libc.musl"}

// Programs reads executables, each file once.
type Programs struct {
	fs    FS
	marks []string
	// wantsScript: what that program runs is wanted too.
	wantsScript func(procfs.Program) bool
	known       map[fileID]procfs.Program
	waits       map[fileID]waiting
}

// waiting is how a file can wait for children.
type waiting struct {
	functions         []string
	forAny, supported bool
}

// fileID tells files apart: those of one inode, size, and times have the same content.
// The time of modification is chosen by who writes, that of the last change of the inode
// is not (ctime).
type fileID struct {
	inode                   uint64
	size, modified, changed int64
}

// Programs returns a reader that looks for the marks.
func (f FS) Programs(marks []string) *Programs {
	none := func(procfs.Program) bool { return false }
	return &Programs{fs: f, marks: marks, wantsScript: none, known: map[fileID]procfs.Program{}, waits: map[fileID]waiting{}}
}

// WithScriptsOf makes the reader of attention read the scripts of those programs
// too.
func (r *Programs) WithScriptsOf(wanted func(procfs.Program) bool) *Programs {
	r.wantsScript = wanted
	return r
}

// Of reads the executable of a process. It needs the right to trace it.
func (r *Programs) Of(pid int) procfs.Opt[procfs.Program] {
	d, err := r.fs.openProcess(pid)
	if err != nil {
		return procfs.None[procfs.Program](absenceOf(err))
	}
	defer d.close()
	path, err := os.Readlink(d.path("exe"))
	if err != nil {
		return procfs.None[procfs.Program](absenceOf(err))
	}
	program, err := r.read(d, path)
	if err != nil {
		return procfs.None[procfs.Program](programAbsence(err))
	}
	return procfs.Some(program)
}

func programAbsence(err error) procfs.Absence {
	var format *elf.FormatError
	if errors.As(err, &format) || errors.Is(err, errTooLarge) || errors.Is(err, errCompressed) {
		return procfs.Unsupported
	}
	return absenceOf(err)
}

func (r *Programs) read(d processDir, path string) (procfs.Program, error) {
	file, err := os.Open(d.path("exe"))
	if err != nil {
		return procfs.Program{}, err
	}
	defer func() { _ = file.Close() }()
	id := idOf(file)
	program, known := r.known[id]
	if !known || id == (fileID{}) {
		if program, err = parseProgram(file, r.marks); err != nil {
			return procfs.Program{}, fmt.Errorf("read %s: %w", path, err)
		}
		r.known[id] = program
	}
	program.Path = path
	libraries, err := d.libraries()
	if err != nil {
		return procfs.Program{}, err
	}
	for _, library := range libraries {
		program.Libraries = append(program.Libraries, filepath.Base(library))
	}
	slices.Sort(program.Libraries)
	if !program.Static {
		r.addWaits(&program, d, file, libraries)
	}
	return program, nil
}

// idOf is zero where the file cannot be told from others.
func idOf(file *os.File) fileID {
	info, err := file.Stat()
	if err != nil {
		return fileID{}
	}
	return statID(info)
}

// parseProgram reads what an ELF file says of itself.
func parseProgram(file io.ReaderAt, marks []string) (procfs.Program, error) {
	binary, err := openELF(file)
	if err != nil {
		return procfs.Program{}, err
	}
	p := procfs.Program{Bits: 64, Static: true, Waits: procfs.None[[]string](procfs.Unsupported), WaitsForAny: procfs.None[bool](procfs.Unsupported)}
	if binary.Class == elf.ELFCLASS32 {
		p.Bits = 32
	}
	for _, header := range binary.Progs {
		if header.Type == elf.PT_INTERP {
			p.Static = false
		}
	}
	p.Marks, err = marksIn(binary, marks)
	return p, err
}

// mostConstants is the size from which a section of constants is not searched:
// small programs are known by their messages, large ones by their symbols.
const mostConstants = 8 << 20

// searched are the sections in which marks are looked for, and whether that
// depends on their size.
var searched = map[string]bool{".dynstr": false, ".gopclntab": false, ".rodata": true}

func marksIn(binary *elf.File, marks []string) ([]string, error) {
	var found []string
	longest := 0
	for _, mark := range marks {
		longest = max(longest, len(mark))
	}
	note := func(in []byte) {
		for _, mark := range marks {
			if !slices.Contains(found, mark) && bytes.Contains(in, []byte(mark)) {
				found = append(found, mark)
			}
		}
	}
	for _, section := range binary.Sections {
		note([]byte(section.Name))
		limited, wanted := searched[section.Name]
		if !wanted || limited && section.Size > mostConstants {
			continue
		}
		if err := searchSection(section, longest, note); err != nil {
			return nil, err
		}
	}
	slices.Sort(found)
	return found, nil
}

// libraries are the shared libraries that are mapped, as the process names
// them.
func (d processDir) libraries() ([]string, error) {
	data, err := d.read("maps")
	if err != nil {
		return nil, err
	}
	return ParseMappedLibraries(data), nil
}

// ParseMappedLibraries returns the files of /proc/PID/maps that are named as
// shared libraries are, each once, sorted. The loader's cache, which is mapped while
// a program starts, is none.
func ParseMappedLibraries(data []byte) []string {
	var found []string
	for line := range strings.Lines(string(data)) {
		at := strings.Index(line, "/")
		if at < 0 {
			continue
		}
		path := strings.TrimSuffix(line[at:], "\n")
		if base := strings.TrimSuffix(filepath.Base(path), " (deleted)"); base != "ld.so.cache" && (strings.HasSuffix(base, ".so") || strings.Contains(base, ".so.")) {
			found = append(found, path)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// addWaits unites what the program and its libraries import and call. A library
// that cannot be read could do anything.
func (r *Programs) addWaits(program *procfs.Program, d processDir, executable *os.File, libraries []string) {
	all, err := r.waitsOf(executable)
	for _, library := range libraries {
		if err != nil {
			break
		}
		if isCLibrary(filepath.Base(library)) {
			continue
		}
		var more waiting
		if more, err = r.waitsOfLibrary(d, library); err == nil {
			all.functions = slices.Concat(all.functions, more.functions)
			all.forAny, all.supported = all.forAny || more.forAny, all.supported && more.supported
		}
	}
	if err != nil {
		why := programAbsence(err)
		program.Waits, program.WaitsForAny = procfs.None[[]string](why), procfs.None[bool](why)
		return
	}
	slices.Sort(all.functions)
	program.Waits, program.WaitsForAny = procfs.Some(slices.Compact(all.functions)), procfs.Some(all.forAny)
	if !all.forAny && !all.supported {
		program.WaitsForAny = procfs.None[bool](procfs.Unsupported)
	}
}

func (r *Programs) waitsOfLibrary(d processDir, library string) (waiting, error) {
	file, err := d.openInside(library)
	if err != nil {
		return waiting{}, err
	}
	defer func() { _ = file.Close() }()
	return r.waitsOf(file)
}

func isCLibrary(base string) bool {
	return slices.ContainsFunc(cLibraries, func(prefix string) bool { return strings.HasPrefix(base, prefix) })
}

func (r *Programs) waitsOf(file *os.File) (waiting, error) {
	id := idOf(file)
	if found, ok := r.waits[id]; ok && id != (fileID{}) {
		return found, nil
	}
	binary, err := openELF(file)
	if err != nil {
		return waiting{}, err
	}
	symbols, err := binary.ImportedSymbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return waiting{}, err
	}
	found := waiting{functions: []string{}, supported: true}
	for _, symbol := range symbols {
		if name := strings.TrimPrefix(symbol.Name, "__"); slices.Contains(waitFunctions, name) {
			found.functions = append(found.functions, name)
		}
	}
	if len(found.functions) > 0 {
		if found.forAny, found.supported, err = waitsForAny(binary); err != nil {
			return waiting{}, err
		}
	}
	r.waits[id] = found
	return found, nil
}
