package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/docker-pidns/docker-pidns"

// pure are packages that a room that decides may not import: files, sockets, other programs,
// and the clients of engines and terminals.
var pure = []string{"os", "net", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}

// rooms says which packages of this module each folder may import, and which foreign packages
// it may not import. Test files may import what they need for tests.
var rooms = map[string]struct {
	ours    []string
	foreign []string // each is forbidden, with all packages below it
}{
	// It generates documents, and is not part of a program for users.
	"docs/generate":       {[]string{"inspect", "plugin", "plugin/source", "plugin/render", "plugin/top", "inspect/explain", "inspect/measure", "inspect/rule", "inspect/signal"}, []string{"github.com/docker/docker", "net", "os/exec"}},
	"procfs":              {nil, pure},
	"procfs/read":         {[]string{"procfs"}, []string{"github.com/docker/", "github.com/spf13/"}},
	"procfs/procfstest":   {[]string{"procfs"}, pure},
	"procfs/wire":         {[]string{"procfs", "procfs/read"}, []string{"github.com/", "net", "os/exec"}},
	"procfs/bpf":          {[]string{"procfs", "procfs/read"}, []string{"github.com/docker/", "github.com/spf13/"}},
	"procfs/bpf/bpftest":  {nil, []string{"github.com/docker/", "github.com/spf13/"}},
	"procfs/sigtrace":     {[]string{"procfs", "procfs/bpf", "procfs/read"}, []string{"github.com/docker/", "github.com/spf13/"}},
	"procfs/taskiter":     {[]string{"procfs", "procfs/bpf", "procfs/read"}, []string{"github.com/docker/", "github.com/spf13/"}},
	"inspect":             {[]string{"inspect/near", "procfs"}, pure},
	"inspect/inspecttest": {[]string{"inspect", "procfs"}, pure},
	"inspect/rule":        {[]string{"inspect", "inspect/explain", "inspect/manage", "procfs", "inspect/limit", "inspect/shim", "inspect/signal", "inspect/namespace", "inspect/origin", "inspect/zombie"}, pure},
	"inspect/manage":      {[]string{"inspect", "procfs"}, pure},
	"inspect/measure":     {[]string{"inspect", "inspect/limit", "inspect/namespace", "inspect/overview", "inspect/rule", "inspect/shim", "inspect/signal", "inspect/zombie", "procfs"}, pure},
	"inspect/near":        {[]string{}, pure},
	"inspect/overview":    {[]string{"inspect", "inspect/rule", "inspect/signal", "procfs"}, pure},
	"inspect/part":        {[]string{"inspect", "procfs"}, pure},
	"inspect/pattern":     {[]string{}, pure},
	"inspect/limit":       {[]string{"inspect", "inspect/manage", "inspect/pattern", "procfs"}, pure},
	"inspect/need":        {[]string{"inspect", "procfs"}, pure},
	"inspect/shim":        {[]string{"inspect", "inspect/pattern", "procfs"}, pure},
	"inspect/signal":      {[]string{"inspect", "inspect/manage", "inspect/pattern", "procfs"}, pure},
	"inspect/namespace":   {[]string{"inspect", "inspect/manage", "procfs"}, pure},
	"inspect/explain":     {[]string{"inspect", "inspect/manage", "inspect/pattern", "inspect/namespace", "inspect/signal", "inspect/trace", "procfs"}, pure},
	"inspect/origin":      {[]string{"inspect", "procfs"}, pure},
	"inspect/trace":       {[]string{"inspect", "procfs"}, pure},
	"inspect/zombie":      {[]string{"inspect", "inspect/manage", "inspect/origin", "inspect/signal", "procfs"}, pure},
	"inspect/diff":        {[]string{"inspect", "inspect/rule", "procfs"}, pure},
	"plugin/engine":       {[]string{"inspect", "plugin/source", "procfs"}, []string{"github.com/spf13/"}},
	"plugin/bundle":       {[]string{"inspect", "inspect/shim", "plugin/engine", "plugin/source", "procfs"}, []string{"github.com/docker/", "github.com/spf13/", "os", "net"}},
	"plugin/source":       {[]string{"procfs", "procfs/bpf", "procfs/taskiter", "inspect", "inspect/manage", "inspect/need", "inspect/shim", "inspect/signal", "procfs/read", "procfs/wire"}, []string{"github.com/docker/", "github.com/spf13/"}},
	"plugin/render":       {[]string{"inspect", "inspect/manage", "inspect/rule", "procfs", "inspect/limit", "inspect/signal", "inspect/namespace", "inspect/explain", "inspect/origin", "inspect/zombie", "inspect/diff", "inspect/overview", "inspect/pattern", "inspect/trace"}, []string{"github.com/docker/docker/client", "net", "os/exec", "github.com/spf13/"}},
	"plugin/top":          {[]string{"inspect", "inspect/need", "inspect/overview", "inspect/rule", "plugin/render", "plugin/source"}, []string{"github.com/docker/", "github.com/spf13/", "net"}},
	"plugin/tracing":      {[]string{"inspect", "inspect/trace", "plugin/source", "procfs", "procfs/read", "procfs/sigtrace"}, []string{"github.com/", "github.com/spf13/", "net"}},
	"plugin/metrics":      {[]string{"inspect", "inspect/measure"}, []string{"github.com/docker/", "github.com/spf13/", "os/exec"}},
	"plugin/helper":       {nil, []string{"github.com/", "net", "os/exec", "golang.org/"}},
	"plugin/about":        {nil, []string{"github.com/", "net", "os/exec", "golang.org/"}},
	"plugin":              {[]string{"plugin/about", "inspect", "inspect/near", "inspect/part", "inspect/manage", "inspect/measure", "inspect/rule", "procfs", "plugin/metrics", "plugin/source", "plugin/render", "plugin/top", "plugin/tracing", "procfs/bpf", "procfs/sigtrace", "inspect/limit", "inspect/need", "inspect/signal", "inspect/trace", "inspect/namespace", "inspect/explain", "inspect/origin", "inspect/zombie", "inspect/diff", "inspect/pattern"}, []string{"github.com/docker/docker", "os/exec", "net"}},
	"cmd/pidns-helper":    {[]string{"procfs/read", "procfs/taskiter", "procfs/wire"}, []string{"github.com/", "net", "os/exec", "golang.org/"}},
	"cmd/docker-pidns":    {[]string{"plugin", "plugin/about", "plugin/bundle", "plugin/engine", "plugin/helper", "plugin/source"}, []string{"github.com/docker/docker/client"}},
}

// Every folder imports only what its room may: the Docker client only in plugin/engine, no files
// and no sockets in inspect.
func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		folder := path.Dir(filepath.ToSlash(relative))
		if strings.HasPrefix(folder, "e2e") {
			return nil
		}
		seen[folder] = true
		checkFile(t, folder, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder := range rooms {
		if !seen[folder] {
			t.Errorf("there is no folder %s with Go files", folder)
		}
	}
}

// docs/architecture.md names each room, and no others.
func TestRoomsAreWrittenDown(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Rooms")
	table, _, _ = strings.Cut(table, "\n## ")
	written := map[string]bool{}
	for line := range strings.Lines(table) {
		if folder, isRow := strings.CutPrefix(line, "| `"); isRow {
			folder, _, _ = strings.Cut(folder, "`")
			written[folder] = true
		}
	}
	for folder := range rooms {
		if !written[folder] {
			t.Errorf("%s is not in the table of rooms", folder)
		}
	}
	for folder := range written {
		if _, ok := rooms[folder]; !ok && !strings.HasPrefix(folder, "e2e") {
			t.Errorf("the table of rooms has %s, which is none", folder)
		}
		if found, err := filepath.Glob(filepath.Join("..", "..", folder, "*.go")); err != nil || len(found) == 0 {
			t.Errorf("there are no Go files in %s: %v", folder, err)
		}
	}
}

// A room that is larger than this must be divided, because a reader must read all its names to
// find something.
const (
	mostFiles = 42
	mostNames = 240
)

func TestRoomsAreSmall(t *testing.T) {
	for folder := range rooms {
		files, err := filepath.Glob(filepath.Join("..", "..", folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		files = slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, "_test.go") })
		names := 0
		for _, file := range files {
			names += exportedIn(t, file)
		}
		if len(files) > mostFiles || names > mostNames {
			t.Errorf("%s has %d files and %d exported names", folder, len(files), names)
		}
	}
}

// exportedIn is the number of exported names that a file declares, including methods.
func exportedIn(t *testing.T, file string) int {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	add := func(name *ast.Ident) {
		if name.IsExported() {
			count++
		}
	}
	for _, declared := range parsed.Decls {
		switch declared := declared.(type) {
		case *ast.FuncDecl:
			add(declared.Name)
		case *ast.GenDecl:
			for _, spec := range declared.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					add(spec.Name)
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						add(name)
					}
				}
			}
		}
	}
	return count
}

func checkFile(t *testing.T, folder, file string) {
	t.Helper()
	room, ok := rooms[folder]
	if !ok {
		t.Errorf("%s: folder %s has no rule: say what it may import", file, folder)
		return
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
			if !slices.Contains(room.ours, ours) {
				t.Errorf("%s imports %s: %s may not", file, ours, folder)
			}
			continue
		}
		for _, prefix := range room.foreign {
			if imported == "net/netip" { // it only computes, and opens nothing
				continue
			}
			if imported == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(imported, prefix) || strings.HasPrefix(imported, prefix+"/") {
				t.Errorf("%s imports %s: %s may not", file, imported, folder)
			}
		}
	}
}
