package zombie_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
)

// crowded is a host with a container of this many processes, surveyed.
func crowded(processes int) *inspect.Capture {
	w := inspecttest.NewWorld().Process(1, 0, "systemd").Process(20, 1, "containerd-shim", inspecttest.ShimOf("a")).
		Container("demo", "a", 21).Process(21, 20, "server", inspecttest.In("a", 1))
	for pid := 100; pid < 100+processes; pid++ {
		w.Process(pid, 21, "worker", inspecttest.In("a", pid))
	}
	w.Process(50, 21, "job", inspecttest.In("a", 2), inspecttest.Exited(0)).Again()
	return surveyForZombies(&w.Capture)
}

// BenchmarkZombies is what judging costs without reading, from the capture to the verdicts.
func BenchmarkZombies(b *testing.B) {
	for name, processes := range map[string]int{"100": 100, "5000": 5000, "50000": 50000} {
		capture := crowded(processes)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ix := inspect.NewIndex(capture)
				chosen, _ := ix.Choose(nil, inspect.Filter{})
				if report := zombie.Find(ix, chosen); len(report.Zombies) != 1 || report.Processes != processes+2 {
					b.Fatalf("%d zombies, %d processes", len(report.Zombies), report.Processes)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*processes), "ns/process")
		})
	}
}
