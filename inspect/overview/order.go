package overview

import (
	"cmp"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
)

// Order is an order of rows.
type Order string

// The orders. Each has the container's name as its last criterion.
const (
	// WorstFirst is the order of the doctor: errors, warnings, zombies, what is used of the
	// limit.
	WorstFirst Order = "worst"
	ByName     Order = "name"
	ByZombies  Order = "zombies"
	ByProcess  Order = "processes"
	ByPIDs     Order = "pids"
)

// Orders are all of them.
var Orders = []Order{WorstFirst, ByName, ByZombies, ByProcess, ByPIDs}

// Next is the order after this one, the first one after the last.
func (o Order) Next() Order { return Orders[(slices.Index(Orders, o)+1)%len(Orders)] }

// Sort sorts the rows.
func Sort(rows []Row, by Order) {
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(by.compare(&a, &b), strings.Compare(a.Container.Name, b.Container.Name))
	})
}

func (o Order) compare(a, b *Row) int {
	switch o {
	case ByName:
		return 0
	case ByZombies:
		return cmp.Compare(b.Zombies.Or(0), a.Zombies.Or(0))
	case ByProcess:
		return cmp.Compare(b.Count.Or(Count{}).Processes, a.Count.Or(Count{}).Processes)
	case ByPIDs:
		return cmp.Or(cmp.Compare(b.share(), a.share()), cmp.Compare(b.PIDs.Current.Or(0), a.PIDs.Current.Or(0)))
	default:
		return cmp.Or(cmp.Compare(a.severity(), b.severity()), cmp.Compare(b.Zombies.Or(0), a.Zombies.Or(0)), cmp.Compare(b.share(), a.share()))
	}
}

// severity is 0 for a container that cannot be read, 1 for one with an error, and so on.
func (r *Row) severity() int {
	switch worst := r.Verdict.Worst(); {
	case r.Problem != nil && r.Problem.Kind != inspect.NotRunning && r.Problem.Kind != inspect.Ended:
		return 0
	case worst == nil:
		return 2 + rule.Rank(inspect.SeverityNote)
	default:
		return 1 + rule.Rank(worst.Severity)
	}
}

// share is how much of the limit is used, 0 without a limit.
func (r *Row) share() float64 {
	most := r.PIDs.Max.Or(0)
	if most <= 0 {
		return 0
	}
	return float64(r.PIDs.Current.Or(0)) / float64(most)
}
