package render

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// The words before a command that can be typed, one form for all answers: what relieves
// now, what shows more, what shows whether a fix has helped. Before a lasting fix stands
// "Fix: ", and a sentence behind it.
const (
	fixNow  Safe = "Fix now: "
	fix     Safe = "Fix: "
	lookOn  Safe = "Next: "
	checkIt Safe = "Check: "
)

// commandLine writes a command that can be typed on its own line behind pad and a word,
// and in brackets what it does or takes; "" for nothing. A command is never broken.
func (s Screen) commandLine(pad, word Safe, command, about string) {
	if about = strings.TrimRight(strings.TrimSpace(about), "."); about != "" {
		about = "(" + about + ")"
	}
	s.advice(pad+word, (pad + word).width(), s.paint(bold, Escape(command)), Escape(about))
}

// nextCommand writes the command that shows more, about the snapshot if one is shown.
func (s Screen) nextCommand(command string) {
	s.commandLine("", lookOn, s.about(command), "")
}

// fixLines writes the command that fixes something now, with what it interrupts or brings
// nearer, and the lasting fix; "" for none. For a saved host there is nothing to fix now.
func (s Screen) fixLines(pad Safe, now, effect, lasting string) {
	if now = s.nextHere(now); now != "" {
		s.commandLine(pad, fixNow, now, effect)
	}
	if lasting != "" {
		s.writeWrapped(pad+fix, (pad + fix).width(), Escape(strings.TrimSuffix(lasting, ".")))
	}
}

// fixNowWords are the command that fixes something now, with what it interrupts, for a line
// that has room for them; "" for none.
func (s Screen) fixNowWords(now, effect string) Safe {
	if now = s.nextHere(now); now == "" {
		return ""
	}
	if effect = strings.TrimRight(effect, "."); effect != "" {
		effect = "   (" + effect + ")"
	}
	return fixNow + s.paint(bold, Escape(now)) + Escape(effect)
}

// mostChecked is how many containers a command that checks a fix names.
const mostChecked = 3

// checkLine writes the command that shows whether fixes have helped in these containers,
// each named once, or in all where there are many. For a saved host there is none.
func (s Screen) checkLine(command string, fixed []*inspect.Container) {
	if len(fixed) == 0 || s.isSaved() {
		return
	}
	var names []string
	for _, c := range fixed {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	if len(names) <= mostChecked {
		command += " " + strings.Join(names, " ")
	}
	s.commandLine("", checkIt, s.about(command), "")
}
