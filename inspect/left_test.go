package inspect_test

import (
	"fmt"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// nets gives the process a net namespace, and common namespaces of the other types.
func nets(inode uint64) Change {
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
func thread(tid, inside int, inode uint64) Change {
	return func(p *procfs.Process) {
		p.Apart = append(p.Apart, procfs.ApartThread{TID: tid, NSPIDs: []int{tid, inside}, Namespaces: map[procfs.NamespaceType]uint64{procfs.NetNamespace: inode}})
	}
}

func TestLeftNamespaces(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).
		Process(101, 100, "sleep", In("a", 1), NS(7), nets(70)).
		Process(102, 101, "same", In("a", 2), NS(7), nets(70)).
		Process(103, 101, "left", In("a", 3), NS(7), nets(71)).
		Process(104, 101, "nested", In("a", 4, 1), NS(8), nets(70)).
		Process(105, 101, "denied", In("a", 5), nets(70), NSDenied).
		Process(106, 101, "unread", In("a", 6), NS(7)).
		Process(107, 101, "zombie", In("a", 7), NS(7), nets(70), Exited(0), func(p *procfs.Process) {
			p.Namespaces[procfs.NetNamespace] = procfs.None[uint64](procfs.Gone)
		})
	ix := w.Index()
	c, _ := Find(t, ix, "demo", 0)
	for pid, want := range map[int]string{
		100: "[] not-held", 101: "[] ", 102: "[] ", 103: "[net] ", 104: "[pid] ", 105: "[] denied", 106: "[] unread", 107: "[] ",
	} {
		left := ix.RowOf(c, ix.ProcessAt(pid)).Left
		if got := fmt.Sprint(left.Or(nil), " ", left.Absence()); got != want {
			t.Errorf("%d: got %q, want %q", pid, got, want)
		}
	}
}

// A thread is compared with its container, not with its process.
func TestLeftThreads(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101).Process(100, 1, "s", ShimOf("a")).
		Process(101, 100, "main", In("a", 1), NS(7), nets(70), thread(201, 5, 71)).
		Process(102, 101, "returned", In("a", 2), NS(7), nets(72), thread(202, 6, 70), thread(203, 7, 73))
	ix := w.Index()
	c, _ := Find(t, ix, "demo", 0)
	for pid, want := range map[int]string{101: "[{201 [5] [net]}]", 102: "[{203 [7] [net]}]"} {
		if got := fmt.Sprint(ix.RowOf(c, ix.ProcessAt(pid)).LeftThreads); got != want {
			t.Errorf("%d: got %s, want %s", pid, got, want)
		}
	}
}

// Without a main process there is nothing to compare with. That is different from having left
// nothing.
func TestLeftWithoutAMainProcess(t *testing.T) {
	ix := NewWorld().Container("ended", "a", 0).Process(101, 1, "left", In("a", 1), NS(7), nets(70), thread(201, 5, 71)).Index()
	r := ix.RowOf(ix.Container(ID("a")), ix.ProcessAt(101))
	if r.Left.Held() || r.Left.Absence() != procfs.Unread || r.LeftThreads != nil {
		t.Errorf("got %+v and %v", r.Left, r.LeftThreads)
	}
}

// If a namespace of the main process may not be read, no thread can be said to have left it. A
// thread without a number inside has an empty chain.
func TestLeftThreadsOfWhatIsNotKnown(t *testing.T) {
	short := func(p *procfs.Process) {
		p.Apart = []procfs.ApartThread{{TID: 202, Namespaces: map[procfs.NamespaceType]uint64{procfs.NetNamespace: 99, procfs.UTSNamespace: 98}}}
	}
	hidden := func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.None[uint64](procfs.Denied) }
	for name, test := range map[string]struct {
		main Change
		want string
	}{
		"all is known":          {func(*procfs.Process) {}, "[{202 [] [uts net]}]"},
		"the network is hidden": {hidden, "[{202 [] [uts]}]"},
	} {
		ix := NewWorld().Container("demo", "a", 101).Process(101, 1, "main", In("a", 1), NS(7), nets(70), test.main).
			Process(102, 101, "worker", In("a", 2), NS(7), nets(70), short).Index()
		if got := fmt.Sprint(ix.RowOf(ix.Container(ID("a")), ix.ProcessAt(102)).LeftThreads); got != test.want {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}
