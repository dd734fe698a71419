//go:build linux

package main

import (
	"context"
	"slices"
	"strings"
	"time"
)

// result is one line of the table.
type result struct {
	name, peer string
	pair       pair
	// target is the promised ratio, or, where there is no peer, the promised
	// figure itself.
	target float64
	unit   string
	// worst is the worst of what the row sums up, which is what is held against the
	// target; nil where it sums up nothing.
	worst *part
}

// part is one of the measurements that a row sums up.
type part struct {
	name string
	pair pair
}

// contest is two commands whose times are compared.
type contest struct {
	name, peerName string
	ours, peer     []string
	target         float64
}

// listing is what ps needs to tell what zombies does.
var listing = []string{"ps", "-eo", "pid,ppid,pidns,stat,comm"}

// contests are run on a host with many other processes, which are a container's.
func (s *scene) contests() []contest {
	ps := listing
	return []contest{
		{"docker pidns tree SMALL", "docker floor SMALL", []string{"docker", "pidns", "tree", small}, []string{"docker", "floor", small}, 1.15},
		{"docker-pidns tree SMALL", "docker top SMALL", []string{s.plugin, "tree", small}, []string{"docker", "top", small}, 0.6},
		{"docker-pidns zombies", strings.Join(ps, " "), []string{s.plugin, "zombies"}, ps, 0.07},
		{"docker-pidns zombies --collector bpf", strings.Join(ps, " "), []string{s.plugin, "zombies", "--collector", "bpf"}, ps, 0.15},
		{"docker-pidns ns", "lsns", []string{s.plugin, "ns"}, []string{"lsns"}, 0.08},
		{"docker-pidns tree", "pstree -Sp", []string{s.plugin, "tree"}, []string{"pstree", "-Sp"}, 1.0},
		{"docker-pidns tree LARGE", "docker top LARGE", []string{s.plugin, "tree", big}, []string{"docker", "top", big}, 1.2},
		{"docker-pidns zombies LARGE", "docker top LARGE", []string{s.plugin, "zombies", big}, []string{"docker", "top", big}, 0.7},
		{"docker pidns tree SMALL --via helper", "docker run of nothing", []string{"docker", "pidns", "tree", small, "--via", "helper"}, asTheHelper("/load", "nothing"), 1.4},
		{"metadata", "metadata of floor", []string{s.plugin, "docker-cli-plugin-metadata"}, []string{s.floor, "docker-cli-plugin-metadata"}, 1.0},
	}
}

// asTheHelper runs a program in a container with the options of a helper's, but for those that
// name and limit it.
func asTheHelper(words ...string) []string {
	run := strings.Fields("docker run --interactive --rm --pid host --userns host --cgroupns host --network none --user 0 --read-only --cap-drop ALL --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH --security-opt no-new-privileges --log-driver none --no-healthcheck")
	return append(append(run, image), words...)
}

// hostContests are run on a host with many other processes, which are no container's:
// of these most commands show nothing, and read little.
func (s *scene) hostContests() []contest {
	var list []contest
	for _, c := range []struct {
		words  []string
		target float64
	}{
		{[]string{"tree"}, 0.35},
		{[]string{"signals", "--settle", "0"}, 0.5},
		{[]string{"limits"}, 0.6},
		{[]string{"doctor", "--settle", "0"}, 0.7},
		{[]string{"tree", "--collector", "bpf"}, 0.35},
		{[]string{"doctor", "--settle", "0", "--collector", "bpf"}, 0.5},
	} {
		name := "the host's own, docker-pidns " + strings.Join(c.words, " ")
		list = append(list, contest{name, strings.Join(listing, " "), append([]string{s.plugin}, c.words...), listing, c.target})
	}
	return list
}

// measure makes the host larger step by step and measures at each.
func (s *scene) measure(ctx context.Context, o options) ([]result, error) {
	if err := s.others(ctx, few); err != nil {
		return nil, err
	}
	results, err := s.resting(ctx, o)
	if err != nil {
		return results, err
	}
	atFew, err := s.systemCalls(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := s.others(ctx, o.many); err != nil {
		return nil, err
	}
	atMany, err := s.systemCalls(ctx, o)
	if err != nil {
		return nil, err
	}
	results = append(results, atFew.against(atMany, o)...)
	more, err := decide(ctx, o, s.contests())
	if results = append(results, more...); err != nil {
		return results, err
	}
	more, err = s.refreshes(ctx, o)
	if results = append(results, more...); err != nil {
		return results, err
	}
	more, err = s.besideHosts(ctx, o)
	if results = append(results, more...); err != nil {
		return results, err
	}
	more, err = s.scrape(ctx, o)
	if results = append(results, more...); err != nil {
		return results, err
	}
	more, err = s.besideHostile(ctx, o)
	if results = append(results, more...); err != nil {
		return results, err
	}
	if o.growth > o.many {
		more, err := s.growth(ctx, o)
		if err != nil {
			return results, err
		}
		results = append(results, more...)
	}
	return results, nil
}

func decide(ctx context.Context, o options, contests []contest) ([]result, error) {
	var results []result
	for _, c := range contests {
		if !o.run.MatchString(c.name) {
			continue
		}
		p, err := byTurns(o.runs, milliseconds(ctx, c.ours), milliseconds(ctx, c.peer))
		if err != nil {
			return results, err
		}
		results = append(results, result{c.name, c.peerName, p, c.target, "ms", nil})
	}
	return results, nil
}

// besideHosts has the other processes be the host's own meanwhile.
func (s *scene) besideHosts(ctx context.Context, o options) ([]result, error) {
	contests := s.hostContests()
	if !slices.ContainsFunc(contests, func(c contest) bool { return o.run.MatchString(c.name) }) {
		return nil, nil
	}
	if err := s.others(ctx, few); err != nil {
		return nil, err
	}
	end, err := s.hostsOthers(ctx, o.many)
	if err != nil {
		return nil, err
	}
	results, err := decide(ctx, o, contests)
	end()
	if err == nil {
		err = s.others(ctx, o.many)
	}
	return results, err
}

func milliseconds(ctx context.Context, command []string) func() (float64, error) {
	return func() (float64, error) {
		s, err := timed(ctx, command)
		return float64(s.wall) / float64(time.Millisecond), err
	}
}
