package taskiter

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestCensus(t *testing.T) {
	take := func(tasks, last int, own ...int) census {
		return census{procfs.Some(procfs.TaskCount{Tasks: tasks, LastPID: last}), own}
	}
	unread := census{procfs.None[procfs.TaskCount](procfs.Denied), []int{5}}
	for name, test := range map[string]struct {
		before, after census
		certain       bool
	}{
		"nothing happened":            {take(100, 70, 5, 9), take(100, 70, 5, 9), true},
		"own threads came":            {take(100, 70, 5, 9), take(102, 72, 5, 9, 71, 72), true},
		"somebody came":               {take(100, 70, 5, 9), take(101, 71, 5, 9), false},
		"somebody went":               {take(100, 70, 5, 9), take(99, 70, 5, 9), false},
		"one went and one came":       {take(100, 70, 5, 9), take(100, 71, 5, 9), false},
		"one came beside an own":      {take(100, 70, 5, 9), take(102, 72, 5, 9, 72), false},
		"an own came, another's went": {take(100, 70, 5, 9), take(100, 71, 5, 9, 71), false},
		"an own went":                 {take(100, 70, 5, 9), take(99, 70, 5), false},
		"an own went and came":        {take(100, 70, 5, 9), take(100, 71, 5, 71), false},
		"numbers were left out":       {take(100, 70, 5, 9), take(101, 90, 5, 9, 90), false},
		"nobody knows own threads":    {take(100, 70), take(100, 70), false},
		"no count before":             {unread, take(100, 70, 5), false},
		"no count after":              {take(100, 70, 5), unread, false},
	} {
		others, certain := test.before.unchanged(test.after)
		if certain != test.certain || certain && others != 98 {
			t.Errorf("%s: %d others, certain %t", name, others, certain)
		}
	}
}
