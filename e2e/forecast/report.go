//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// report prints a table of trials and the totals.
type report struct {
	out io.Writer
	// measure is true if there are no forecasts.
	measure bool
	totals  totals
}

func newReport(out io.Writer, measure bool) *report {
	r := &report{out: out, measure: measure}
	r.line("PROGRAM", "FORECAST", "DOCKER STOP", "REAPS", "ORPHANS", "HANDLERS", "")
	return r
}

// line prints aligned cells. The programs are printed one by one, so the widths are fixed.
func (r *report) line(program, forecast, stop, reaps, orphans, handlers, remark string) {
	text := fmt.Sprintf("%-36s  %-17s  %-19s  %-7s  %-7s  %-8s  %s", program, forecast, stop, reaps, orphans, handlers, remark)
	if r.measure {
		text = fmt.Sprintf("%-36s  %-19s  %-7s  %-8s  %s", program, stop, orphans, handlers, remark)
	}
	fmt.Fprintln(r.out, strings.TrimRight(text, " "))
}

// row prints one trial and counts it.
func (r *report) row(t trial) {
	r.totals.add(t)
	switch {
	case t.Error != "":
		fmt.Fprintf(r.out, "%-36s  NOT TRIED: %s\n", t.Program, strings.ReplaceAll(t.Error, "\n", "\n  "))
	case t.Forecast == nil:
		r.line(t.Program, "", t.Outcome.words(), "", string(t.Outcome.Orphans), string(t.Outcome.Handlers), "")
	default:
		r.line(t.Program, t.Forecast.words(), t.Outcome.words(), t.Forecast.Reaps, string(t.Outcome.Orphans), string(t.Outcome.Handlers),
			remark(*t.Forecast, t.Outcome))
	}
}

// words are the forecast and its certainty.
func (f forecast) words() string {
	if f.Forecast == "unknown" {
		return f.Forecast
	}
	return f.Forecast + ", " + f.Certainty
}

// words describe the outcome, such as "killed 4.1s (137)".
func (o outcome) words() string {
	verb := "stopped"
	if o.Killed {
		verb = "killed"
	}
	return fmt.Sprintf("%-7s %4.1fs (%d)", verb, o.Seconds, o.ExitCode)
}

// remark says what is wrong with a forecast.
func remark(f forecast, o outcome) string {
	var remarks []string
	if judgeStop(f, o) == wrong {
		remarks = append(remarks, "WRONG")
	}
	if judgeReaps(f, o) == wrong {
		remarks = append(remarks, "WRONG reaps")
	}
	if judgeHandlers(f, o) == wrong {
		remarks = append(remarks, "WRONG handlers")
	}
	if o.Blocker == innocent {
		remarks = append(remarks, "not held up by it")
	}
	return strings.Join(remarks, ", ")
}

// close prints the totals. It is an error if a promise is broken.
func (r *report) close() error {
	for _, line := range append([]string{""}, r.totals.lines()...) {
		fmt.Fprintln(r.out, line)
	}
	if missed := r.totals.missed(); missed != nil {
		return errors.New(strings.Join(missed, "; "))
	}
	return nil
}
