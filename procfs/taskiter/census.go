package taskiter

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// census is the kernel's count of tasks, and this program's own threads, which may start during
// a look.
type census struct {
	count procfs.Opt[procfs.TaskCount]
	own   []int
}

// unchanged returns how many tasks of other programs there are, if it is certain that none of
// them started or exited before the later census. It is certain if every number that the kernel
// has assigned since belongs to one of this program's threads, and the number of tasks has
// grown by as many.
func (c census) unchanged(later census) (others int, certain bool) {
	before, ok := c.count.Get()
	after, also := later.count.Get()
	if !ok || !also || len(c.own) == 0 {
		return 0, false
	}
	for _, tid := range c.own {
		if !slices.Contains(later.own, tid) {
			return 0, false
		}
	}
	came := len(later.own) - len(c.own)
	return before.Tasks - len(c.own), after.LastPID-before.LastPID == came && after.Tasks-before.Tasks == came
}
