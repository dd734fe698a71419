package top

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/overview"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fakeFeed is a feed without a host.
type fakeFeed struct {
	selection
	pages []*World
}

func (f *fakeFeed) Look(context.Context, bool) Frame                             { return Frame{} }
func (f *fakeFeed) Judge(context.Context) (*overview.Judged, error)              { return nil, nil }
func (f *fakeFeed) Detail(context.Context, View, string) (*inspect.Index, error) { return nil, nil }
func (f *fakeFeed) Pages() int                                                   { return len(f.pages) }
func (f *fakeFeed) Page(_ context.Context, n int) Frame {
	return Frame{Index: f.pages[n].Index(), Whole: true, Title: fmt.Sprintf("day%d.json", n)}
}

// first is the first page, or a look at the world.
func (f *fakeFeed) first(w *World) Frame {
	if len(f.pages) > 0 {
		return f.Page(context.Background(), 0)
	}
	return Frame{Index: w.Index()}
}

// noon is the time on the clock of these tests.
var noon = TakenAt.Add(2 * time.Second)

// on is a model of a terminal with that size, which shows a world.
func on(w *World, width, height int, feed *fakeFeed) Model {
	config := Config{
		Feed: feed, Interval: 2 * time.Second, Screen: render.Screen{},
		Draw: func(s render.Screen, view View, ix *inspect.Index, c *inspect.Container) {
			for i := range 40 {
				s.Line(render.Say("%s of %s, line %d of %d columns, with %d processes", view, c.Name, i, s.Width, len(ix.ProcessesOf(c))))
			}
		},
		Command: func(view View, name string) string { return "docker pidns " + string(view) + " " + name },
		Save:    func(*inspect.Capture) (string, error) { return "pidns-host.json.gz", nil },
	}
	first := feed.first(w)
	m := New(context.Background(), config, first)
	m.now = func() time.Time { return noon }
	return m.then(tea.WindowSizeMsg{Width: width, Height: height})
}

// then is the model after messages.
func (m Model) then(messages ...tea.Msg) Model {
	for _, message := range messages {
		next, _ := m.Update(message)
		m = next.(Model)
	}
	return m
}

// judgedAs adds the verdicts on a world.
func judgedAs(m Model, w *World) Model {
	return m.then(judgedMsg{judged: m.Feed.Verdicts(w.Index())})
}

// press are the keys with these names.
func press(names ...string) []tea.Msg {
	special := map[string]tea.Key{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "down": {Code: tea.KeyDown}, "up": {Code: tea.KeyUp}, "backspace": {Code: tea.KeyBackspace},
		"pgdown": {Code: tea.KeyPgDown}, "pgup": {Code: tea.KeyPgUp}, "end": {Code: tea.KeyEnd}, "home": {Code: tea.KeyHome},
		"ctrl+c": {Code: 'c', Mod: tea.ModCtrl}, "ctrl+z": {Code: 'z', Mod: tea.ModCtrl},
	}
	var keys []tea.Msg
	for _, name := range names {
		key, is := special[name]
		if !is {
			key = tea.Key{Code: []rune(name)[0], Text: name}
		}
		keys = append(keys, tea.KeyPressMsg(key))
	}
	return keys
}

// street is a host with so many containers. The first has zombies.
func street(n int) *World {
	w := NewWorld().Process(1, 0, "systemd")
	w.Engine.Name = "prod"
	w.PIDs = map[string]inspect.PIDsUse{}
	for i := range n {
		id, shim, main := fmt.Sprintf("%064x", i+1), 1000+10*i, 1001+10*i
		group := procfs.Some([]procfs.Cgroup{{Path: "/docker/" + id}})
		in := func(chain int) Change {
			return func(p *procfs.Process) {
				p.Cgroups, p.NSPIDs = group, []int{p.PID, chain}
				NS(uint64(7 + i))(p)
			}
		}
		w.Process(shim, 1, "containerd-shim", Args("/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", id)).
			Process(main, shim, "nginx", in(1), Caught(15))
		if i == 0 {
			w.Alter(main, func(p *procfs.Process) {
				p.Comm, p.Args, p.Signals.Caught = "sleep", procfs.Some([]string{"sleep", "infinity"}), Signals()
			})
		}
		w.Containers = append(w.Containers, inspect.Container{
			ID: id, Name: fmt.Sprintf("web-%d", i), Image: "nginx:1", Status: "running", HostPID: main, AnsweredAt: TakenAt, StopTimeout: 10 * time.Second, StopSignal: "SIGTERM",
		})
		w.PIDs[id] = inspect.PIDsUse{Current: procfs.Some(i%7 + 1), Max: procfs.Some(100)}
		if i == 0 {
			w.Process(main+1, main, "curl", in(2), SID(2), Exited(0)).Process(main+2, main, "curl", in(3), SID(3), Exited(0))
		}
	}
	return w.Again()
}

// golden compares a screen with the file of that name. Each line fits the screen.
func golden(t *testing.T, name string, m Model) {
	t.Helper()
	text := m.Text()
	checkFits(t, m)
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text+"\n" != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, text, want)
	}
}

func checkFits(t *testing.T, m Model) {
	t.Helper()
	lines := strings.Split(m.Text(), "\n")
	if len(lines) != max(m.height, 1) {
		t.Errorf("%dx%d: %d lines", m.width, m.height, len(lines))
	}
	for _, line := range lines {
		if lipgloss.Width(line) > m.width {
			t.Errorf("%dx%d: a line has %d columns: %s", m.width, m.height, lipgloss.Width(line), line)
		}
	}
}

var errSilent = errors.New("the engine at unix:///var/run/docker.sock did not answer in 5s\nNext: something")

func TestMain(m *testing.M) {
	time.Local = time.UTC // the screen has local times
	m.Run()
}
