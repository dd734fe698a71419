package render_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/limit"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func namespacesOf(w *World, options render.NSOptions) answer {
	ix, list := chosen(w)
	table, findings := namespace.Table(ix, list), rule.Findings(rule.NewLook(ix, nil, list, true), "ns")
	return func(s render.Screen, o render.ListOptions) error {
		options.ListOptions = o
		return s.Namespaces(table, findings, options)
	}
}

// The matrix of namespaces and its rows by type, for namespaces that are shared, stale, left,
// gone or only declared. Containers that share nothing are counted if there are many.
func TestNamespaceViews(t *testing.T) {
	p := &sheet{t: t, narrowest: 80}
	p.show("neighbours", every("Container", "Type", "Mode", "Inode", "Verdict"), namespacesOf(Neighbours(), render.NSOptions{}))
	p.coloursRepeat("neighbours", namespacesOf(Neighbours(), render.NSOptions{}))
	p.narrowest = 120 // members are cut, but never to less than 12 columns
	p.show("neighbours by type", []view{wide(0), wide(80), wide(80).whole(), formatted("table")}, namespacesOf(Neighbours(), render.NSOptions{IDs: true}))
	p.narrowest = 80
	p.show("busy host", few(), namespacesOf(busy(), render.NSOptions{}))
	p.show("denied", append(few(), formatted("{{.Container}} {{.Inode}} {{json .Absent}}")), namespacesOf(denied(), render.NSOptions{}))
	p.narrowest = 80
	p.show("denied by type", []view{wide(0)}, namespacesOf(denied(), render.NSOptions{IDs: true}))
	p.show("30 containers", []view{wide(80), formatted("table"), quiet}, namespacesOf(many(30), render.NSOptions{}))
	p.show("30 containers, all", []view{wide(80)}, namespacesOf(many(30), render.NSOptions{All: true}))
	p.show("30 containers by name", []view{wide(80)}, namespacesOf(many(30), render.NSOptions{Named: true}))
	p.show("none", few(), namespacesOf(NewWorld(), render.NSOptions{}))
	p.show("wide characters", []view{wide(0), wide(40), wide(80), wide(200)}, namespacesOf(named(wideCJK), render.NSOptions{}))
	p.narrowest = 1000
	p.show("hostile", []view{wide(0), wide(40), wide(80), wide(0).from(evil), formatted("table").on(80), formatted("table {{.Container}}\t{{.Declared}}"), formatted("table {{.Members}}"), quiet}, namespacesOf(hostile(), render.NSOptions{}))
	p.show("hostile by type", []view{wide(0), wide(80)}, namespacesOf(hostile(), render.NSOptions{IDs: true}))
	host := func(w *World) answer {
		list := namespace.Hosts(w.Index())
		return func(s render.Screen, o render.ListOptions) error {
			return s.HostNamespaces([]render.HostNamespaces{{Host: o.Host, List: list}}, render.NSOptions{ListOptions: o})
		}
	}
	p.narrowest = 40
	p.show("the host's own", append(few(), wide(40), wide(40).whole(), formatted("table {{.Type}}\t{{.Inode}}\t{{.Members}}"), formatted("{{.Nope}}")), host(many(30)))
	p.show("the host's own, denied", few(), host(denied()))
	p.golden("ns-views")
}

// Every verdict on a namespace has its word in the matrix and above a tree.
func TestNamespaceWords(t *testing.T) {
	p := &sheet{t: t, narrowest: 1000}
	c, other := &inspect.Container{Name: "demo", ID: ID("a"), Status: "running"}, &inspect.Container{Name: "vpn", ID: ID("b")}
	for i, m := range []namespace.Membership{
		{Mode: namespace.ModeOwn, Owner: c, Verdict: namespace.OK, Inode: procfs.Some[uint64](5), Members: []*inspect.Container{c}},
		{Mode: namespace.ModeOwn, Owner: c, Verdict: namespace.OK, Inode: procfs.Some[uint64](5), Members: []*inspect.Container{c, other, other, other, other, other, other}},
		{Mode: namespace.ModeOwn, Owner: c, Verdict: namespace.DeclaredOnly, Members: []*inspect.Container{c, other}},
		{Mode: namespace.ModeHost, Declared: "host", Verdict: namespace.OK, Inode: procfs.Some[uint64](5)},
		{Mode: namespace.ModeHost, Declared: "host", Verdict: namespace.DeclaredOnly, Inode: procfs.None[uint64](procfs.Denied)},
		{Mode: namespace.ModeEngine, Declared: "host", Verdict: namespace.OK, Inode: procfs.Some[uint64](5)},
		{Mode: namespace.ModeEngine, Verdict: namespace.OK, Inode: procfs.Some[uint64](5)},
		{Mode: namespace.ModeShared, Declared: "container:" + ID("b"), Owner: other, Verdict: namespace.OK, Inode: procfs.Some[uint64](5)},
		{Mode: namespace.ModeShared, Declared: "container:" + ID("b"), OwnerRef: ID("b"), Verdict: namespace.DeclaredOnly, Inode: procfs.None[uint64](procfs.Gone)},
		{Mode: namespace.ModeShared, Declared: "container:" + ID("b"), OwnerRef: "vpn", Verdict: namespace.Stale, Inode: procfs.Some[uint64](5)},
		{Mode: namespace.ModeOwn, Declared: "container:vpn", OwnerRef: "vpn", Verdict: namespace.Left, Inode: procfs.Some[uint64](5)},
		{Mode: namespace.ModeOwn, Declared: "host", Verdict: namespace.Left, Inode: procfs.Some[uint64](5)},
		{Mode: namespace.ModeShared, Declared: "container:" + ID("b"), OwnerRef: ID("b"), Verdict: namespace.OwnerGone, Inode: procfs.Some[uint64](5)},
		{Mode: namespace.ModeUnknown, Verdict: namespace.DeclaredOnly, Inode: procfs.None[uint64](procfs.Unsupported)},
	} {
		m.Container, m.Type = c, procfs.NetNamespace
		name := fmt.Sprintf("%d %s %s %s", i, m.Mode, m.Verdict, m.Declared)
		p.show(name, []view{wide(0), formatted("json")}, func(s render.Screen, o render.ListOptions) error {
			if !o.Format.IsDefault() {
				return s.Namespaces([][]namespace.Membership{{m}}, nil, render.NSOptions{ListOptions: o})
			}
			s.Line("above a tree:")
			_ = s.Tree([]render.TreeBlock{{Tree: inspect.Tree{Container: c, NamespaceOwner: c, OwnerProven: true}, Sharing: []namespace.Membership{m}}}, o)
			s.Line("by type:")
			return s.Namespaces([][]namespace.Membership{{m}}, nil, render.NSOptions{ListOptions: o, IDs: true})
		})
	}
	for name, tree := range map[string]inspect.Tree{
		"the host's":              {HostPIDs: true},
		"of vpn":                  {NamespaceOwner: other, OwnerProven: true},
		"of vpn?":                 {NamespaceOwner: other},
		"unknown":                 {},
		"own?":                    {NamespaceOwner: c},
		"own, joined by ?":        {NamespaceOwner: c, OwnerProven: true, OthersUnread: true},
		"own?, joined by vpn?":    {NamespaceOwner: c, Sharers: []*inspect.Container{other}},
		"own, joined by vpn, vpn": {NamespaceOwner: c, OwnerProven: true, SharersProven: true, Sharers: []*inspect.Container{other, other}},
	} {
		tree.Container = c
		got := p.ask(wide(0), func(s render.Screen, o render.ListOptions) error { return s.Tree([]render.TreeBlock{{Tree: tree}}, o) })
		if line, _, _ := strings.Cut(got, "\n"); line != "demo  aaaaaaaaaaaa   pid namespace "+name {
			t.Errorf("got %q, want %q at its end", line, name)
		}
	}
	p.golden("ns-words")
}

// signalled is a host whose containers treat their stop signal in every possible way.
func signalled() *World {
	w := Alone("sleep").Attend(101)
	add := func(name, letter string, pid int, container func(*inspect.Container), change []Change, attend ...Attending) {
		w.Container(name, letter, pid+1, container).Process(pid, 1, "containerd-shim", ShimOf(letter)).
			Process(pid+1, pid, name, append([]Change{In(letter, 1), NS(uint64(pid))}, change...)...)
		if attend != nil {
			w.Attend(pid+1, attend...)
		}
	}
	none := func(*inspect.Container) {}
	add("handles", "b", 200, none, []Change{Caught(Term)}, Runs(NodeMarks...))
	add("forever", "c", 300, func(c *inspect.Container) { c.StopTimeout = -time.Second }, []Change{Ignored(Term)}, Asleep(Sleeping("pause")))
	add("quits", "d", 400, func(c *inspect.Container) { c.StopSignal, c.StopTimeout = "SIGQUIT", 90*time.Second }, []Change{Caught(Term)}, Asleep(Sleeping("epoll_wait")))
	add("unasked", "e", 500, none, []Change{Blocked(Term)})
	add("stopped", "f", 600, none, []Change{Caught(Term), StateOf(procfs.StateStopped)}, Asleep(Sleeping("pause")))
	add("shell", "0", 700, none, []Change{Args("sh", "-c", "sleep 900; true")}, Runs(DashMarks...), Script("sleep 900; true"), Asleep(Waiting("wait4", true)))
	add("init", "1", 800, none, []Change{Caught()}, Runs(TiniMarks...), Asleep(Awaiting(Term, procfs.SIGINT)))
	for i := range 5 {
		w.Process(802+i, 801, "job", In("1", 2+i), NS(800), Caught(Term), Args("job", fmt.Sprint(i))).Attend(802 + i)
	}
	w.Process(702, 701, "sleep", In("0", 2), NS(700), Args("sleep", "900")).Attend(702)
	w.Container("guest", "2", 901, JoinedTo(ID("1"))).Process(900, 1, "containerd-shim", ShimOf("2")).
		Process(901, 900, "sleep", In("2", 44), NS(800)).Attend(901, Denied)
	return w
}

func forecastsOf(w *World, options render.SignalsOptions) answer {
	ix, list := chosen(w)
	forecasts := make([]signal.Forecast, len(list))
	for i, c := range list {
		forecasts[i] = signal.ForecastOf(ix, c)
	}
	options.Findings = rule.Findings(rule.NewLook(ix, nil, list, true), "signals")
	return func(s render.Screen, o render.ListOptions) error {
		options.ListOptions = o
		return s.Signals(forecasts, options)
	}
}

// The result of docker stop for every way to treat a signal, with the reasons below, and only
// ten of them if there are many. For a saved host no change is proposed.
func TestSignalViews(t *testing.T) {
	p := &sheet{t: t, narrowest: 80, listed: []string{"Unheard"}}
	p.show("every way", every("Container", "Forecast", "Certainty", "Blocker", "Reaps"), forecastsOf(signalled(), render.SignalsOptions{}))
	p.coloursRepeat("every way", forecastsOf(signalled(), render.SignalsOptions{}))
	p.show("by name", []view{wide(0), wide(80), wide(80).from("old.json")}, forecastsOf(signalled(), render.SignalsOptions{Named: true}))
	p.show("denied", few(), forecastsOf(denied(), render.SignalsOptions{Named: true}))
	p.show("30 containers", []view{wide(80), wide(80).from("old.json"), quiet}, forecastsOf(many(30), render.SignalsOptions{}))
	p.show("12 containers, all", []view{wide(80)}, forecastsOf(many(12), render.SignalsOptions{All: true}))
	p.show("none", few(), forecastsOf(NewWorld(), render.SignalsOptions{}))
	p.show("wide characters", []view{wide(0)}, forecastsOf(named(wideCJK), render.SignalsOptions{}))
	p.narrowest = 1000
	p.show("hostile", []view{wide(0), wide(40), wide(80), wide(0).from(evil), formatted("table").on(80), formatted("json"), formatted("{{.Command}}"), formatted("table {{.Container}}\t{{.Command}}"), quiet}, forecastsOf(hostile(), render.SignalsOptions{Named: true}))
	p.golden("signals-views")
}

// Every signal of one process has a line, and what could not be read is a question mark.
func TestSignalTableViews(t *testing.T) {
	p := &sheet{t: t, narrowest: 80}
	ask := func(w *World, name string) answer {
		ix := w.Index()
		c, _ := ix.Resolve(name)
		main := ix.Binding(c).Main
		row, lines := ix.RowOf(c, main), signal.Table(ix, main)
		judged := signal.Judge(ix, main, c.StopSignalNumber())
		return func(s render.Screen, o render.ListOptions) error {
			return s.SignalTable(&row, c.StopSignalNumber(), judged, lines[:20], o)
		}
	}
	p.show("an init", []view{wide(0), wide(80).coloured(), formatted("table"), formatted("json"), formatted("table {{.Signal}}\t{{.Hears}}"), formatted("{{.Nope}}")}, ask(signalled(), "init"))
	p.show("denied", []view{wide(0), formatted("json")}, ask(signalled(), "guest"))
	p.show("handled", []view{wide(0)}, ask(signalled(), "handles"))
	p.show("in the host's PID namespace", []view{wide(0)}, ask(busy(), "watch"))
	p.show("hostile", []view{wide(0), formatted("table {{.Container}}\t{{.Signal}}")}, ask(named(evil), evil))
	p.golden("signal-table-views")
}

// limits are sets of every kind of limit: far, near, full, unlimited, held by zombies, unread,
// exempt, and the host's.
func limits(n int) []limit.Set {
	var list []limit.Set
	for i := range n {
		c := &inspect.Container{Name: fmt.Sprintf("api-%02d", i), ID: idOf(i)}
		other := &inspect.Container{Name: "other", ID: ID("a")}
		own := limit.Limit{
			Container: c, Kind: limit.PIDs, Scope: limit.ScopeContainer, Path: "/docker/" + c.ID, Dir: "/sys/fs/cgroup/docker/" + c.ID,
			Used: procfs.Some(10 * i), Max: procfs.Some(200), Refused: procfs.Some(i), Fill: limit.Fill{Processes: 5 * i, Threads: 3 * i, Zombies: 2 * i},
			Shares: []limit.Share{{Container: c, Tasks: 10 * i}},
		}
		parent := limit.Limit{
			Container: c, Kind: limit.PIDs, Scope: limit.ScopeParent, Path: "/docker.slice", Dir: "/sys/fs/cgroup/docker.slice", Used: procfs.Some(1500), Max: procfs.None[int](procfs.NotHeld), Refused: procfs.None[int](procfs.Unsupported),
			Fill: limit.Fill{Processes: 1500}, Shares: []limit.Share{{Container: c, Tasks: 800}, {Container: other, Tasks: 400}, {Tasks: 200}, {Container: other, Tasks: 100}},
		}
		user := limit.Limit{
			Container: c, Kind: limit.User, Scope: limit.ScopeUser, Path: "uid 1000", UID: procfs.Some(0), HostUID: 1000, Used: procfs.Some(30), Max: procfs.Some(4096),
			Refused: procfs.None[int](procfs.NotHeld), Exempt: i%2 == 1, Fill: limit.Fill{Processes: 30}, Shares: []limit.Share{{Container: c, Tasks: 20}, {Tasks: 10}},
		}
		numbers := limit.Limit{
			Container: c, Kind: limit.Numbers, Scope: limit.ScopeHost, Path: "kernel.pid_max", Used: procfs.Some(1200), Max: procfs.Some(32768), Refused: procfs.None[int](procfs.NotHeld),
			Fill: limit.Fill{Processes: 900, Threads: 300}, Shares: []limit.Share{{Tasks: 1200}},
		}
		set := limit.Set{Container: c, Limits: []limit.Limit{own, parent, user, numbers}}
		set.Limits[0].First = true
		list = append(list, set)
	}
	return list
}

// changed are the limits with one difference in the first of each.
func changed(n int, change func(*limit.Set)) []limit.Set {
	list := limits(n)
	for i := range list {
		change(&list[i])
	}
	return list
}

func limitsOf(list []limit.Set, options render.LimitOptions) answer {
	return func(s render.Screen, o render.ListOptions) error {
		options.ListOptions = o
		return s.Limits(list, options)
	}
}

// Limits as an overview and in full: one near, none near, the worst ten last, and those that are
// far or only the host's counted. A missing value is -, none or ?.
func TestLimitViews(t *testing.T) {
	p := &sheet{t: t, narrowest: 80}
	p.show("three", every("Container", "Limit", "Used", "Max", "Left", "First"), limitsOf(limits(3), render.LimitOptions{}))
	p.show("one by name", append(few(), wide(40), wide(80).from("old.json")), limitsOf(limits(17)[16:], render.LimitOptions{Named: true}))
	p.coloursRepeat("full", limitsOf(limits(21)[15:], render.LimitOptions{Named: true}))
	p.show("several by name", []view{wide(0), wide(80), wide(80).from("old.json"), formatted("table")}, limitsOf(limits(21)[18:], render.LimitOptions{Named: true}))
	p.show("30 containers", []view{wide(80), wide(80).from("old.json"), quiet}, limitsOf(limits(30), render.LimitOptions{}))
	p.show("30 containers, all", []view{wide(80)}, limitsOf(limits(30), render.LimitOptions{All: true}))
	p.show("none near the host's", []view{wide(80)}, limitsOf(changed(3, func(s *limit.Set) {
		s.Limits[0].First, s.Limits[3].First = false, true
	}), render.LimitOptions{}))
	p.show("one not near the host's", []view{wide(80), wide(0).from("old.json")}, limitsOf(changed(1, func(s *limit.Set) {
		s.Limits[0].First, s.Limits[3].First = false, true
	}), render.LimitOptions{}))
	for _, why := range absences {
		p.show("absent by name, "+string(why), []view{wide(80)}, limitsOf(changed(1, func(s *limit.Set) {
			l := &s.Limits[0]
			l.Used, l.Max, l.Unseen = procfs.None[int](why), procfs.None[int](why), why
			l.First, s.Limits[2].First = false, true
		}), render.LimitOptions{Named: true}))
		p.show("absent, "+string(why), []view{wide(80), wide(80).from("old.json"), formatted("json")}, limitsOf(changed(1, func(s *limit.Set) {
			l := &s.Limits[0]
			l.First, l.Used, l.Max, l.Refused, l.Unseen = false, procfs.None[int](why), procfs.None[int](why), procfs.None[int](why), why
			s.Limits[2].UID, s.Unread = procfs.None[int](why), []*limit.Limit{l}
			s.Limits = s.Limits[:3]
		}), render.LimitOptions{}))
	}
	p.show("uncertain", few(), limitsOf(changed(2, func(s *limit.Set) { s.Unread = []*limit.Limit{&s.Limits[2]} }), render.LimitOptions{}))
	p.show("held by zombies", few(), limitsOf(changed(13, func(s *limit.Set) { s.Limits[0].Fill = limit.Fill{Zombies: s.Limits[0].Used.Or(0)} })[11:], render.LimitOptions{}))
	p.show("inside and above", []view{wide(0), wide(80), wide(80).from("old.json")}, limitsOf(changed(1, func(s *limit.Set) {
		s.Limits[0].First, s.Limits[0].Scope, s.Limits[0].Path = false, limit.ScopeInside, s.Limits[0].Path+"/w"
		s.Limits[1].First, s.Limits[1].Max = true, procfs.Some(1510)
	}), render.LimitOptions{Named: true}))
	p.show("none", every("Container", "Limit"), limitsOf(nil, render.LimitOptions{}))
	p.narrowest = 1000
	var hostileSets []limit.Set
	for i, text := range []string{evil, strings.Repeat("sixty-", 10), strings.Repeat("long", 50)} {
		set := limits(30)[17+i]
		set.Container.Name, set.Limits[1].Path = text, "/"+text
		hostileSets = append(hostileSets, set)
	}
	for _, named := range []bool{false, true} {
		p.show(fmt.Sprintf("hostile, by name %t", named), []view{wide(0), wide(40), wide(80), wide(0).from(evil), formatted("table").on(80), formatted("json"), formatted("{{.Path}}"), formatted("table {{.Container}}\t{{.Path}}"), formatted("table {{.HeldBy}}"), quiet}, limitsOf(hostileSets, render.LimitOptions{Named: named}))
	}
	p.golden("limits-views")
}

// readBy is what the processes of all reports were read with.
var readBy = inspect.Collector{Name: inspect.CollectorProc, Reason: "no rights"}

func doctorOf(report rule.Report, options render.DoctorOptions) answer {
	return func(s render.Screen, o render.ListOptions) error {
		options.ListOptions = o
		return s.Doctor([]render.DoctorReport{{Report: report, Host: o.Host, Collector: readBy}}, options)
	}
}

func examined(w *World) rule.Report {
	ix, list := chosen(w)
	return rule.Check(rule.NewLook(ix, nil, list, true), rule.IDs())
}

// replica is a finding about the i-th of many equal containers.
func replica(i int, change func(*rule.Finding)) rule.Finding {
	f := rule.Finding{
		Rule: "stop-ignored", Severity: inspect.SeverityWarning, Verdict: inspect.Yes,
		Container: &inspect.Container{Name: fmt.Sprintf("api-%02d", i), ID: idOf(i), Image: "shop/api", Path: "sleep", StopTimeout: 10 * time.Second},
		Process:   &procfs.Process{Key: procfs.Key{PID: 1000 + i, StartTicks: uint64(i)}, Comm: "sleep"},
		Evidence:  []string{fmt.Sprintf("docker stop will wait 10s for process %d, then kill it", 1000+i), "it has no handler"},
		Brief:     "PID 1 (sleep) has no SIGTERM handler", Cure: "recreate the container with --init",
	}
	change(&f)
	return f
}

func replicas(n int, change func(i int, f *rule.Finding)) rule.Report {
	report := rule.Report{Rules: 25}
	for i := range n {
		report.Findings = append(report.Findings, replica(i, func(f *rule.Finding) { change(i, f) }))
	}
	return report
}

// What is the same for several containers is written once. A finding with other words, another
// fix, severity or rule, or a command of its own has a line of its own. There are at most five
// lines of a rule, the most severe first.
func TestReplicas(t *testing.T) {
	p := &sheet{t: t, narrowest: 40}
	options := render.DoctorOptions{Containers: 30, Processes: 60}
	word := func(i int) string { return string(rune('a'+i%26)) + string(rune('a'+i/26)) }
	reports := map[string]func(i int, f *rule.Finding){
		"the same": func(int, *rule.Finding) {},
		"commands": func(i int, f *rule.Finding) {
			f.Now, f.NowEffect, f.Weight = "docker restart "+f.Container.Name, f.Container.Name+" is down for up to 10s", float64(i)
		},
		"briefs": func(i int, f *rule.Finding) { f.Brief = fmt.Sprintf("PID 1 (%s) has no SIGTERM handler", word(i%3)) },
		"fixes":  func(i int, f *rule.Finding) { f.Cure += " " + word(i) },
		"no fix": func(i int, f *rule.Finding) { f.Cure = "" },
		"severities": func(i int, f *rule.Finding) {
			f.Severity = []inspect.Severity{inspect.SeverityError, inspect.SeverityWarning}[i%2]
		},
		"rules":      func(i int, f *rule.Finding) { f.Rule = []string{"stop-ignored", "stop-delayed", "init-dropped"}[i%3] },
		"long names": func(i int, f *rule.Finding) { f.Container.Name = strings.Repeat("a-long-name-", 5) + word(i) },
	}
	names := make([]string, 0, len(reports))
	for name := range reports {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p.narrowest = map[bool]int{true: 1000}[name == "long names"] // a command is never broken
		p.show(name, []view{wide(0), wide(80)}, doctorOf(replicas(30, reports[name]), options))
	}
	p.narrowest = 40
	all := options
	all.All = true
	p.show("commands, all", []view{wide(120)}, doctorOf(replicas(7, reports["commands"]), all))
	p.show("the same, nothing cut", []view{wide(120).whole()}, doctorOf(replicas(3, reports["the same"]), options))
	p.show("the same, 4", []view{wide(0)}, doctorOf(replicas(4, reports["the same"]), options))
	verbose := options
	verbose.Verbose = true
	p.show("verbose", []view{wide(80)}, doctorOf(replicas(3, reports["the same"]), verbose))
	p.golden("doctor-replicas")
}

// The problems of 22 ordinary containers, one of them with an error, fit a screen of 24 lines
// with the prompt.
func TestDoctorFitsAScreen(t *testing.T) {
	var report rule.Report
	add := func(id string, severity inspect.Severity, i int, brief, now, cure string) {
		report.Findings = append(report.Findings, replica(i, func(f *rule.Finding) {
			f.Rule, f.Severity, f.Brief, f.Now, f.NowEffect, f.Cure = id, severity, brief, now, "", cure
		}))
	}
	const byInit = "recreate the container with --init (compose: init: true)"
	add("zombies-unreaped", inspect.SeverityError, 0, "33 zombies hold 33 of 60 PIDs, from its health check", "docker restart api-00", byInit)
	add("stale-join", inspect.SeverityWarning, 1, "Still uses the old network of vpn", "docker restart api-01", "")
	for i := 2; i < 14; i++ {
		add("stop-ignored", inspect.SeverityWarning, i, fmt.Sprintf("PID 1 (%s) has no SIGTERM handler", []string{"sleep", "java", "server"}[i%3]), "", byInit)
	}
	add("stop-delayed", inspect.SeverityWarning, 14, "It waits for its foreground child sleep (7464), which does not receive the signal (likely)", "", "in the script, start sleep with exec")
	add("limit-near", inspect.SeverityWarning, 15, "pids.max: 95 of 100 used", "docker update --pids-limit 200 api-15", "")
	for i := 16; i < 22; i++ {
		add("host-namespace", inspect.SeverityNote, i, "--pid=host", "", "")
	}
	for _, view := range []view{wide(80), wide(120), wide(0)} {
		got := (&sheet{t: t}).ask(view, doctorOf(report, render.DoctorOptions{Containers: 22, Processes: 214}))
		if lines := strings.Count(got, "\n"); lines > 23 {
			t.Errorf("%d lines:\n%s", lines, got)
		}
	}
}

// doctor on several hosts, in every format. That all is well is only written if everything was
// looked at. For a saved host no change is proposed.
func TestDoctorViews(t *testing.T) {
	p := &sheet{t: t, narrowest: 80}
	options := render.DoctorOptions{Containers: 5, Processes: 33, Notes: true}
	p.show("busy host", every("Container", "Severity", "Rule", "Verdict", "HostPID", "Now", "Evidence"), doctorOf(examined(busy()), options))
	p.coloursRepeat("busy host", doctorOf(examined(busy()), options))
	options.Notes = false
	p.show("without notes", []view{wide(80), wide(80).from("old.json")}, doctorOf(examined(busy()), options))
	p.show("denied", few(), doctorOf(examined(denied()), options))
	p.show("30 containers", []view{wide(80), formatted("table").on(80), quiet}, doctorOf(examined(many(30)), options))
	p.narrowest = 1000
	p.show("hostile", []view{wide(0), wide(40), wide(80), wide(0).from(evil), formatted("table").on(80), formatted("json"), formatted("{{.Evidence}}"), formatted("table {{.Container}}\t{{.Evidence}}"), quiet}, doctorOf(examined(hostile()), options))
	p.golden("doctor-views")
}

// The last line of doctor says what was looked at. It is "Nothing wrong" only if everything was
// looked at.
func TestDoctorSummary(t *testing.T) {
	note := rule.Finding{Rule: "nested-namespace", Severity: inspect.SeverityNote, Container: &inspect.Container{Name: "a"}, Evidence: []string{"e"}}
	problem := rule.Finding{Rule: "stop-ignored", Severity: inspect.SeverityWarning, Container: &inspect.Container{Name: "a"}, Evidence: []string{"e"}}
	for name, test := range map[string]struct {
		report  rule.Report
		options render.DoctorOptions
		want    string
	}{
		"healthy":           {rule.Report{Rules: 25}, render.DoctorOptions{Containers: 3, Processes: 1200}, "✓ Nothing wrong in 3 containers, 1,200 processes, 25 rules."},
		"one":               {rule.Report{Rules: 1}, render.DoctorOptions{Containers: 1, Processes: 1}, "✓ Nothing wrong in 1 container, 1 process, 1 rule."},
		"incomplete":        {rule.Report{Rules: 25}, render.DoctorOptions{Containers: 1, Processes: 2, Incomplete: true}, "No errors or warnings in 1 container, 2 processes, as far as they could be read."},
		"blind":             {rule.Report{Rules: 25, Blind: 7}, render.DoctorOptions{Containers: 1, Processes: 2}, "7 of 25 rules could be checked only partly.\nNo errors or warnings in 1 container, 2 processes."},
		"blind, incomplete": {rule.Report{Rules: 25, Blind: 7}, render.DoctorOptions{Containers: 1, Processes: 2, Incomplete: true}, "7 of 25 rules could be checked only partly.\nNo errors or warnings in 1 container, 2 processes, as far as they could be read."},
		"notes":             {rule.Report{Rules: 25, Findings: []rule.Finding{note, note}}, render.DoctorOptions{Containers: 1, Processes: 2}, "✓ Nothing wrong in 1 container, 2 processes, 25 rules. 2 notes (--notes)."},
		"silenced":          {rule.Report{Rules: 25, Skipped: 1}, render.DoctorOptions{Containers: 1, Processes: 2}, "1 finding silenced by labels.\n✓ Nothing wrong in 1 container, 2 processes, 25 rules."},
		"notes, silenced":   {rule.Report{Rules: 25, Skipped: 2, Findings: []rule.Finding{note}}, render.DoctorOptions{Containers: 1, Processes: 2}, "2 findings silenced by labels.\n✓ Nothing wrong in 1 container, 2 processes, 25 rules. 1 note (--notes)."},
		"a warning":         {rule.Report{Rules: 25, Findings: []rule.Finding{problem}}, render.DoctorOptions{Containers: 1, Processes: 2}, "No errors, 1 warning in 1 container, 2 processes.\nNext: docker pidns explain a"},
		"nothing looked at": {rule.Report{Rules: 25}, render.DoctorOptions{}, ""},
	} {
		got := (&sheet{t: t}).ask(wide(0), doctorOf(test.report, test.options))
		if _, below, is := strings.Cut(got, "\n\n"); is { // after the findings
			got = below
		}
		if got = strings.TrimSuffix(got, "\n"); got != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// A rule that could not be checked has a row for programs, which is unknown and names no
// container. People do not see it.
func TestBlindRulesHaveRows(t *testing.T) {
	p := &sheet{t: t, narrowest: 40}
	report := rule.Report{Rules: 2, Blind: 1, BlindRules: []rule.Rule{{ID: "stale-join", Worst: inspect.SeverityError}}}
	p.show("blind", append(few(), formatted("table"), formatted("{{.Rule}} {{.Verdict}} {{.HostPID}}"), quiet), doctorOf(report, render.DoctorOptions{Containers: 1, Processes: 1}))
	unasked := rule.Report{Rules: 1, Unasked: []rule.Rule{{ID: "leftovers", Worst: inspect.SeverityError}, {ID: "restart-loop", Worst: inspect.SeverityError}}}
	p.show("without an engine", append(few(), formatted("{{.Rule}} {{.Verdict}} {{.HostPID}}")), doctorOf(unasked, render.DoctorOptions{Containers: 1, Processes: 1}))
	p.golden("doctor-blind")
}
