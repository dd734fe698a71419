package read

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// longProcess is a process with more threads, descriptors and maps than are read.
func longProcess(t *testing.T) processDir {
	t.Helper()
	proc := newFakeProc(t)
	proc.add(living(50))
	for _, name := range []string{"task/7/stat", "task/60/stat", "fd/0", "fd/1", "fd/2", "task/50/stat"} {
		proc.write("50/"+name, "")
	}
	const info = "pos:\t0\nflags:\t02\nmnt_id:\t15\n"
	proc.write("50/fdinfo/0", info+strings.Repeat("tfd: 5\n", mostInfo))
	proc.write("50/maps", strings.Repeat("7f00-7f01 r-xp 00000000 08:01 124   /usr/lib/libfoo.so\n", mostMaps/50))
	proc.write("50/status", strings.Repeat("x", mostFile+1))
	d, err := proc.open().openProcess(50)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.close)
	return d
}

// A list that a process has made longer than what is read is unknown, not shorter and not empty.
func TestLongFiles(t *testing.T) {
	d := longProcess(t)
	if libraries, err := d.libraries(); absenceOf(err) != procfs.TooLong || libraries != nil {
		t.Errorf("libraries: got %d, %v", len(libraries), err)
	}
	if data, err := d.read("status"); absenceOf(err) != procfs.TooLong || data != nil {
		t.Errorf("status: got %d bytes, %v", len(data), err)
	}
	if value, ok := d.fdinfo("0", "mnt_id:"); !ok || value != "15" {
		t.Errorf("fdinfo: got %q", value)
	}
	d.spend.descriptors = 2
	if sets := d.signalFDs(); sets.Absence() != procfs.TooLong {
		t.Errorf("signalfds: got %v, %s", sets, sets.Absence())
	}
	if sets := d.signalFDs(); sets.Held() {
		t.Errorf("signalfds of the next process of the container: got %v", sets)
	}
}

// Of many threads some are read, always including the main one, which is first, whatever its
// number.
func TestManyThreads(t *testing.T) {
	d := longProcess(t)
	if tids, cut, err := d.someThreads(); err != nil || cut || !slices.Equal(tids, []int{50, 7, 60}) {
		t.Errorf("got %v, %t, %v", tids, cut, err)
	}
	for _, left := range []int{1, 0} {
		d.spend.threads = left
		if tids, cut, err := d.someThreads(); err != nil || !cut || !slices.Equal(tids, []int{50}) {
			t.Errorf("%d left: got %v, %t, %v", left, tids, cut, err)
		}
	}
}

// A process with more signalfds than are read may read any signal, and so may the next process
// of its container.
func TestManySignalFDs(t *testing.T) {
	for range 5 {
		fd, err := unix.Signalfd(-1, &unix.Sigset_t{Val: [16]uint64{1 << (procfs.SIGTERM - 1)}}, unix.SFD_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
	}
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	d, err := proc.openProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	sets, held := d.signalFDs().Get()
	if !held || len(sets) < 5 || !slices.Contains(sets, procfs.SignalSet(1<<(procfs.SIGTERM-1))) {
		t.Errorf("got %v, held %t", sets, held)
	}
	d.spend.signalFDs = 4
	for range 2 {
		if sets := d.signalFDs(); sets.Absence() != procfs.TooLong {
			t.Errorf("4 may be looked at: got %v, %s", sets, sets.Absence())
		}
	}
}
