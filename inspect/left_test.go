package inspect

import (
	"fmt"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// nets gives the process a net namespace, and the common ones of the other
// types.
func nets(inode uint64) change {
	return func(p *procfs.Process) {
		for i, t := range procfs.NamespaceTypes {
			if t != procfs.PIDNamespace {
				p.Namespaces[t] = procfs.Some(uint64(50 + i))
			}
		}
		p.Namespaces[procfs.NetNamespace] = procfs.Some(inode)
	}
}

// thread adds a thread that is in another net namespace than its process.
func thread(tid, inside int, inode uint64) change {
	return func(p *procfs.Process) {
		p.Apart = append(p.Apart, procfs.ApartThread{TID: tid, NSPIDs: []int{tid, inside}, Namespaces: map[procfs.NamespaceType]uint64{procfs.NetNamespace: inode}})
	}
}

func TestLeftNamespaces(t *testing.T) {
	w := newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).
		process(101, 100, "sleep", in("a", 1), ns(7), nets(70)).
		process(102, 101, "same", in("a", 2), ns(7), nets(70)).
		process(103, 101, "left", in("a", 3), ns(7), nets(71)).
		process(104, 101, "nested", in("a", 4, 1), ns(8), nets(70)).
		process(105, 101, "denied", in("a", 5), nets(70), nsDenied).
		process(106, 101, "unread", in("a", 6), ns(7)).
		process(107, 101, "zombie", in("a", 7), ns(7), nets(70), zombie(0), func(p *procfs.Process) {
			p.Namespaces[procfs.NetNamespace] = procfs.None[uint64](procfs.Gone)
		})
	ix := w.index()
	c, _ := find(t, ix, "demo", 0)
	for pid, want := range map[int]string{
		100: "[] not-held", 101: "[] ", 102: "[] ", 103: "[net] ", 104: "[pid] ", 105: "[] denied", 106: "[] unread", 107: "[] ",
	} {
		left := ix.RowOf(c, ix.ProcessAt(pid)).Left
		if got := fmt.Sprint(left.Or(nil), " ", left.Absence()); got != want {
			t.Errorf("%d: got %q, want %q", pid, got, want)
		}
	}
}

// A thread counts by where its container is, not by where its process is.
func TestLeftThreads(t *testing.T) {
	w := newWorld().container("demo", "a", 101).process(100, 1, "s", shimOf("a")).
		process(101, 100, "main", in("a", 1), ns(7), nets(70), thread(201, 5, 71)).
		process(102, 101, "returned", in("a", 2), ns(7), nets(72), thread(202, 6, 70), thread(203, 7, 73))
	ix := w.index()
	c, _ := find(t, ix, "demo", 0)
	for pid, want := range map[int]string{101: "[{201 [5] [net]}]", 102: "[{203 [7] [net]}]"} {
		if got := fmt.Sprint(ix.RowOf(c, ix.ProcessAt(pid)).LeftThreads); got != want {
			t.Errorf("%d: got %s, want %s", pid, got, want)
		}
	}
}
