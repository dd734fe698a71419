package plugin

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/cli/cli/command"

	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/plugin/top"
)

// What is typed wrongly, and an output that is no terminal, are refused with what to do.
func TestTopRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no terminal": {[]string{"top"}, "top needs a terminal. Without one: docker pidns doctor, in a loop or in watch(1)"},
		"interval":    {[]string{"top", "--interval", "1ms"}, "--interval 1ms: must be at least 200ms"},
		"input":       {[]string{"top", "--from", "-"}, "--from -: standard input is the keyboard here. Name a file"},
		"empty name":  {[]string{"top", ""}, "the name of a container is empty: is a variable of the script unset?"},
		"filter":      {[]string{"top", "--filter", "size=1"}, "size"},
		"collector":   {[]string{"top", "--collector", "x"}, `--collector "x": expected proc, bpf, auto`},
	} {
		got := run(t, nil, test.args...)
		if got.status != 125 || !strings.Contains(got.err, test.want) || got.out != "" {
			t.Errorf("%s: status %d, %q, %q", name, got.status, got.err, got.out)
		}
	}
}

// readme is a saved host.
const readme = "testdata/readme.json"

func topApp(t *testing.T) *App {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	cli, err := command.NewDockerCli(command.WithOutputStream(io.Discard), command.WithErrorStream(io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	return NewApp(cli, "test", func(where Where) ([]source.Source, error) { return []source.Source{source.File{Path: where.From}}, nil })
}

// Each view shows what its command shows of the container.
func TestTopViews(t *testing.T) {
	app, options := topApp(t), &topOptions{}
	options.From = readme
	feed, end, err := app.feed(t.Context(), options, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	first, err := app.firstLook(t.Context(), feed, options)
	if err != nil {
		t.Fatal(err)
	}
	c, problem := first.Index.Resolve("demo")
	if problem != nil {
		t.Fatal(problem.Text)
	}
	for view, command := range map[top.View][]string{
		top.ViewTree: {"tree", "demo"}, top.ViewZombies: {"zombies", "--all", "demo"}, top.ViewNamespaces: {"ns", "demo"}, top.ViewSignals: {"signals", "demo"},
		top.ViewLimits: {"limits", "demo"}, top.ViewExplain: {"explain", "demo"}, top.ViewDoctor: {"doctor", "--notes", "--verbose", "demo"},
	} {
		var out bytes.Buffer
		screen := render.NewScreen(&out, 0, func(string) string { return "C.UTF-8" })
		screen.From = readme
		app.drawn(options)(screen, view, first.Index, c)
		want := run(t, nil, append(command, "--from", readme)...).out
		if got := out.String(); got != want || got == "" {
			t.Errorf("%s: got\n%s\nwant\n%s", view, got, want)
		}
	}
	if got := app.topCommand(options, top.ViewTree, "demo"); got != "docker pidns tree demo --from "+readme {
		t.Errorf("got %q", got)
	}
}

// Several files are pages, by name.
func TestTopPages(t *testing.T) {
	app, options := topApp(t), &topOptions{}
	options.files = pathList{readme, "testdata/limits.json"}
	options.areFiles = true
	feed, _, err := app.feed(t.Context(), options, nil)
	if err != nil || feed.Pages() != 2 {
		t.Fatalf("got %v", err)
	}
	if f := feed.Page(t.Context(), 1); f.Err != nil || f.Title != "limits" || !f.Whole {
		t.Errorf("got %q, %v", f.Title, f.Err)
	}
}

// What prevents every look is an error before the terminal is taken.
func TestTopCannotLook(t *testing.T) {
	app, options := topApp(t), &topOptions{}
	options.From = "testdata/none.json"
	feed, _, err := app.feed(t.Context(), options, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := app.firstLook(t.Context(), feed, options); err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Errorf("got %v", err)
	}
	options = &topOptions{}
	if _, _, err := app.feed(t.Context(), options, nil); err == nil {
		t.Error("a file is watched")
	}
}

// A snapshot is a new file that other commands read.
func TestSaveSnapshot(t *testing.T) {
	c, err := source.File{Path: readme}.Capture(t.Context(), need.Snapshot(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	c.Engine.Name = "../the host\x1b"
	path, err := saveSnapshot(c)
	if err != nil || filepath.Base(path) != path || !strings.HasPrefix(path, "pidns-the-host") {
		t.Fatalf("got %q, %v", path, err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
	again, err := source.File{Path: path}.Capture(t.Context(), need.Snapshot(0))
	if err != nil || len(again.Containers) != len(c.Containers) {
		t.Errorf("got %v", err)
	}
	if _, err := saveSnapshot(c); err == nil {
		t.Error("it was replaced")
	}
}
