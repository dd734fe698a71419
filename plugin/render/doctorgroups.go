package render

import (
	"cmp"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
)

// ruleGroup are the findings of one rule and severity.
type ruleGroup struct {
	rule     string
	severity inspect.Severity
	// lines are lists of findings that say the same about several containers, the worst first.
	lines [][]rule.Finding
	// more is how many findings are not shown.
	more int
}

// mostOfARule is how many lines of one rule are shown without --all.
const mostOfARule = 5

// ruleGroups puts the findings that are shown under their rules, the worst severity
// first, then in the order in which rules are documented.
func (s Screen) ruleGroups(findings []rule.Finding, options DoctorOptions) []*ruleGroup {
	var groups []*ruleGroup
	at := map[string]*ruleGroup{}
	for _, line := range s.equalFindings(findings, options) {
		first := line[0]
		key := string(first.Severity) + first.Rule
		if at[key] == nil {
			at[key] = &ruleGroup{rule: first.Rule, severity: first.Severity}
			groups = append(groups, at[key])
		}
		at[key].lines = append(at[key].lines, line)
	}
	order := rule.IDs()
	slices.SortStableFunc(groups, func(a, b *ruleGroup) int {
		return cmp.Or(rule.Rank(a.severity)-rule.Rank(b.severity), slices.Index(order, a.rule)-slices.Index(order, b.rule))
	})
	for _, group := range groups {
		slices.SortStableFunc(group.lines, func(a, b []rule.Finding) int { return cmp.Compare(b[0].Weight, a[0].Weight) })
		if !options.All && len(group.lines) > mostOfARule {
			for _, line := range group.lines[mostOfARule:] {
				group.more += len(line)
			}
			group.lines = group.lines[:mostOfARule]
		}
	}
	return groups
}

// equalFindings are the findings that are shown, those that say the same together. What
// has a command of its own to type now stands by itself. Of several hosts, those of
// containers of one name stand together with the same command.
func (s Screen) equalFindings(findings []rule.Finding, options DoctorOptions) [][]rule.Finding {
	var lines [][]rule.Finding
	at := map[string]int{}
	for _, f := range findings {
		if f.Severity == inspect.SeverityNote && !options.Notes {
			continue
		}
		words := []string{string(f.Severity), f.Rule, f.Brief, f.Cure}
		alone := f.Now != "" && s.Hosts == nil
		if f.Now != "" {
			words = append(words, f.Now, f.NowEffect, f.Container.Name)
		}
		key := strings.Join(words, "\x00")
		n, seen := at[key]
		sameHost := f.Now != "" && seen && slices.ContainsFunc(lines[n], func(other rule.Finding) bool { return s.hostOf(other.Container) == s.hostOf(f.Container) })
		if seen && !alone && !sameHost && !options.NoTrunc {
			lines[n] = append(lines[n], f)
			continue
		}
		if !alone {
			at[key] = len(lines)
		}
		lines = append(lines, []rule.Finding{f})
	}
	return lines
}

// title is what the rule is about.
func (g *ruleGroup) title() string { return g.known().Title }

func (g *ruleGroup) known() rule.Rule {
	all := rule.All()
	if i := slices.IndexFunc(all, func(r rule.Rule) bool { return r.ID == g.rule }); i >= 0 {
		return all[i]
	}
	return rule.Rule{}
}

// commonFix is the lasting change that all lines name, false if they differ.
func (g *ruleGroup) commonFix() (string, bool) {
	fix := g.lines[0][0].Cure
	return fix, !slices.ContainsFunc(g.lines, func(line []rule.Finding) bool { return line[0].Cure != fix })
}

// check is the command that shows whether the fix of an error has helped. It names containers if
// they are few. It is "" for findings that are not errors, and if the rule has no command.
func (g *ruleGroup) check() string {
	command := g.known().Command
	if command == "" || g.severity != inspect.SeverityError {
		return ""
	}
	words := []string{"docker pidns", command}
	var names []string
	for _, line := range g.lines {
		for i := range line {
			if name := inspect.ShellWord(line[i].Container.Name); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if g.more == 0 && len(names) <= mostNamed {
		words = append(words, names...)
	}
	return strings.Join(words, " ")
}
