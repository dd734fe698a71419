package top

import (
	"errors"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// Update is the model after a message.
func (m Model) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	switch message := message.(type) {
	case tea.WindowSizeMsg:
		return m.Resized(message.Width, message.Height), nil
	case tickMsg:
		if m.paused {
			return m, nil
		}
		return m, tea.Batch(m.look(), m.ask())
	case beatMsg:
		if m.looking.busy || m.detailing.busy {
			return m, beat()
		}
		return m, nil
	case frameMsg:
		return m.taken(message.Frame)
	case judgedMsg:
		if m.judging.busy {
			m.judgeTime = m.now().Sub(m.judging.since)
		}
		m.judging.end()
		m.takeVerdicts(message.judged, message.err)
		return m, nil
	case detailMsg:
		again := m.detailing.end()
		if message.view == m.view && message.id == m.subject {
			m.detail = message.detail
			m.scrollTo(m.scroll)
		}
		if again {
			return m, m.ask()
		}
		return m, nil
	case savedMsg:
		m.said = render.Say("The snapshot is in %s", message.path)
		if message.err != nil {
			m.said = render.Say("The snapshot was not written: %s", message.err)
		}
		return m, nil
	case tea.KeyPressMsg:
		return m.pressed(message)
	default:
		return m, nil
	}
}

// Resized is the model on a terminal of that size.
func (m Model) Resized(columns, rows int) Model {
	m.width, m.height = columns, rows
	m.choose(m.place())
	m.scrollTo(m.scroll)
	return m
}

// taken is the model after a look.
func (m Model) taken(f Frame) (tea.Model, tea.Cmd) {
	again := m.looking.end()
	var commands []tea.Cmd
	if !m.paused || f.Whole || f.Err != nil { // not one that was begun before the pause
		m.take(f)
	}
	if m.saving && (f.Whole || f.Err != nil) {
		m.saving = false
		commands = append(commands, m.save())
	}
	if again {
		return m, tea.Batch(append(commands, m.look())...)
	}
	if m.isJudgementDue() {
		commands = append(commands, m.judge())
	}
	return m, tea.Batch(append(commands, m.later())...)
}

var errNothingToSave = errors.New("nothing was read")

// save writes the frame that is shown.
func (m *Model) save() tea.Cmd {
	f, write := m.frame, m.Save
	return func() tea.Msg {
		if f.Err != nil {
			return savedMsg{err: f.Err}
		}
		if f.Index == nil || !f.Whole {
			return savedMsg{err: errNothingToSave}
		}
		path, err := write(f.Index.Capture)
		return savedMsg{path, err}
	}
}

// pressed is the model after a key.
func (m Model) pressed(key tea.KeyPressMsg) (tea.Model, tea.Cmd) {
	m.said = ""
	switch name := key.String(); {
	case name == "ctrl+c":
		return m, tea.Quit
	case name == "ctrl+z":
		return m, tea.Suspend
	case m.help:
		m.help = false
		return m, nil
	case m.typing:
		m.typed(name, key.Text)
		return m, nil
	default:
		return m.commanded(name)
	}
}

// typed is a key while a filter is typed.
func (m *Model) typed(name, text string) {
	switch name {
	case "enter":
		m.typing = false
	case "esc":
		m.typing, m.filter = false, ""
	case "backspace":
		_, size := utf8.DecodeLastRuneInString(m.filter)
		m.filter = m.filter[:len(m.filter)-size]
	default:
		if len(m.filter) < mostFilter {
			m.filter += text
		}
	}
	m.arrange()
}

// mostFilter is the length of a filter, in bytes.
const mostFilter = 200

// commanded is the model after a key that is a command.
func (m Model) commanded(key string) (tea.Model, tea.Cmd) {
	if to, ok := viewKeys[key]; ok {
		return m.open(to)
	}
	switch key {
	case "q":
		return m, tea.Quit
	case "?", "h":
		m.help = true
	case "esc", "backspace", "left":
		return m.back()
	case "/":
		if m.view == ViewAll {
			m.typing = true
		}
	case "o":
		m.order = m.order.Next()
		m.arrange()
		m.said = render.Say("order: %s", m.order)
	case "p", "space":
		return m.pause()
	case "r":
		return m, tea.Batch(m.look(), m.ask())
	case "w":
		return m.write()
	case "y":
		return m.copy()
	case "[", "]":
		return m.turn(key)
	default:
		m.move(key)
	}
	return m, nil
}

// viewKeys open a view of the selected container.
var viewKeys = map[string]View{
	"enter": ViewTree, "right": ViewTree, "t": ViewTree, "z": ViewZombies, "n": ViewNamespaces, "s": ViewSignals, "l": ViewLimits, "e": ViewExplain, "d": ViewDoctor,
}

// open shows a view of the selected container, or another view of the one that is shown.
func (m Model) open(view View) (tea.Model, tea.Cmd) {
	if m.view == ViewAll {
		row := m.chosen()
		if row == nil {
			return m, nil
		}
		m.subject, m.name, m.moved = row.Container.ID, row.Container.Name, true
	}
	m.view, m.scroll = view, 0
	return m, m.ask()
}

// back shows all containers, without a filter if they are shown already.
func (m Model) back() (tea.Model, tea.Cmd) {
	if m.view == ViewAll {
		m.filter = ""
	}
	m.view, m.subject, m.scroll = ViewAll, "", 0
	m.arrange()
	return m, nil
}

// pause freezes one whole look, and goes on after it.
func (m Model) pause() (tea.Model, tea.Cmd) {
	if !m.isLive() {
		return m, nil
	}
	m.paused = !m.paused
	return m, m.look()
}

// write saves what is shown, or a whole look that is taken for it.
func (m Model) write() (tea.Model, tea.Cmd) {
	if !m.isLive() {
		m.said = "This is a saved snapshot already"
		return m, nil
	}
	if m.frame.Whole && m.paused {
		return m, m.save()
	}
	m.saving, m.said = true, "taking a snapshot"
	return m, m.look()
}

// copy gives the command to the terminal's clipboard (OSC 52).
func (m Model) copy() (tea.Model, tea.Cmd) {
	command := m.command()
	if command == "" {
		return m, nil
	}
	m.said = render.Say("copied: %s", command)
	return m, tea.SetClipboard(command)
}

// command is what to type about the container that is selected or shown. The advice
// of a saved look may have been followed since.
func (m *Model) command() string {
	row := m.chosen()
	switch {
	case m.view != ViewAll:
		return m.Command(m.view, m.name)
	case row == nil:
		return ""
	case row.Problem != nil && row.Problem.Next != "" && m.isLive():
		return row.Problem.Next
	}
	if worst := row.Verdict.Worst(); worst != nil && worst.Now != "" && m.isLive() {
		return worst.Now
	}
	return m.Command(ViewDoctor, row.Container.Name)
}

// turn shows the saved frame before or after this one.
func (m Model) turn(key string) (tea.Model, tea.Cmd) {
	page := m.page - 1
	if key == "]" {
		page = m.page + 1
	}
	if page < 0 || page >= m.Feed.Pages() {
		return m, nil
	}
	m.page = page
	return m, m.look()
}

// move moves the selection, or the lines of a view.
func (m *Model) move(key string) {
	steps := map[string]int{"down": 1, "j": 1, "up": -1, "k": -1, "pgdown": m.listHeight(), "pgup": -m.listHeight(), "home": -1 << 20, "g": -1 << 20, "end": 1 << 20, "G": 1 << 20}
	by, ok := steps[key]
	switch {
	case !ok:
	case m.view != ViewAll:
		m.scrollTo(m.scroll + by)
	default:
		m.moved = true
		m.choose(m.place() + by)
	}
}

// scrollTo shows a view from the line on, so that the screen stays full.
func (m *Model) scrollTo(line int) {
	m.scroll = max(min(line, len(m.detailLines())-m.listHeight()), 0)
}

// containerShown is the container of the view in the index, nil if it is no longer running.
func containerShown(ix *inspect.Index, id string) *inspect.Container {
	chosen, _ := ix.Choose([]string{id}, inspect.Filter{})
	if len(chosen) == 0 {
		return nil
	}
	return chosen[0]
}
