//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// What reading costs is counted in system calls as well: no other program's work
// changes them.

// callRuns is how often the calls of one command are counted: they vary little.
const callRuns = 21

// filesOnly are the calls with which files are read. The others are the Go runtime's.
const filesOnly = "trace=openat,read,close,readlinkat,newfstatat,getdents64"

// reading is a command over all containers, or over one of them.
type reading struct {
	name  string
	words []string
	// target is how many calls it may make for each further process.
	target float64
}

func readings() []reading {
	return []reading{
		{"ns", []string{"ns"}, 1.1},
		{"zombies", []string{"zombies"}, 0.1},
		{"limits", []string{"limits"}, 27},
		{"tree", []string{"tree"}, 31},
		{"tree LARGE", []string{"tree", big}, 39},
		{"zombies LARGE", []string{"zombies", big}, 19},
		{"zombies SMALL", []string{"zombies", small}, 0.1},
		{"ns SMALL", []string{"ns", small}, 0.1},
		{"signals SMALL", []string{"signals", small}, 0.1},
	}
}

// calls are the system calls of the plugin's process beside some number of others.
type calls struct {
	// small are those of each look at one small container.
	small []float64
	// of are those that read files, by the name of the reading.
	of map[string]float64
}

func (o options) counts(name string) bool { return o.run.MatchString("system calls, " + name) }

// systemCalls counts them, as far as they are wanted.
func (s *scene) systemCalls(ctx context.Context, o options) (calls, error) {
	c := calls{of: map[string]float64{}}
	for range callRuns {
		if !o.counts("tree SMALL") {
			break
		}
		n, err := s.count(ctx, "trace=all", s.plugin, "tree", small)
		if err != nil {
			return c, err
		}
		c.small = append(c.small, n)
	}
	for _, r := range readings() {
		if !o.counts(r.name) {
			continue
		}
		n, err := s.count(ctx, filesOnly, append([]string{s.plugin}, r.words...)...)
		if err != nil {
			return c, err
		}
		c.of[r.name] = n
	}
	return c, nil
}

// against makes results of the calls beside few processes and beside many.
func (c calls) against(many calls, o options) []result {
	var results []result
	if c.small != nil {
		results = append(results, result{"system calls, tree SMALL", fmt.Sprintf("the same beside %d processes", few), pair{many.small, c.small}, 1.1, "calls", nil})
	}
	for _, r := range readings() {
		if n, counted := c.of[r.name]; counted {
			each := (many.of[r.name] - n) / float64(o.many-few)
			results = append(results, result{"system calls, " + r.name, "", pair{ours: []float64{each}}, r.target, "calls/process", nil})
		}
	}
	return results
}

func (s *scene) count(ctx context.Context, which string, command ...string) (float64, error) {
	summary := filepath.Join(s.folder, "calls")
	if _, err := output(ctx, "strace", append([]string{"-f", "-c", "-e", which, "-o", summary}, command...)...); err != nil {
		return 0, err
	}
	text, err := os.ReadFile(summary)
	if err != nil {
		return 0, err
	}
	return totalCalls(string(text))
}

// totalCalls reads the last line of strace's summary: share, seconds, microseconds
// a call, calls, errors if any, "total".
func totalCalls(summary string) (float64, error) {
	lines := strings.Split(strings.TrimSpace(summary), "\n")
	fields := strings.Fields(lines[len(lines)-1])
	if len(fields) < 5 || fields[len(fields)-1] != "total" {
		return 0, fmt.Errorf("strace -c ends with %q", lines[len(lines)-1])
	}
	return strconv.ParseFloat(fields[3], 64)
}
