package top

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/overview"
)

// Keys move the selection, open views, and filter.
func TestKeys(t *testing.T) {
	w := street(5)
	for name, test := range map[string]struct {
		keys []string
		is   func(m *Model) bool
	}{
		"nothing":       {nil, func(m *Model) bool { return m.view == ViewAll && m.chosen().Container.Name == "web-0" }},
		"down":          {[]string{"down", "j"}, func(m *Model) bool { return m.place() == 2 }},
		"up":            {[]string{"down", "down", "up"}, func(m *Model) bool { return m.place() == 1 }},
		"up at the top": {[]string{"up"}, func(m *Model) bool { return m.place() == 0 }},
		"end":           {[]string{"end", "down"}, func(m *Model) bool { return m.place() == 4 }},
		"tree": {[]string{"down", "enter"}, func(m *Model) bool {
			return m.view == ViewTree && m.name == m.chosen().Container.Name && m.detailing.busy
		}},
		"another view":    {[]string{"enter", "z", "s"}, func(m *Model) bool { return m.view == ViewSignals && m.detailing.again }},
		"back":            {[]string{"l", "esc"}, func(m *Model) bool { return m.view == ViewAll && m.subject == "" }},
		"filter":          {[]string{"/", "w", "e", "b", "-", "3", "enter"}, func(m *Model) bool { return len(m.rows) == 1 && !m.typing }},
		"filter by image": {[]string{"/", "N", "G"}, func(m *Model) bool { return len(m.rows) == 5 && m.typing }},
		"filter, keys":    {[]string{"/", "q"}, func(m *Model) bool { return m.filter == "q" && len(m.rows) == 0 && m.chosen() == nil }},
		"filter, shorter": {[]string{"/", "3", "é", "backspace"}, func(m *Model) bool { return m.filter == "3" }},
		"filter, emptied": {[]string{"/", "backspace"}, func(m *Model) bool { return m.filter == "" && m.typing }},
		"filter, dropped": {[]string{"/", "3", "esc"}, func(m *Model) bool { return m.filter == "" && len(m.rows) == 5 }},
		"no filter again": {[]string{"/", "3", "enter", "esc"}, func(m *Model) bool { return m.filter == "" && len(m.rows) == 5 }},
		"view of nothing": {[]string{"/", "q", "enter", "enter"}, func(m *Model) bool { return m.view == ViewAll }},
		"order":           {[]string{"o"}, func(m *Model) bool { return m.order == overview.ByName && strings.Contains(m.Text(), "order: name") }},
		"help":            {[]string{"?"}, func(m *Model) bool { return m.help }},
		"help ends":       {[]string{"?", "q"}, func(m *Model) bool { return !m.help }},
		"pause":           {[]string{"p"}, func(m *Model) bool { return m.paused && m.looking.busy }},
		"pause ends":      {[]string{"p", "p"}, func(m *Model) bool { return !m.paused }},
		"write":           {[]string{"w"}, func(m *Model) bool { return m.saving && m.looking.busy }},
		"no page":         {[]string{"]"}, func(m *Model) bool { return m.page == 0 && !m.looking.busy }},
		"unknown":         {[]string{"x"}, func(m *Model) bool { return m.view == ViewAll && m.place() == 0 }},
	} {
		m := judgedAs(on(w, 80, 24, &fakeFeed{}), w).then(press(test.keys...)...)
		if !test.is(&m) {
			t.Errorf("%s: got view %q, place %d, filter %q:\n%s", name, m.view, m.place(), m.filter, m.Text())
		}
		checkFits(t, m)
	}
}

// commandIn is the command to type.
func commandIn(m Model) string { return m.command() }

// commandOf is the command that follows a message.
func commandOf(m Model, message tea.Msg) tea.Cmd {
	_, command := m.Update(message)
	return command
}

// Ctrl-C quits at once, also while a filter is typed and while something is being read.
func TestQuit(t *testing.T) {
	w := street(2)
	m := on(w, 80, 24, &fakeFeed{})
	for name, state := range map[string]Model{"list": m, "typing": m.then(press("/")...), "help": m.then(press("?")...), "reading": m.then(tickMsg{}), "view": m.then(press("enter")...)} {
		command := commandOf(state, press("ctrl+c")[0])
		if command == nil || command() != tea.Quit() {
			t.Errorf("%s: no end", name)
		}
		if command := commandOf(state, press("ctrl+z")[0]); command == nil || command() != tea.Suspend() {
			t.Errorf("%s: not suspended", name)
		}
	}
	if command := commandOf(m, press("q")[0]); command == nil || command() != tea.Quit() {
		t.Error("q: no end")
	}
}

// The command to type is that of the worst finding, of the problem, or of the view.
func TestCommand(t *testing.T) {
	w := street(2)
	m := on(w, 80, 24, &fakeFeed{})
	if got := m.command(); got != "docker pidns doctor web-0" {
		t.Errorf("got %q", got)
	}
	judged := judgedAs(m, w)
	if now := judged.chosen().Verdict.Worst().Now; now == "" || judged.command() != now {
		t.Errorf("got %q, want %q", judged.command(), now)
	}
	if got := commandIn(m.then(press("l")...)); got != "docker pidns limits web-0" {
		t.Errorf("got %q", got)
	}
	w.Containers[1].Status, w.Containers[1].HostPID = "restarting", 0
	resting := on(w, 80, 24, &fakeFeed{}).then(press("end")...)
	if got := resting.command(); got != "docker pidns explain web-1" {
		t.Errorf("got %q", got)
	}
	copied, command := m.Update(press("y")[0])
	if command == nil || copied.(Model).said == "" {
		t.Error("nothing is copied")
	}
	empty := on(street(0), 80, 24, &fakeFeed{})
	if command := commandOf(empty, press("y")[0]); command != nil {
		t.Error("something is copied")
	}
}

// A look that was begun before a pause is not shown, a whole one is, and it is saved as it is.
func TestPauseAndWrite(t *testing.T) {
	w, other := street(2), street(3)
	m := on(w, 80, 24, &fakeFeed{}).then(tickMsg{}).then(press("p")...)
	if !m.looking.again {
		t.Fatal("no whole look follows")
	}
	m = m.then(frameMsg{Frame{Index: other.Index()}})
	if len(m.all) != 2 || !m.looking.busy || m.looking.again {
		t.Errorf("%d containers, %+v", len(m.all), m.looking)
	}
	m = m.then(frameMsg{Frame{Index: other.Index(), Whole: true}})
	if len(m.all) != 3 || m.judged == nil || m.looking.busy {
		t.Errorf("%d containers, %+v", len(m.all), m.looking)
	}
	if command := commandOf(m, tickMsg{}); command != nil {
		t.Error("a pause has a next look")
	}
	if view := m.then(press("e")...); view.detailing.busy {
		t.Error("a paused look is asked for a view")
	}
	saved := commandOf(m, press("w")[0])
	if saved == nil || saved() != (savedMsg{path: "pidns-host.json.gz"}) {
		t.Error("not saved")
	}
	if text := m.then(saved()).Text(); !strings.Contains(text, "The snapshot is in pidns-host.json.gz") {
		t.Errorf("got\n%s", text)
	}
	if text := m.then(savedMsg{err: errors.New("disk full")}).Text(); !strings.Contains(text, "not written: disk full") {
		t.Errorf("got\n%s", text)
	}
	live := on(w, 80, 24, &fakeFeed{}).then(press("w")...)
	if live = live.then(frameMsg{Frame{Index: other.Index(), Whole: true}}); live.saving {
		t.Error("it is saved again and again")
	}
}

// Verdicts are found first, then from time to time, and soon after something has changed.
func TestWhenVerdictsAreDue(t *testing.T) {
	w := street(2)
	m := on(w, 80, 24, &fakeFeed{})
	if !m.isJudgementDue() {
		t.Error("not at first")
	}
	m = judgedAs(m, w)
	later := func(d time.Duration, n int) Model {
		next := street(n)
		next.Snapshot.TakenAt = w.Snapshot.TakenAt.Add(d)
		return m.then(frameMsg{Frame{Index: next.Index()}})
	}
	clean := street(2)
	clean.SecondLook.Zombies = nil
	before := m
	m = m.then(judgedMsg{judged: m.Feed.Verdicts(clean.Index())})
	zombies := later(judgeSoon, 2)
	m = before
	for name, test := range map[string]struct {
		m    Model
		want bool
	}{
		"its first zombies": {zombies, true}, "at once": {later(time.Second, 2), false}, "nothing new": {later(judgeEvery-time.Second, 2), false}, "old": {later(judgeEvery, 2), true},
		"a new container": {later(judgeSoon, 3), true}, "one has gone": {later(judgeSoon, 1), true}, "too soon": {later(judgeSoon-1, 3), false}, "the clock was set back": {later(-time.Hour, 2), true},
	} {
		test.m.judging = errand{}
		if got := test.m.isJudgementDue(); got != test.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
	m.judgeTime = 2 * time.Second // on a large host
	for d, want := range map[time.Duration]bool{judgeEvery: false, 2 * judgeShare * time.Second: true} {
		large := later(d, 3)
		if large.judging.busy != want {
			t.Errorf("after %s on a large host: %t", d, large.judging.busy)
		}
	}
	m.judgeTime = 0
	busy := later(judgeEvery, 2)
	if !busy.judging.busy || busy.isJudgementDue() {
		t.Error("it is found twice at once")
	}
}

// An answer about another container, or for another view, is not shown.
func TestLateDetail(t *testing.T) {
	w := street(2)
	m := on(w, 80, 24, &fakeFeed{}).then(press("enter")...)
	for _, late := range []detail{{view: ViewZombies, id: m.subject, ix: w.Index()}, {view: ViewTree, id: w.Containers[1].ID, ix: w.Index()}} {
		if text := m.then(detailMsg{late}).Text(); !strings.Contains(text, "reading web-0") {
			t.Errorf("got\n%s", text)
		}
	}
}

// A live feed looks quickly first. The next looks have settled zombies.
func TestLive(t *testing.T) {
	watch := &fakeWatch{world: street(2)}
	live := NewLive(watch, nil, inspect.Filter{})
	for range 2 {
		if f := live.Look(context.Background(), false); f.Err != nil || f.Index == nil || f.Whole || len(live.Rows(f.Index, nil)) != 2 {
			t.Fatalf("got %+v", f)
		}
	}
	if f := live.Look(context.Background(), true); !f.Whole {
		t.Error("not whole")
	}
	if judged, err := live.Judge(context.Background()); err != nil || judged.Of(&watch.world.Containers[0]) == nil {
		t.Errorf("got %v", err)
	}
	if ix, err := live.Detail(context.Background(), ViewLimits, watch.world.Containers[0].ID); err != nil || ix == nil {
		t.Errorf("got %v", err)
	}
	if got := watch.asked(); got != "0s 1s 1s 1s 0s" {
		t.Errorf("settled %s", got)
	}
	watch.err = errSilent
	if f := live.Look(context.Background(), false); !errors.Is(f.Err, errSilent) {
		t.Errorf("got %v", f.Err)
	}
}
