package read

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// If the kernel has killed no process since boot, its log is not read.
func TestOOMOfAHostWithoutAny(t *testing.T) {
	f := newFakeProc(t)
	f.write("vmstat", "nr_free_pages 1\noom_kill 0\n")
	procfstest.Equal(t, f.open().OOM(), procfs.OOMFacts{Kills: procfs.Some(0), LogSince: procfs.None[time.Duration](procfs.NotHeld)})
}

// A missing count is not a count of 0.
func TestOOMKillsThatAreNotTold(t *testing.T) {
	f := newFakeProc(t)
	procfstest.Equal(t, f.open().oomKills(), procfs.None[int](procfs.Gone))
	f.write("vmstat", "nr_free_pages 1\n")
	procfstest.Equal(t, f.open().oomKills(), procfs.None[int](procfs.Unsupported))
}

// Another kind of file in the place of the kernel log is not opened, because a FIFO would hang.
func TestOnlyTheKernelLogIsOpened(t *testing.T) {
	f := newFakeProc(t)
	f.must(unix.Mkfifo(f.path("fifo"), 0o600))
	f.write("file", "3,1,2,-;oom-kill:constraint=x,task_memcg=/a,task=b,pid=1,uid=0\n")
	for _, name := range []string{"fifo", "file", "not-there"} {
		since, victims := readKernelLog(f.path(name), isKernelLog)
		procfstest.Equal(t, since, procfs.None[time.Duration](procfs.Unsupported))
		if len(victims) > 0 {
			t.Errorf("%s: got %+v", name, victims)
		}
	}
}

// One record is one read, so a file of one record is a log of one.
func TestReadKernelLog(t *testing.T) {
	f := newFakeProc(t)
	f.write("log", "3,1,2000000,-;oom-kill:constraint=x,task_memcg=/a,task=b,pid=1,uid=0\n")
	since, victims := readKernelLog(f.path("log"), func(*unix.Stat_t) bool { return true })
	procfstest.Equal(t, since, procfs.Some(2*time.Second))
	procfstest.Equal(t, victims, []procfs.OOMKill{{At: 2 * time.Second, Group: "/a", Comm: "b", PID: 1}})
}

// The kernel's own log is read to its end, or the reason why not is reported.
func TestKernelLogOfThisHost(t *testing.T) {
	since, victims := readKernelLog(kernelLog, isKernelLog)
	if !since.Held() && (since.Absence() == procfs.Unread || len(victims) > 0) {
		t.Errorf("got %v and %+v", since, victims)
	}
}
