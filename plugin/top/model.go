package top

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/overview"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// Config is what a model needs besides frames.
type Config struct {
	// Feed takes the looks, with Interval between them.
	Feed     Feed
	Interval time.Duration
	// Screen is the terminal, without its width.
	Screen render.Screen
	// Draw writes one command's answer about a container.
	Draw func(screen render.Screen, view View, ix *inspect.Index, c *inspect.Container)
	// Command is the command that shows a view of a container.
	Command func(view View, name string) string
	// Save writes a whole capture to a new file, and returns its name.
	Save func(*inspect.Capture) (string, error)
}

// Model is the state of the screen.
type Model struct {
	Config
	ctx           context.Context
	now           func() time.Time
	width, height int

	// frame is what is shown, all are its containers, and course is what the last frames have
	// shown. rows are the containers that the filter selects, in their order.
	frame  Frame
	all    []overview.Row
	course course
	rows   []render.OverviewRow
	table  *table
	order  overview.Order
	filter string

	// selected is the ID of the container that keys are about, and first the first row that is
	// shown. Until the user has moved, it is the first container, whichever that is.
	selected string
	first    int
	moved    bool
	// view is what is shown of the container with the ID subject, whose name was name. scroll
	// is the first line.
	view    View
	subject string
	name    string
	scroll  int

	// typing is true while a filter is typed, and help while keys are explained.
	typing, help bool
	// paused is true while nothing new is shown. page is the saved frame that is shown.
	paused bool
	page   int
	// saving is true until the next whole frame is written to a file.
	saving bool
	// said is the result of the last key, until the next key.
	said render.Safe

	// judged are the newest verdicts, judging took judgeTime, and unjudged is why there are none
	// since.
	judged    *overview.Judged
	judgeTime time.Duration
	unjudged  error
	// left is true if a container has gone since they were found. Others may have used its
	// namespaces.
	left bool
	// detail is the newest answer about the container that is shown.
	detail detail
	// looking, judging and detailing are what is being done in the background.
	looking, judging, detailing errand
}

// errand is something that is done in the background, one at a time.
type errand struct {
	// busy is true since the time in since. again is true if it must be done once more.
	busy, again bool
	since       time.Time
}

// begin reports whether it must start now. Otherwise it is done again after it has ended.
func (e *errand) begin(now time.Time) bool {
	if e.busy {
		e.again = true
		return false
	}
	*e = errand{busy: true, since: now}
	return true
}

// end reports whether it must be done again.
func (e *errand) end() bool {
	again := e.again
	*e = errand{}
	return again
}

// detail is what one view needs of one container.
type detail struct {
	view View
	id   string
	ix   *inspect.Index
	err  error
}

// New returns the model of a terminal that shows the first frame.
func New(ctx context.Context, config Config, first Frame) Model {
	m := Model{Config: config, table: &table{}, ctx: ctx, order: overview.WorstFirst, width: 80, height: 24, now: time.Now}
	m.take(first)
	return m
}

// The messages: the next look, new verdicts, a new answer about one container, that a look is
// due, that a second has passed, and that a capture was written.
type (
	frameMsg  struct{ Frame }
	judgedMsg struct {
		judged *overview.Judged
		err    error
	}
	detailMsg struct{ detail }
	tickMsg   struct{}
	beatMsg   struct{}
	savedMsg  struct {
		path string
		err  error
	}
)

// Init waits for the time of the second look, and finds verdicts.
func (m Model) Init() tea.Cmd { return m.later() }

// look takes the next look.
func (m *Model) look() tea.Cmd {
	if !m.looking.begin(m.now()) {
		return nil
	}
	feed, whole, page, ctx := m.Feed, m.paused || m.saving, m.page, m.ctx
	take := func() tea.Msg { return frameMsg{feed.Look(ctx, whole)} }
	if !m.isLive() {
		take = func() tea.Msg { return frameMsg{feed.Page(ctx, page)} }
	}
	return tea.Batch(take, beat())
}

// judge finds verdicts.
func (m *Model) judge() tea.Cmd {
	if !m.judging.begin(m.now()) {
		return nil
	}
	feed, ctx := m.Feed, m.ctx
	return func() tea.Msg {
		judged, err := feed.Judge(ctx)
		return judgedMsg{judged, err}
	}
}

// ask asks for the view that is shown, unless the frame answers it.
func (m *Model) ask() tea.Cmd {
	if m.view == ViewAll || m.frame.Whole || m.paused || !m.detailing.begin(m.now()) {
		return nil
	}
	feed, ctx, d := m.Feed, m.ctx, detail{view: m.view, id: m.subject}
	return tea.Batch(func() tea.Msg {
		d.ix, d.err = feed.Detail(ctx, d.view, d.id)
		return detailMsg{d}
	}, beat())
}

// beat makes the screen say how long something takes.
func beat() tea.Cmd { return tea.Tick(time.Second, func(time.Time) tea.Msg { return beatMsg{} }) }

// later is the time of the next look.
func (m *Model) later() tea.Cmd {
	if m.paused || !m.isLive() {
		return nil
	}
	wait := m.Interval
	if m.course.looks == 1 {
		wait = min(wait, Settle) // the second look at zombies
	}
	return tea.Tick(wait, func(time.Time) tea.Msg { return tickMsg{} })
}

// isLive reports whether frames are looks at a host, and not saved.
func (m *Model) isLive() bool { return m.Feed.Pages() == 0 }

// The times between two thorough looks: usually, and after something has happened. On a large
// host it is at least judgeShare times what a thorough look takes.
const (
	judgeEvery = 30 * time.Second
	judgeSoon  = 2 * time.Second
	judgeShare = 20
)

// isJudgementDue reports whether verdicts are missing, old, or do not fit the newest numbers.
func (m *Model) isJudgementDue() bool {
	if !m.isLive() || m.paused || m.judging.busy {
		return false
	}
	if m.judged == nil {
		return true
	}
	age, least := m.frame.at().Sub(m.judged.At), judgeShare*m.judgeTime
	soon := m.left || slices.ContainsFunc(m.all, isSurprising)
	return age < 0 || age >= max(judgeEvery, least) || soon && age >= max(judgeSoon, least)
}

// isSurprising reports whether a container has no verdict, or has its first zombies since that.
func isSurprising(r overview.Row) bool {
	switch {
	case r.Problem != nil:
		return false
	case r.Verdict == nil:
		return true
	default:
		return r.Zombies.Or(0) > 0 && r.Verdict.Zombies == 0
	}
}

// take shows a frame. If there was no look, what was read last stays.
func (m *Model) take(f Frame) {
	if f.Err != nil {
		m.frame.Err = f.Err
		return
	}
	m.frame = f
	if f.Whole {
		m.judged, m.unjudged = m.Feed.Verdicts(f.Index), nil
	}
	m.all = m.Feed.Rows(f.Index, m.judged)
	m.course = m.course.with(m.all)
	m.left = m.left || len(m.course.gone) > 0
	m.arrange()
}

// takeVerdicts shows new verdicts on what was read last.
func (m *Model) takeVerdicts(judged *overview.Judged, err error) {
	m.unjudged = err
	if err != nil || m.frame.Whole {
		return
	}
	m.judged, m.left = judged, false
	m.all = m.Feed.Rows(m.frame.Index, judged)
	m.arrange()
}

// arrange makes the rows that are shown.
func (m *Model) arrange() {
	rows := slices.Clone(m.all)
	gone := map[string]bool{}
	for _, r := range m.course.gone {
		rows = append(rows, r)
		gone[r.Container.ID] = true
	}
	rows = slices.DeleteFunc(rows, func(r overview.Row) bool { return !m.matches(r.Container) })
	overview.Sort(rows, m.order)
	place := m.place()
	m.table = &table{}
	m.rows = make([]render.OverviewRow, len(rows))
	for i, r := range rows {
		id := r.Container.ID
		m.rows[i] = render.OverviewRow{Row: r, More: m.course.more[id], History: m.course.tasks[id], New: m.course.fresh[id], Gone: gone[id]}
	}
	switch now := m.place(); {
	case !m.moved:
		m.choose(0)
	case now < 0:
		m.choose(place)
	default:
		m.choose(now)
	}
}

// matches reports whether the typed filter is in the container's name, image or ID.
func (m *Model) matches(c *inspect.Container) bool {
	wanted := strings.ToLower(m.filter)
	return strings.Contains(strings.ToLower(c.Name), wanted) || strings.Contains(strings.ToLower(c.Image), wanted) || wanted != "" && strings.HasPrefix(c.ID, wanted)
}

// place is the number of the selected row, -1 if it is not shown.
func (m *Model) place() int {
	return slices.IndexFunc(m.rows, func(r render.OverviewRow) bool { return r.Container.ID == m.selected })
}

// choose selects the row with the number, or the nearest one, and shows it.
func (m *Model) choose(place int) {
	if len(m.rows) == 0 {
		m.first = 0
		return
	}
	place = min(max(place, 0), len(m.rows)-1)
	m.selected, m.table = m.rows[place].Container.ID, &table{}
	for i := range m.rows {
		m.rows[i].Selected = i == place
	}
	visible := max(m.listHeight(), 1)
	m.first = min(max(m.first, place-visible+1), place)
	m.first = max(min(m.first, len(m.rows)-visible), 0)
}

// chosen is the selected row, nil if there is none.
func (m *Model) chosen() *render.OverviewRow {
	if place := m.place(); place >= 0 {
		return &m.rows[place]
	}
	return nil
}
