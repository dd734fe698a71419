package read

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// nestedHost has a container (20 below its shim 10) with a namespace inside (30, 31), a process
// of an unknown container (50 below 40), and many processes of the host.
func nestedHost(t *testing.T) fakeProc {
	f := newFakeProc(t)
	for pid, p := range map[int]struct {
		parent int
		inode  string
	}{1: {0, "1"}, 2: {0, "1"}, 10: {1, "1"}, 20: {10, "200"}, 21: {20, "200"}, 30: {21, "300"}, 31: {30, "300"}, 40: {1, "1"}, 50: {40, "500"}, 60: {1, "1"}} {
		s := living(pid)
		s.ParentPID = p.parent
		f.add(s)
		f.link(strconv.Itoa(pid)+"/ns/pid", "pid:["+p.inode+"]")
	}
	return f
}

func TestOutside(t *testing.T) {
	f := nestedHost(t)
	s, err := f.open().Outside(t.Context(), []int{20}, []uint64{1}, allDetail)
	if err != nil || !s.Whole {
		t.Fatalf("whole %t, error %v", s.Whole, err)
	}
	procfstest.Equal(t, pids(s.Processes), []int{1, 10, 20, 21, 30, 31, 40, 50})
	procfstest.Equal(t, s.Missed, []procfs.Missed(nil))
	procfstest.Equal(t, find(t, s, 31), read(t, f.open(), 31, allDetail))
}

// A process that may not be read could be in any namespace.
func TestOutsideWithoutRights(t *testing.T) {
	likeAnOrdinaryUser(t)
	f := nestedHost(t)
	f.deny("60/ns")
	f.remove("2/ns/pid")
	s, err := f.open().Outside(t.Context(), []int{20, 99}, []uint64{1}, procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}})
	if err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, pids(s.Processes), []int{1, 2, 10, 20, 21, 30, 31, 40, 50, 60})
	procfstest.Equal(t, s.Missed, []procfs.Missed{{PID: 99, Why: procfs.Gone}})
}

func TestOutsideFails(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := nestedHost(t).open().Outside(ended, nil, nil, procfs.Detail{}); !errors.Is(err, context.Canceled) {
		t.Errorf("context has ended: %v", err)
	}
}
