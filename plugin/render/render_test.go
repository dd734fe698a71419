package render

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with testdata/NAME.golden.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs:\n%s\nwant:\n%s", path, got, want)
	}
}

// saved is the capture that the command tests use too.
func saved(t *testing.T) *inspect.Index {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "testdata", "demo.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	capture, err := inspect.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return inspect.NewIndex(capture)
}

// spoil makes one process hostile, one long and one odd.
func spoil(ix *inspect.Index) {
	for i := range ix.Capture.Snapshot.Processes {
		p := &ix.Capture.Snapshot.Processes[i]
		switch p.InnermostPID() {
		case 17:
			p.Args = procfs.Some([]string{"/bin/sh", "\x1b[2J\x1b]0;owned\a", "\u202egnp.exe", "line\nbreak", strings.Repeat("long ", 40)})
		case 18:
			p.State, p.Threads = procfs.StateZombie, 3
		case 31:
			p.Comm, p.WaitStatus = "a) Z\x1b[31m", procfs.None[procfs.WaitStatus](procfs.Denied)
		}
	}
}

func trees(ix *inspect.Index) []TreeBlock {
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	list := make([]TreeBlock, len(chosen))
	for i, c := range chosen {
		list[i] = TreeBlock{Tree: ix.Tree(c), Sharing: namespace.Joinable(ix, c)}
	}
	return list
}

func TestTreeAtSeveralWidths(t *testing.T) {
	for _, width := range []int{0, 40, 80, 200} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			ix := saved(t)
			spoil(ix)
			var b bytes.Buffer
			if err := (Screen{Out: &b, Width: width}).Tree(trees(ix), ListOptions{}); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("tree-%d", width), b.Bytes())
			noRawText(t, b.String())
		})
	}
}

func TestZombiesAtSeveralWidths(t *testing.T) {
	for _, width := range []int{0, 40, 80, 200} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			ix := saved(t)
			spoil(ix)
			chosen, _ := ix.Choose(nil, inspect.Filter{})
			var b bytes.Buffer
			if err := (Screen{Out: &b, Width: width, ASCII: true}).Zombies(zombie.Find(ix, chosen), ZombieOptions{}); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("zombies-%d", width), b.Bytes())
			noRawText(t, b.String())
		})
	}
}

func noRawText(t *testing.T, output string) {
	t.Helper()
	for _, raw := range []string{"\x1b", "\a", "\u202e"} {
		if strings.Contains(output, raw) {
			t.Errorf("%q reached the output raw", raw)
		}
	}
}

// Templates write the unchanged text for programs, and escaped text for people.
func TestTemplatesEscapeForReaders(t *testing.T) {
	for _, test := range []struct {
		format Format
		width  int
		raw    bool
	}{
		{"{{.Command}}", 0, true}, {"{{.Command}}", 80, false}, {"table {{.Command}} {{.Args}}", 0, false}, {"table {{.Comm}}", 80, false},
	} {
		ix := saved(t)
		spoil(ix)
		var b bytes.Buffer
		if err := (Screen{Out: &b, Width: test.width}).Tree(trees(ix), ListOptions{Format: test.format}); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(b.String(), "\x1b"); got != test.raw {
			t.Errorf("%q at width %d: raw text %v, want %v", test.format, test.width, got, test.raw)
		}
	}
	ix := saved(t)
	spoil(ix)
	var b bytes.Buffer
	if err := (Screen{Out: &b, Width: 80}).Tree(trees(ix), ListOptions{Format: "json"}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `\u001b[2J\u001b]0;owned\u0007`) {
		t.Error("json has not the whole text")
	}
}

func TestColourRepeatsWords(t *testing.T) {
	ix := saved(t)
	var plain, coloured bytes.Buffer
	if err := (Screen{Out: &plain, Width: 100}).Tree(trees(ix), ListOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := (Screen{Out: &coloured, Width: 100, Colour: true}).Tree(trees(ix), ListOptions{}); err != nil {
		t.Fatal(err)
	}
	if plain.String() == coloured.String() {
		t.Error("there is no colour")
	}
	if got := text.StripEscape(coloured.String()); got != plain.String() {
		t.Errorf("without its colours it is\n%s\nwant\n%s", got, plain.String())
	}
}

func TestScreen(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	for name, test := range map[string]struct {
		width         int
		env           func(string) string
		colour, ascii bool
	}{
		"terminal":      {80, env("LANG", "C.UTF-8"), true, false},
		"NO_COLOR":      {80, env("LANG", "C.UTF-8", "NO_COLOR", "1"), false, false},
		"dumb":          {80, env("LANG", "C.UTF-8", "TERM", "dumb"), false, false},
		"pipe":          {0, env("LANG", "de_DE.utf8"), false, false},
		"no locale":     {80, env(), true, true},
		"LC_ALL wins":   {80, env("LC_ALL", "C", "LANG", "C.UTF-8"), true, true},
		"LC_CTYPE wins": {80, env("LC_CTYPE", "C.UTF-8", "LANG", "C"), true, false},
	} {
		got := NewScreen(nil, test.width, test.env)
		if got.Colour != test.colour || got.ASCII != test.ascii || got.Width != test.width {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// many is a container with n equal children and n zombies with two statuses.
func many(n int) *inspect.Index {
	letter := strings.Repeat("a", 64)
	start := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	c := &inspect.Capture{Containers: []inspect.Container{{ID: letter, Name: "api", Status: "running", HostPID: 11}}}
	c.Snapshot = procfs.Snapshot{TakenAt: start, Uptime: time.Hour, Whole: true}
	c.SecondLook = &inspect.Look{At: start}
	add := func(pid, parent int, comm string, status procfs.Opt[procfs.WaitStatus]) {
		p := procfs.Process{
			Key: procfs.Key{PID: pid, StartTicks: uint64(pid)}, ParentPID: parent, State: "S", Comm: comm, Threads: 1, SID: 11,
			NSPIDs: []int{pid, pid - 10}, Args: procfs.Some([]string{comm}), WaitStatus: status,
			UIDMap:  procfs.Some([]procfs.IDMapping{{Length: 1000}}),
			Cgroups: procfs.Some([]procfs.Cgroup{{Path: "/docker/" + letter}}),
		}
		if status.Held() {
			p.State, p.Args = procfs.StateZombie, procfs.None[[]string](procfs.NotHeld)
			c.SecondLook.Zombies = append(c.SecondLook.Zombies, procfs.ZombieSeen{Key: p.Key, ParentPID: parent})
		}
		c.Snapshot.Processes = append(c.Snapshot.Processes, p)
	}
	living := procfs.None[procfs.WaitStatus](procfs.NotHeld)
	add(11, 1, "node", living)
	for i := range n {
		add(100+i, 11, "worker", living)
		add(10000+i, 11, "curl", procfs.Some(procfs.WaitStatus(i%2*256)))
	}
	return inspect.NewIndex(c)
}

func TestFolding(t *testing.T) {
	ix := many(3000)
	var b bytes.Buffer
	screen := Screen{Out: &b, Width: 80}
	if err := screen.Tree(trees(ix), ListOptions{}); err != nil {
		t.Fatal(err)
	}
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	if err := screen.Zombies(zombie.Find(ix, chosen), ZombieOptions{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "folded", b.Bytes())

	b.Reset()
	if err := screen.Tree(trees(ix), ListOptions{NoTrunc: true}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "worker"); got != 3000 {
		t.Errorf("--no-trunc shows %d workers, want 3000", got)
	}
	b.Reset()
	if err := screen.Tree(trees(ix), ListOptions{Format: "json"}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "\n"); got != 6001 {
		t.Errorf("json has %d rows, want one for each of 6001 processes", got)
	}
}

// The cost of a chain of processes grows with its length, not faster.
func TestDeepChain(t *testing.T) {
	const depth = 2000
	root := &inspect.Node{Row: &inspect.Row{Process: &procfs.Process{Key: procfs.Key{PID: 1}}, Container: &inspect.Container{}}}
	for node, i := root, 2; i <= depth; i++ {
		child := &inspect.Node{Row: &inspect.Row{Process: &procfs.Process{Key: procfs.Key{PID: i}}, Container: &inspect.Container{}}}
		for range foldFrom { // with siblings, so that each level checks whether they are equal
			leaf := &inspect.Node{Row: &inspect.Row{Process: &procfs.Process{Key: procfs.Key{PID: depth + i}}, Container: &inspect.Container{}}}
			node.Children = append(node.Children, leaf)
		}
		node.Children = append(node.Children, child)
		node = child
	}
	var b bytes.Buffer
	tree := inspect.Tree{Container: &inspect.Container{Name: "deep"}, Roots: []*inspect.Node{root}}
	if err := (Screen{Out: &b, Width: 80}).Tree([]TreeBlock{{Tree: tree}}, ListOptions{}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if len(lines) < 2*depth-2 {
		t.Errorf("got %d lines for %d levels with folded siblings", len(lines), depth)
	}
	for _, line := range lines {
		if text.StringWidth(line) > 140 {
			t.Fatalf("a line is %d columns wide: %q", text.StringWidth(line), line)
		}
	}
}

// Three equal processes are each shown, because a reader needs their PIDs.
func TestFewAreNotFolded(t *testing.T) {
	var b bytes.Buffer
	if err := (Screen{Out: &b}).Tree(trees(many(3)), ListOptions{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), " x ") {
		t.Errorf("folded:\n%s", b.String())
	}
}

func TestShort(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 59*time.Second + 999*time.Millisecond: "59s", time.Minute: "1m", 59 * time.Minute: "59m", time.Hour: "1h",
		47 * time.Hour: "47h", 48 * time.Hour: "2d", 1000 * 24 * time.Hour: "1000d",
	} {
		if got := short(d); string(got) != want {
			t.Errorf("%s: got %s, want %s", d, got, want)
		}
	}
}

func TestCounted(t *testing.T) {
	for n, want := range map[int]string{0: "0 zombies", 1: "1 zombie", 2999: "2,999 zombies"} {
		if got := counted(n, "zombie"); string(got) != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := counted(2, "process"); got != "2 processes" {
		t.Errorf("got %q", got)
	}
}
