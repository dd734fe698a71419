package read

import (
	"bytes"
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
	f.write("sys/vm/max_map_count", "65530\n")
	f.link("self/ns/pid", "pid:[4026531836]")
	procfstest.Equal(t, f.open().TaskLimits(), procfs.TaskLimits{
		PIDMax: procfs.Some(32768), ThreadsMax: procfs.Some(192730), Tasks: procfs.Some(249), MaxMappings: procfs.Some(65530),
	})
	// The file shows the reader's namespace, so it is not the host's.
	f.link("self/ns/pid", "pid:[4026532684]")
	procfstest.Equal(t, f.open().TaskLimits().PIDMax, procfs.None[int](procfs.Unsupported))
	f.link("self/ns/pid", "pid:4026531836")
	procfstest.Equal(t, f.open().TaskLimits().PIDMax, procfs.None[int](procfs.Malformed))
	f.write("loadavg", "\n")
	f.remove("self/ns")
	f.remove("sys/kernel")
	f.write("sys/vm/max_map_count", "many\n")
	procfstest.Equal(t, f.open().TaskLimits(), procfs.TaskLimits{
		PIDMax: procfs.None[int](procfs.Gone), ThreadsMax: procfs.None[int](procfs.Gone), Tasks: procfs.None[int](procfs.Malformed), MaxMappings: procfs.None[int](procfs.Malformed),
	})
	f.remove("loadavg")
	procfstest.Equal(t, f.open().TaskLimits().Tasks, procfs.None[int](procfs.Gone))
}

// The mappings of this process are those in its maps, and a limit that it is given is read.
func TestAddressSpaceOfThisProcess(t *testing.T) {
	proc := realProc(t)
	self := read(t, proc, os.Getpid(), procfs.Detail{})
	spaces := proc.AddressSpaces([]procfs.Key{self.Key}, procfs.Some(2))
	if len(spaces) != 1 || spaces[0].Key != self.Key {
		t.Fatalf("got %v", spaces)
	}
	space := spaces[0]
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Count(maps, []byte("\n"))
	if n, ok := space.Mappings.Get(); !ok || n < lines-20 || n > lines+20 { // the runtime maps more from time to time
		t.Errorf("%v mappings, maps lists %d", space.Mappings, lines)
	}
	if n, ok := space.Size.Get(); !ok || n < 1<<20 || n%os.Getpagesize() != 0 {
		t.Errorf("size %v", space.Size)
	}
	// They are not counted if they certainly are less than half of that.
	space = proc.AddressSpaces([]procfs.Key{self.Key}, procfs.Some(1<<50))[0]
	procfstest.Equal(t, space.Mappings, procfs.Opt[int]{})
	ended := procfs.Key{PID: self.PID, StartTicks: self.StartTicks + 1}
	if got := proc.AddressSpaces([]procfs.Key{ended}, procfs.Some(2)); got != nil {
		t.Errorf("of one that has its PID: %v", got)
	}
}

func TestAddressSpaceOfFake(t *testing.T) {
	likeAnOrdinaryUser(t)
	f := newFakeProc(t)
	f.add(living(7))
	key := read(t, f.open(), 7, procfs.Detail{}).Key
	space := func() procfs.AddressSpace { return f.open().AddressSpaces([]procfs.Key{key}, procfs.Some(6))[0] }
	gone := procfs.None[int](procfs.Gone)
	procfstest.Equal(t, space(), procfs.AddressSpace{Key: key, Size: gone, Max: gone, MaxStack: gone})
	f.write("7/limits", procfstest.LimitsText+"Max stack size 8 9 bytes\nMax address space unlimited unlimited bytes\n")
	f.write("7/statm", "3 2 1\n")
	f.write("7/maps", "00400000-00401000 r-xp 00000000 00:00 1 /bin/a\\012b\n00401000-00402000 rw-p 00000000 00:00 0\n")
	want := procfs.AddressSpace{Key: key, Size: procfs.Some(3 * os.Getpagesize()), Max: procfs.None[int](procfs.NotHeld), MaxStack: procfs.Some(8), Mappings: procfs.Some(2)}
	procfstest.Equal(t, space(), want)
	f.remove("7/maps")
	want.Mappings = procfs.None[int](procfs.Gone)
	procfstest.Equal(t, space(), want)
	f.write("7/statm", "2 2 1\n")
	want.Size, want.Mappings = procfs.Some(2*os.Getpagesize()), procfs.Opt[int]{}
	procfstest.Equal(t, space(), want)
	f.write("7/statm", "many\n")
	f.write("7/limits", "cut")
	malformed := procfs.None[int](procfs.Malformed)
	procfstest.Equal(t, space(), procfs.AddressSpace{Key: key, Size: malformed, Max: malformed, MaxStack: malformed})
}

// The cost of counting mappings is limited, whatever a process has mapped.
func TestMappingsThatCostTooMuch(t *testing.T) {
	proc := realProc(t)
	self := read(t, proc, os.Getpid(), procfs.Detail{})
	spend := newAllowance()
	spend.bytes = 10
	procfstest.Equal(t, proc.mappings(self.Key, spend), procfs.None[int](procfs.TooLarge))
	spend = newAllowance()
	spend.time = 0
	procfstest.Equal(t, proc.mappings(self.Key, spend), procfs.None[int](procfs.TimedOut))
}
