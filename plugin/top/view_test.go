package top

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// sizes are those of the terminals that are looked at.
var sizes = []struct{ width, height int }{{80, 24}, {120, 40}, {40, 12}}

func each(t *testing.T, name string, of func(width, height int) Model) {
	t.Helper()
	for _, size := range sizes {
		golden(t, fmt.Sprintf("%s-%dx%d", name, size.width, size.height), of(size.width, size.height))
	}
}

// The first look has numbers and no verdicts, the next ones have both.
func TestScreens(t *testing.T) {
	w := street(5)
	once := street(5)
	once.SecondLook = nil
	each(t, "first", func(width, height int) Model { return on(once, width, height, &fakeFeed{}) })
	each(t, "judged", func(width, height int) Model { return judgedAs(on(w, width, height, &fakeFeed{}), w) })
	each(t, "tree", func(width, height int) Model {
		m := judgedAs(on(w, width, height, &fakeFeed{}), w).then(press("down", "enter")...)
		return m.then(detailMsg{detail{view: ViewTree, id: m.subject, ix: w.Index()}})
	})
	each(t, "help", func(width, height int) Model { return on(w, width, height, &fakeFeed{}).then(press("?")...) })
}

// What has come is marked for one look, and what is gone is shown for one more.
func TestChanges(t *testing.T) {
	before, after := street(3), street(4)
	id := before.Containers[0].ID
	after.Containers = append(after.Containers[:1:1], after.Containers[2:]...)
	after.Process(1009, 1001, "curl", func(p *procfs.Process) {
		p.Cgroups, p.NSPIDs = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + id}}), []int{1009, 9}
		NS(7)(p)
		Exited(0)(p)
	})
	after.SecondLook.Zombies = nil
	after.Again()
	use := after.PIDs[id]
	use.Current = procfs.Some(60)
	after.PIDs[id] = use
	m := judgedAs(on(before, 80, 24, &fakeFeed{}), before).then(frameMsg{Frame{Index: after.Index()}})
	golden(t, "changes", m)
	m.Screen.Colour, m.table = true, &table{}
	golden(t, "changes-colour", m)
	m.Screen.Colour, m.Screen.ASCII, m.table = false, true, &table{}
	golden(t, "changes-ascii", m)
	m = m.then(frameMsg{Frame{Index: after.Index()}})
	if text := m.Text(); strings.Contains(text, "web-1 ") || strings.Contains(text, "+ ") {
		t.Errorf("changes of the look before are still shown:\n%s", text)
	}
}

// What is in the way is said above what was read last.
func TestTroubles(t *testing.T) {
	w := street(2)
	m := judgedAs(on(w, 80, 12, &fakeFeed{}), w)
	golden(t, "no-look", m.then(frameMsg{Frame{Err: errSilent}}))
	golden(t, "no-verdicts", m.then(judgedMsg{err: errSilent}))
	golden(t, "silent", m.then(frameMsg{Frame{Index: w.Index(), Silent: errSilent, Since: noon.Add(-time.Minute)}}))
	slow := m.then(tickMsg{})
	slow.now = func() time.Time { return noon.Add(9 * time.Second) }
	golden(t, "slow", slow)
	asked := m.then(press("s")...)
	asked.now = slow.now
	golden(t, "slow-view", asked)
	golden(t, "no-view", m.then(press("s")...).then(detailMsg{detail{view: ViewSignals, id: m.selected, err: errSilent}}))
	gone := m.then(press("s")...)
	golden(t, "ended-view", gone.then(detailMsg{detail{view: ViewSignals, id: gone.subject, ix: street(0).Index()}}))
	golden(t, "nothing", on(street(0), 80, 12, &fakeFeed{}))
	golden(t, "no-match", m.then(press("/", "x", "y", "enter")...))
}

// Names that a user or an engine has chosen do not reach the terminal as they are.
func TestHostileNames(t *testing.T) {
	w := street(4)
	w.Containers[0].Name = "a\x1b[2Jb\nc\u202ed"
	w.Containers[1].Name = strings.Repeat("long-", 60)
	w.Containers[2].Name = "日本語日本語日本語日本語"
	w.Engine.Name = "\x1b]0;title\x07host"
	each(t, "hostile", func(width, height int) Model { return judgedAs(on(w, width, height, &fakeFeed{}), w) })
}

// With many containers the selected row is always on the screen.
func TestManyContainers(t *testing.T) {
	w := street(300)
	m := judgedAs(on(w, 80, 24, &fakeFeed{}), w)
	golden(t, "many", m)
	for _, key := range []string{"end", "up", "pgup", "down", "pgdown", "home", "j", "G", "k", "g"} {
		m = m.then(press(key)...)
		checkFits(t, m)
		if !strings.Contains(m.Text(), "▸ "+m.chosen().Container.Name) {
			t.Errorf("after %s the selected %s is not shown:\n%s", key, m.chosen().Container.Name, m.Text())
		}
	}
	golden(t, "many-end", m.then(press("end")...))
}

// One container with 3,000 processes is one row, and its tree can be read to the end.
func TestLargeContainer(t *testing.T) {
	w := street(3)
	id, main := w.Containers[1].ID, w.Containers[1].HostPID
	for pid := 10_000; pid < 13_000; pid++ {
		w.Process(pid, main, "worker", func(p *procfs.Process) {
			p.Cgroups, p.NSPIDs = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + id}}), []int{pid, pid - 9_990}
			if pid%100 == 0 {
				Exited(0)(p)
			}
		})
	}
	w.SecondLook.Zombies = nil
	w.Again()
	draw := func(s render.Screen, _ View, ix *inspect.Index, c *inspect.Container) {
		_ = s.Tree([]render.TreeBlock{{Tree: ix.Tree(c)}}, render.ListOptions{})
	}
	each(t, "large", func(width, height int) Model { return judgedAs(on(w, width, height, &fakeFeed{}), w) })
	each(t, "large-tree", func(width, height int) Model {
		m := judgedAs(on(w, width, height, &fakeFeed{}), w)
		m.Draw = draw
		m = m.then(press("enter")...)
		m.subject = id
		m = m.then(detailMsg{detail{view: ViewTree, id: id, ix: w.Index()}}).then(press("end")...)
		checkFits(t, m)
		return m
	})
}

// A screen of any size is filled and never wider than the terminal.
func TestEverySize(t *testing.T) {
	w := street(30)
	for _, width := range []int{1, 2, 10, 39, 63, 64, 79, 109, 110, 300} {
		for _, height := range []int{1, 2, 3, 5, 9, 10, 50} {
			m := judgedAs(on(w, width, height, &fakeFeed{}), w)
			checkFits(t, m)
			checkFits(t, m.then(press("?")...))
			checkFits(t, m.then(press("end", "enter")...).then(detailMsg{detail{view: ViewTree, id: m.then(press("end")...).selected, ix: w.Index()}}).then(press("end")...))
			checkFits(t, m.then(frameMsg{Frame{Err: errSilent}}))
		}
	}
}

// Saved looks have a title, and can be turned over.
func TestSavedScreens(t *testing.T) {
	feed := &fakeFeed{pages: []*World{street(2), street(3)}}
	m := on(nil, 80, 24, feed)
	golden(t, "saved", m)
	next := m.then(press("]")...)
	if !next.looking.busy || next.page != 1 {
		t.Fatal("the next page is not read")
	}
	next = next.then(frameMsg{feed.Page(next.ctx, 1)})
	golden(t, "saved-next", next)
	if next.then(press("]")...).page != 1 || next.then(press("[")...).page != 0 || m.then(press("[")...).page != 0 {
		t.Error("there are other pages")
	}
	if saved := next.then(press("w")...); saved.saving || saved.said == "" {
		t.Error("a file is saved again")
	}
	if view := next.then(press("enter")...); view.detailing.busy || !strings.Contains(view.Text(), "tree of web-0, line 0") {
		t.Errorf("a file does not answer a view:\n%s", view.Text())
	}
}
