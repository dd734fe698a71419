package limit_test

import (
	"fmt"
	"slices"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// usersIn writes the limits of users: "uid 1000 as 0: 3 of 9".
func usersIn(set limit.Set) []string {
	var list []string
	for i := range set.Limits {
		l := &set.Limits[i]
		if l.Kind != limit.User {
			continue
		}
		line := fmt.Sprintf("%s as %s: %s of %s", l.Path, optWord(l.UID), optWord(l.Used), optWord(l.Max))
		if l.Exempt {
			line += ", exempt"
		}
		list = append(list, line)
	}
	return list
}

// Each user of a container has a limit, the lowest of its processes, with the user ID inside the
// container. Processes that no longer fork have none.
func TestUsersOfAContainer(t *testing.T) {
	mapped := func(m ...procfs.IDMapping) Change { return func(p *procfs.Process) { p.UIDMap = procfs.Some(m) } }
	unread := func(p *procfs.Process) { p.UIDMap = procfs.None[[]procfs.IDMapping](procfs.Denied) }
	limitUnread := func(why procfs.Absence) Change {
		return func(p *procfs.Process) { p.MaxProcesses = procfs.None[int](why) }
	}
	alone := func(change ...Change) *World {
		return Alone("app", append([]Change{uid(1000), nproc(9)}, change...)...)
	}
	more := func(w *World, change ...Change) *World {
		return w.Process(102, 101, "job", append([]func(*procfs.Process){In("a", 2), NS(7), uid(1000), nproc(9)}, change...)...)
	}
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"one":                         {alone(), []string{"uid 1000 as 1000: 1 of 9"}},
		"with threads":                {alone(threads(4)), []string{"uid 1000 as 1000: 4 of 9"}},
		"two processes":               {more(alone()), []string{"uid 1000 as 1000: 2 of 9"}},
		"the lowest limit":            {more(alone(), nproc(5)), []string{"uid 1000 as 1000: 2 of 5"}},
		"two users":                   {more(alone(), uid(33)), []string{"uid 33 as 33: 1 of 9", "uid 1000 as 1000: 1 of 9"}},
		"a zombie's":                  {more(alone(), uid(33), Exited(0)), []string{"uid 1000 as 1000: 1 of 9"}},
		"of one that has just gone":   {more(alone(), uid(33), limitUnread(procfs.Gone)), []string{"uid 1000 as 1000: 1 of 9"}},
		"of one that renounces":       {more(alone(), uid(33), nproc(0)), []string{"uid 1000 as 1000: 1 of 9"}},
		"no limit":                    {alone(limitUnread(procfs.NotHeld)), []string{"uid 1000 as 1000: 1 of not-held"}},
		"no limit, and one that has":  {more(alone(limitUnread(procfs.NotHeld)), nproc(7)), []string{"uid 1000 as 1000: 2 of 7"}},
		"one unread counts as lowest": {more(alone(), limitUnread(procfs.Denied)), []string{"uid 1000 as 1000: 2 of denied"}},
		"known by another number":     {alone(mapped(procfs.IDMapping{Inside: 0, Outside: 1000, Length: 1})), []string{"uid 1000 as 0: 1 of 9"}},
		"known by none":               {alone(mapped(procfs.IDMapping{Inside: 0, Outside: 5000, Length: 1})), []string{"uid 1000 as not-held: 1 of 9"}},
		"by which cannot be read":     {alone(unread), []string{"uid 1000 as denied: 1 of 9"}},
		"root":                        {alone(uid(0)), []string{"uid 0 as 0: 1 of 9, exempt"}},
	} {
		w := withLimits(test.world)
		for i := range w.Snapshot.Processes { // the host's own are not in a container here
			if p := &w.Snapshot.Processes[i]; p.PID < 101 {
				p.UIDs = procfs.UIDs{Real: 7}
			}
		}
		if got := usersIn(limits(w, t, "demo")); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// If a chain of user namespaces does not reach the host's, every count is unknown, with the
// reason.
func TestUserNamespacesWithoutAnOrigin(t *testing.T) {
	const inner, outer = 4026532999, 4026533000
	some, known := procfs.Some[uint64](outer), procfs.Some(1000)
	for name, test := range map[string]struct {
		origins map[uint64]procfs.UserNSOrigin
		want    []string
	}{
		"known": {map[uint64]procfs.UserNSOrigin{inner: {Parent: procfs.Some[uint64](procfs.InitialUserNamespace), Owner: known}},
			[]string{"uid 1000 in user:[4026532999] as 1000: 1 of 9", "uid 1000, who made a user namespace as not-held: 1 of unsupported"}},
		"made by the host's root": {map[uint64]procfs.UserNSOrigin{inner: {Parent: procfs.Some[uint64](procfs.InitialUserNamespace), Owner: procfs.Some(0)}},
			[]string{"uid 1000 in user:[4026532999] as 1000: 1 of 9"}},
		"two deep": {map[uint64]procfs.UserNSOrigin{inner: {Parent: some, Owner: procfs.Some(2000)}, outer: {Parent: procfs.Some[uint64](procfs.InitialUserNamespace), Owner: procfs.Some(3000)}},
			[]string{"uid 1000 in user:[4026532999] as 1000: 1 of 9", "uid 2000 in user:[4026533000], who made a user namespace as not-held: 1 of unsupported", "uid 3000, who made a user namespace as not-held: 1 of unsupported"}},
		"not asked":         {nil, []string{"uid 1000 in user:[4026532999] as 1000: unread of 9"}},
		"its parent denied": {map[uint64]procfs.UserNSOrigin{inner: {Parent: procfs.None[uint64](procfs.Denied), Owner: known}}, []string{"uid 1000 in user:[4026532999] as 1000: denied of 9"}},
		"its owner denied":  {map[uint64]procfs.UserNSOrigin{inner: {Parent: some, Owner: procfs.None[int](procfs.Denied)}}, []string{"uid 1000 in user:[4026532999] as 1000: denied of 9"}},
		"round in a circle": {map[uint64]procfs.UserNSOrigin{inner: {Parent: procfs.Some[uint64](inner), Owner: known}},
			[]string{"uid 1000 in user:[4026532999] as 1000: malformed of 9", "uid 1000 in user:[4026532999], who made a user namespace as not-held: malformed of unsupported"}},
	} {
		w := withLimits(Alone("app", uid(1000), nproc(9), userNS(procfs.Some[uint64](inner))))
		w.Limits.UserNamespaces = test.origins
		if got := usersIn(limits(w, t, "demo")); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// A process to which the kernel applies no limit of its own also has no limit of the creator.
func TestHostRootInAUserNamespaceOfAnother(t *testing.T) {
	const inner = 4026532999
	w := origin(withLimits(Alone("app", uid(0), nproc(9), userNS(procfs.Some[uint64](inner)))), inner, procfs.InitialUserNamespace, 1000)
	if got, want := usersIn(limits(w, t, "demo")), []string{"uid 0 in user:[4026532999] as 0: 1 of 9, exempt"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A container whose main process is not in the capture has only the host's limits.
func TestLimitsWithoutAMainProcess(t *testing.T) {
	w := withLimits(Alone("app").Process(102, 101, "job", In("a", 2), NS(7), uid(1000), nproc(9)))
	w.Without(101)
	set := limits(w, t, "demo")
	if got := groupsIn(set); got != nil {
		t.Errorf("groups: got %q", got)
	}
	if got := usersIn(set); !slices.Equal(got, []string{"uid 1000 as unread: 1 of 9"}) {
		t.Errorf("users: got %q", got)
	}
}
