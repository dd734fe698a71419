//go:build amd64 || arm64

package taskiter

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// collector reads processes, by one of the ways.
type collector interface {
	Scan(context.Context, procfs.Detail) (procfs.Snapshot, error)
	Survey(context.Context, procfs.SurveyOf) (procfs.Snapshot, error)
}

// perProcess reports the cost of one of the host's processes.
func perProcess(b *testing.B, look func() (procfs.Snapshot, error)) {
	b.ReportAllocs()
	processes, began := 0, cpuTime(b)
	for b.Loop() {
		s, err := look()
		if err != nil {
			b.Fatal(err)
		}
		processes = len(s.Processes)
	}
	b.ReportMetric(float64(processes), "processes")
	b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
}

// cpuTime is the processor time of this process, in user and kernel mode. On a busy host
// wall-clock time means little.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// One look at all processes of this host with the iterator and with /proc: complete, as for
// snapshot and tree, and as zombies does at each refresh.
func BenchmarkLook(b *testing.B) {
	detail := procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}, UIDMaps: true}
	for name, c := range map[string]collector{"kernel": open(b), "proc": realProc(b)} {
		b.Run("scan/"+name, func(b *testing.B) {
			perProcess(b, func() (procfs.Snapshot, error) { return c.Scan(context.Background(), detail) })
		})
		b.Run("survey/"+name, func(b *testing.B) {
			perProcess(b, func() (procfs.Snapshot, error) { return c.Survey(context.Background(), procfs.SurveyOf{}) })
		})
	}
}

// One use of the iterator, without /proc.
func BenchmarkTasks(b *testing.B) {
	reader := open(b)
	b.ReportAllocs()
	began := cpuTime(b)
	for b.Loop() {
		if _, err := reader.groups(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
}

// Loading each form of the program and removing it from the kernel. The library keeps the
// kernel's types, which take longer to read than the rest.
func BenchmarkOpen(b *testing.B) {
	mayLoad(b)
	proc := realProc(b)
	for name, purpose := range map[string]Purpose{"scans": ForScans, "surveys": ForSurveys} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				reader, err := Open(proc, purpose)
				if err != nil {
					b.Fatal(err)
				}
				if err := reader.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
