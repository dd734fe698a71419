package taskiter

import (
	"fmt"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// listing is what control groups list.
type listing map[string][]int

func (l listing) GroupPIDs(dir string) []int { return l[dir] }

func parent(pid int) func(*task) { return func(t *task) { t.parentPID = int32(pid) } }

func chosen(list []group) string {
	var pids []int
	for _, g := range list {
		pids = append(pids, g.pid())
	}
	return fmt.Sprint(pids)
}

// A family is what is below its roots, including zombies, what its groups list, and the
// processes that are named, and no others.
func TestChooseFamily(t *testing.T) {
	of := procfs.FamilyOf{Trees: []int{10}, Alone: []int{31}, Known: []procfs.Process{{Key: procfs.Key{PID: 30}}}, Groups: []string{"a"}}
	c := choice{proc: listing{"a": {12, 40, 41}}, of: &of, chosen: map[procfs.Key]bool{}, since: 14 * ticksNanosecond}
	listed := c.listed()
	now := groups([]task{
		process(10), process(11, parent(10)), process(12, parent(11), zombie), process(20), process(21, parent(20)),
		process(30), process(32, parent(30)), process(40, parent(20)), thread(13, 11),
	})
	if got := chosen(c.choose(listed, now)); got != "[10 11 12 30 40]" {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint(hidden(c.named(listed), now)); got != "[31 41]" {
		t.Errorf("got %s, want those that were named and are not there", got)
	}
	later := groups([]task{process(10), process(11, parent(10)), process(14, parent(11)), process(15, parent(11)), process(50)})
	if got := chosen(c.choose(listed, later)); got != "[14]" {
		t.Errorf("at the second look: got %s, want who was there before the first, and is found now", got)
	}
}

// Processes in a PID namespace are found in any position, with what is below them.
func TestChooseByPIDNamespace(t *testing.T) {
	init := process(1, inNamespacesFrom(500))
	inside := procfs.FamilyOf{PIDNamespaces: []uint64{init.namespace(procfs.PIDNamespace).Or(0)}}
	c := choice{proc: listing{}, of: &inside, chosen: map[procfs.Key]bool{}}
	now := groups([]task{process(10), process(11, parent(10), inNamespacesFrom(500)), process(12, parent(11)), process(13, inNamespacesFrom(600))})
	if got := chosen(c.choose(nil, now)); got != "[11 12]" {
		t.Errorf("got %s", got)
	}
}

// A process that reused the PID of a chosen one is another process.
func TestChooseAgainByStart(t *testing.T) {
	of := procfs.FamilyOf{Trees: []int{10}}
	c := choice{proc: listing{}, of: &of, chosen: map[procfs.Key]bool{}, since: 20 * ticksNanosecond}
	c.choose(nil, groups([]task{process(10), process(11, parent(10))}))
	reused := process(11, parent(10), func(t *task) { t.startNS++; t.startNS += ticksNanosecond })
	if got := chosen(c.choose(nil, groups([]task{process(10), reused}))); got != "[11]" {
		t.Errorf("got %s", got)
	}
}

func TestChooseAllOnce(t *testing.T) {
	c := choice{proc: listing{}}
	now := groups([]task{process(1), process(2)})
	if got := chosen(c.choose(c.listed(), now)); got != "[1 2]" {
		t.Errorf("got %s", got)
	}
	if got := chosen(c.choose(c.listed(), groups([]task{process(1), process(3)}))); got != "[]" {
		t.Errorf("who came since is of the next snapshot: %s", got)
	}
}

// A cycle does not make it hang. Records from different moments can have one.
func TestBelowACycle(t *testing.T) {
	now := groups([]task{process(5, parent(6)), process(6, parent(5)), process(7, parent(7))})
	if got := below([]int{5, 7}, now); len(got) != 3 {
		t.Errorf("got %v", got)
	}
}
