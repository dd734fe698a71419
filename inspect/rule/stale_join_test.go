package rule

import (
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// joined are containers named a, b, c..., each except the first configured to join the network
// of the one before, with main processes 201, 202... in these network namespaces, started in
// this order (ticks).
func joined(networks []uint64, starts []uint64) *inspect.Capture {
	c := host(process(101, 100, listens(term)))
	c.Containers, c.Snapshot.Processes, c.Attention = nil, nil, nil
	for i, network := range networks {
		letter := string(rune('a' + i))
		container := inspect.Container{ID: strings.Repeat(letter, 64), Name: letter, Status: "running", HostPID: 201 + i, AnsweredAt: c.Snapshot.TakenAt}
		if i > 0 {
			container.NetworkMode = "container:" + c.Containers[i-1].ID
		}
		p := process(201+i, 1, listens(term))
		p.StartTicks, p.NSPIDs = starts[i], []int{201 + i, 1}
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + container.ID}})
		p.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.NetNamespace: procfs.Some(network)}
		c.Containers, c.Snapshot.Processes = append(c.Containers, container), append(c.Snapshot.Processes, p)
	}
	return c
}

// A member of a stale member shares its namespace as declared, but has also lost the owner.
func TestChainsOfJoins(t *testing.T) {
	tests := map[string]struct {
		capture *inspect.Capture
		want    []string
	}{
		"sound":                 {joined([]uint64{7, 7, 7}, []uint64{1, 2, 3}), nil},
		"the owner restarted":   {joined([]uint64{8, 7, 7}, []uint64{9, 2, 3}), []string{"b: docker restart b", "c: docker restart b && docker restart c"}},
		"three deep":            {joined([]uint64{8, 7, 7, 7}, []uint64{9, 2, 3, 4}), []string{"b: docker restart b", "c: docker restart b && docker restart c", "d: docker restart b && docker restart c && docker restart d"}},
		"the middle restarted":  {joined([]uint64{8, 8, 7}, []uint64{9, 10, 3}), []string{"c: docker restart c"}},
		"all restarted in turn": {joined([]uint64{8, 8, 8}, []uint64{9, 10, 11}), nil},
	}
	for name, test := range tests {
		var got []string
		for _, f := range findingsOf(t, test.capture, nil, "stale-join") {
			got = append(got, f.Container.Name+": "+f.Now)
			if f.Severity != inspect.SeverityError || f.Process.PID != f.Container.HostPID {
				t.Errorf("%s: got %+v", name, f)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
