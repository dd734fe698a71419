package render

import (
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/docker-pidns/docker-pidns/inspect/diff"
)

var diffColumns = []column{{heading: "CONTAINER"}, {heading: "CHANGE"}, {heading: "KIND"}}

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
		s.print("Nothing came or went in %s.\n", between)
		return nil
	}
	least := fewestAlike
	if options.NoTrunc {
		least = len(changes) + 1
	}
	folded := diff.Fold(changes, least)
	rows := make([][]Safe, len(folded))
	for i, alike := range folded {
		c := alike[0]
		rows[i] = []Safe{Escape(c.Container.Name), Safe(c.Direction), Safe(c.Kind)}
	}
	width := s.widthLeft(diffColumns, rows)
	if options.NoTrunc {
		width = 0
	}
	counts := map[diff.Direction]int{}
	for i, alike := range folded {
		c := alike[0]
		counts[c.Direction] += len(alike)
		rows[i] = append(rows[i], s.whatChanged(alike, width))
		for cell := range rows[i] {
			rows[i][cell] = s.paint(changeColour(c), rows[i][cell])
		}
	}
	s.writeTable(append(append([]column{}, diffColumns...), column{heading: "WHAT"}), rows)
	if options.Format.IsDefault() {
		s.print("\n%d came, %d went, %d changed in %s.\n", counts[diff.Came], counts[diff.Went], counts[diff.Changed], between)
	}
	return nil
}

// fewestAlike is how many similar changes become one row.
const fewestAlike = 4

// whatChanged is the text of a change, or of several similar ones with their number.
func (s Screen) whatChanged(alike []diff.Change, width int) Safe {
	if len(alike) == 1 {
		return s.cut(Escape(alike[0].Text), width)
	}
	number := Say("  x %s", count(len(alike)))
	if width > 0 {
		width = max(width-number.width(), 1)
	}
	return s.cut(Escape(alike[0].Alike), width) + number
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
	// Change is came, went or changed.
	Change string
	// Kind is container, process, zombie, namespace or finding.
	Kind string
	// HostPID (int) is the process that the change is about.
	HostPID any
	// StartTicks (uint) is the start of that process, in clock ticks after the boot.
	StartTicks any
	// Text is the change in words.
	Text string
	// Absent says why a value is null.
	Absent absences
}

func diffRowOf(c *diff.Change, host string) diffKeys {
	k := diffKeys{containerKeys: containerKeysOf(host, c.Container), Change: string(c.Direction), Kind: string(c.Kind), Text: c.Text, Absent: absences{}}
	k.HostPID, k.StartTicks = orAbsent(k.Absent, "HostPID", pidOf(c.Process)), orAbsent(k.Absent, "StartTicks", startOf(c.Process))
	return k
}
