package inspect_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Facts that may not be read are not reported as absent, and a process whose attention was not
// read has none.
func TestMayTrace(t *testing.T) {
	ix := Alone("app").Process(102, 101, "others", In("a", 2), NS(7)).Process(103, 101, "unasked", In("a", 3), NS(7)).
		Process(104, 101, "none", In("a", 4), NS(7)).
		Attend(101).Attend(102, Denied).
		Attend(104, func(a *procfs.Attention) { a.SignalFDs = procfs.None[[]procfs.SignalSet](procfs.NotHeld) }).Index()
	for pid, want := range map[int]bool{101: true, 102: false, 103: false, 104: true} {
		if got := ix.MayTrace(ix.ProcessAt(pid)); got != want {
			t.Errorf("process %d: got %t, want %t", pid, got, want)
		}
	}
}

// inState is a thread in a state, asleep in a function of the kernel.
func inState(state procfs.State, channel procfs.Opt[string]) procfs.ThreadAttention {
	return procfs.ThreadAttention{State: state, WaitChannel: channel}
}

// Every read of a disk shows state D for a moment. Only a process that has it at both looks is
// stuck. The state of another thread is not the process's.
func TestStaysUninterruptible(t *testing.T) {
	nfs, denied, unread := procfs.Some("nfs_wait"), procfs.None[string](procfs.Denied), procfs.None[string](procfs.Unread)
	tests := map[string]struct {
		first   procfs.State
		later   []procfs.ThreadAttention
		still   bool
		channel procfs.Opt[string]
	}{
		"at both looks":              {"D", []procfs.ThreadAttention{inState("D", nfs)}, true, nfs},
		"at both, where is denied":   {"D", []procfs.ThreadAttention{inState("D", denied)}, true, denied},
		"at the first look only":     {"D", []procfs.ThreadAttention{inState("S", nfs)}, false, unread},
		"at the later look only":     {"S", []procfs.ThreadAttention{inState("D", nfs)}, false, unread},
		"not its main thread":        {"D", []procfs.ThreadAttention{inState("S", nfs), inState("D", nfs)}, false, unread},
		"its main thread of several": {"D", []procfs.ThreadAttention{inState("D", nfs), inState("S", unread)}, true, nfs},
		"gone at the later look":     {"D", nil, false, unread},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := Alone("app", StateOf(test.first)).Attend(101, Asleep(test.later...)).Index()
			channel, still := ix.StaysUninterruptible(ix.ProcessAt(101))
			if still != test.still || channel != test.channel {
				t.Errorf("got %t in %+v, want %t in %+v", still, channel, test.still, test.channel)
			}
		})
	}
	ix := Alone("app", StateOf("D")).Index()
	if channel, still := ix.StaysUninterruptible(ix.ProcessAt(101)); still || channel != unread {
		t.Errorf("nobody looked later: got %t in %+v", still, channel)
	}
}

// Sleeps are counted by the main thread. A thread that never went to sleep has a number, and one
// that was not looked at has none.
func TestSleeps(t *testing.T) {
	sleeps := func(list ...procfs.Opt[int]) Attending {
		var threads []procfs.ThreadAttention
		for _, n := range list {
			threads = append(threads, procfs.ThreadAttention{State: "S", Sleeps: n})
		}
		return Asleep(threads...)
	}
	for name, test := range map[string]struct {
		threads Attending
		want    procfs.Opt[int]
	}{
		"its main thread's": {sleeps(procfs.Some(7), procfs.Some(99)), procfs.Some(7)},
		"never":             {sleeps(procfs.Some(0)), procfs.Some(0)},
		"denied":            {sleeps(procfs.None[int](procfs.Denied), procfs.Some(99)), procfs.None[int](procfs.Denied)},
		"ended meanwhile":   {sleeps(), procfs.None[int](procfs.Unread)},
	} {
		ix := Alone("app").Attend(101, test.threads).Index()
		if got := ix.Sleeps(ix.ProcessAt(101)); got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
	ix := Alone("app").Index()
	if got := ix.Sleeps(ix.ProcessAt(101)); got.Held() || got.Absence() != procfs.Unread {
		t.Errorf("not asked: got %+v", got)
	}
}

// Attention belongs to a process, not to a PID. A process that got the PID later has none.
func TestAttentionOfAReusedPID(t *testing.T) {
	w := Alone("app").Attend(101)
	if ix := w.Index(); len(ix.ThreadsOf(ix.ProcessAt(101))) != 1 || ix.Attention(ix.ProcessAt(101)).PID != 101 {
		t.Fatal("the process itself was asked")
	}
	w.Attention[0].StartTicks++
	ix := w.Index()
	if p := ix.ProcessAt(101); ix.Attention(p) != nil || ix.ThreadsOf(p) != nil || ix.MayTrace(p) {
		t.Errorf("got %+v of another process", ix.Attention(p))
	}
	if ix.Process(procfs.Key{PID: 101, StartTicks: 101}) == nil || ix.Process(procfs.Key{PID: 101, StartTicks: 102}) != nil {
		t.Error("a process is found by its number alone")
	}
	if ix.Process(procfs.Key{PID: 999}) != nil || ix.Process(procfs.Key{}) != nil {
		t.Error("there is a process that is not there")
	}
	var none procfs.PIDTable
	if none.At(101) != nil {
		t.Error("there is a process in no table")
	}
}
