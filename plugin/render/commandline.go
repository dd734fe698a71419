package render

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// These words precede a command that can be typed, in the same form in all answers: a command
// that relieves now, one that shows more, and one that shows whether a fix has helped. "Fix: "
// precedes a lasting fix, which is a sentence.
const (
	fixNow  Safe = "Fix now: "
	fix     Safe = "Fix: "
	lookOn  Safe = "Next: "
	checkIt Safe = "Check: "
)

// commandLine writes a command that can be typed on its own line after pad and a word. about
// follows in brackets: what the command does or takes, or "". A command is never broken into
// lines.
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

// fixLines writes the command that fixes something now, with its effect, and the lasting fix.
// Either can be "". For a saved host there is nothing to fix now.
func (s Screen) fixLines(pad Safe, now, effect, lasting string) {
	if now = s.nextHere(now); now != "" {
		s.commandLine(pad, fixNow, now, effect)
	}
	if lasting != "" {
		s.writeWrapped(pad+fix, (pad + fix).width(), Escape(strings.TrimSuffix(lasting, ".")))
	}
}

// fixNowWords are the command that fixes something now, with its effect, for a line that has
// room for them, or "".
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

// checkLine writes the command that shows whether fixes have helped in these containers. It
// names each once, or none if there are many. It writes nothing for a saved host.
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
