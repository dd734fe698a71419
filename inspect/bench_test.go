package inspect

import "testing"

// crowded is a host with a container of that many processes, surveyed.
func crowded(processes int) *Capture {
	w := newWorld().process(1, 0, "systemd").process(20, 1, "containerd-shim", shimOf("a")).
		container("demo", "a", 21).process(21, 20, "server", in("a", 1))
	for pid := 100; pid < 100+processes; pid++ {
		w.process(pid, 21, "worker", in("a", pid))
	}
	w.process(50, 21, "job", in("a", 2), zombie(0)).again()
	return surveyForZombies(&w.Capture)
}

// BenchmarkZombies is what judging costs beside reading: all of it, from the
// capture to the verdicts.
func BenchmarkZombies(b *testing.B) {
	for name, processes := range map[string]int{"100": 100, "5000": 5000, "50000": 50000} {
		capture := crowded(processes)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ix := NewIndex(capture)
				chosen, _ := ix.Choose(nil, Filter{})
				if report := ix.Zombies(chosen); len(report.Zombies) != 1 || report.Processes != processes+2 {
					b.Fatalf("%d zombies, %d processes", len(report.Zombies), report.Processes)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*processes), "ns/process")
		})
	}
}
