package main

import (
	"fmt"
	"strings"
)

// addManual adds a manual page for each command, in section 1 (man(7)).
func (d documents) addManual(commands []documented) {
	for _, c := range commands {
		d.add("docs/man/"+c.manualName()+".1", c.manual(commands))
	}
}

// manualName is what man is asked for: docker-pidns-tree.
func (c documented) manualName() string {
	return "docker-" + strings.ReplaceAll(c.path, " ", "-")
}

// manual is the page. It has no date: it is the same whenever it is made.
func (c documented) manual(all []documented) string {
	var b strings.Builder
	name := c.manualName()
	fmt.Fprintf(&b, ".\\\" Made of the code by make docs.\n.TH %q 1 \"\" \"docker pidns\" \"Docker CLI plugin\"\n", strings.ToUpper(name))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(strings.TrimSuffix(c.Short, ".")))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.usage()))
	if about := c.about(); about != "" {
		b.WriteString(".SH DESCRIPTION\n" + roffText(about))
	}
	if children := childrenOf(c, all); len(children) > 0 {
		b.WriteString(".SH COMMANDS\n")
		for _, child := range children {
			fmt.Fprintf(&b, ".TP\n.B docker %s\n%s\n", roff(child.path), roff(child.Short))
		}
	}
	if options := c.options(); len(options) > 0 {
		b.WriteString(".SH OPTIONS\n")
		for _, o := range options {
			meaning := strings.Join(roffLines(o.meaning), "\n.br\n")
			if o.byDefault != "" {
				meaning += " (default: " + roff(o.byDefault) + ")"
			}
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(o.names), meaning)
		}
	}
	if examples := c.examples(); len(examples) > 0 {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", strings.Join(roffLines(strings.Join(examples, "\n")), "\n"))
	}
	b.WriteString(".SH EXIT STATUS\n")
	for _, m := range c.statuses() {
		meaning := roff(m.Meaning)
		if options := c.having(m.Options); len(options) > 0 {
			meaning += " (only with " + roff(strings.Join(options, ", ")) + ")"
		}
		fmt.Fprintf(&b, ".TP\n.B %d\n%s.\n", m.Status, meaning)
	}
	b.WriteString(".SH SEE ALSO\n" + strings.Join(c.neighbours(all), ",\n") + "\n")
	return b.String()
}

// neighbours are the manual pages of the command above and of those below.
func (c documented) neighbours(all []documented) []string {
	var pages []string
	for _, other := range all {
		if other.Parent() == c.Command || c.Parent() == other.Command {
			pages = append(pages, ".BR "+roff(other.manualName())+" (1)")
		}
	}
	return append(pages, ".BR docker (1)")
}

// roffText is a description: paragraphs are filled, and what is lined up stays.
func roffText(about string) string {
	var b strings.Builder
	for i, block := range strings.Split(about, "\n\n") {
		if i > 0 {
			b.WriteString(".PP\n")
		}
		lines := strings.Join(roffLines(strings.Trim(block, "\n")), "\n")
		if isLinedUp(block) {
			lines = ".nf\n" + lines + "\n.fi"
		}
		b.WriteString(lines + "\n")
	}
	return b.String()
}

func roffLines(text string) []string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = roff(lines[i])
	}
	return lines
}

// roff is a line of text: no character of it is a command of roff, and minus signs can be
// pasted.
func roff(line string) string {
	line = strings.NewReplacer("\\", "\\e", "-", "\\-").Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = "\\&" + line
	}
	return line
}
