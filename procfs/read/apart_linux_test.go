package read

import (
	"fmt"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// thread gives a process of the fake one more thread, which has the process's namespaces except
// those given.
func (f fakeProc) thread(pid, tid int, others map[procfs.NamespaceType]int) {
	f.t.Helper()
	dir := fmt.Sprintf("%d/task/%d", pid, tid)
	for i, namespace := range procfs.NamespaceTypes {
		inode := 100 + i
		if other, ok := others[namespace]; ok {
			inode = other
		}
		f.link(dir+"/ns/"+string(namespace), fmt.Sprintf("%s:[%d]", namespace, inode))
	}
	f.write(dir+"/status", procfstest.StatusText("t", procfs.Status{TGID: pid, NSPIDs: []int{tid, 6}}))
}

func TestApartThreads(t *testing.T) {
	f := newFakeProc(t)
	stat := living(10)
	stat.Threads = 4
	f.add(stat)
	f.thread(10, 10, nil)
	f.thread(10, 11, nil)
	f.thread(10, 12, map[procfs.NamespaceType]int{procfs.NetNamespace: 7, procfs.UTSNamespace: 8})
	f.write("10/task/13/status", "") // it disappears while it is read
	p, err := f.open().Process(10, procfs.Detail{Namespaces: procfs.NamespaceTypes})
	if err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, p.Apart, []procfs.ApartThread{{TID: 12, NSPIDs: []int{12, 6}, Namespaces: map[procfs.NamespaceType]uint64{procfs.NetNamespace: 7, procfs.UTSNamespace: 8}}})
	if p, err = f.open().Process(10, procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}}); err != nil || p.Apart != nil {
		t.Errorf("nobody asked for them: got %v, %v", p.Apart, err)
	}
}
