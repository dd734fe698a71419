package rule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// limited is a container whose control group has used this much of its limit, on a host with
// this many numbers left.
func limited(used, most, numbers int) *inspect.Capture {
	c := host(process(101, 100, listens(term)))
	kernel := process(2, 0, func(p *procfs.Process) { p.KernelThread = true })
	kernel.NSPIDs = []int{2}
	c.Snapshot.Processes = append(c.Snapshot.Processes, kernel)
	path := "/docker/" + c.Containers[0].ID
	change(c, 101, func(p *procfs.Process) {
		p.Cgroups = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: path}})
	})
	for i := range c.Snapshot.Processes {
		c.Snapshot.Processes[i].MaxProcesses = procfs.None[int](procfs.NotHeld)
	}
	tasks := len(c.Snapshot.Processes) + 8 // the shim's further threads
	c.Limits = &inspect.LimitFacts{
		ReaderCgroupNamespace: procfs.Some[uint64](procfs.InitialCgroupNamespace),
		TaskLimits:            procfs.TaskLimits{PIDMax: procfs.Some(tasks + 1 + numbers), ThreadsMax: procfs.Some(1 << 20), Tasks: procfs.Some(tasks)},
		Groups: []procfs.PIDsGroup{
			{Path: path, Dir: "/sys/fs/cgroup" + path, Current: procfs.Some(used), Max: procfs.Some(most), Refused: procfs.Some(0)},
			{Path: "/docker", Dir: "/sys/fs/cgroup/docker", Current: procfs.Some(used), Max: procfs.None[int](procfs.NotHeld), Refused: procfs.Some(0)},
		},
	}
	return c
}

// A limit is reported if four fifths are used, and is an error if nothing is left. With two
// looks it is reported how long it lasts.
func TestLimitNear(t *testing.T) {
	const plenty = 1 << 20
	tests := map[string]struct {
		now, before *inspect.Capture
		want        string
	}{
		"half":                        {limited(10, 20, plenty), nil, ""},
		"nearly":                      {limited(18, 20, plenty), nil, "warning Nearest limit: pids.max, 18 of 20 used."},
		"reached":                     {limited(20, 20, plenty), nil, "error Fork fails now: pids.max is full (20 of 20 used)."},
		"it fills":                    {later(limited(18, 20, plenty), 30*time.Second), limited(17, 20, plenty), "warning Nearest limit: pids.max, 18 of 20 used.; 1 more than 30s before. Full in about a minute at this rate"},
		"it does not":                 {later(limited(18, 20, plenty), 30*time.Second), limited(18, 20, plenty), "warning Nearest limit: pids.max, 18 of 20 used."},
		"it did not run before":       {later(limited(18, 20, plenty), 30*time.Second), without(limited(10, 20, plenty), 101), "warning Nearest limit: pids.max, 18 of 20 used."},
		"limits were not read before": {later(limited(18, 20, plenty), 30*time.Second), host(process(101, 100, listens(term))), "warning Nearest limit: pids.max, 18 of 20 used."},
		"nor now":                     {host(process(101, 100, listens(term))), limited(18, 20, plenty), ""},
		"it empties":                  {later(limited(18, 20, plenty), 30*time.Second), limited(19, 20, plenty), "warning Nearest limit: pids.max, 18 of 20 used."},
		"it was raised":               {later(limited(18, 20, plenty), 30*time.Second), limited(8, 10, plenty), "warning Nearest limit: pids.max, 18 of 20 used.; 10 more than 30s before. Full in 6 seconds at this rate"},
	}
	for name, test := range tests {
		got := ""
		for _, f := range findingsOf(t, test.now, test.before, "limit-near") {
			got += string(f.Severity) + " " + strings.Join(f.Evidence, "; ")
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// What all containers share is reported once.
func TestHostLimitIsSaidOnce(t *testing.T) {
	c := limited(1, 1000, 1)
	twin := c.Containers[0]
	twin.ID, twin.Name, twin.HostPID = strings.Repeat("b", 64), "twin", 201
	c.Containers = append(c.Containers, twin)
	main := process(201, 100, listens(term))
	main.Cgroups, main.NSPIDs = procfs.Some([]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"pids"}, Path: "/docker/" + twin.ID}}), []int{201, 1}
	main.MaxProcesses = procfs.None[int](procfs.NotHeld)
	c.Snapshot.Processes = append(c.Snapshot.Processes, main)
	c.Limits.Tasks = procfs.Some(c.Limits.Tasks.Or(0) + 1)
	found := findingsOf(t, c, nil, "limit-near")
	if len(found) != 1 || !slices.ContainsFunc(found[0].Evidence, func(s string) bool { return strings.HasPrefix(s, "Fork fails now: pid_max is full") }) {
		t.Errorf("got %+v", found)
	}
}
