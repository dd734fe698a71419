package measure

import (
	"slices"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// Look is what one look at a host gave.
type Look struct {
	// Families are the numbers. A family without a sample is left out.
	Families []Family
	// Errors are the reasons for which something could not be read, each with how often.
	Errors map[Reason]int
}

// Reason is why something could not be read: the kind of a problem of the capture, or one of
// these.
type Reason string

// The reasons that are not kinds of problems.
const (
	// Failed: neither the engine nor /proc gave anything.
	Failed Reason = "failed"
	// Deadline: the look was not complete at the deadline of the answer.
	Deadline Reason = "deadline"
	// Unreadable: some processes could not be read.
	Unreadable Reason = "processes"
)

// Reasons are all reasons, sorted.
func Reasons() []Reason {
	list := []Reason{Failed, Deadline, Unreadable}
	for _, kind := range []inspect.ProblemKind{inspect.Elsewhere, inspect.Hidden, inspect.EngineSilent, inspect.Unreadable, inspect.Cut} {
		list = append(list, Reason(kind))
	}
	slices.Sort(list)
	return list
}

// reasons counts the problems by their reasons. A container that has exited meanwhile is not a
// problem.
func reasons(problems []inspect.Problem, processes bool) map[Reason]int {
	counted := map[Reason]int{}
	for _, p := range problems {
		if reason := Reason(p.Kind); slices.Contains(Reasons(), reason) {
			counted[reason]++
		}
	}
	if processes {
		counted[Unreadable]++
	}
	return counted
}

// About is what is known of the look itself.
type About struct {
	// Version is that of this program.
	Version string
	// Taken is false if there was no look. Took is how long it lasted.
	Taken bool
	Took  time.Duration
	// Errors are those of this look and of the looks before it.
	Errors map[Reason]int
}

// Families are the numbers about the look itself.
func (a About) Families() []Family {
	s := newSheet()
	s.add(&up, truth(a.Taken))
	s.add(&captureDuration, a.Took.Seconds())
	for _, reason := range Reasons() {
		s.add(&captureErrors, float64(a.Errors[reason]), string(reason))
	}
	s.add(&buildInfo, 1, label(a.Version))
	return s.list()
}
