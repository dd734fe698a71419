package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
)

// host is a row of a rule's table: what the rule reports about a host, a line for each finding
// (see said), and the host at an earlier look, nil if there was none.
type host struct {
	now, before *World
	want        []string
}

// hosts is the table of one rule.
type hosts map[string]host

// hold checks the rule with every host of its table. The table has a sick host and a healthy
// one, and no finding is more severe than the rule promises.
func (table hosts) hold(t *testing.T, id string) {
	t.Helper()
	sick, healthy := 0, 0
	for name, row := range table {
		findings := judged(row.now, row.before, id)
		if got := said(findings); !slices.Equal(got, row.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, row.want)
		}
		for _, f := range findings {
			if f.Rule != id || !rule.AtLeast(worstOf(id), f.Severity) {
				t.Errorf("%s: %s finds %s, a thing of severity %s", name, id, f.Rule, f.Severity)
			}
		}
		if len(row.want) > 0 {
			sick++
		} else {
			healthy++
		}
	}
	if sick == 0 || healthy == 0 {
		t.Errorf("%d sick hosts and %d healthy ones", sick, healthy)
	}
}

// judged are what one rule finds in all running containers of a host.
func judged(now, before *World, id string) []rule.Finding {
	ix := now.Index()
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	var earlier *inspect.Index
	if before != nil {
		earlier = before.Index()
	}
	return rule.Check(rule.NewLook(ix, earlier, chosen, true), []string{id}).Findings
}

// said writes findings as "severity container pid: evidence; evidence | now | cure", without
// empty parts at the end, and with the verdict if it is not yes.
func said(findings []rule.Finding) []string {
	var lines []string
	for _, f := range findings {
		line := string(f.Severity)
		if f.Verdict != inspect.Yes {
			line += " " + string(f.Verdict)
		}
		line += " " + f.Container.Name
		if f.Process != nil {
			line += fmt.Sprint(" ", f.Process.PID)
		}
		line += ": " + strings.Join(f.Evidence, "; ")
		lines = append(lines, strings.TrimRight(line+" | "+f.Now+" | "+f.Cure, " |"))
	}
	return lines
}

func worstOf(id string) inspect.Severity {
	for _, r := range rule.All() {
		if r.ID == id {
			return r.Worst
		}
	}
	return ""
}

// silentEngine is an engine that did not answer about the container.
func silentEngine(c *inspect.Container) { c.Silent = true }

// findingsAbout are what one rule finds if it was asked about only these containers.
func findingsAbout(t *testing.T, ix *inspect.Index, id string, names ...string) []rule.Finding {
	t.Helper()
	return rule.Check(rule.NewLook(ix, nil, Choose(t, ix, names...), false), []string{id}).Findings
}
