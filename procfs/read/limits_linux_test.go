package read

import (
	"os"
	"syscall"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

// Every user may read the limits of every process.
func TestLimitsOfThisProcess(t *testing.T) {
	likeAnOrdinaryUser(t)
	const rlimitNProc = 6
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(rlimitNProc, &limit); err != nil {
		t.Fatal(err)
	}
	want := procfs.Some(int(limit.Cur))
	if limit.Cur > 1<<63-1 {
		want = procfs.None[int](procfs.NotHeld)
	}
	p := read(t, realProc(t), os.Getpid(), procfs.Detail{Limits: true})
	procfstest.Equal(t, p.MaxProcesses, want)
	if _, ok := p.Effective.Get(); !ok {
		t.Errorf("capabilities: %v", p.Effective)
	}
	p = read(t, realProc(t), os.Getpid(), procfs.Detail{})
	if !p.MaxProcesses.IsZero() || !p.Effective.Held() {
		t.Errorf("a limit without being asked for, or no capabilities: %v %v", p.MaxProcesses, p.Effective)
	}
}

func TestLimitsOfFake(t *testing.T) {
	likeAnOrdinaryUser(t)
	f := newFakeProc(t)
	f.add(living(7))
	zombie := living(8)
	zombie.State = procfs.StateZombie
	f.add(zombie)
	proc := f.open()
	procfstest.Equal(t, read(t, proc, 7, procfs.Detail{Limits: true}).MaxProcesses, procfs.None[int](procfs.Gone))
	f.write("7/limits", procfstest.LimitsText)
	procfstest.Equal(t, read(t, proc, 7, procfs.Detail{Limits: true}).MaxProcesses, procfs.Some(96365))
	procfstest.Equal(t, read(t, proc, 8, procfs.Detail{Limits: true}).MaxProcesses, procfs.None[int](procfs.NotHeld))
	f.write("7/limits", "Max processes\n")
	procfstest.Equal(t, read(t, proc, 7, procfs.Detail{Limits: true}).MaxProcesses, procfs.None[int](procfs.Malformed))
	f.deny("7/limits")
	procfstest.Equal(t, read(t, proc, 7, procfs.Detail{Limits: true}).MaxProcesses, procfs.None[int](procfs.Denied))
}

func TestTaskLimits(t *testing.T) {
	f := newFakeProc(t)
	f.write("sys/kernel/pid_max", "32768\n")
	f.write("sys/kernel/threads-max", "192730\n")
	f.write("loadavg", "0.00 0.01 0.05 1/249 31813\n")
	f.link("self/ns/pid", "pid:[4026531836]")
	procfstest.Equal(t, f.open().TaskLimits(), procfs.TaskLimits{PIDMax: procfs.Some(32768), ThreadsMax: procfs.Some(192730), Tasks: procfs.Some(249)})
	// The file follows the reader's namespace, so that it is not the host's.
	f.link("self/ns/pid", "pid:[4026532684]")
	procfstest.Equal(t, f.open().TaskLimits().PIDMax, procfs.None[int](procfs.Unsupported))
	f.link("self/ns/pid", "pid:4026531836")
	procfstest.Equal(t, f.open().TaskLimits().PIDMax, procfs.None[int](procfs.Malformed))
	f.write("loadavg", "\n")
	f.remove("self/ns")
	f.remove("sys/kernel")
	procfstest.Equal(t, f.open().TaskLimits(), procfs.TaskLimits{PIDMax: procfs.None[int](procfs.Gone), ThreadsMax: procfs.None[int](procfs.Gone), Tasks: procfs.None[int](procfs.Malformed)})
	f.remove("loadavg")
	procfstest.Equal(t, f.open().TaskLimits().Tasks, procfs.None[int](procfs.Gone))
}
