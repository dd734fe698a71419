package procfs

import (
	"os"
	"syscall"
	"testing"
)

// Every user may read the limits of every process.
func TestLimitsOfThisProcess(t *testing.T) {
	likeAnOrdinaryUser(t)
	const rlimitNProc = 6
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(rlimitNProc, &limit); err != nil {
		t.Fatal(err)
	}
	want := Some(int(limit.Cur))
	if limit.Cur > 1<<63-1 {
		want = None[int](NotHeld)
	}
	p := read(t, realProc(t), os.Getpid(), Detail{Limits: true})
	equal(t, p.MaxProcesses, want)
	if _, ok := p.Effective.Get(); !ok {
		t.Errorf("capabilities: %v", p.Effective)
	}
	p = read(t, realProc(t), os.Getpid(), Detail{})
	if !p.MaxProcesses.IsZero() || !p.Effective.IsZero() {
		t.Errorf("read without being asked for: %v %v", p.MaxProcesses, p.Effective)
	}
}

func TestLimitsOfFake(t *testing.T) {
	likeAnOrdinaryUser(t)
	f := newFakeProc(t)
	f.add(living(7))
	zombie := living(8)
	zombie.State = StateZombie
	f.add(zombie)
	proc := f.open()
	equal(t, read(t, proc, 7, Detail{Limits: true}).MaxProcesses, None[int](Gone))
	f.write("7/limits", limitsText)
	equal(t, read(t, proc, 7, Detail{Limits: true}).MaxProcesses, Some(96365))
	equal(t, read(t, proc, 8, Detail{Limits: true}).MaxProcesses, None[int](NotHeld))
	f.write("7/limits", "Max processes\n")
	equal(t, read(t, proc, 7, Detail{Limits: true}).MaxProcesses, None[int](Malformed))
	f.deny("7/limits")
	equal(t, read(t, proc, 7, Detail{Limits: true}).MaxProcesses, None[int](Denied))
}

func TestTaskLimits(t *testing.T) {
	f := newFakeProc(t)
	f.write("sys/kernel/pid_max", "32768\n")
	f.write("sys/kernel/threads-max", "192730\n")
	f.write("loadavg", "0.00 0.01 0.05 1/249 31813\n")
	f.link("self/ns/pid", "pid:[4026531836]")
	equal(t, f.open().TaskLimits(), TaskLimits{PIDMax: Some(32768), ThreadsMax: Some(192730), Tasks: Some(249)})
	// The file follows the reader's namespace, so that it is not the host's.
	f.link("self/ns/pid", "pid:[4026532684]")
	equal(t, f.open().TaskLimits().PIDMax, None[int](Unsupported))
	f.link("self/ns/pid", "pid:4026531836")
	equal(t, f.open().TaskLimits().PIDMax, None[int](Malformed))
	f.write("loadavg", "\n")
	f.remove("self/ns")
	f.remove("sys/kernel")
	equal(t, f.open().TaskLimits(), TaskLimits{PIDMax: None[int](Gone), ThreadsMax: None[int](Gone), Tasks: None[int](Malformed)})
	f.remove("loadavg")
	equal(t, f.open().TaskLimits().Tasks, None[int](Gone))
}
