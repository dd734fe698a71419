//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/docker/cli/cli/command"
	"github.com/docker/cli/cli/flags"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/overview"
	"github.com/docker-pidns/docker-pidns/plugin/engine"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

const throughProc, byKernel = "refresh of top through /proc", "refresh of top with the kernel's iterator"

// rawRead is the peer: what it takes to read every stat once, and to understand nothing.
const rawRead = "read of every /proc/PID/stat"

// refreshes measures what docker pidns top does at each refresh, when nothing has happened to the
// containers: it looks at all processes again and counts them and their zombies.
func (s *scene) refreshes(ctx context.Context, o options) ([]result, error) {
	var results []result
	for _, with := range []struct {
		name, collector string
		target          float64
	}{{throughProc, source.CollectorProc, 0.9}, {byKernel, source.CollectorBPF, 0.25}} {
		if !o.run.MatchString(with.name) {
			continue
		}
		r, err := newRefresher(ctx, with.collector)
		if err != nil {
			return nil, err
		}
		p, err := byTurns(o.runs, r.refresh(ctx, o.many), readEveryStat)
		_ = r.watch.Close()
		if err != nil {
			return nil, err
		}
		results = append(results, result{with.name, rawRead, p, with.target, "ms", nil})
	}
	return results, nil
}

// refresher looks again and again.
type refresher struct{ watch source.Watch }

func newRefresher(ctx context.Context, collector string) (*refresher, error) {
	cli, err := command.NewDockerCli()
	if err != nil {
		return nil, err
	}
	if err := cli.Initialize(flags.NewClientOptions()); err != nil {
		return nil, err
	}
	client, err := engine.Connect(cli, cli.CurrentContext(), time.Minute)
	if err != nil {
		return nil, err
	}
	local := &source.Local{Engine: client, ProcRoot: "/proc", Collector: collector, Tool: "bench"}
	watch, err := local.Watch(ctx)
	if err != nil {
		return nil, err
	}
	r := &refresher{watch}
	_, err = r.look(ctx) // it asks for the containers
	return r, err
}

// look is one refresh. It returns how many processes the containers have.
func (r *refresher) look(ctx context.Context) (processes int, err error) {
	c, err := r.watch.Capture(ctx, need.Overview(time.Second))
	if err != nil {
		return 0, err
	}
	for _, row := range overview.Rows(inspect.NewIndex(c), nil, inspect.Filter{}, nil) {
		processes += row.Count.Or(overview.Count{}).Processes
	}
	return processes, nil
}

// refresh measures one, in milliseconds.
func (r *refresher) refresh(ctx context.Context, least int) func() (float64, error) {
	return func() (float64, error) {
		began := time.Now()
		processes, err := r.look(ctx)
		if err == nil && processes < least {
			err = fmt.Errorf("a refresh saw %d processes in the containers, want %d and more", processes, least)
		}
		return float64(time.Since(began)) / float64(time.Millisecond), err
	}
}

// readEveryStat measures the peer, in milliseconds.
func readEveryStat() (float64, error) {
	began := time.Now()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	buffer := make([]byte, 4096)
	for _, entry := range entries {
		if name := entry.Name(); name[0] >= '1' && name[0] <= '9' {
			file, err := os.Open("/proc/" + name + "/stat")
			if err != nil {
				continue // it has exited
			}
			_, _ = file.Read(buffer)
			_ = file.Close()
		}
	}
	return float64(time.Since(began)) / float64(time.Millisecond), nil
}
