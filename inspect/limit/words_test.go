package limit_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// limited is a limit of a container called api, of which this much is used by ordinary
// processes.
func limited(kind limit.Kind, scope limit.Scope, used, most int, change ...func(*limit.Limit)) *limit.Limit {
	l := &limit.Limit{
		Container: &inspect.Container{ID: ID("a"), Name: "api"}, Kind: kind, Scope: scope, Path: "/batch",
		Used: procfs.Some(used), Max: procfs.Some(most), Fill: limit.Fill{Processes: used},
	}
	for _, f := range change {
		f(l)
	}
	return l
}

// at is where the limit is.
func at(path string) func(*limit.Limit) { return func(l *limit.Limit) { l.Path = path } }

// of sets the user ID inside the container and on the host.
func of(inside procfs.Opt[int], host int) func(*limit.Limit) {
	return func(l *limit.Limit) { l.UID, l.HostUID = inside, host }
}

// filledBy sets what uses it.
func filledBy(processes, threads, zombies int) func(*limit.Limit) {
	return func(l *limit.Limit) {
		l.Fill = limit.Fill{Processes: processes, Threads: threads, Zombies: zombies}
	}
}

// exempt sets that the kernel does not apply it.
func exempt(l *limit.Limit) { l.Exempt = true }

// unseen hides what uses it.
func unseen(l *limit.Limit) { l.Unseen = procfs.Denied }

// A limit has the kernel's name, and for a user the user ID inside the container. A user that
// could not be read is not shown as root.
func TestNamesOfLimits(t *testing.T) {
	for name, test := range map[string]struct {
		limit *limit.Limit
		want  string
	}{
		"a group's":              {limited(limit.PIDs, limit.ScopeContainer, 1, 9), "pids.max"},
		"numbers":                {limited(limit.Numbers, limit.ScopeHost, 1, 9), "pid_max"},
		"tasks":                  {limited(limit.Tasks, limit.ScopeHost, 1, 9), "threads-max"},
		"root's inside":          {limited(limit.User, limit.ScopeUser, 1, 9, of(procfs.Some(0), 100000)), "NPROC (root)"},
		"a user's":               {limited(limit.User, limit.ScopeUser, 1, 9, of(procfs.Some(1000), 1000)), "NPROC (1000)"},
		"one without a number":   {limited(limit.User, limit.ScopeUser, 1, 9, of(procfs.None[int](procfs.NotHeld), 1000)), "NPROC (?)"},
		"one who cannot be read": {limited(limit.User, limit.ScopeUser, 1, 9, of(procfs.None[int](procfs.Denied), 0)), "NPROC (?)"},
		"a creator's":            {limited(limit.User, limit.ScopeCreator, 1, 9, of(procfs.Some(0), 0)), "NPROC"},
	} {
		if got := test.limit.Name(); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The place of a limit is the option if docker set it. Otherwise it is the path, the user or the
// host.
func TestPlacesOfLimits(t *testing.T) {
	declared := func(n procfs.Opt[int64]) func(*limit.Limit) {
		return func(l *limit.Limit) { l.Container.PIDsLimit = n }
	}
	inside := "/docker/" + ID("a") + "/worker/leaf"
	for name, test := range map[string]struct {
		limit *limit.Limit
		want  string
	}{
		"as declared":                           {limited(limit.PIDs, limit.ScopeContainer, 1, 9, declared(procfs.Some[int64](9))), "--pids-limit"},
		"another than declared":                 {limited(limit.PIDs, limit.ScopeContainer, 1, 9, declared(procfs.Some[int64](10))), "its cgroup"},
		"not declared":                          {limited(limit.PIDs, limit.ScopeContainer, 1, 9, declared(procfs.None[int64](procfs.NotHeld))), "its cgroup"},
		"declared, and not read":                {limited(limit.PIDs, limit.ScopeContainer, 1, 9, declared(procfs.Some[int64](9)), func(l *limit.Limit) { l.Max = procfs.None[int](procfs.Denied) }), "its cgroup"},
		"of a group above":                      {limited(limit.PIDs, limit.ScopeParent, 1, 9, at("/batch.slice")), "/batch.slice"},
		"of groups that are not seen":           {limited(limit.PIDs, limit.ScopeParent, 1, 9, at("/..")), "unseen groups above"},
		"of a group inside":                     {limited(limit.PIDs, limit.ScopeInside, 1, 9, at(inside)), "its /worker/leaf"},
		"of a group inside, by a long name":     {limited(limit.PIDs, limit.ScopeInside, 1, 9, at("/system.slice/docker-"+ID("a")+".scope/worker")), "its /worker"},
		"of a group that does not carry its ID": {limited(limit.PIDs, limit.ScopeInside, 1, 9, at("/odd/worker")), "its /odd/worker"},
		"of its PID namespace":                  {limited(limit.Numbers, limit.ScopeInside, 1, 9), "its PID namespace"},
		"of a user":                             {limited(limit.User, limit.ScopeUser, 1, 9, at("uid 1000")), "uid 1000"},
		"of a user who is exempt":               {limited(limit.User, limit.ScopeUser, 1, 9, at("uid 0"), of(procfs.Some(0), 0), exempt), "uid 0, exempt"},
		"of a creator":                          {limited(limit.User, limit.ScopeCreator, 1, 9, of(procfs.Some(0), 1000)), "uid 1000, made its user ns"},
		"of the host":                           {limited(limit.Tasks, limit.ScopeHost, 1, 9), "host"},
	} {
		if got := test.limit.Place(); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The sentence says which limit is the nearest and what fills it, that others may be nearer if
// they could not be read, and nothing about a fill that was not seen.
func TestSentences(t *testing.T) {
	set := func(first *limit.Limit, unread ...*limit.Limit) limit.Set {
		first.First = true
		return limit.Set{Limits: []limit.Limit{*limited(limit.Tasks, limit.ScopeHost, 1, 9000), *first}, Unread: unread}
	}
	refused := func(n procfs.Opt[int]) func(*limit.Limit) { return func(l *limit.Limit) { l.Refused = n } }
	user := limited(limit.User, limit.ScopeUser, 1, 9, of(procfs.Some(1000), 1000))
	parent := limited(limit.PIDs, limit.ScopeParent, 1, 9, at("/.."))
	for name, test := range map[string]struct {
		set  limit.Set
		want string
	}{
		"room":                      {set(limited(limit.PIDs, limit.ScopeContainer, 8, 1500)), "Nearest limit: pids.max, 8 of 1,500 used."},
		"full":                      {set(limited(limit.PIDs, limit.ScopeContainer, 9, 9)), "Fork fails now: pids.max is full (9 of 9 used)."},
		"overfull":                  {set(limited(limit.PIDs, limit.ScopeContainer, 12, 9)), "Fork fails now: pids.max is full (12 of 9 used)."},
		"above":                     {set(limited(limit.PIDs, limit.ScopeParent, 8, 9)), "Nearest limit: pids.max of /batch, 8 of 9 used."},
		"inside":                    {set(limited(limit.PIDs, limit.ScopeInside, 8, 9, at("/docker/"+ID("a")+"/w"))), "Nearest limit: pids.max of its /w, 8 of 9 used."},
		"a user's":                  {set(user), "Nearest limit: NPROC (1000), 1 of 9 used."},
		"by zombies alone":          {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9, filledBy(0, 0, 8))), "Nearest limit: pids.max, 8 of 9 used. All are held by zombies."},
		"by zombies mostly":         {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9, filledBy(2, 1, 5))), "Nearest limit: pids.max, 8 of 9 used. All but 3 are held by zombies."},
		"by zombies, full":          {set(limited(limit.PIDs, limit.ScopeContainer, 9, 9, filledBy(1, 0, 8))), "Fork fails now: pids.max is full (9 of 9 used). All but 1 are held by zombies."},
		"half by zombies":           {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9, filledBy(4, 0, 4))), "Nearest limit: pids.max, 8 of 9 used."},
		"by threads mostly":         {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9, filledBy(2, 5, 1))), "Nearest limit: pids.max, 8 of 9 used. 5 of 8 are additional threads."},
		"half by threads":           {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9, filledBy(4, 4, 0))), "Nearest limit: pids.max, 8 of 9 used."},
		"by what was not seen":      {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9, filledBy(0, 0, 8), unseen)), "Nearest limit: pids.max, 8 of 9 used."},
		"by the host's threads":     {set(limited(limit.Tasks, limit.ScopeHost, 8, 9, filledBy(1, 7, 0))), "Nearest limit: threads-max, 8 of 9 used."},
		"it was hit":                {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9, refused(procfs.Some(1)))), "Nearest limit: pids.max, 8 of 9 used. 1 fork has already failed."},
		"it was hit often":          {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9, refused(procfs.Some(4000)))), "Nearest limit: pids.max, 8 of 9 used. 4,000 forks have already failed."},
		"it was not hit":            {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9, refused(procfs.Some(0)))), "Nearest limit: pids.max, 8 of 9 used."},
		"how often is not told":     {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9, refused(procfs.None[int](procfs.Denied)))), "Nearest limit: pids.max, 8 of 9 used."},
		"another was not read":      {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9), user), "Nearest limit that could be read: pids.max, 8 of 9 used. NPROC (1000) could not be read and may be nearer."},
		"two others, and one twice": {set(limited(limit.PIDs, limit.ScopeContainer, 8, 9), user, parent, user), "Nearest limit that could be read: pids.max, 8 of 9 used. NPROC (1000) and pids.max of unseen groups above could not be read and may be nearer."},
		"full, and another unread":  {set(limited(limit.PIDs, limit.ScopeContainer, 9, 9), user), "Fork fails now: pids.max is full (9 of 9 used). NPROC (1000) could not be read and may be nearer."},
		"none could be read":        {limit.Set{Limits: []limit.Limit{*limited(limit.PIDs, limit.ScopeContainer, 9, 9)}}, "The nearest limit cannot be determined."},
	} {
		if got := test.set.Sentence(); got != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// How much is left is never reported for what could not be read, and is never negative.
func TestLeft(t *testing.T) {
	without := func(change func(*limit.Limit)) *limit.Limit {
		return limited(limit.PIDs, limit.ScopeContainer, 8, 9, change)
	}
	for name, test := range map[string]struct {
		limit *limit.Limit
		want  procfs.Opt[int]
	}{
		"some":             {limited(limit.PIDs, limit.ScopeContainer, 7, 9), procfs.Some(2)},
		"nothing":          {limited(limit.PIDs, limit.ScopeContainer, 9, 9), procfs.Some(0)},
		"too much is used": {limited(limit.PIDs, limit.ScopeContainer, 12, 9), procfs.Some(0)},
		"no limit":         {without(func(l *limit.Limit) { l.Max = procfs.None[int](procfs.NotHeld) }), procfs.None[int](procfs.NotHeld)},
		"exempt":           {without(exempt), procfs.None[int](procfs.NotHeld)},
		"the limit unread": {without(func(l *limit.Limit) { l.Max = procfs.None[int](procfs.Denied) }), procfs.None[int](procfs.Denied)},
		"the use unread":   {without(func(l *limit.Limit) { l.Used = procfs.None[int](procfs.Unsupported) }), procfs.None[int](procfs.Unsupported)},
		"both unread":      {without(func(l *limit.Limit) { l.Used, l.Max = procfs.None[int](procfs.Gone), procfs.None[int](procfs.Denied) }), procfs.None[int](procfs.Denied)},
	} {
		if got := test.limit.Left(); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
		if got, want := test.limit.IsUnlimited(), test.want.Absence() == procfs.NotHeld; got != want {
			t.Errorf("%s: is unlimited: %t", name, got)
		}
	}
}

// A limit deserves to be mentioned if four fifths of it are used, or half and mostly by zombies.
// A limit that was not read does not.
func TestDeservesWord(t *testing.T) {
	for name, test := range map[string]struct {
		limit           *limit.Limit
		near, deserving bool
	}{
		"just under four fifths":             {limited(limit.PIDs, limit.ScopeContainer, 79, 100), false, false},
		"four fifths":                        {limited(limit.PIDs, limit.ScopeContainer, 80, 100), true, true},
		"full":                               {limited(limit.PIDs, limit.ScopeContainer, 100, 100), true, true},
		"half, by zombies":                   {limited(limit.PIDs, limit.ScopeContainer, 50, 100, filledBy(24, 0, 26)), false, true},
		"half, half by zombies":              {limited(limit.PIDs, limit.ScopeContainer, 50, 100, filledBy(25, 0, 25)), false, false},
		"less than half, by zombies":         {limited(limit.PIDs, limit.ScopeContainer, 49, 100, filledBy(0, 0, 49)), false, false},
		"half, by threads":                   {limited(limit.PIDs, limit.ScopeContainer, 50, 100, filledBy(1, 49, 0)), false, false},
		"half of the host's, by zombies":     {limited(limit.Numbers, limit.ScopeHost, 50, 100, filledBy(0, 0, 50)), false, false},
		"half, by what was not seen":         {limited(limit.PIDs, limit.ScopeContainer, 50, 100, filledBy(0, 0, 50), unseen), false, false},
		"a limit of 0":                       {limited(limit.PIDs, limit.ScopeContainer, 1, 0), true, true},
		"no limit, by zombies":               {limited(limit.PIDs, limit.ScopeContainer, 50, 0, filledBy(0, 0, 50), func(l *limit.Limit) { l.Max = procfs.None[int](procfs.NotHeld) }), false, false},
		"how much is used cannot be read":    {limited(limit.PIDs, limit.ScopeContainer, 90, 100, filledBy(0, 0, 90), func(l *limit.Limit) { l.Used = procfs.None[int](procfs.Denied) }), false, false},
		"full, of one who is not held to it": {limited(limit.User, limit.ScopeUser, 100, 100, exempt), false, false},
	} {
		if got := test.limit.IsNear(); got != test.near {
			t.Errorf("%s: is near: %t", name, got)
		}
		if got := test.limit.DeservesWord(); got != test.deserving {
			t.Errorf("%s: deserves a word: %t", name, got)
		}
	}
}
