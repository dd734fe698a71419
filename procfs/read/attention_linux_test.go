package read

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// startProgram starts a program that runs until the test ends.
func startProgram(t *testing.T, name string, args ...string) int {
	t.Helper()
	cmd := exec.Command(name, args...)
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = input.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	until := time.Now().Add(10 * time.Second)
	for {
		link, err := os.Readlink("/proc/" + strconv.Itoa(cmd.Process.Pid) + "/exe")
		if self, _ := os.Executable(); err == nil && link != self {
			return cmd.Process.Pid
		}
		if time.Now().After(until) {
			t.Fatalf("%s does not become another program", name)
		}
		time.Sleep(time.Millisecond)
	}
}

// A sleeping process is recognised, with the duration of its sleep.
func TestAttentionOfASleeper(t *testing.T) {
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	pid := startProgram(t, "/bin/sleep", "1000")
	until := time.Now().Add(10 * time.Second)
	for {
		a, err := proc.Attention("", pid, proc.Programs(nil))
		if err != nil || len(a.Threads) != 1 {
			t.Fatalf("got %+v, %v", a, err)
		}
		if call := a.Threads[0].Syscall.Or(procfs.Syscall{}); call.Name == "clock_nanosleep" || call.Name == "nanosleep" {
			if a.Threads[0].TimeoutNS != procfs.Some(int64(1000*time.Second)) || a.Threads[0].Awaited.Absence() != procfs.NotHeld {
				t.Errorf("got %+v", a.Threads[0])
			}
			if sets, ok := a.SignalFDs.Get(); !ok || len(sets) != 0 {
				t.Errorf("signalfds %v, %v", sets, a.SignalFDs.Absence())
			}
			return
		}
		if time.Now().After(until) {
			t.Fatalf("it does not sleep: %+v", a)
		}
		time.Sleep(time.Millisecond)
	}
}

// A shell blocks every signal during a vfork. What is read then is not its usual mask.
func TestAttentionInVFork(t *testing.T) {
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	pid := startProgram(t, "/bin/sh", "-c", "trap : TERM; while :; do /bin/true; done")
	for range 500 {
		a, err := proc.Attention("", pid, proc.Programs(nil))
		if err != nil || len(a.Threads) != 1 {
			t.Fatalf("got %+v, %v", a, err)
		}
		thread := a.Threads[0]
		if thread.Blocked.Has(int(syscall.SIGTERM)) && !thread.Unsettled && !thread.Syscall.Or(procfs.Syscall{}).InVFork() {
			t.Fatalf("blocks SIGTERM in %+v", thread)
		}
	}
}

func TestAttentionOfNobody(t *testing.T) {
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := proc.Attention("", 1<<22+1, proc.Programs(nil)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// Without the right to trace, the awaited signals are denied and not empty.
func TestAttentionDenied(t *testing.T) {
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	likeAnOrdinaryUser(t)
	a, err := proc.Attention("", 1, proc.Programs(nil))
	if err != nil || len(a.Threads) == 0 {
		t.Fatalf("got %+v, %v", a, err)
	}
	for what, why := range map[string]procfs.Absence{"syscall": a.Threads[0].Syscall.Absence(), "awaited": a.Threads[0].Awaited.Absence(), "signalfds": a.SignalFDs.Absence(), "program": a.Program.Absence()} {
		if why != procfs.Denied {
			t.Errorf("%s: %q, want denied", what, why)
		}
	}
}

// Voluntary switches are distinguished from the others, whose name has the same end.
func TestSleepsIn(t *testing.T) {
	for text, want := range map[string]procfs.Opt[int]{
		"voluntary_ctxt_switches:\t31\nnonvoluntary_ctxt_switches:\t4\n": procfs.Some(31),
		"nonvoluntary_ctxt_switches:\t4\n":                               procfs.None[int](procfs.Unsupported),
		"voluntary_ctxt_switches:\tmany\n":                               procfs.None[int](procfs.Malformed),
	} {
		procfstest.Equal(t, sleepsIn([]byte(text)), want)
	}
}
