package top

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// View is the whole screen.
func (m Model) View() tea.View {
	v := tea.NewView(m.Text())
	v.AltScreen = true
	return v
}

// Text is the whole screen as lines, each of which fits.
func (m Model) Text() string {
	lines := m.head()
	switch {
	case m.help:
		lines = append(lines, helpLines...)
	case m.view != ViewAll:
		lines = append(lines, window(m.detailLines(), m.scroll, m.listHeight())...)
	default:
		lines = append(lines, m.list()...)
	}
	foot := m.foot()
	room := max(m.height-len(foot), 0)
	for len(lines) < room {
		lines = append(lines, "")
	}
	lines = append(lines[:min(len(lines), room)], foot...)
	fit, all := lipgloss.NewStyle().MaxWidth(max(m.width, 1)), texts(lines)
	for i := range all {
		all[i] = fit.Render(all[i])
	}
	return strings.Join(all, "\n")
}

func texts(lines []render.Safe) []string {
	list := make([]string, len(lines))
	for i, line := range lines {
		list[i] = string(line)
	}
	return list
}

// window are n lines from the first on.
func window(lines []render.Safe, first, n int) []render.Safe {
	first = min(max(first, 0), len(lines))
	return lines[first:min(first+max(n, 0), len(lines))]
}

// listHeight is the room for rows or lines between head and foot.
func (m *Model) listHeight() int {
	headings := 1
	if m.view != ViewAll {
		headings = 0
	}
	return max(m.height-len(m.head())-len(m.foot())-headings, 0)
}

// head says what is looked at, and what is wrong with looking.
func (m *Model) head() []render.Safe {
	lines := []render.Safe{m.title()}
	if trouble := m.trouble(); trouble != "" {
		lines = append(lines, m.Screen.Warn(trouble))
	}
	return lines
}

// title is the first line. What does not fit is left out from its end, and the key for help
// stays.
func (m *Model) title() render.Safe {
	parts := []render.Safe{m.Screen.Strong("docker pidns top")}
	if f := &m.frame; f.Index != nil {
		where := f.Index.Capture.Engine.Name
		if f.Title != "" {
			where = fmt.Sprintf("%s (%d of %d), %s", f.Title, m.page+1, m.Feed.Pages(), f.at().UTC().Format("2006-01-02 15:04:05 MST"))
		}
		parts = append(parts, render.Escape(where))
	}
	switch {
	case m.paused && m.frame.Whole:
		parts = append(parts, m.Screen.Warn(render.Say("paused at %s", m.frame.at().Local().Format("15:04:05"))))
	case m.paused:
		parts = append(parts, "pausing")
	}
	if m.filter != "" && !m.typing {
		parts = append(parts, render.Say("filter: %s", m.filter))
	}
	parts = append(parts, m.sums()...)
	if m.isLive() && !m.paused {
		parts = append(parts, render.Say("every %s", m.Interval))
	}
	for len(parts) > 1 && lipgloss.Width(string(join(parts, "  ")))+len("  ? help") > m.width {
		parts = parts[:len(parts)-1]
	}
	return join(append(parts, "? help"), "  ")
}

// sums are the totals of all containers.
func (m *Model) sums() []render.Safe {
	processes, zombies, more, containers := 0, 0, 0, 0
	unread, unsettled := false, false // processes could not be read; zombies were seen once
	for _, r := range m.all {
		if r.Problem == nil {
			containers++
		}
		n, known := r.Count.Get()
		processes += n.Processes
		unread = unread || !known && r.Problem == nil
		zombies += r.Zombies.Or(0)
		unsettled = unsettled || !r.Zombies.Held() && (r.Passing > 0 || !known && r.Problem == nil)
		more += m.course.more[r.Container.ID]
	}
	change := ""
	if more != 0 {
		change = fmt.Sprintf(" (%+d)", more)
	}
	ofZombies := render.Say("%s%s", inspect.Counted(zombies, "zombie"), change)
	if unsettled {
		ofZombies = "? zombies"
	}
	ofProcesses := render.Say("%s", inspect.Counted(processes, "process"))
	if unread {
		ofProcesses = "? processes"
	}
	return []render.Safe{render.Say("%s", inspect.Counted(containers, "container")), ofProcesses, ofZombies}
}

// trouble is what is in the way of a look, "" if nothing is.
func (m *Model) trouble() render.Safe {
	f := &m.frame
	switch waited := m.now().Sub(m.looking.since); {
	case f.Err != nil && f.Index != nil:
		return render.Say("shown as of %s: %s", f.at().Local().Format("15:04:05"), firstLine(f.Err))
	case f.Err != nil:
		return render.Say("%s", firstLine(f.Err))
	case m.looking.busy && waited >= longLook:
		return render.Say("waiting for the engine and /proc: %s", waited.Truncate(time.Second))
	case m.unjudged != nil:
		return render.Say("no new verdicts: %s", firstLine(m.unjudged))
	case f.Silent != nil:
		return render.Say("the engine has not answered since %s; names and settings are from before", f.Since.Local().Format("15:04:05"))
	case f.Index != nil && f.Index.Capture.Engine.Silent:
		return "the engine does not answer; containers are shown as /proc shows them"
	case f.Index != nil && f.Index.Capture.Engine.Absent && f.Index.Capture.Engine.AbsentBecause != "":
		return render.Say("no engine: %s", f.Index.Capture.Engine.AbsentBecause)
	default:
		return ""
	}
}

// longLook is how long a look may take before the screen says so.
const longLook = 3 * time.Second

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// list is the table of containers, and says so if there is none.
func (m *Model) list() []render.Safe {
	switch {
	case m.frame.Index == nil && m.frame.Err != nil:
		return nil
	case m.frame.Index == nil:
		return []render.Safe{"reading"}
	case len(m.rows) == 0 && m.filter != "":
		return []render.Safe{"No running container matches the filter."}
	case len(m.rows) == 0:
		return []render.Safe{"No running containers."}
	}
	lines := m.table.of(m.width, func() []render.Safe { return m.written(func(s render.Screen) { s.Overview(m.rows) }) })
	return append(lines[:1:1], window(lines[1:], m.first, m.listHeight())...)
}

// table has the lines of rows that do not change any more, once they were written.
type table struct {
	width int
	lines []render.Safe
}

// of are the lines for a screen of that width.
func (t *table) of(width int, write func() []render.Safe) []render.Safe {
	if t.lines == nil || t.width != width {
		t.width, t.lines = width, write()
	}
	return t.lines
}

// written are the lines that something writes to a screen of this width.
func (m *Model) written(write func(render.Screen)) []render.Safe {
	return m.Screen.Written(max(m.width, 1), write)
}

// detailLines are the answer about the container that is shown.
func (m *Model) detailLines() []render.Safe {
	if m.view == ViewAll {
		return nil
	}
	ix, err := m.detailIndex()
	switch {
	case err != nil:
		return []render.Safe{render.Say("%s", firstLine(err))}
	case ix == nil && m.detailing.busy && m.now().Sub(m.detailing.since) >= time.Second:
		return []render.Safe{render.Say("reading %s: %s", m.name, m.now().Sub(m.detailing.since).Truncate(time.Second))}
	case ix == nil:
		return []render.Safe{render.Say("reading %s", m.name)}
	}
	c := containerShown(ix, m.subject)
	if c == nil {
		return []render.Safe{render.Say("%s is no longer running.", m.name), "", render.Say("Next: %s", m.Command(ViewExplain, m.name))}
	}
	return m.written(func(s render.Screen) { m.Draw(s, m.view, ix, c) })
}

// detailIndex is what answers the view, nil if that is still being read.
func (m *Model) detailIndex() (*inspect.Index, error) {
	switch {
	case m.frame.Whole:
		return m.frame.Index, nil
	case m.detail.view == m.view && m.detail.id == m.subject:
		return m.detail.ix, m.detail.err
	default:
		return nil, nil
	}
}

// foot are the selected container's finding and command, and the keys.
func (m *Model) foot() []render.Safe {
	var lines []render.Safe
	if command := m.command(); command != "" && m.height >= lowScreen && !m.help {
		lines = append(lines, "", render.Say("Next: %s", command))
	}
	switch {
	case m.typing:
		return append(lines, render.Say("/%s", m.filter)+"_")
	case m.said != "":
		return append(lines, m.said)
	default:
		return append(lines, m.keys())
	}
}

// lowScreen is the height from which on there is room for the command.
const lowScreen = 10

// keys are the keys that do something now, in fewer words on a narrow screen.
func (m *Model) keys() render.Safe {
	views := render.Safe("enter tree  z zombies  n ns  s signals  l limits  e explain  d doctor")
	begin, end := render.Safe(""), render.Safe("/ filter  o order  p pause  w write  y copy  q quit")
	if m.view != ViewAll {
		begin, end = "esc back  ", "p pause  w write  y copy  q quit"
	}
	if !m.isLive() {
		begin += "[ ] snapshot  "
	}
	line := " " + begin + views + "  " + end
	if lipgloss.Width(string(line)) > m.width {
		line = " " + begin + "enter z n s l e d  " + end
	}
	return m.Screen.Faint(line)
}

func join(parts []render.Safe, between render.Safe) render.Safe {
	return render.Safe(strings.Join(texts(parts), string(between)))
}

var helpLines = []render.Safe{
	"",
	"enter  tree of the container        up, down, page up, home ...  move",
	"z  its zombies                      /  filter by name, image or ID",
	"n  its namespaces                   o  order: worst, name, zombies, ...",
	"s  what docker stop will do         p  pause: freeze one look",
	"l  its limits                       w  write the look to a snapshot file",
	"e  explain it                       y  copy the command below",
	"d  what is wrong with it            r  look now",
	"esc  back                           [ ]  previous, next snapshot",
	"q, Ctrl-C  quit                     Ctrl-Z  suspend",
	"",
	"PROCS  processes, not zombies       ORPH  reparented processes",
	"ZOMB  zombies that two looks saw    EXEC  exec sessions",
	"PIDS  used / limit                  REAPS  does PID 1 reap?",
	"",
	"Numbers are from the last look. Verdicts are updated every 30s, and when",
	"something changes. Nothing is sent to a container.",
}
