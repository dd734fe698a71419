package taskiter

import (
	"encoding/binary"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// encoder writes numbers as the program does.
type encoder []byte

func (e *encoder) u64(values ...uint64) {
	for _, v := range values {
		*e = binary.LittleEndian.AppendUint64(*e, v)
	}
}

func (e *encoder) u32(values ...uint32) {
	for _, v := range values {
		*e = binary.LittleEndian.AppendUint32(*e, v)
	}
}

func (e *encoder) numbers(values ...int32) {
	for _, v := range values {
		e.u32(uint32(v))
	}
}

func (e *encoder) head(h *head) {
	e.u64(h.startNS)
	e.numbers(h.pid, h.tgid, h.parentPID, h.pgid, h.sid)
	e.u32(h.state, h.exitState, h.flags)
	e.numbers(h.threads)
	e.u32(h.signalFlags, h.pidNamespace)
	*e = append(*e, bit(h.subreaper), bit(h.noChildWait), h.ownLevels, h.sessionsLevels)
	comm := [16]byte{}
	copy(comm[:], h.comm)
	*e = append(*e, comm[:]...)
}

// address is the address of a PID namespace, by its level.
func address(level int) uint64 { return 0xffff888000000000 + uint64(level)<<8 }

// end is the last record of a look with this many tasks. Two of them are this program's own.
func end(tasks int32) []byte {
	var e encoder
	e.head(&head{threads: tasks, sid: 2})
	return e
}

// encode writes a task as the program does. The session is in as many namespaces as it has
// numbers, and one that is 0 is in another.
func encode(t task) []byte {
	var e encoder
	e.head(&t.head)
	e.u64(uint64(t.pending), uint64(t.sharedPending), uint64(t.blocked), uint64(t.realBlocked), uint64(t.ignored),
		uint64(t.caught), uint64(t.resets), uint64(t.undeferred), uint64(t.effective), t.maxProcesses, t.cssSet, t.cgroupID)
	e.numbers(t.tracer)
	e.u32(uint32(t.exitCode))
	e.u32(t.uids[:]...)
	e.u32(0)
	e.u32(t.namespaces[1:]...)
	for level, number := range t.nsPIDs() {
		e.u32(uint32(number), 1<<31)
		e.u64(address(level))
	}
	for level := range int(t.sessionsLevels) {
		number, at := 77, address(100+level)
		if sids := t.nsSIDs(); level < len(sids) && sids[level] != 0 {
			number, at = sids[level], address(level)
		}
		e.u32(uint32(number), 1<<31)
		e.u64(at)
	}
	return e
}

func bit(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// full is a task in which every field has a value of its own.
func full() task {
	return task{
		head: head{
			startNS: 1, pid: 13, tgid: 14, parentPID: 15, pgid: 16, sid: 17, state: 19, exitState: 20, flags: 21, threads: 22,
			signalFlags: 24, pidNamespace: 28, comm: "a) b\n(c", subreaper: true, ownLevels: 2, sessionsLevels: 1,
		},
		pending: 2, sharedPending: 3, blocked: 4, realBlocked: 5, ignored: 6, caught: 7, resets: 8, undeferred: 36, effective: 9,
		maxProcesses: 10, cssSet: 11, cgroupID: 12, tracer: 18, exitCode: 23,
		uids:       [4]uint32{25, 26, 27, 1<<32 - 1},
		namespaces: [8]uint32{28, 29, 30, 31, 32, 33, 34, 1<<32 - 1},
		numbers:    []int{13, 1, 17, 0},
	}
}

// decodeTasks reads the records in two parts, if there are two.
func decodeTasks(data []byte) ([]task, error) {
	var c tasks
	first := min(len(data), recordSize+3*chainLink)
	for _, part := range [][]byte{data[:first], data[first:]} {
		if err := c.add(part); err != nil {
			return nil, err
		}
	}
	return c.all()
}

func TestDecodeTasks(t *testing.T) {
	second := full()
	second.pid, second.numbers = 99, []int{99, 0}
	second.ownLevels, second.sessionsLevels = 1, 0
	second.comm, second.subreaper, second.noChildWait = "fifteen letters", false, true
	third := full() // its session is in another PID namespace, which is not an ancestor
	third.sessionsLevels = 3
	fourth := full()
	fourth.numbers, fourth.sessionsLevels = []int{13, 1, 17, 4}, 2
	want := []task{full(), second, third, fourth}
	var data []byte
	for _, task := range want {
		data = append(data, encode(task)...)
	}
	late := encode(full())
	got, err := decodeTasks(slices.Concat(data, end(4), late))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if none, err := decodeTasks(end(0)); err != nil || len(none) != 0 {
		t.Errorf("of nothing: %+v, %v", none, err)
	}
}

func TestDecodeTasksRefuses(t *testing.T) {
	deep := full()
	deep.numbers, deep.ownLevels = make([]int, 2*(mostLevels+1)), mostLevels+1
	long := full()
	long.sessionsLevels = mostLevels + 1
	other := full()
	other.numbers = []int{12, 1, 17, 0}
	nobody := full()
	nobody.pid, nobody.numbers = 0, []int{0, 1, 17, 0}
	flat := full()
	flat.numbers, flat.ownLevels = nil, 0
	whole := encode(full())
	for name, data := range map[string][]byte{
		"a record that is cut":                  whole[:recordSize-1],
		"nothing":                               nil,
		"no end":                                whole,
		"a head that is cut":                    whole[:headSize-1],
		"a chain that is cut":                   whole[:len(whole)-1],
		"a byte behind":                         append(whole[:len(whole):len(whole)], 0),
		"more levels than there are":            encode(deep),
		"more levels of the session":            encode(long),
		"no level":                              encode(flat),
		"a chain that begins with another PID":  encode(other),
		"a task that is not in the reader's ns": append(encode(nobody), end(1)...),
	} {
		if got, err := decodeTasks(data); !errors.Is(err, errRecord) || got != nil {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func FuzzDecodeTasks(f *testing.F) {
	f.Add(append(encode(full()), end(1)...))
	f.Add(slices.Concat(encode(full()), encode(full()), end(2)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c tasks
		err := c.add(data)
		tasks := c.list
		if err == nil {
			tasks, err = c.all()
		}
		if err != nil {
			return
		}
		size := headSize
		for _, g := range tasks {
			size += recordSize + chainLink*(int(g.ownLevels)+int(g.sessionsLevels))
		}
		if size > len(data) {
			t.Errorf("%d tasks of %d bytes from %d bytes", len(tasks), size, len(data))
		}
		for _, g := range groups(tasks) {
			if p := g.process(procfs.Detail{Namespaces: procfs.NamespaceTypes, Limits: true}, sharedNamespaces{}); p.PID <= 0 || len(p.State) != 1 {
				t.Errorf("got %+v", p)
			}
		}
	})
}
