package need_test

import (
	"slices"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// How far each question looks: at the whole host, at little of most processes, and at which
// other containers.
func TestHowFarQuestionsLook(t *testing.T) {
	some := []string{"demo"}
	type reach struct {
		all, whole, survey bool
		sharers            need.Sharers
	}
	for name, test := range map[string]struct {
		question need.Question
		want     reach
	}{
		"tree of all":          {need.Tree(nil), reach{true, true, true, need.ProvenSharers}},
		"tree of one":          {need.Tree(some), reach{false, false, false, need.ProvenSharers}},
		"zombies of all":       {need.Zombies(nil, 0), reach{true, true, true, need.NoSharers}},
		"zombies of one":       {need.Zombies(some, 0), reach{false, false, false, need.ProvenSharers}},
		"host PIDs":            {need.HostPIDs(), reach{true, true, true, need.NoSharers}},
		"a main PID":           {need.MainPID("demo", false), reach{false, false, false, need.NoSharers}},
		"PIDs inside":          {need.ContainerPIDs("demo", false), reach{false, false, false, need.ProvenSharers}},
		"a few numbers":        {need.Who(make([]int, 50)), reach{false, false, false, need.NoSharers}},
		"many numbers":         {need.Who(make([]int, 51)), reach{false, true, false, need.NoSharers}},
		"owners":               {need.Owners([]int{7}, false), reach{false, false, false, need.NoSharers}},
		"namespaces of all":    {need.Namespaces(nil), reach{true, true, true, need.AllSharers}},
		"namespaces of one":    {need.Namespaces(some), reach{false, false, false, need.AllSharers}},
		"limits of one":        {need.Limits(some), reach{false, true, true, need.AllSharers}},
		"signals of all":       {need.Signals(nil, 0, false), reach{true, true, true, need.NoSharers}},
		"signals of one":       {need.Signals(some, 0, false), reach{false, false, false, need.AllSharers}},
		"the doctor on all":    {need.Doctor(nil, 0), reach{true, true, true, need.NoSharers}},
		"the doctor on one":    {need.Doctor(some, 0), reach{false, true, true, need.AllSharers}},
		"explain":              {need.Explain("demo"), reach{false, true, true, need.AllSharers}},
		"a snapshot":           {need.Snapshot(0), reach{true, true, false, need.AllSharers}},
		"the version":          {need.Version(), reach{true, false, false, need.NoSharers}},
		"a tree on whole host": {need.Tree(some).OnWholeHost(), reach{false, true, true, need.ProvenSharers}},
	} {
		q := test.question
		if got := (reach{q.IsAboutAll(), q.IsWhole(), q.IsSurvey(), q.Engine.Sharers}); got != test.want {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

// A question reads of a process what its answer shows, and not more. Rows need every namespace.
// PIDs alone need only the one that shows their container.
func TestWhatQuestionsRead(t *testing.T) {
	pid, all := []procfs.NamespaceType{procfs.PIDNamespace}, procfs.NamespaceTypes
	for name, test := range map[string]struct {
		question need.Question
		types    []procfs.NamespaceType
		limits   bool
	}{
		"tree":                  {need.Tree(nil), all, false},
		"zombies":               {need.Zombies(nil, 0), pid, false},
		"host PIDs":             {need.HostPIDs(), pid, false},
		"a main PID":            {need.MainPID("demo", false), pid, false},
		"a main PID with rows":  {need.MainPID("demo", true), all, false},
		"PIDs inside":           {need.ContainerPIDs("demo", false), pid, false},
		"PIDs inside with rows": {need.ContainerPIDs("demo", true), all, false},
		"limits":                {need.Limits(nil), []procfs.NamespaceType{procfs.PIDNamespace, procfs.UserNamespace}, true},
		"signals":               {need.Signals(nil, 0, false), []procfs.NamespaceType{procfs.PIDNamespace, procfs.UserNamespace}, false},
		"the doctor":            {need.Doctor(nil, 0), all, true},
		"explain":               {need.Explain("demo"), all, true},
	} {
		q := test.question
		for _, threads := range []bool{false, true} {
			detail := q.Detail(threads)
			if !slices.Equal(detail.Namespaces, test.types) || detail.Limits != test.limits || !detail.UIDMaps || detail.MainThread == threads {
				t.Errorf("%s, threads %t: got %+v", name, threads, detail)
			}
		}
	}
}

// The more of a process an answer needs, the more is read of it. Its owner needs neither its
// arguments nor its other threads.
func TestDetailsGrow(t *testing.T) {
	for name, q := range map[string]need.Question{"zombies": need.Zombies(nil, 0), "namespaces": need.Namespaces(nil), "limits": need.Limits(nil), "the doctor": need.Doctor(nil, 0)} {
		details := q.Details()
		owner, count, forks, whole := details[need.Owner], details[need.Count], details[need.Forks], details[need.All]
		if !owner.WithoutArgs || !owner.MainThread || slices.Contains(owner.Namespaces, procfs.UserNamespace) {
			t.Errorf("%s: of an owner %+v is read", name, owner)
		}
		if !count.WithoutArgs || !slices.Contains(count.Namespaces, procfs.UserNamespace) {
			t.Errorf("%s: of one that is counted %+v is read", name, count)
		}
		if forks.WithoutArgs || !forks.Limits {
			t.Errorf("%s: of one that forks %+v is read", name, forks)
		}
		if details[need.Process].MainThread == whole.MainThread || whole.MainThread || whole.WithoutArgs {
			t.Errorf("%s: of all %+v is read", name, whole)
		}
		if withPID := slices.Contains(count.Namespaces, procfs.PIDNamespace); withPID != q.Processes.Suffices.PIDNamespaces {
			t.Errorf("%s: the PID namespace is read: %t", name, withPID)
		}
	}
}

// What was typed narrows the question, and changes nothing else of it.
func TestMatching(t *testing.T) {
	before := need.Zombies(nil, time.Second)
	q := before.Matching(inspect.Filter{}, true)
	if !q.Engine.Name || before.Engine.Name || q.Settle != time.Second || q.Processes.Suffices != before.Processes.Suffices {
		t.Errorf("got %+v", q)
	}
	if named := need.Version().Matching(inspect.Filter{}, false); !named.Engine.Name {
		t.Error("the engine's name is wanted no more")
	}
	for want, names := range map[bool][]string{false: {"a", "b"}, true: {"a", ""}} {
		if q := need.Tree(names); q.NamesNobody() != want {
			t.Errorf("%q: names nobody is %t", names, !want)
		}
	}
}

// What takes time is read only where it is needed: signal handling, what has ended, and what
// does not run.
func TestWhatOnlySomeAsk(t *testing.T) {
	for name, test := range map[string]struct {
		question                 need.Question
		attention, past, listing bool
	}{
		"tree":       {need.Tree(nil), false, false, false},
		"zombies":    {need.Zombies(nil, 0), false, true, false},
		"namespaces": {need.Namespaces(nil), false, false, false},
		"signals":    {need.Signals(nil, 0, false), true, false, false},
		"doctor":     {need.Doctor(nil, 0), true, true, true},
		"explain":    {need.Explain("demo"), true, true, false},
		"snapshot":   {need.Snapshot(0), true, true, true},
	} {
		q := test.question
		if q.Processes.Attention > 0 != test.attention || q.Engine.PastExecs != test.past || q.Engine.Listing != test.listing {
			t.Errorf("%s: got %+v", name, q)
		}
	}
	few, every := need.Signals(nil, 0, false), need.Signals(nil, 0, true)
	if few.Processes.Attention >= every.Processes.Attention {
		t.Errorf("%d of a container are asked, and %d where every one is", few.Processes.Attention, every.Processes.Attention)
	}
}

// The cause of an exit needs the events and the reports of the OOM killer. doctor needs only
// these reports, for processes that were killed in running containers. signals of named
// containers needs the events for what kill -9 leads to.
func TestWhoAsksForEvents(t *testing.T) {
	for name, test := range map[string]struct {
		question    need.Question
		events, oom bool
	}{
		"explain":        {need.Explain("demo"), true, true},
		"a snapshot":     {need.Snapshot(0), true, true},
		"signals of one": {need.Signals([]string{"demo"}, 0, false), true, false},
		"signals of all": {need.Signals(nil, 0, false), false, false},
		"the doctor":     {need.Doctor([]string{"demo"}, 0), false, true},
		"a tree":         {need.Tree([]string{"demo"}), false, false},
	} {
		if q := test.question; q.Engine.Events != test.events || q.Processes.OOM != test.oom {
			t.Errorf("%s: events %t, OOM %t", name, q.Engine.Events, q.Processes.OOM)
		}
	}
}
