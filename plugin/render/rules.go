package render

import (
	"fmt"
	"io"

	"github.com/docker-pidns/docker-pidns/inspect/rule"
)

// Rules writes the documentation of each rule, a line for each part of it.
func (s Screen) Rules(rules []rule.Rule) {
	for i, r := range rules {
		if i > 0 {
			s.Line("")
		}
		s.print("%s  %s\n", s.paint(bold, Escape(r.ID)), severityWords[r.Worst])
		for _, line := range ruleLines(r) {
			const width = len("matters")
			s.writeWrapped("  "+Say("%-*s", width, line[0])+"  ", 2+width+gap, Escape(line[1]))
		}
	}
}

func ruleLines(r rule.Rule) [][2]string {
	lines := [][2]string{{"finds", r.Title}, {"means", r.Means}, {"matters", r.Matters}, {"proof", r.Proof}, {"fix", r.Mend}}
	if r.NeedsTrace {
		lines = append(lines, [2]string{"rights", "Run as root (CAP_SYS_PTRACE) for a full check."})
	}
	if r.NeedsEngine {
		lines = append(lines, [2]string{"engine", "Is checked only if an engine answers."})
	}
	if r.Command != "" {
		lines = append(lines, [2]string{"see", "docker pidns " + r.Command})
	}
	return lines
}

// RulesDocument writes docs/rules.md, which has the same as Rules.
func RulesDocument(out io.Writer, rules []rule.Rule) {
	_, _ = fmt.Fprint(out, "# The rules of `docker pidns doctor`\n\nThis page is generated from the rules. `docker pidns doctor --list` prints the same.\n")
	for _, r := range rules {
		_, _ = fmt.Fprintf(out, "\n## %s\n\n%s. Worst severity: %s.\n", r.ID, r.Title, r.Worst)
		for _, line := range ruleLines(r)[1:] {
			_, _ = fmt.Fprintf(out, "\n**%s.** %s\n", upperFirst(line[0]), Escape(line[1]))
		}
	}
}

func upperFirst(text string) string {
	if text == "" || text[0] < 'a' || text[0] > 'z' {
		return text
	}
	return string(text[0]-'a'+'A') + text[1:]
}
