package render

import (
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect/diff"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var diffColumns = []column{{"CONTAINER", false}, {"CHANGE", false}, {"KIND", false}}

// Diff writes what changed between two snapshots.
func (s Screen) Diff(changes []diff.Change, took time.Duration, options ListOptions) error {
	if !options.Format.IsDefault() && !options.Format.IsPlainTable() {
		rows := make([]diffKeys, len(changes))
		for i := range changes {
			rows[i] = diffRowOf(&changes[i], options.Host)
		}
		return writeRows(s, options.Format, rows)
	}
	between := took.Round(time.Second).String()
	if len(changes) == 0 {
		_, _ = fmt.Fprintf(s.Out, "Nothing came or went in %s.\n", between)
		return nil
	}
	rows := make([][]string, len(changes))
	for i, c := range changes {
		rows[i] = []string{Escape(c.Container.Name), string(c.Direction), string(c.Kind)}
	}
	width := s.widthLeft(diffColumns, rows)
	counts := map[diff.Direction]int{}
	for i, c := range changes {
		counts[c.Direction]++
		rows[i] = append(rows[i], s.cut(Escape(c.Text), width))
		for cell := range rows[i] {
			rows[i][cell] = s.paint(changeColour(c), rows[i][cell])
		}
	}
	s.writeTable(append(append([]column{}, diffColumns...), column{"WHAT", false}), rows)
	if options.Format.IsDefault() {
		_, _ = fmt.Fprintf(s.Out, "\n%d came, %d went, %d changed in %s.\n", counts[diff.Came], counts[diff.Went], counts[diff.Changed], between)
	}
	return nil
}

func changeColour(c diff.Change) text.Colors {
	switch {
	case c.Direction == diff.Went:
		return dim
	case c.Kind == diff.KindZombie:
		return red
	case c.Kind == diff.KindFinding:
		return yellow
	default:
		return nil
	}
}

// diffKeys are the keys of one change.
type diffKeys struct {
	containerKeys
	// Change is came, went or changed; Kind container, process, zombie, namespace
	// or finding.
	Change, Kind string
	// HostPID (int) and StartTicks (uint) are the process that it is about.
	HostPID, StartTicks any
	Text                string
	// Absent says why a value is null.
	Absent map[string]procfs.Absence
}

func diffRowOf(c *diff.Change, host string) diffKeys {
	k := diffKeys{containerKeys: containerKeysOf(host, c.Container), Change: string(c.Direction), Kind: string(c.Kind), Text: c.Text, Absent: map[string]procfs.Absence{}}
	if c.Process != nil {
		k.HostPID, k.StartTicks = c.Process.PID, c.Process.StartTicks
	} else {
		k.Absent["HostPID"], k.Absent["StartTicks"] = procfs.NotHeld, procfs.NotHeld
	}
	return k
}
