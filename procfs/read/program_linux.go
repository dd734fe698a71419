package read

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// waitFunctions are the functions of the C library by which a program waits for its children.
var waitFunctions = []string{"wait", "wait3", "wait4", "waitpid", "waitid"}

// cLibraries import and export the wait functions for others.
var cLibraries = []string{"libc.so", "libc-", "libpthread", "ld-linux", "ld-musl", "libc.musl"}

// Programs reads executables, each file once, for several goroutines at a time.
type Programs struct {
	fs    FS
	marks func() *marks
	// wantsScript reports whether the script of that program is needed too.
	wantsScript func(procfs.Program) bool
	// wantsClients reports whether the connections to that program are needed too.
	wantsClients func(procfs.Program) bool

	mutex      sync.Mutex
	known      map[fileID]procfs.Program
	waits      map[fileID]waiting
	allowances map[string]*allowance
}

// waiting is how a file can wait for children.
type waiting struct {
	functions         []string
	forAny, supported bool
}

// Programs returns a reader that looks for these texts, the marks of programs.
func (f FS) Programs(texts []string) *Programs {
	none := func(procfs.Program) bool { return false }
	return &Programs{
		fs: f, marks: sync.OnceValue(func() *marks { return marksOf(texts) }), wantsScript: none, wantsClients: none,
		known: map[fileID]procfs.Program{}, waits: map[fileID]waiting{}, allowances: map[string]*allowance{},
	}
}

// WithClientsOf makes the reader of attention count the clients of those programs too.
func (r *Programs) WithClientsOf(wanted func(procfs.Program) bool) *Programs {
	r.wantsClients = wanted
	return r
}

// WithScriptsOf makes the reader of attention read the scripts of those programs
// too.
func (r *Programs) WithScriptsOf(wanted func(procfs.Program) bool) *Programs {
	r.wantsScript = wanted
	return r
}

// allowance is what is left for the processes of a container.
func (r *Programs) allowance(container string) *allowance {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.allowances[container] == nil {
		r.allowances[container] = newAllowanceOf(container)
	}
	return r.allowances[container]
}

// recall returns what is known of a file. remember stores it.
func recall[T any](r *Programs, from map[fileID]T, id fileID) (T, bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	value, known := from[id]
	return value, known && id != fileID{}
}

func remember[T any](r *Programs, in map[fileID]T, id fileID, value T) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	in[id] = value
}

// of reads the executable of a process, which needs the right to trace it.
func (r *Programs) of(key procfs.Key, spend *allowance) procfs.Opt[procfs.Program] {
	program, err := aside(spend, func() (procfs.Program, error) {
		d, err := r.fs.openKnown(key, spend)
		if err != nil {
			return procfs.Program{}, err
		}
		defer d.close()
		return r.read(d)
	})
	if err != nil {
		return procfs.None[procfs.Program](absenceOf(err))
	}
	return procfs.Some(program)
}

func (r *Programs) read(d processDir) (procfs.Program, error) {
	path, err := d.readlink("exe")
	if err != nil {
		return procfs.Program{}, err
	}
	file, err := d.openExecutable()
	if err != nil {
		return procfs.Program{}, err
	}
	defer func() { _ = file.Close() }()
	id := idOf(file)
	program, known := recall(r, r.known, id)
	if !known {
		if program, err = parseProgram(file, r.marks(), d.spend); err != nil {
			return procfs.Program{}, fmt.Errorf("read %s: %w", path, err)
		}
		remember(r, r.known, id, program)
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

// parseProgram reads an ELF file.
func parseProgram(file io.ReaderAt, sought *marks, spend *allowance) (procfs.Program, error) {
	binary, err := openELF(file, spend)
	if err != nil {
		return procfs.Program{}, err
	}
	p := procfs.Program{Bits: 64, Static: !binary.interpreted, Waits: procfs.None[[]string](procfs.Unsupported), WaitsForAny: procfs.None[bool](procfs.Unsupported)}
	if !binary.wide {
		p.Bits = 32
	}
	p.Marks, err = sought.in(binary)
	return p, err
}

// mostMaps is how much of /proc/PID/maps is read, in bytes, and mostLibraries is the maximum
// number of libraries. A process chooses what it maps, and how long the paths are.
const (
	mostMaps      = 16 << 20
	mostLibraries = 4096
)

// libraries are the mapped shared libraries, with their paths as the process sees them.
func (d processDir) libraries() ([]string, error) {
	data, err := d.readWhole("maps", mostMaps)
	if err != nil {
		return nil, err
	}
	libraries := ParseMappedLibraries(data)
	if len(libraries) > mostLibraries {
		return nil, &os.PathError{Op: "read", Path: d.path("maps"), Err: errTooLong}
	}
	return libraries, nil
}

// ParseMappedLibraries returns the files of /proc/PID/maps that are named as shared libraries
// are, each once, sorted. The loader's cache, which is mapped while a program starts, is not a
// library.
func ParseMappedLibraries(data []byte) []string {
	found := map[string]bool{}
	for line := range bytes.Lines(data) {
		at := bytes.IndexByte(line, '/')
		if at < 0 {
			continue
		}
		path := bytes.TrimSuffix(line[at:], []byte("\n"))
		if isLibrary(path) && !found[string(path)] {
			found[string(path)] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func isLibrary(path []byte) bool {
	base := bytes.TrimSuffix(path[bytes.LastIndexByte(path, '/')+1:], []byte(" (deleted)"))
	return string(base) != "ld.so.cache" && (bytes.HasSuffix(base, []byte(".so")) || bytes.Contains(base, []byte(".so.")))
}

// addWaits combines what the program and its libraries import and call. A library that cannot
// be read could do anything.
func (r *Programs) addWaits(program *procfs.Program, d processDir, executable *os.File, libraries []string) {
	all, err := r.waitsOf(executable, d.spend)
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
		why := absenceOf(err)
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
	return r.waitsOf(file, d.spend)
}

func isCLibrary(base string) bool {
	return slices.ContainsFunc(cLibraries, func(prefix string) bool { return strings.HasPrefix(base, prefix) })
}

func (r *Programs) waitsOf(file *os.File, spend *allowance) (waiting, error) {
	id := idOf(file)
	if found, known := recall(r, r.waits, id); known {
		found.functions = slices.Clone(found.functions)
		return found, nil
	}
	found, err := parseWaits(file, spend)
	if err != nil {
		return waiting{}, err
	}
	remember(r, r.waits, id, found)
	found.functions = slices.Clone(found.functions)
	return found, nil
}

// parseWaits reads how an ELF file can wait for children.
func parseWaits(file io.ReaderAt, spend *allowance) (waiting, error) {
	binary, err := openELF(file, spend)
	if err != nil {
		return waiting{}, err
	}
	symbols, err := binary.dynamicSymbols(waitSymbols)
	if err != nil {
		return waiting{}, err
	}
	found := waiting{functions: []string{}, supported: true}
	for _, symbol := range symbols {
		if name := strings.TrimPrefix(symbol.name, "__"); symbol.imported && !slices.Contains(found.functions, name) {
			found.functions = append(found.functions, name)
		}
	}
	if len(found.functions) > 0 {
		if found.forAny, found.supported, err = waitsForAny(binary, symbols); err != nil {
			return waiting{}, err
		}
	}
	return found, nil
}

// waitSymbols are the names of waitFunctions in the symbol table of a program.
var waitSymbols = func() []string {
	names := slices.Clone(waitFunctions)
	for _, name := range waitFunctions {
		names = append(names, "__"+name)
	}
	return names
}()
