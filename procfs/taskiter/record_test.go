package taskiter

import (
	"encoding/binary"
	"errors"
	"reflect"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// encode writes a task as the program does.
func encode(t task) []byte {
	var b []byte
	u64 := func(values ...uint64) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
	}
	u32 := func(values ...int) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	}
	u64(t.startNS, uint64(t.pending), uint64(t.sharedPending), uint64(t.blocked), uint64(t.realBlocked), uint64(t.ignored),
		uint64(t.caught), uint64(t.resets), uint64(t.undeferred), uint64(t.effective), t.maxProcesses, t.cssSet, t.cgroupID)
	u32(t.pid, t.tgid, t.parentPID, t.pgid, t.sid, t.tracer, int(t.state), int(t.exitState), int(t.flags), t.threads,
		int(t.exitCode), int(t.signalFlags), t.uids.Real, t.uids.Effective, t.uids.Saved, t.uids.FS)
	for _, inode := range t.namespaces {
		u32(int(inode))
	}
	comm := [16]byte{}
	copy(comm[:], t.comm)
	b = append(b, comm[:]...)
	b = append(b, bit(t.subreaper), bit(t.noChildWait), byte(len(t.nsPIDs)), 0, 0, 0, 0, 0)
	for i := range t.nsPIDs {
		u32(t.nsPIDs[i], t.nsSIDs[i])
	}
	return b
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
		startNS: 1, pending: 2, sharedPending: 3, blocked: 4, realBlocked: 5, ignored: 6, caught: 7, resets: 8, undeferred: 36, effective: 9,
		maxProcesses: 10, cssSet: 11, cgroupID: 12, pid: 13, tgid: 14, parentPID: 15, pgid: 16, sid: 17, tracer: 18, state: 19,
		exitState: 20, flags: 21, threads: 22, exitCode: 23, signalFlags: 24, uids: procfs.UIDs{Real: 25, Effective: 26, Saved: 27, FS: 1<<32 - 1},
		namespaces: [8]uint64{28, 29, 30, 31, 32, 33, 34, 1<<32 - 1}, comm: "a) b\n(c", subreaper: true,
		nsPIDs: []int{13, 1}, nsSIDs: []int{17, 0},
	}
}

func TestDecodeTasks(t *testing.T) {
	second := full()
	second.pid, second.nsPIDs, second.nsSIDs = 99, []int{99}, []int{0}
	second.comm, second.subreaper, second.noChildWait = "fifteen letters", false, true
	got, err := decodeTasks(append(encode(full()), encode(second)...))
	if err != nil || !reflect.DeepEqual(got, []task{full(), second}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if none, err := decodeTasks(nil); err != nil || len(none) != 0 {
		t.Errorf("of nothing: %+v, %v", none, err)
	}
}

func TestDecodeTasksRefuses(t *testing.T) {
	deep := full()
	deep.nsPIDs, deep.nsSIDs = make([]int, mostLevels+1), make([]int, mostLevels+1)
	other := full()
	other.nsPIDs = []int{12, 1}
	nobody := full()
	nobody.pid, nobody.nsPIDs = 0, []int{0, 1}
	flat := full()
	flat.nsPIDs, flat.nsSIDs = nil, nil
	whole := encode(full())
	for name, data := range map[string][]byte{
		"a record that is cut":                  whole[:recordHead-1],
		"a chain that is cut":                   whole[:len(whole)-1],
		"a byte behind":                         append(whole[:len(whole):len(whole)], 0),
		"more levels than there are":            encode(deep),
		"no level":                              encode(flat),
		"a chain that begins with another PID":  encode(other),
		"a task that is not in the reader's ns": encode(nobody),
	} {
		if got, err := decodeTasks(data); !errors.Is(err, errRecord) || got != nil {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func FuzzDecodeTasks(f *testing.F) {
	f.Add(encode(full()))
	f.Add(append(encode(full()), encode(full())...))
	f.Fuzz(func(t *testing.T, data []byte) {
		tasks, err := decodeTasks(data)
		if err != nil {
			if tasks != nil {
				t.Errorf("an error, and %d tasks", len(tasks))
			}
			return
		}
		size := 0
		for _, g := range tasks {
			size += recordHead + chainLink*len(g.nsPIDs)
		}
		if size != len(data) {
			t.Errorf("%d tasks of %d bytes from %d bytes", len(tasks), size, len(data))
		}
		for _, g := range groups(tasks) {
			if p := g.process(procfs.Detail{Namespaces: procfs.NamespaceTypes, Limits: true}); p.PID <= 0 || len(p.State) != 1 {
				t.Errorf("got %+v", p)
			}
		}
	})
}
