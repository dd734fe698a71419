package taskiter

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func heads(list ...head) []byte {
	var e encoder
	for i := range list {
		e.head(&list[i])
	}
	return e
}

// surveyed reads the heads in two parts, if there are two.
func surveyed(data []byte, pidNamespaces bool) ([]procfs.Process, int, error) {
	s := newSurvey(pidNamespaces, 1)
	first := min(len(data), headSize)
	for _, part := range [][]byte{data[:first], data[first:]} {
		if err := s.add(part); err != nil {
			return nil, 0, err
		}
	}
	processes, err := s.all()
	return processes, s.others, err
}

func TestSurveyed(t *testing.T) {
	plain := head{
		startNS: 12_349_999_999, pid: 5, tgid: 5, parentPID: 3, pgid: 4, sid: 2, state: 1, threads: 6,
		signalFlags: unkillable, pidNamespace: 77, comm: "a b", subreaper: true, noChildWait: true,
	}
	dead := head{pid: 6, tgid: 6, state: 0x80, exitState: 0x20, threads: 1, pidNamespace: 77}
	kernel := head{pid: 7, tgid: 7, flags: pfKernelThread, threads: 1}
	got, tasks, err := surveyed(slices.Concat(heads(plain, dead, kernel), end(8), heads(plain)), true)
	if err != nil || len(got) != 3 || tasks != 6 {
		t.Fatalf("got %+v of %d others, %v", got, tasks, err)
	}
	want := procfs.Process{
		Key: procfs.Key{PID: 5, StartTicks: 1234}, StatOnly: true, ParentPID: 3, PGID: 4, SID: 2, State: "S", Comm: "a b", Threads: 6,
		Namespaces: map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some[uint64](77)},
		Internals:  procfs.Some(procfs.Internals{Subreaper: true, Unkillable: true, NoChildWait: true, Partial: true}),
	}
	if !reflect.DeepEqual(got[0], want) {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
	if !got[1].IsZombie() || got[1].Namespace(procfs.PIDNamespace) != procfs.Some[uint64](77) {
		t.Errorf("a zombie: %+v", got[1])
	}
	if !got[2].KernelThread || got[2].Internals.Absence() != procfs.NotHeld || got[2].Namespace(procfs.PIDNamespace).Absence() != procfs.Gone {
		t.Errorf("a kernel thread, which has told no namespace: %+v", got[2])
	}
	if got, _, err := surveyed(append(heads(plain), end(6)...), false); err != nil || got[0].Namespaces != nil {
		t.Errorf("no namespace was asked for: %+v, %v", got, err)
	}
}

// A process that the kernel hides is found, and is in its position.
func TestHiddenOfASurvey(t *testing.T) {
	known := func(pids ...int) []procfs.Process {
		list := make([]procfs.Process, len(pids))
		for i, pid := range pids {
			list[i].PID = pid
		}
		return list
	}
	many := make([]int, roomForHidden+1)
	for i := range many {
		many[i] = 100 - i
	}
	slices.Sort(many)
	for name, test := range map[string]struct{ shown, listed, hidden []int }{
		"nobody at all":               {nil, nil, nil},
		"none":                        {[]int{1, 5, 9}, []int{1, 5, 9}, nil},
		"one has come since":          {[]int{1, 5, 9}, []int{1, 9}, nil},
		"first":                       {[]int{5, 9}, []int{1, 5, 9}, []int{1}},
		"between and last":            {[]int{1, 9}, []int{1, 5, 9, 12}, []int{5, 12}},
		"all":                         {nil, []int{1, 2}, []int{1, 2}},
		"more than there is room for": {[]int{1, 200}, many, many},
	} {
		got := unknown(test.listed, known(test.shown...))
		if !slices.Equal(got, test.hidden) {
			t.Errorf("%s: hidden are %v, want %v", name, got, test.hidden)
		}
		want := slices.Concat(test.shown, got)
		slices.Sort(want)
		var pids []int
		for _, p := range withHidden(known(test.shown...), known(got...)) {
			pids = append(pids, p.PID)
		}
		if !slices.Equal(pids, want) {
			t.Errorf("%s: got %v, want %v", name, pids, want)
		}
	}
}

func TestSurveyedRefuses(t *testing.T) {
	good := head{pid: 5, tgid: 5}
	for name, data := range map[string][]byte{
		"nothing":                               nil,
		"no end":                                heads(good),
		"a head that is cut":                    heads(good)[:headSize-1],
		"a byte behind":                         append(heads(good), 0),
		"a task that is not in the reader's ns": append(heads(good, head{tgid: 5}), end(2)...),
		"a process that is not":                 append(heads(good, head{pid: 5}), end(2)...),
	} {
		if got, _, err := surveyed(data, true); !errors.Is(err, errRecord) || got != nil {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func FuzzSurveyed(f *testing.F) {
	f.Add(append(heads(head{pid: 5, tgid: 5}), end(1)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		processes, _, err := surveyed(data, true)
		if err != nil {
			return
		}
		if (len(processes)+1)*headSize > len(data) {
			t.Errorf("%d processes from %d bytes", len(processes), len(data))
		}
		for _, p := range processes {
			if p.PID <= 0 || len(p.State) != 1 {
				t.Errorf("got %+v", p)
			}
		}
	})
}
