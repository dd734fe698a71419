package wire

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// crowd is a snapshot of 5,000 processes in containers.
func crowd() procfs.Snapshot {
	s := procfs.Snapshot{Root: "/proc", TakenAt: time.Unix(1, 0).UTC(), Whole: true}
	for i := range 5000 {
		id := fmt.Sprintf("/docker/%064x", i/20)
		p := procfs.Process{
			Key: procfs.Key{PID: 1000 + i, StartTicks: uint64(400000 + 7*i)}, ParentPID: 1000 + i/20*20, State: "S", Comm: "sleep", Threads: 1,
			PGID: 1000 + i, SID: 1000 + i, NSPIDs: []int{1000 + i, 1 + i%20}, NSSIDs: []int{1000 + i, 0},
			Signals: procfs.Signals{Caught: 0x4002, Ignored: 0x1000}, Args: procfs.Some([]string{"sleep", fmt.Sprint(i)}),
			WaitStatus: procfs.None[procfs.WaitStatus](procfs.NotHeld), Namespaces: map[procfs.NamespaceType]procfs.Opt[uint64]{},
			UIDMap: procfs.Some([]procfs.IDMapping{{Length: 1<<32 - 1}}), EtcMounts: procfs.None[[]string](procfs.Unread),
			Cgroups:      procfs.Some([]procfs.Cgroup{{Hierarchy: 8, Controllers: []string{"pids"}, Path: id}, {Hierarchy: 7, Controllers: []string{"memory"}, Path: id}, {Path: id}}),
			MaxProcesses: procfs.None[int](procfs.NotHeld), Effective: procfs.Some[procfs.Capabilities](0xa80425fb),
		}
		for t, namespace := range procfs.NamespaceTypes {
			p.Namespaces[namespace] = procfs.Some(uint64(4026531836 + 10*(i/20) + t))
		}
		s.Processes = append(s.Processes, p)
	}
	return s
}

// BenchmarkSnapshot sends a snapshot of 5,000 processes and reads it.
func BenchmarkSnapshot(b *testing.B) {
	s := crowd()
	var message []byte
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			w := newWriter()
			w.snapshot(&s)
			message = w.data
		}
		b.ReportMetric(float64(len(message)), "bytes")
	})
	b.Run("compress", func(b *testing.B) {
		var packed bytes.Buffer
		for b.Loop() {
			packed.Reset()
			w, _ := flate.NewWriter(&packed, flate.BestSpeed)
			_, _ = w.Write(message)
			_ = w.Close()
		}
		b.ReportMetric(float64(packed.Len()), "bytes")
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			var got procfs.Snapshot
			r := newReader(message, mostAnswer)
			r.snapshot(&got)
			if err := r.end(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkJSON is the same with encoding/json, which loses bytes that are not UTF-8.
func BenchmarkJSON(b *testing.B) {
	s := crowd()
	var data []byte
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			data, _ = json.Marshal(&s)
		}
		b.ReportMetric(float64(len(data)), "bytes")
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			var got procfs.Snapshot
			if err := json.Unmarshal(data, &got); err != nil {
				b.Fatal(err)
			}
		}
	})
}
