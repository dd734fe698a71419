package taskiter

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// groupLister lists the processes of a control group, as read.FS does.
type groupLister interface{ GroupPIDs(dir string) []int }

// choice says which processes are wanted, and each only once.
type choice struct {
	proc groupLister
	// of is the family, nil for all processes of the first look.
	of     *procfs.FamilyOf
	chosen map[procfs.Key]bool
	// since is when the first look began, in nanoseconds since boot. looked is true when it is
	// over. Processes that started after since belong to the next snapshot. In a fork storm
	// there are some at every look.
	since  uint64
	looked bool
}

// listed are the processes that the family's control groups list. They are read before the
// kernel is asked, so a process that the kernel does not show has exited.
func (c *choice) listed() []int {
	if c.of == nil {
		return nil
	}
	var pids []int
	for _, dir := range c.of.Groups {
		pids = append(pids, c.proc.GroupPIDs(dir)...)
	}
	return pids
}

// choose returns the wanted processes that were not chosen before. A process is below a root by
// its parent, so that zombies, which no control group lists, are found too. A process whose
// parent exited meanwhile may only be found at the next look.
func (c *choice) choose(listed []int, now []group) []group {
	again := c.looked
	c.looked = true
	if c.of == nil {
		if again {
			return nil
		}
		return now
	}
	wanted := below(slices.Concat(c.of.Trees, inNamespaces(c.of.PIDNamespaces, now)), now)
	for _, pid := range slices.Concat(listed, c.alone()) {
		wanted[pid] = true
	}
	var fresh []group
	for _, g := range now {
		if again && g.leader.startNS > c.since {
			continue
		}
		if key := g.leader.key(); wanted[g.pid()] && !c.chosen[key] {
			c.chosen[key] = true
			fresh = append(fresh, g)
		}
	}
	return fresh
}

// alone are the processes that are wanted without their descendants. Processes that are known
// from /proc are included, because the kernel reports more of them.
func (c *choice) alone() []int {
	pids := slices.Clone(c.of.Alone)
	for i := range c.of.Known {
		pids = append(pids, c.of.Known[i].PID)
	}
	return pids
}

// named are the processes that were asked for by PID.
func (c *choice) named(listed []int) []int {
	if c.of == nil {
		return nil
	}
	return slices.Concat(c.of.Trees, c.alone(), listed)
}

// hidden are the processes of a list, each once, that the kernel does not show.
func hidden(pids []int, now []group) []int {
	pids = slices.Clone(pids)
	slices.Sort(pids)
	return slices.DeleteFunc(slices.Compact(pids), func(pid int) bool {
		_, shown := find(now, pid)
		return shown
	})
}

// inNamespaces are the processes in one of these PID namespaces.
func inNamespaces(inodes []uint64, now []group) []int {
	var pids []int
	for i := range now {
		if inode, ok := now[i].live().namespace(procfs.PIDNamespace).Get(); ok && slices.Contains(inodes, inode) {
			pids = append(pids, now[i].pid())
		}
	}
	return pids
}

// below are the roots and everything below them.
func below(roots []int, now []group) map[int]bool {
	children := make(map[int][]int, len(now))
	for _, g := range now {
		parent := int(g.leader.parentPID)
		children[parent] = append(children[parent], g.pid())
	}
	found := map[int]bool{}
	for queue := append([]int(nil), roots...); len(queue) > 0; queue = queue[1:] {
		if pid := queue[0]; !found[pid] {
			found[pid] = true
			queue = append(queue, children[pid]...)
		}
	}
	return found
}
