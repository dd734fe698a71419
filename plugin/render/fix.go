package render

import "strings"

// fixNow is what to type now, with what that interrupts; "" for nothing.
func (s Screen) fixNow(command, effect string) Safe {
	now := s.nextHere(command)
	if now == "" {
		return ""
	}
	return s.paint(bold, "Fix now: "+Escape(now)) + bracketed(effect)
}

// bracketed is an effect behind a command.
func bracketed(effect string) Safe {
	if effect == "" {
		return ""
	}
	return "   (" + Escape(effect) + ")"
}

// nowLine writes what to type now; a command is never broken.
func (s Screen) nowLine(indent int, command, effect string) {
	whole := s.fixNow(command, effect)
	if whole == "" {
		return
	}
	if s.Width == 0 || indent+whole.width() <= s.Width {
		s.Line(blanks(indent) + whole)
		return
	}
	s.Line(blanks(indent) + s.paint(bold, "Fix now: "+Escape(s.nextHere(command))))
	s.writeWrapped(blanks(indent+gap), indent+gap, Safe(strings.TrimSpace(string(bracketed(effect)))))
}

// fixLine writes what lasts.
func (s Screen) fixLine(indent int, fix string) {
	if fix != "" {
		const label = "Fix: "
		s.writeWrapped(blanks(indent)+label, indent+len(label), Escape(fix))
	}
}

// checkLine writes the command that shows whether it helped.
func (s Screen) checkLine(indent int, command string) {
	if next := s.nextHere(command); next != "" && s.From == "" {
		s.Line(blanks(indent) + "Check: " + Escape(next))
	}
}
