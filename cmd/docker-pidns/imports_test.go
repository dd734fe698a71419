package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/docker-pidns/docker-pidns"

// rooms says what of ours each folder may import, and which foreign packages
// it may not. Test files may import what they test with.
var rooms = map[string]struct {
	ours    []string
	foreign []string // prefixes that are forbidden
}{
	"procfs":              {nil, []string{"github.com/docker/", "github.com/spf13/"}},
	"procfs/read":         {[]string{"procfs"}, []string{"github.com/docker/", "github.com/spf13/"}},
	"procfs/procfstest":   {[]string{"procfs"}, []string{"os", "github.com/docker/", "github.com/spf13/"}},
	"procfs/taskiter":     {[]string{"procfs", "procfs/read"}, []string{"github.com/docker/", "github.com/spf13/"}},
	"inspect":             {[]string{"procfs"}, []string{"os", "net", "net/http", "os/exec", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"inspect/inspecttest": {[]string{"inspect", "procfs"}, []string{"os", "net", "os/exec", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"inspect/rule":        {[]string{"inspect", "procfs", "inspect/limit", "inspect/shim", "inspect/signal", "inspect/namespace", "inspect/zombie"}, []string{"os", "net", "os/exec", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"inspect/pattern":     {[]string{}, []string{"os", "net", "net/http", "os/exec", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"inspect/limit":       {[]string{"inspect", "inspect/pattern", "procfs"}, []string{"os", "net", "net/http", "os/exec", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"inspect/need":        {[]string{"inspect", "procfs"}, []string{"os", "net", "net/http", "os/exec", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"inspect/shim":        {[]string{"inspect", "procfs"}, []string{"os", "net", "net/http", "os/exec", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"inspect/signal":      {[]string{"inspect", "inspect/pattern", "procfs"}, []string{"os", "net", "net/http", "os/exec", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"inspect/namespace":   {[]string{"inspect", "procfs"}, []string{"os", "net", "net/http", "os/exec", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"inspect/explain":     {[]string{"inspect", "inspect/pattern", "inspect/namespace", "inspect/signal", "procfs"}, []string{"os", "net", "net/http", "os/exec", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"inspect/zombie":      {[]string{"inspect", "procfs"}, []string{"os", "net", "net/http", "os/exec", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"inspect/diff":        {[]string{"inspect", "inspect/rule", "procfs"}, []string{"os", "net", "net/http", "os/exec", "syscall", "golang.org/x/sys", "github.com/docker/docker", "github.com/docker/cli", "github.com/spf13/"}},
	"plugin/engine":       {[]string{"inspect", "procfs"}, []string{"github.com/spf13/"}},
	"plugin/source":       {[]string{"procfs", "procfs/taskiter", "inspect", "plugin/engine", "inspect/need", "inspect/shim", "inspect/signal", "procfs/read"}, []string{"github.com/docker/", "github.com/spf13/"}},
	"plugin/render":       {[]string{"inspect", "inspect/rule", "procfs", "inspect/limit", "inspect/signal", "inspect/namespace", "inspect/explain", "inspect/zombie", "inspect/diff"}, []string{"github.com/docker/docker/client", "net", "os/exec", "github.com/spf13/"}},
	"plugin/about":        {nil, []string{"github.com/", "net", "os/exec", "golang.org/"}},
	"plugin":              {[]string{"plugin/about", "inspect", "inspect/rule", "procfs", "plugin/source", "plugin/render", "inspect/limit", "inspect/need", "inspect/signal", "inspect/namespace", "inspect/explain", "inspect/zombie", "inspect/diff", "inspect/pattern", "plugin/engine"}, []string{"github.com/docker/docker", "os/exec", "net"}},
	"cmd/docker-pidns":    {[]string{"plugin", "plugin/about", "plugin/engine", "plugin/source"}, []string{"github.com/docker/docker/client"}},
}

// Every folder keeps to its room: the Docker client behind plugin/engine, no
// file and no socket in inspect.
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
			if imported == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(imported, prefix) || strings.HasPrefix(imported, prefix+"/") {
				t.Errorf("%s imports %s: %s may not", file, imported, folder)
			}
		}
	}
}
