package measure_test

import (
	"fmt"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/measure"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// crowd is a host with many containers, each with a shim, a main process and a child, and with
// control groups and signal handling that were read.
func crowd(n int) *World {
	w := NewWorld().Process(1, 0, "systemd")
	w.Limits = &inspect.LimitFacts{ReaderCgroupNamespace: procfs.Some[uint64](procfs.InitialCgroupNamespace)}
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
	for i, t := range procfs.NamespaceTypes {
		w.Host.Namespaces[t] = procfs.Some(uint64(i + 1))
	}
	for i := range n {
		id, pid := fmt.Sprintf("%064x", i+1), 100+10*i
		group := "/docker/" + id
		in := func(inside int) Change {
			return func(p *procfs.Process) {
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: group}, {Path: group}})
				p.NSPIDs = append(p.NSPIDs, inside)
			}
		}
		own := EveryNamespace(uint64(1000+10*i), map[procfs.NamespaceType]uint64{procfs.UserNamespace: 6, procfs.TimeNamespace: 8})
		w.Container(fmt.Sprintf("c%d", i), "a", pid+1, func(c *inspect.Container) { c.ID = id })
		w.Process(pid, 1, "containerd-shim", Args("/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", id, "-address", "/run/containerd.sock")).
			Process(pid+1, pid, "sleep", in(1), own).Process(pid+2, pid+1, "sleep", in(2), own).
			Attend(pid + 1).Attend(pid + 2)
		w.Limits.Groups = append(w.Limits.Groups, procfs.PIDsGroup{Path: group, Current: procfs.Some(2), Max: procfs.Some(100), Refused: procfs.Some(0)})
	}
	return w
}

// Ten times as many containers cost ten times as much, not a hundred times.
func BenchmarkOf(b *testing.B) {
	for _, n := range []int{100, 1000} {
		w := crowd(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				measure.Of(w.Index(), inspect.Filter{})
			}
		})
	}
}
