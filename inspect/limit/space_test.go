package limit_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// spaceOf is the address space of a process of api, without limits of its own.
func spaceOf(pid int, change ...func(*procfs.AddressSpace)) procfs.AddressSpace {
	space := procfs.AddressSpace{
		Key: procfs.Key{PID: pid, StartTicks: uint64(pid)}, Size: procfs.Some(100 << 20),
		Max: procfs.None[int](procfs.NotHeld), MaxStack: procfs.Some(8 << 20),
	}
	for _, f := range change {
		f(&space)
	}
	return space
}

func ulimitV(mib int) func(*procfs.AddressSpace) {
	return func(space *procfs.AddressSpace) { space.Max = procfs.Some(mib << 20) }
}

func mapped(n int) func(*procfs.AddressSpace) {
	return func(space *procfs.AddressSpace) { space.Mappings = procfs.Some(n) }
}

// besideFork writes the limits that do not apply to a fork of the container, and the sentences
// about them.
func besideFork(set limit.Set) []string {
	var list []string
	for i := range set.Limits {
		l := &set.Limits[i]
		if l.Stops() == limit.Forks {
			continue
		}
		line := fmt.Sprintf("%s/%s %s of %s", l.Kind, l.Scope, optWord(l.Used), optWord(l.Max))
		if slices.Contains(set.Beside(), l) {
			line += ": " + l.Sentence()
		}
		if slices.Contains(set.Sooner(), l) {
			line += ", sooner: " + l.Sentence()
		}
		if l.First {
			line = "*" + line
		}
		list = append(list, line)
	}
	return list
}

// Limits of threads are reported for the process with the least room: how much it may map and
// how many mappings. They are listed beside the limits of forks, and are never the first.
func TestRoomForThreads(t *testing.T) {
	denied := procfs.None[int](procfs.Denied)
	for name, test := range map[string]struct {
		spaces []procfs.AddressSpace
		want   []string
	}{
		"no limit":     {[]procfs.AddressSpace{spaceOf(1001)}, nil},
		"far":          {[]procfs.AddressSpace{spaceOf(1001, ulimitV(400000))}, []string{"address-space/process 104857600 of 419430400000"}},
		"before forks": {[]procfs.AddressSpace{spaceOf(1001, ulimitV(500))}, []string{"address-space/process 104857600 of 524288000, sooner: RLIMIT_AS has room for at most 50 more threads of node (1001) with a stack of 8MiB."}},
		"near":         {[]procfs.AddressSpace{spaceOf(1001, ulimitV(120))}, []string{"address-space/process 104857600 of 125829120: RLIMIT_AS has room for at most 2 more threads of node (1001) with a stack of 8MiB."}},
		"no room for a stack": {[]procfs.AddressSpace{spaceOf(1001, ulimitV(107))}, []string{
			"address-space/process 104857600 of 112197632: No more threads of node (1001) with a stack of 8MiB can start: RLIMIT_AS has 7MiB left. Fork still works."}},
		"a large stack": {[]procfs.AddressSpace{spaceOf(1001, ulimitV(160), func(s *procfs.AddressSpace) { s.MaxStack = procfs.Some(64 << 20) })}, []string{
			"address-space/process 104857600 of 167772160, sooner: No more threads of node (1001) with a stack of 64MiB can start: RLIMIT_AS has 60MiB left. Fork still works."}},
		"a stack without limit": {[]procfs.AddressSpace{spaceOf(1001, ulimitV(120), func(s *procfs.AddressSpace) { s.MaxStack = procfs.None[int](procfs.NotHeld) })}, []string{
			"address-space/process 104857600 of 125829120: RLIMIT_AS has room for at most 10 more threads of node (1001) with a stack of 2MiB."}},
		"the least of two":      {[]procfs.AddressSpace{spaceOf(1001, ulimitV(400000)), spaceOf(1002, ulimitV(300000)), spaceOf(2001, ulimitV(101))}, []string{"address-space/process 104857600 of 314572800000"}},
		"one cannot be read":    {[]procfs.AddressSpace{spaceOf(1001, func(s *procfs.AddressSpace) { s.Max = denied }), spaceOf(1002, ulimitV(300000))}, []string{"address-space/process 104857600 of 314572800000"}},
		"none can be read":      {[]procfs.AddressSpace{spaceOf(1001, func(s *procfs.AddressSpace) { s.Max = denied })}, []string{"address-space/process 104857600 of denied"}},
		"another with its PID":  {[]procfs.AddressSpace{spaceOf(1001, ulimitV(101), func(s *procfs.AddressSpace) { s.StartTicks++ })}, nil},
		"mappings":              {[]procfs.AddressSpace{spaceOf(1001, mapped(500)), spaceOf(1002, mapped(700))}, []string{"max_map_count/process 700 of 65530"}},
		"many mappings":         {[]procfs.AddressSpace{spaceOf(1001, mapped(40000))}, []string{"max_map_count/process 40000 of 65530, sooner: max_map_count has room for at most 25,530 more threads of node (1001)."}},
		"as many as there may":  {[]procfs.AddressSpace{spaceOf(1001, mapped(65530))}, []string{"max_map_count/process 65530 of 65530: No more threads of node (1001) can start: max_map_count has 0 left. Fork still works."}},
		"mappings are not told": {[]procfs.AddressSpace{spaceOf(1001, func(s *procfs.AddressSpace) { s.Mappings = denied })}, []string{"max_map_count/process denied of 65530"}},
	} {
		w := withLimits(api(), group(own("a"), 6, "max"), group("/docker", 8, "max"))
		w.Limits.AddressSpaces, w.Limits.MaxMappings = test.spaces, procfs.Some(65530)
		set := limits(w, t, "api")
		if got := besideFork(set); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
		sentence := set.Sentence()
		if want := strings.Contains(strings.Join(test.want, ""), "room for") || strings.Contains(strings.Join(test.want, ""), "No more"); strings.HasPrefix(sentence, "Nearest limit, for forks: pid_max") != want {
			t.Errorf("%s: got %q", name, sentence)
		}
	}
}

// A table has limits that a user has set, and mappings if half of them are used.
func TestNotableLimits(t *testing.T) {
	for name, test := range map[string]struct {
		limit *limit.Limit
		want  bool
	}{
		"its own":                  {limited(limit.PIDs, limit.ScopeContainer, 1, 9, unlimited), true},
		"a user's":                 {limited(limit.User, limit.ScopeUser, 1, 9, unlimited), true},
		"a parent's":               {limited(limit.PIDs, limit.ScopeParent, 1, 9), true},
		"a parent's without limit": {limited(limit.PIDs, limit.ScopeParent, 1, 9, unlimited), false},
		"the engine's":             {limited(limit.PIDs, limit.ScopeEngine, 1, 9), true},
		"an address space":         {limited(limit.AddressSpace, limit.ScopeProcess, 1, 900, of8MiB), true},
		"few mappings":             {limited(limit.Mappings, limit.ScopeProcess, 449, 900), false},
		"many mappings":            {limited(limit.Mappings, limit.ScopeProcess, 450, 900), true},
		"mappings not told":        {limited(limit.Mappings, limit.ScopeProcess, 450, 900, func(l *limit.Limit) { l.Used = procfs.None[int](procfs.Denied) }), false},
		"a neighbour's":            {limited(limit.User, limit.ScopeNeighbour, 1, 9), false},
		"a neighbour's, near":      {limited(limit.User, limit.ScopeNeighbour, 9, 9), true},
	} {
		if got := test.limit.IsNotable(); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func unlimited(l *limit.Limit) { l.Max = procfs.None[int](procfs.NotHeld) }

// What is not read is named, so that the answer is not understood as a promise.
func TestNotLookedAt(t *testing.T) {
	inside := "memory, seccomp filters, pid_max inside a PID namespace"
	all := []procfs.AddressSpace{spaceOf(1001), spaceOf(1002)}
	for name, test := range map[string]struct {
		release string
		spaces  []procfs.AddressSpace
		want    string
	}{
		"an older kernel":  {"6.13.9", all, "memory, seccomp filters"},
		"a newer one":      {"6.14.0", all, inside},
		"one without name": {"", all, inside},
		"some processes":   {"6.14.0", all[:1], inside + ", RLIMIT_AS and mappings of some processes"},
		"no rights":        {"6.14.0", []procfs.AddressSpace{all[0], spaceOf(1002, func(s *procfs.AddressSpace) { s.Mappings = procfs.None[int](procfs.Denied) })}, inside + ", mappings of some processes"},
	} {
		w := withLimits(api(), group(own("a"), 6, "max"), group("/docker", 8, "max"))
		w.Host.KernelRelease, w.Limits.AddressSpaces = procfs.Some(test.release), test.spaces
		set := limits(w, t, "api")
		if got := strings.Join(set.NotLookedAt, ", "); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A limit is full if no program gets more. That a stack of the usual size does not fit is not
// enough, because a smaller one may.
func TestIsFull(t *testing.T) {
	for name, test := range map[string]struct {
		limit *limit.Limit
		want  bool
	}{
		"one task left":          {limited(limit.PIDs, limit.ScopeContainer, 8, 9), false},
		"none":                   {limited(limit.PIDs, limit.ScopeContainer, 9, 9), true},
		"no limit":               {limited(limit.PIDs, limit.ScopeContainer, 9, 9, unlimited), false},
		"no mapping left":        {limited(limit.Mappings, limit.ScopeProcess, 9, 9), true},
		"room for a small stack": {limited(limit.AddressSpace, limit.ScopeProcess, 1<<20, 1<<20+128<<10, of8MiB), false},
		"room for no stack":      {limited(limit.AddressSpace, limit.ScopeProcess, 1<<20, 1<<20+127<<10, of8MiB), true},
	} {
		if got := test.limit.IsFull(); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
