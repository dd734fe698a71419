package sigtrace

import (
	"encoding/binary"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// made is a record as the programs write it.
func made(kind procfs.KernelEventKind, change func(data []byte)) []byte {
	data := make([]byte, eventSize)
	put := binary.LittleEndian
	put.PutUint64(data, uint64(90*time.Second))
	put.PutUint32(data[8:], uint32(kind))
	put.PutUint32(data[16:], 15)             // signal
	put.PutUint32(data[20:], 0xfffffffa)     // code: SI_TKILL
	put.PutUint32(data[24:], 1)              // result
	copy(data[40:], []byte{2, 1, 2, 0, 1})   // given, to the process, caught, not blocked, unkillable
	who(data[48:], 7_000_000_000, 900, 2, 1) // subject
	who(data[168:], 8_000_000_000, 4411, 0)  // actor
	put.PutUint64(data[288:], 6_000_000_000)
	put.PutUint32(data[296:], 4400)
	put.PutUint32(data[300:], 1000)
	copy(data[304:], "sshd")
	if change != nil {
		change(data)
	}
	return data
}

// who writes a process with its numbers.
func who(data []byte, startNS uint64, pid uint32, more ...uint32) {
	put := binary.LittleEndian
	put.PutUint64(data, startNS)
	put.PutUint64(data[8:], 11)
	put.PutUint64(data[16:], 12)
	put.PutUint32(data[24:], pid+1) // thread
	put.PutUint32(data[28:], 1000)
	put.PutUint32(data[32:], exiting)
	put.PutUint32(data[36:], uint32(1+len(more)))
	put.PutUint32(data[40:], pid)
	put.PutUint32(data[72:], 4026531836)
	for i, number := range more {
		put.PutUint32(data[44+4*i:], number)
		put.PutUint32(data[76+4*i:], uint32(4026532000+i))
	}
	copy(data[104:], "nginx")
}

func TestDecode(t *testing.T) {
	got, err := decode(made(procfs.SignalGenerated, nil))
	if err != nil {
		t.Fatal(err)
	}
	process := func(pid int, ticks uint64, pids []int, namespaces []uint64) procfs.TracedProcess {
		return procfs.TracedProcess{
			Key: procfs.Key{PID: pid, StartTicks: ticks}, TID: pid + 1, UID: 1000, Comm: "nginx", Exiting: true,
			PIDs: pids, PIDNamespaces: namespaces, Levels: len(pids),
		}
	}
	want := record{
		KernelEvent: procfs.KernelEvent{
			Kind:      procfs.SignalGenerated,
			Subject:   process(900, 700, []int{900, 2, 1}, []uint64{4026531836, 4026532000, 4026532001}),
			Actor:     process(4411, 800, []int{4411, 0}, []uint64{4026531836, 4026532000}),
			Ancestors: []procfs.TracedAncestor{{Key: procfs.Key{PID: 4400, StartTicks: 600}, UID: 1000, Comm: "sshd"}},
			Signal: &procfs.SignalSent{
				Number: 15, Source: procfs.SourceInfo, Code: -6, ToProcess: true, Result: procfs.SignalIgnored,
				Handler: procfs.HandlerCaught, Unkillable: true,
			},
		},
		at: 90 * time.Second, subject: [2]uint64{11, 12}, actor: [2]uint64{11, 12},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Of a process that is deeper than the programs tell, the innermost namespace is not known.
func TestDecodeDeep(t *testing.T) {
	got, err := decode(made(procfs.ProcessExited, func(data []byte) {
		binary.LittleEndian.PutUint32(data[48+36:], 12)
		binary.LittleEndian.PutUint32(data[12:], 137<<8)
	}))
	if err != nil {
		t.Fatal(err)
	}
	if inode, pid := got.Subject.PIDNamespace(); inode != 0 || pid != 0 || len(got.Subject.PIDs) != mostLevels {
		t.Errorf("got PID %d of namespace %d, %d levels", pid, inode, len(got.Subject.PIDs))
	}
	if got.Signal != nil || got.Status.ExitCode() != 137 {
		t.Errorf("got signal %v, %v", got.Signal, got.Status)
	}
}

func TestDecodeMalformed(t *testing.T) {
	for name, data := range map[string][]byte{
		"short":           made(procfs.SignalGenerated, nil)[:eventSize-1],
		"unknown kind":    made(99, nil),
		"no such signal":  made(procfs.SignalGenerated, func(data []byte) { binary.LittleEndian.PutUint32(data[16:], 65) }),
		"signal 0":        made(procfs.SignalGenerated, func(data []byte) { binary.LittleEndian.PutUint32(data[16:], 0) }),
		"kind 0, nothing": make([]byte, eventSize),
	} {
		if r, err := decode(data); !errors.Is(err, errRecord) {
			t.Errorf("%s: got %+v, %v", name, r, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(made(procfs.SignalGenerated, nil))
	f.Add(made(procfs.ProcessFreed, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decode(data)
		if err == nil && len(r.Subject.PIDs) != len(r.Subject.PIDNamespaces) {
			t.Errorf("%d numbers in %d namespaces", len(r.Subject.PIDs), len(r.Subject.PIDNamespaces))
		}
	})
}

func TestGroupPath(t *testing.T) {
	names := func(list ...string) []byte {
		data := make([]byte, 4*8)
		for i, name := range list {
			copy(data[8*i:8*i+7], name)
		}
		return data
	}
	for want, names := range map[string][]byte{
		"/":          names(),
		"/docker/ab": names("ab", "docker"),
		"/b/c/d/e":   names("e", "d", "c", "b"),
		"/1234567":   names("123456789"),
	} {
		if got := groupPath(names, 8); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
