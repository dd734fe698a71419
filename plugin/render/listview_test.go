package render_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/diff"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/plugin/render"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// mainRows are the main processes of a host's containers.
func mainRows(w *World) []render.HostPIDRow {
	ix, list := chosen(w)
	rows := make([]render.HostPIDRow, len(list))
	for i, c := range list {
		rows[i] = render.HostPIDRow{
			Row: ix.RowOf(c, ix.Binding(c).Main), StartedBy: c,
			Processes: procfs.Some(len(ix.ProcessesOf(c))), Zombies: procfs.Some(i),
		}
	}
	return rows
}

func hostPIDTable(rows []render.HostPIDRow) answer {
	return func(s render.Screen, o render.ListOptions) error { return s.HostPIDTable(rows, o) }
}

func hostPIDs(rows []render.HostPIDRow) answer {
	return func(s render.Screen, o render.ListOptions) error { return s.HostPIDs(rows, o) }
}

// Host PIDs as a table of containers, as PIDs alone for scripts, and of threads. A number that
// was not counted is a question mark and null, never 0.
func TestHostPIDViews(t *testing.T) {
	p := &sheet{t: t, narrowest: 80, listed: []string{"Args"}}
	rows := mainRows(busy())
	p.show("table of a busy host", every("Container", "HostPID", "Processes", "Zombies"), hostPIDTable(rows))
	p.show("numbers of a busy host", every("Container", "HostPID", "ThreadOf", "StartedBy"), hostPIDs(rows))
	asked := mainRows(busy())[:2]
	asked[0].Processes, asked[0].Zombies = procfs.None[int](procfs.Unread), procfs.None[int](procfs.Denied)
	asked[0].Thread = &render.HostThread{TID: 4711, PIDs: []int{4711, 12}, ContainerPIDs: []int{12}}
	asked[1].StartedBy = asked[0].Container
	p.show("a thread and another one's process", append(few(), formatted("table"), formatted("{{.ThreadOf}} {{.StartedBy}}"), quiet), hostPIDs(asked))
	p.show("a thread in the table", few(), hostPIDTable(asked))
	asked[0].Thread.ContainerPIDs = nil
	p.show("a thread without a number inside", []view{formatted("table"), formatted("json")}, hostPIDs(asked[:1]))
	ix, _ := chosen(busy())
	c, helper := Find(t, ix, "nest", 304)
	p.show("one that has left a namespace", []view{formatted("table"), formatted("{{.LeftNamespaces}} {{json .LeftThreads}}")}, hostPIDs([]render.HostPIDRow{{Row: ix.RowOf(c, helper)}}))
	p.show("none", every("HostPID"), hostPIDTable(nil))
	p.show("no numbers", few(), hostPIDs(nil))
	p.narrowest = 1000 // names are not cut
	p.show("hostile", []view{wide(0), wide(80), formatted("table"), formatted("json"), formatted("{{.Container}}"), formatted("{{.Container}}").on(80)}, hostPIDTable(mainRows(hostile())))
	p.show("30 containers", []view{wide(80), quiet}, hostPIDTable(mainRows(many(30))))
	p.golden("host-pid-views")
}

// Every reason why a value is absent is the reason in JSON, for every key of a process that can
// be null. The table has its mark.
func TestEveryAbsenceIsNamed(t *testing.T) {
	p := &sheet{t: t, narrowest: 80, listed: []string{"Args"}}
	for _, why := range absences {
		row := mainRows(busy())[0]
		process := *row.Process
		process.Args, process.WaitStatus = procfs.None[[]string](why), procfs.None[procfs.WaitStatus](why)
		row.Process, row.ContainerPIDs, row.ExecID = &process, nil, ""
		row.UID, row.Subreaper, row.Left = procfs.None[int](why), procfs.None[bool](why), procfs.None[[]procfs.NamespaceType](why)
		row.Processes, row.Zombies = procfs.None[int](why), procfs.None[int](why)
		p.show(string(why), []view{wide(80), formatted("json"), formatted("table {{.UID}}\t{{.Exit}}\t{{.Subreaper}}\t{{.Absent}}")}, hostPIDTable([]render.HostPIDRow{row}))
	}
	p.golden("absences")
}

// The owner of a number, for every role that a number can have and every reason why it is
// unknown.
func TestWhoViews(t *testing.T) {
	p := &sheet{t: t, narrowest: 80}
	w := busy().Process(2, 0, "kthreadd", func(c *procfs.Process) { c.KernelThread, c.Args = true, procfs.None[[]string](procfs.NotHeld) }).
		Process(50, 1, "cron", Args("/usr/sbin/cron", "-f"), func(c *procfs.Process) {
			c.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/system.slice/cron.service"}})
		}).
		Process(60, 1, "other", In("f", 1)).Process(61, 50, "late", Exited(0))
	w.Threads = map[int]procfs.Thread{105: {PID: 101, NSPIDs: []int{105, 5}}, 51: {PID: 50, NSPIDs: []int{51}}}
	w.Snapshot.Missed = append(w.Snapshot.Missed, procfs.Missed{PID: 70, Why: procfs.Denied})
	who := func(w *World, numbers ...int) answer {
		ix := w.Index()
		var list []inspect.Identity
		for _, n := range numbers {
			list = append(list, ix.Who(n))
		}
		return func(s render.Screen, o render.ListOptions) error { return s.Who(list, o) }
	}
	p.show("every role", every("HostPID", "Container", "Role", "ContainerPID", "Unit"), who(w, 1, 2, 50, 51, 60, 61, 70, 100, 101, 105, 120, 121, 130, 202, 303, 401, 9999))
	p.show("without threads", few(), who(busy(), 1, 9999))
	p.show("denied", few(), who(denied(), 101, 130, 9999))
	p.show("none", every("HostPID"), who(busy()))
	p.narrowest = 1000 // notes are not cut
	p.show("of no container, and yet", every("Role", "Entered", "Kept", "Proxy", "BuildStep", "EngineNamespace"), who(outside(), 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 70, 71, 72))
	p.show("beside a container that starts", []view{wide(80), formatted("json")}, who(starting(), 60, 61))
	p.show("hostile", []view{wide(0), wide(80), quiet, formatted("json"), formatted("{{.Command}}"), formatted("{{.Command}}").on(80), formatted("table {{.Container}}\t{{.Command}}")}, who(hostile(), 101, 102, 103, 201, 301, 302, 401, 501))
	p.golden("who-views")
}

// starting is a host on which a container starts, whose namespaces nobody has read, beside a
// process in a net namespace and one whose mounts only root may read.
func starting() *World {
	in := func(t procfs.NamespaceType) Change {
		return func(p *procfs.Process) { p.Namespaces[t] = procfs.Some(uint64(98)) }
	}
	return Demo().Declared("demo", func(c *inspect.Container) { c.Silent, c.HostPID = true, 0 }).
		Process(60, 1, "sh", in(procfs.NetNamespace)).
		Process(61, 1, "bash", in(procfs.MountNamespace), func(p *procfs.Process) { p.EtcMounts = procfs.None[[]string](procfs.Denied) })
}

// outside are processes of no container that have to do with one.
func outside() *World {
	pids := func(inode uint64, chain ...int) func(*procfs.Process) {
		return func(p *procfs.Process) { p.NSPIDs = append([]int{p.PID}, chain...); NS(inode)(p) }
	}
	net := func(inode uint64) func(*procfs.Process) {
		return func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some(inode) }
	}
	mounts := func(id, end string) func(*procfs.Process) {
		return func(p *procfs.Process) {
			p.Namespaces[procfs.MountNamespace] = procfs.Some(uint64(98))
			p.EtcMounts = procfs.Some([]string{"/var/lib/docker/containers/" + id + "/hosts" + end})
		}
	}
	proxy := func(ip string) func(*procfs.Process) {
		return Args("/usr/sbin/docker-proxy", "-proto", "tcp", "-host-ip", "0.0.0.0", "-host-port", "8080", "-container-ip", ip, "-container-port", "80")
	}
	w := Demo().Alter(101, net(8)).Declared("demo", func(c *inspect.Container) {
		c.Addresses, c.Published = []string{"172.17.0.2"}, []inspect.Published{{Protocol: "tcp", Port: 80, HostPort: 8080}}
	}).
		Process(60, 1, "tcpdump", net(8)).Process(61, 1, "strace", pids(7, 41), net(8)).
		Process(62, 1, "docker-proxy", proxy("172.17.0.2")).Process(63, 1, "docker-proxy", proxy("172.17.0.3")).
		Process(64, 1, "cc", InGroups("/docker/buildkit/x1ntpwwihryfbqmeqcs5m44wq")).
		Process(65, 1, "containerd-shim", Args("containerd-shim-runc-v2", "-namespace", "default", "-id", "my-redis")).
		Process(66, 65, "redis", InGroups("/default/my-redis")).
		Process(67, 1, "sh", pids(9, 5), NSDenied).
		Process(68, 1, "sh", net(99)).
		Process(69, 1, "sh", net(99), mounts(ID("c"), "//deleted")).Process(70, 1, "sh", mounts(ID("c"), "")).
		Process(71, 1, "sh", mounts(ID("a"), "")).Process(72, 1, "sh", mounts(ID("e"), "")).
		Container("past", "e", 0, func(c *inspect.Container) { c.Status = "exited" })
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some(uint64(1)), procfs.NetNamespace: procfs.Some(uint64(2)), procfs.MountNamespace: procfs.Some(uint64(3))}
	return w
}

// The name of a number's container shows how certain it is.
func TestContainerName(t *testing.T) {
	for want, w := range map[string]inspect.Identity{
		"demo":          {Owner: inspect.Owner{Container: &inspect.Container{Name: "demo"}}, ForeignID: ID("a")},
		"aaaaaaaaaaaa?": {ForeignID: ID("a"), Role: inspect.WhoOtherEngine},
		"?":             {Role: inspect.WhoUnknown},
		"-":             {Role: inspect.WhoHost},
	} {
		if got := render.ContainerName(&w); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Statements about a container show how certain they are and what to type next. For a saved
// host, that is only a command that reads the file again.
func TestExplainViews(t *testing.T) {
	p := &sheet{t: t, narrowest: 40}
	ask := func(c *inspect.Container, statements []explain.Statement, next, meaning string) answer {
		return func(s render.Screen, o render.ListOptions) error {
			return s.Explain(c, statements, render.ExplainOptions{ListOptions: o, Verdict: meaning, Next: next, NextMeaning: meaning})
		}
	}
	ix, list := chosen(Neighbours())
	for _, c := range list[:2] {
		forecast := signal.ForecastOf(ix, c)
		p.show("running "+c.Name, few(), ask(c, explain.Running(ix, &forecast), "", ""))
	}
	topics := []explain.Topic{
		explain.TopicProcess, explain.TopicHistory, explain.TopicParent, explain.TopicOrphans, explain.TopicKill, explain.TopicStop,
		explain.TopicSharing, explain.TopicIfStopped, explain.TopicEnd, explain.TopicRestart, explain.TopicLeftovers,
	}
	certainties := []inspect.Certainty{inspect.Certain, inspect.Likely, inspect.Uncertain}
	var all []explain.Statement
	for i, topic := range topics {
		all = append(all, explain.Statement{
			Topic: topic, Other: list[1], Effect: explain.EffectStale, ExitCode: procfs.Some(137), Certainty: certainties[i%3], Text: "it says that it is " + string(topic), Then: "docker start vpn",
		}, explain.Statement{
			Topic: topic, Effect: explain.EffectNone, ExitCode: procfs.None[int](absences[i%len(absences)]), Certainty: certainties[(i+1)%3],
			Text: " " + strings.Repeat("and goes on for longer than a line, ", 3) + "to its end",
		})
	}
	views := every("Container", "Topic", "Other", "Effect", "ExitCode", "Text", "Then")
	p.narrowest = 80 // a command is not broken
	p.show("every topic", views[:len(views)-2], ask(list[0], all, "docker pidns doctor vpn", "it finds 1 error and 2 warnings"))
	p.coloursRepeat("every topic", ask(list[0], all, "docker pidns doctor vpn", "it finds 1 error and 2 warnings"))
	p.show("what changes the host", []view{wide(0), wide(80), wide(0).from("old.json")}, ask(list[0], nil, "docker start vpn", ""))
	p.narrowest = 1000
	hostileOne := &inspect.Container{Name: evil, ID: ID("a"), Image: evil, Status: "exited"}
	p.show("hostile", []view{wide(0), wide(40), wide(0).from(evil), formatted("table"), formatted("json"), formatted("{{.Text}}"), formatted("{{.Text}}").on(80)},
		ask(hostileOne, []explain.Statement{{Topic: explain.TopicEnd, Other: hostileOne, ExitCode: procfs.Some(1), Certainty: inspect.Likely, Text: evil, Then: "docker start " + evil}}, "docker pidns tree "+evil, evil))
	p.golden("explain-views")
}

// What came and went is counted and named, and cut to the screen. If nothing changed, that is a
// sentence.
func TestDiffViews(t *testing.T) {
	p := &sheet{t: t, narrowest: 40}
	ask := func(changes []diff.Change, took time.Duration) answer {
		return func(s render.Screen, o render.ListOptions) error { return s.Diff(changes, took, o) }
	}
	before, after := busy().Without(145, 155).Index(), busy().Without(144).Later(time.Minute)
	after.Process(900, 100, "sh", In("a", 99), Args("sh", "-c", strings.Repeat("long ", 40))).Process(901, 101, "late", In("a", 98), Exited(9))
	changes, err := diff.Captures(before, after.Index())
	if err != nil {
		t.Fatal(err)
	}
	_, list := chosen(busy())
	changes = append(changes, diff.Findings(
		rule.Report{Findings: []rule.Finding{{Rule: "zombies-unreaped", Severity: inspect.SeverityError, Container: list[0], Evidence: []string{"it was so"}}}},
		rule.Report{Findings: []rule.Finding{{Rule: "stop-ignored", Severity: inspect.SeverityWarning, Container: list[0], Evidence: []string{"it is so"}}}})...)
	views := every("Container", "Change", "Kind", "HostPID", "Text")
	p.show("a minute later", views[:len(views)-2], ask(changes, time.Minute+400*time.Millisecond))
	p.coloursRepeat("a minute later", ask(changes, time.Minute))
	many := busy().Later(time.Minute)
	for pid := 700; pid < 705; pid++ {
		many.Process(pid, 100, "sh", In("a", pid-600), Args("sh", "-c", "x"))
	}
	changes, err = diff.Captures(busy().Index(), many.Index())
	if err != nil {
		t.Fatal(err)
	}
	p.show("many alike", few(), ask(changes, time.Minute))
	p.show("nothing", few(), ask(nil, 26*time.Hour))
	p.narrowest = 1000
	c := &inspect.Container{Name: evil, ID: ID("a")}
	p.show("hostile", []view{wide(0), wide(80), formatted("table"), formatted("json"), formatted("{{.Text}}"), formatted("{{.Text}}").on(80)}, ask([]diff.Change{{Kind: diff.KindProcess, Direction: diff.Came, Container: c, Text: evil}}, time.Second))
	p.golden("diff-views")
}

// The keys of version. Those that are not known have a reason.
func TestVersionViews(t *testing.T) {
	p := &sheet{t: t}
	known := render.VersionKeys{
		Host: "box", Version: "1.2.3", GoVersion: "go1.26", Schema: "1.3", Endpoint: "unix:///var/run/docker.sock", EngineVersion: "28.0.1", APIVersion: "1.48",
		EngineAnswers: true, ProcRoot: "/proc", ProcIsEngines: "yes", Proof: evil, EUID: 1000, Collector: "proc", CollectorReason: "no rights", TakenAt: "2026-03-01T12:00:00Z",
	}
	unknown := render.VersionKeys{Proof: "none"}
	known.Hold("KernelRelease", &known.KernelRelease, procfs.Some("6.18.0"))
	known.Hold("CgroupVersion", &known.CgroupVersion, procfs.Some("v2"))
	unknown.Hold("KernelRelease", &unknown.KernelRelease, procfs.None[string](procfs.Denied))
	unknown.Hold("CgroupVersion", &unknown.CgroupVersion, procfs.None[string](procfs.Unsupported))
	for i, keys := range []render.VersionKeys{known, unknown} {
		p.show([]string{"known", "unknown"}[i], []view{
			formatted("json"), formatted("table"), formatted("{{.Proof}} {{.KernelRelease}}"), formatted("{{.Proof}} {{.KernelRelease}}").on(80),
			formatted("table {{.Version}}\t{{.KernelRelease}}\t{{.CgroupVersion}}\t{{.ProcIsEngines}}\t{{.Proof}}"), formatted("{{.Nope}}"),
		}, func(s render.Screen, o render.ListOptions) error { return s.Version(keys, o.Format) })
	}
	p.golden("version-views")
}

// A template that does not parse is refused before anything is read. Text without a template is
// accepted as it is.
func TestFormatCheck(t *testing.T) {
	for format, refused := range map[render.Format]bool{
		"": false, "table": false, "json": false, "{{.Nope}}": false, "text alone": false, "table {{.HostPID}}": false, "{{json .}}": false,
		"{{.HostPID": true, "table {{if}}": true, "{{nosuch .}}": true,
	} {
		err := format.Check()
		if (err != nil) != refused || err != nil && !strings.HasPrefix(err.Error(), "--format: ") {
			t.Errorf("%q: got %v, refused should be %t", format, err, refused)
		}
	}
	if !render.Format("").IsDefault() || render.Format("table").IsDefault() || !render.Format("table").IsPlainTable() || render.Format("table {{.X}}").IsPlainTable() {
		t.Error("what is the default or a plain table is mistaken")
	}
}

// Facts are beside their names, wrapped to the screen. Lines have their cell before them.
func TestFactsAndPrefixes(t *testing.T) {
	facts := []render.Fact{{"engine", "28.0.1, API 1.48"}, {"collector", strings.Repeat("reads /proc ", 9)}, {"proof", evil}}
	p := &sheet{t: t, narrowest: 40}
	p.show("facts", []view{wide(0), wide(40), wide(10), wide(80).coloured()}, func(s render.Screen, _ render.ListOptions) error {
		s.Facts(facts)
		return nil
	})
	p.show("no facts", []view{wide(80)}, func(s render.Screen, _ render.ListOptions) error {
		s.Facts(nil)
		return nil
	})
	lines := []string{"USER PID", "root 1", "me   2"}
	p.show("prefixed", []view{wide(0), wide(20)}, func(s render.Screen, _ render.ListOptions) error {
		s.Prefixed([]render.Safe{"CONTAINER", render.Escape(wideCJK[:6]), "-"}, func(i int) string { return lines[i] })
		s.Prefixed(nil, nil)
		s.Line("the end")
		return nil
	})
	p.golden("facts")
}

// Each rule is shown with what it finds and means, why it matters, its proof and its fix. Parts
// that it does not have are left out.
func TestRulesAreSaid(t *testing.T) {
	p := &sheet{t: t, narrowest: 40}
	rules := []rule.Rule{
		{ID: "one-thing", Worst: inspect.SeverityError, Title: "One thing", Means: strings.Repeat("it means that ", 8), Matters: "it matters", Proof: "it is proved", Mend: "it is fixed", NeedsTrace: true, Command: "zombies"},
		{ID: "another", Worst: inspect.SeverityNote, Title: "Another thing", Means: "m", Matters: "m", Proof: "p"},
	}
	p.show("two rules", []view{wide(0), wide(40), wide(80), wide(80).coloured()}, func(s render.Screen, _ render.ListOptions) error {
		s.Rules(rules)
		return nil
	})
	p.show("document", []view{wide(0)}, func(s render.Screen, _ render.ListOptions) error {
		render.RulesDocument(s.Out, rules)
		return nil
	})
	p.golden("rules")
}

// A reader that has exited (head) ends the output of numbers. A template that fails on a row is
// an error of --format.
func TestFailedOutput(t *testing.T) {
	rows := mainRows(busy())
	if err := (render.Screen{Out: closed{}}).HostPIDTable(rows, render.ListOptions{Quiet: true}); !errors.Is(err, errClosed) {
		t.Errorf("closed: got %v", err)
	}
	var b bytes.Buffer
	err := (render.Screen{Out: &b}).HostPIDTable(rows, render.ListOptions{Format: "{{index .PIDs 99}}"})
	if err == nil || !strings.HasPrefix(err.Error(), "--format: ") || strings.Contains(err.Error(), "names no key") {
		t.Errorf("a template that fails: got %v", err)
	}
}

var errClosed = errors.New("closed")

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errClosed }
