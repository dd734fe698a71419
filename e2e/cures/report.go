//go:build linux

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/docker-pidns/docker-pidns/e2e/internal/advice"
)

// report prints a table of promises and their outcomes.
type report struct {
	out                             io.Writer
	cases, promises, broken, errors int
	// failed are the names of the cases with a promise that was not met.
	failed []string
}

func (r *report) begin(out io.Writer) {
	r.out = out
	r.line("CASE", "HOLDS", "TOLD", "CAME")
}

// line prints aligned cells. The cases are printed one by one, so the widths are fixed.
func (r *report) line(name, holds, told, came string) {
	fmt.Fprintln(r.out, strings.TrimRight(fmt.Sprintf("%-26s  %-5s  %-60s  %s", name, holds, told, came), " "))
}

// row prints the promises of a case and counts them.
func (r *report) row(result advice.Result) {
	r.cases++
	name := result.Case
	for _, p := range result.Promises {
		holds := "yes"
		if !p.Held {
			holds = "NO"
			r.broken++
		}
		r.promises++
		r.line(name, holds, p.Told, p.Came)
		name = ""
	}
	if result.Error != "" {
		r.errors++
		r.line(name, "NO", "NOT TRIED TO ITS END", strings.ReplaceAll(result.Error, "\n", "\n  "))
	}
	if !result.Holds() {
		r.failed = append(r.failed, result.Case)
	}
}

// end prints the totals. It is an error if a promise was not met.
func (r *report) end() error {
	fmt.Fprintf(r.out, "\n%d cases, %d promises, %d of them broken, %d cases not tried to their end\n", r.cases, r.promises, r.broken, r.errors)
	if len(r.failed) > 0 {
		return fmt.Errorf("these do not hold: %s", strings.Join(r.failed, ", "))
	}
	return nil
}
