package read

import (
	"fmt"
	"os"
	"testing"
	"time"

	prom "github.com/prometheus/procfs"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// BenchmarkScan reads all processes of this machine, and then the same with prometheus/procfs as
// far as it can. The metric x-prometheus is the ratio of the two times. Other load slows both.
func BenchmarkScan(b *testing.B) {
	proc := realProc(b)
	theirs, err := prom.NewFS("/proc")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var ourTime, theirTime time.Duration
	processes := 0
	for b.Loop() {
		began := time.Now()
		s, err := proc.Scan(b.Context(), procfs.Detail{Namespaces: procfs.NamespaceTypes})
		if err != nil {
			b.Fatal(err)
		}
		ourTime += time.Since(began)
		processes = len(s.Processes)

		began = time.Now()
		scanWithPrometheus(b, theirs)
		theirTime += time.Since(began)
	}
	b.ReportMetric(float64(ourTime)/float64(theirTime), "x-prometheus")
	b.ReportMetric(float64(ourTime.Microseconds())/float64(b.N*processes), "µs/process")
}

// BenchmarkSurvey reads the stat of all processes, and then the same with prometheus/procfs.
func BenchmarkSurvey(b *testing.B) {
	proc := realProc(b)
	theirs, err := prom.NewFS("/proc")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var ourTime, theirTime time.Duration
	processes := 0
	for b.Loop() {
		began := time.Now()
		s, err := proc.Survey(b.Context(), procfs.SurveyOf{})
		if err != nil {
			b.Fatal(err)
		}
		ourTime += time.Since(began)
		processes = len(s.Processes)

		b.StopTimer()
		began = time.Now()
		all, err := theirs.AllProcs()
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range all {
			_, _ = p.Stat() // it may have disappeared
		}
		theirTime += time.Since(began)
		b.StartTimer()
	}
	b.ReportMetric(float64(ourTime)/float64(theirTime), "x-prometheus")
	b.ReportMetric(float64(ourTime.Microseconds())/float64(b.N*processes), "µs/process")
}

// BenchmarkFamily reads a shell and its children: everything that tree shows of them, and only
// what zombies needs.
func BenchmarkFamily(b *testing.B) {
	const children = 300
	root := shell(b, fmt.Sprintf("i=0; while [ $i -lt %d ]; do sleep 300 & i=$((i+1)); done; wait", children)).Process.Pid
	proc := realProc(b)
	await(b, "the shell has its children", func() bool {
		pids, err := proc.childrenOf([]int{root})
		return err == nil && len(pids) == children
	})
	for name, only := range map[string]*procfs.SurveyOf{"whole": nil, "survey": {Cgroups: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, err := proc.Family(b.Context(), procfs.FamilyOf{Trees: []int{root}, Only: only}, procfs.Detail{Namespaces: procfs.NamespaceTypes, UIDMaps: true})
				if err != nil || len(s.Processes) != children+1 {
					b.Fatal(len(s.Processes), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*(children+1)), "µs/process")
		})
	}
}

// BenchmarkParse parses the kernel's files about this process.
func BenchmarkParse(b *testing.B) {
	for name, parse := range map[string]func([]byte) error{
		"stat":   func(data []byte) error { _, err := procfs.ParseStat(data); return err },
		"status": func(data []byte) error { _, err := procfs.ParseStatus(data); return err },
		"cgroup": func(data []byte) error { _, err := procfs.ParseCgroups(data); return err },
	} {
		data, err := os.ReadFile("/proc/self/" + name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := parse(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func scanWithPrometheus(b *testing.B, fs prom.FS) {
	b.Helper()
	all, err := fs.AllProcs()
	if err != nil {
		b.Fatal(err)
	}
	for _, p := range all {
		// Errors are processes that disappear, zombies and missing rights.
		_, _ = p.Stat()
		_, _ = p.NewStatus()
		_, _ = p.Namespaces()
		_, _ = p.CmdLine()
	}
}
