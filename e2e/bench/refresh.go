//go:build linux

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
	"github.com/docker-pidns/docker-pidns/procfs/taskiter"
)

const throughProc, byKernel = "refresh through /proc", "refresh with the kernel's iterator"

// refreshes measures what a command that runs on does at each refresh: it looks at
// all processes again and judges their zombies. The containers are known.
func (s *scene) refreshes(ctx context.Context, o options) ([]result, error) {
	if !o.run.MatchString(throughProc) && !o.run.MatchString(byKernel) {
		return nil, nil
	}
	proc, err := read.Open("/proc")
	if err != nil {
		return nil, err
	}
	containers, err := running(ctx)
	if err != nil {
		return nil, err
	}
	groups, err := folders(proc, containers)
	if err != nil {
		return nil, err
	}
	kernel, err := taskiter.Open(proc, taskiter.ForSurveys)
	if err != nil {
		return nil, err
	}
	defer func() { _ = kernel.Close() }()
	var results []result
	for _, with := range []struct {
		name      string
		collector collector
		target    float64
	}{{throughProc, proc, 60}, {byKernel, kernel, 15}} {
		if !o.run.MatchString(with.name) {
			continue
		}
		r := refresher{proc: proc, collector: with.collector, containers: containers, folders: groups}
		times, err := r.times(ctx, o)
		if err != nil {
			return nil, err
		}
		results = append(results, result{with.name, "", pair{times, nil}, with.target, "ms", nil})
	}
	return results, nil
}

// collector reads processes.
type collector interface {
	Survey(context.Context, procfs.SurveyOf) (procfs.Snapshot, error)
	Complete(context.Context, *procfs.Snapshot, procfs.Selection) error
}

// refresher looks again and again.
type refresher struct {
	proc       read.FS
	collector  collector
	containers []inspect.Container
	folders    map[string]string
}

// times are those of each refresh, in milliseconds.
func (r *refresher) times(ctx context.Context, o options) ([]float64, error) {
	var times []float64
	for range o.runs {
		began := time.Now()
		processes, err := r.refresh(ctx)
		if err != nil {
			return nil, err
		}
		if processes < o.many {
			return nil, fmt.Errorf("a refresh saw %d processes in the containers, want %d and more", processes, o.many)
		}
		times = append(times, float64(time.Since(began))/float64(time.Millisecond))
	}
	return times, nil
}

// running are the containers of the scene, as far as a refresh needs them.
func running(ctx context.Context) ([]inspect.Container, error) {
	var list []inspect.Container
	for _, name := range []string{small, big} {
		text, err := output(ctx, "docker", "inspect", "--format", "{{.Id}} {{.State.Pid}}", name)
		if err != nil {
			return nil, err
		}
		c := inspect.Container{Name: name, Status: "running"}
		if _, err := fmt.Sscan(text, &c.ID, &c.HostPID); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// refresh is the work of plugin/source and of inspect without the engine.
func (r *refresher) refresh(ctx context.Context) (processes int, err error) {
	c := &inspect.Capture{Containers: r.containers}
	groups := make(chan []inspect.GroupMembers, 1)
	go func() { groups <- r.members() }()
	c.Snapshot, err = r.collector.Survey(ctx, procfs.SurveyOf{})
	if c.Groups = <-groups; err != nil {
		return 0, err
	}
	needs := need.ForZombies.Needs(c, nil)
	detail := procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.PIDNamespace}, UIDMaps: true}
	selected := func(p *procfs.Process) (procfs.Detail, bool) { return detail, needs(p.PID) >= need.Process }
	if err := r.collector.Complete(ctx, &c.Snapshot, selected); err != nil {
		return 0, err
	}
	ix := inspect.NewIndex(c)
	chosen, _ := ix.Choose(nil, inspect.Filter{})
	return zombie.Find(ix, chosen).Processes, nil
}

// members are the processes of the containers' control groups.
func (r *refresher) members() []inspect.GroupMembers {
	var list []inspect.GroupMembers
	for _, c := range r.containers {
		dir := r.folders[c.ID]
		list = append(list, inspect.GroupMembers{ContainerID: c.ID, Path: dir, PIDs: r.proc.GroupPIDs(dir)})
	}
	return list
}

// folders are the containers' control groups, which do not change.
func folders(proc read.FS, containers []inspect.Container) (map[string]string, error) {
	mounts, found := proc.CgroupMounts(), map[string]string{}
	for _, c := range containers {
		main, err := proc.Process(c.HostPID, procfs.Detail{})
		if err != nil {
			return nil, err
		}
		found[c.ID] = mounts.Group(main.Cgroups.Or(nil), c.ID)
	}
	return found, nil
}
