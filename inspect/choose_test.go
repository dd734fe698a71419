package inspect_test

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestResolve(t *testing.T) {
	w := Demo().Container("other", "b", 0).Container("third", "c", 0)
	w.Containers[2].ID = "b" + strings.Repeat("c", 63)
	ix := w.Index()
	for ref, want := range map[string]string{
		"demo": "demo", "/demo": "demo", ID("a"): "demo", "a": "demo", "aaaa": "demo", "bc": "third",
	} {
		c, problem := ix.Resolve(ref)
		if problem != nil || c.Name != want {
			t.Errorf("%s: got %v, %v; want %s", ref, c, problem, want)
		}
	}
	for ref, want := range map[string]inspect.ProblemKind{"nope": inspect.NoSuchContainer, "": inspect.NoSuchContainer, "b": inspect.Ambiguous, "dem": inspect.NoSuchContainer} {
		c, problem := ix.Resolve(ref)
		if problem == nil || problem.Kind != want {
			t.Errorf("%q: got %v, %+v; want %s", ref, c, problem, want)
		}
	}
}

func TestChooseSaysWhyNot(t *testing.T) {
	ended := func(code int, oom bool) func(*inspect.Container) {
		return func(c *inspect.Container) {
			c.Status, c.ExitCode, c.OOMKilled, c.FinishedAt = "exited", code, oom, TakenAt.Add(-4*time.Minute)
		}
	}
	status := func(s string) func(*inspect.Container) { return func(c *inspect.Container) { c.Status = s } }
	w := Demo().
		Container("gone", "b", 0, ended(137, false)).
		Container("oom", "c", 0, ended(137, true)).
		Container("fresh", "d", 0, status("created")).
		Container("loop", "e", 0, func(c *inspect.Container) {
			c.Status, c.ExitCode, c.FinishedAt = "restarting", 1, TakenAt.Add(-3*time.Second)
		}).
		Container("vm", "f", 0).
		Container("dying", "9", 999)
	ix := w.Index()
	for name, want := range map[string]struct {
		kind inspect.ProblemKind
		text string
	}{
		"gone":  {inspect.NotRunning, "gone is not running: exited (137, SIGKILL) 4 minutes ago"},
		"oom":   {inspect.NotRunning, "oom is not running: exited (137, SIGKILL) 4 minutes ago, after it ran out of memory"},
		"fresh": {inspect.NotRunning, "fresh is not running: it was never started"},
		"loop":  {inspect.NotRunning, "loop is restarting and has no process now: it exited (1) 3 seconds ago"},
		"vm":    {inspect.Elsewhere, "the engine names no process for vm: its runtime runs it in a virtual machine"},
		"dying": {inspect.Ended, "dying exited while it was read"},
	} {
		_, problems := ix.Choose([]string{name}, inspect.Filter{})
		if len(problems) != 1 || problems[0].Kind != want.kind || problems[0].Text != want.text {
			t.Errorf("%s: got %+v, want %+v", name, problems, want)
		}
	}
	chosen, problems := ix.Choose(nil, inspect.Filter{})
	if len(chosen) != 1 || chosen[0].Name != "demo" {
		t.Errorf("all running: chose %d", len(chosen))
	}
	if resting := ix.Resting(inspect.Filter{}); len(resting) != 2 || resting[0].Ref != "loop" || resting[1].Ref != "dying" {
		t.Errorf("resting: got %+v, want the one that restarts and the one that has just ended", resting)
	}
	if len(problems) != 1 { // vm. The stopped, the restarting and the exited containers are not problems
		t.Errorf("all running: got problems %+v", problems)
	}
}

func TestVanishedProcessIsJudgedByWhatIsProved(t *testing.T) {
	for name, test := range map[string]struct {
		proof inspect.HostProof
		host  procfs.Host
		want  inspect.ProblemKind
	}{
		"the engine's /proc: it ended":   {inspect.HostProof{Verdict: inspect.Yes}, procfs.Host{}, inspect.Ended},
		"another's /proc: it is there":   {inspect.HostProof{Verdict: inspect.No}, procfs.Host{}, inspect.Elsewhere},
		"no proof: do not say it ended":  {inspect.HostProof{Verdict: inspect.Unknown}, procfs.Host{}, inspect.Elsewhere},
		"hidepid: it may well be there":  {inspect.HostProof{Verdict: inspect.Yes}, procfs.Host{HidePID: "invisible", EUID: 1000}, inspect.Hidden},
		"hidepid does not stop root":     {inspect.HostProof{Verdict: inspect.Yes}, procfs.Host{HidePID: "invisible"}, inspect.Ended},
		"hidepid, and the wrong /proc":   {inspect.HostProof{Verdict: inspect.No}, procfs.Host{HidePID: "2", EUID: 1000}, inspect.Elsewhere},
		"hidepid, and nothing is proved": {inspect.HostProof{Verdict: inspect.Unknown}, procfs.Host{HidePID: "2", EUID: 1000}, inspect.Hidden},
	} {
		w := NewWorld().Container("demo", "a", 101)
		w.Proof, w.Host = test.proof, test.host
		_, problems := w.Index().Choose([]string{"demo"}, inspect.Filter{})
		if len(problems) != 1 || problems[0].Kind != test.want {
			t.Errorf("%s: got %+v, want %s", name, problems, test.want)
		}
	}
}

// The PID of an engine in another PID namespace can be that of another process here. The problem
// with the host is reported all the same.
func TestStrangerAtTheNumber(t *testing.T) {
	w := NewWorld().Container("demo", "a", 101).Process(101, 1, "sshd")
	w.Proof = inspect.HostProof{Verdict: inspect.No, By: "the engine runs in a PID namespace of its own"}
	_, problems := w.Index().Choose([]string{"demo"}, inspect.Filter{})
	if len(problems) != 1 || problems[0].Kind != inspect.Elsewhere || !strings.Contains(problems[0].Text, w.Proof.By) || !strings.Contains(problems[0].Text, "sshd") {
		t.Errorf("got %+v", problems)
	}
}

func TestRemoteCommand(t *testing.T) {
	for endpoint, want := range map[string]string{
		"ssh://prod": "ssh prod docker pidns ...", "ssh://ann@prod:2222": "ssh -p 2222 ann@prod docker pidns ...",
	} {
		if got := inspect.RemoteCommand(endpoint, "docker pidns ..."); got != want {
			t.Errorf("%s: got %q, want %q", endpoint, got, want)
		}
	}
}

func TestFilter(t *testing.T) {
	c := &inspect.Container{Name: "shop-web-1", Labels: map[string]string{"tier": "web", "com.docker.compose.project": "shop", "com.docker.compose.service": "web"}}
	for _, test := range []struct {
		key, value string
		want       bool
	}{
		{"name", "web", true}, {"name", "/shop", true}, {"name", "db", false}, {"name", "^shop-", true}, {"name", "^/shop", true}, {"name", "^web", false},
		{"label", "tier", true}, {"label", "tier=web", true}, {"label", "tier=db", false}, {"label", "nope", false},
		{"project", "shop", true}, {"project", "sho", false}, {"service", "web", true}, {"service", "db", false},
	} {
		var f inspect.Filter
		if err := f.Add(test.key, test.value); err != nil {
			t.Fatal(err)
		}
		if got := f.Matches(c); got != test.want {
			t.Errorf("%s=%s: got %v, want %v", test.key, test.value, got, test.want)
		}
	}
	if err := new(inspect.Filter).Add("id", "x"); err == nil || !strings.Contains(err.Error(), "label, name, project, service") {
		t.Errorf("got %v, want an error that names the keys", err)
	}
	if err := new(inspect.Filter).Add("name", "("); err == nil {
		t.Error("a broken pattern was accepted")
	}
	several := inspect.Filter{Labels: []string{"tier", "nope"}}
	if several.Matches(c) {
		t.Error("all labels must hold")
	}
}

// The reason why a container cannot be shown is reported with the command that helps and with
// what is known of its exit. An exit code without a meaning is not interpreted.
func TestNotRunningProblem(t *testing.T) {
	ended := TakenAt.Add(-2 * time.Hour)
	for name, test := range map[string]struct {
		container  inspect.Container
		text, next string
	}{
		"ended well":      {inspect.Container{Status: "exited", FinishedAt: ended}, "x is not running: exited (0) 2 hours ago", "docker pidns explain x"},
		"with an error":   {inspect.Container{Status: "exited", ExitCode: 1, FinishedAt: ended}, "x is not running: exited (1) 2 hours ago", "docker pidns explain x"},
		"by SIGTERM":      {inspect.Container{Status: "exited", ExitCode: 143, FinishedAt: ended}, "x is not running: exited (143, SIGTERM) 2 hours ago", "docker pidns explain x"},
		"by SIGKILL":      {inspect.Container{Status: "exited", ExitCode: 137, FinishedAt: ended}, "x is not running: exited (137, SIGKILL) 2 hours ago", "docker pidns explain x"},
		"out of memory":   {inspect.Container{Status: "exited", ExitCode: 1, OOMKilled: true, FinishedAt: ended}, "x is not running: exited (1) 2 hours ago, after it ran out of memory", "docker pidns explain x"},
		"after the clock": {inspect.Container{Status: "exited", FinishedAt: TakenAt.Add(time.Hour)}, "x is not running: exited (0) less than a second ago", "docker pidns explain x"},
		"created":         {inspect.Container{Status: "created"}, "x is not running: it was never started", "docker start x"},
		"created once":    {inspect.Container{Status: "created", FinishedAt: ended}, "x is not running: it was never started", "docker start x"},
		"without an end":  {inspect.Container{Status: "exited"}, "x is not running: it was never started", "docker start x"},
		"being removed":   {inspect.Container{Status: "removing", FinishedAt: ended}, "x is not running: removing", "docker ps -a"},
		"dead":            {inspect.Container{Status: "dead"}, "x is not running: dead", "docker ps -a"},
		"of a later word": {inspect.Container{Status: "asleep", FinishedAt: ended}, "x is not running: asleep (0) 2 hours ago", "docker pidns explain x"},
	} {
		c := test.container
		c.Name = "x"
		got := inspect.NotRunningProblem(&c, TakenAt)
		if got.Kind != inspect.NotRunning || got.Ref != "x" || got.Text != test.text || got.Next != test.next {
			t.Errorf("%s: got %+v, want %q, %q", name, got, test.text, test.next)
		}
	}
}

// A container that a filter excludes is reported as such. One that was named twice is shown
// once. What cannot be shown does not prevent others from being shown.
func TestChooseByNames(t *testing.T) {
	ix := Demo().Container("web", "b", 201).Process(201, 1, "sh", In("b", 1), NS(8)).Index()
	for name, test := range map[string]struct {
		names, filter []string
		want, kinds   string
	}{
		"one":                  {[]string{"web"}, nil, "web", ""},
		"two, by name":         {[]string{"web", "demo"}, nil, "demo, web", ""},
		"one by all its names": {[]string{"web", "/web", ID("b"), "bb"}, nil, "web", ""},
		"one that is excluded": {[]string{"demo", "web"}, []string{"name=web"}, "web", "filtered-out "},
		"one that is not":      {[]string{"demo", "nope", "web"}, nil, "demo, web", "no-such-container "},
		"nobody":               {[]string{"nope", ""}, nil, "", "no-such-container no-such-container "},
		"all of a filter":      {nil, []string{"name=web"}, "web", ""},
		"none of a filter":     {nil, []string{"name=db"}, "", ""},
		"all":                  {nil, nil, "demo, web", ""},
	} {
		chosen, problems := ix.Choose(test.names, filterOf(t, test.filter...))
		kinds := ""
		for _, p := range problems {
			kinds += string(p.Kind) + " "
		}
		if got := inspect.ContainerNames(chosen); got != test.want || kinds != test.kinds {
			t.Errorf("%s: got %q and %q, want %q and %q", name, got, kinds, test.want, test.kinds)
		}
	}
}

// A problem that was found while reading is reported for all containers and for a named one, in
// its own words.
func TestProblemsOfTheCapture(t *testing.T) {
	w := Demo()
	w.Problems = []inspect.Problem{{Kind: inspect.Unreadable, Ref: "broken", Text: "broken cannot be read"}}
	ix := w.Index()
	if _, problems := ix.Choose([]string{"broken", "demo"}, inspect.Filter{}); len(problems) != 1 || problems[0] != w.Problems[0] {
		t.Errorf("named: got %+v", problems)
	}
	chosen, problems := ix.Choose(nil, inspect.Filter{})
	if len(chosen) != 1 || len(problems) != 1 || problems[0] != w.Problems[0] {
		t.Errorf("all: got %d and %+v", len(chosen), problems)
	}
}

// An engine that does not answer has no names. Then no container is reported as missing, and a
// filter does not silently exclude all.
func TestChooseOfASilentEngine(t *testing.T) {
	w := NewWorld().Container("aaaaaaaaaaaa", "a", 101, func(c *inspect.Container) { c.Silent = true }).
		Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "app", In("a", 1)).
		Container("bbbbbbbbbbbb", "b", 0, func(c *inspect.Container) { c.Silent = true })
	w.Engine.Silent = true
	ix := w.Index()
	_, problems := ix.Choose([]string{"web"}, inspect.Filter{})
	if len(problems) != 1 || problems[0].Kind != inspect.EngineSilent || problems[0].Next != "docker pidns host-pid" || !strings.HasPrefix(problems[0].Text, "web cannot be found: the engine does not answer") {
		t.Errorf("by name: got %+v", problems)
	}
	if chosen, problems := ix.Choose([]string{"aaaa"}, inspect.Filter{}); len(chosen) != 1 || problems != nil {
		t.Errorf("by its ID: got %d and %+v", len(chosen), problems)
	}
	chosen, problems := ix.Choose(nil, inspect.Filter{Projects: []string{"shop"}})
	if len(chosen) != 0 || len(problems) != 1 || problems[0].Kind != inspect.EngineSilent {
		t.Errorf("by a filter: got %d and %+v", len(chosen), problems)
	}
	chosen, problems = ix.Choose(nil, inspect.Filter{})
	if len(chosen) != 1 || len(problems) != 1 || problems[0].Text != "the engine did not answer about bbbbbbbbbbbb, and /proc shows no shim for it" {
		t.Errorf("all: got %d and %+v", len(chosen), problems)
	}
}

// If the engine hangs on a container because of one of its processes, that process is named with
// the command that kills it. If only the shim is left, the shim is named.
func TestChooseOfAHeldContainer(t *testing.T) {
	for _, test := range []struct {
		held       inspect.Held
		text, next string
	}{
		{inspect.Held{Shim: 100, Comm: "sleep", PID: 101, Processes: 2}, "the engine did not answer about demo: its main process has exited, but 2 processes of it still run, the oldest sleep (101), below its shim (100). Docker 28 and later wait until no process holds its output", "sudo kill 101"},
		{inspect.Held{Shim: 100, Comm: "sleep", PID: 101, Processes: 1}, "the engine did not answer about demo: its main process has exited, but its process sleep (101) still runs below its shim (100). Docker 28 and later wait until no process holds its output", "sudo kill 101"},
		{inspect.Held{Shim: 100}, "the engine did not answer about demo: its main process has exited, but its shim (100) still runs", ""},
	} {
		ix := NewWorld().Container("demo", "a", 0, func(c *inspect.Container) { c.Silent, c.Held = true, &test.held }).Index()
		_, problems := ix.Choose([]string{"demo"}, inspect.Filter{})
		if len(problems) != 1 || problems[0].Kind != inspect.EngineSilent || problems[0].Text != test.text || problems[0].Next != test.next {
			t.Errorf("got %+v", problems)
		}
	}
}

// A container whose process exists but cannot be proved is hidden. One whose PID belongs to
// another process is elsewhere, with the command that works there.
func TestUnprovenIsNotElsewhere(t *testing.T) {
	unread := func(p *procfs.Process) { p.Cgroups = procfs.None[[]procfs.Cgroup](procfs.Denied) }
	w := NewWorld().Container("hidden", "a", 101).Process(101, 1, "app", unread).
		Container("away", "b", 201).Process(201, 1, "sshd")
	w.Engine.Endpoint = "ssh://prod"
	ix := w.Index()
	for name, want := range map[string]inspect.Problem{
		"hidden": {Kind: inspect.Hidden, Ref: "hidden", Text: "hidden cannot be distinguished from other processes: the cgroup of process 101 cannot be read (denied)", TakesRoot: true},
		"away": {
			Kind: inspect.Elsewhere, Ref: "away", Endpoint: "ssh://prod",
			Text: "away runs on ssh://prod; its processes are not in this machine's /proc: process 201 (sshd) does not have the container's ID in its cgroup",
		},
	} {
		if _, problems := ix.Choose([]string{name}, inspect.Filter{}); len(problems) != 1 || problems[0] != want {
			t.Errorf("%s: got %+v, want %+v", name, problems, want)
		}
	}
	if resting := ix.Resting(inspect.Filter{}); len(resting) != 0 {
		t.Errorf("they rest: %+v", resting)
	}
}

// The candidates of an ambiguous ID are listed in a fixed order.
func TestAmbiguousProblem(t *testing.T) {
	list := []*inspect.Container{{Name: "web", ID: ID("a")}, {Name: "db", ID: "a" + ID("b")[1:]}}
	for range 2 {
		got := inspect.AmbiguousProblem("a", list)
		if got.Kind != inspect.Ambiguous || got.Ref != "a" || got.Text != "a is ambiguous: db (abbbbbbbbbbb), web (aaaaaaaaaaaa)" {
			t.Errorf("got %+v", got)
		}
		list[0], list[1] = list[1], list[0]
	}
}

// A command for an engine that is not reached by ssh says where to type it.
func TestRemoteCommandElsewhere(t *testing.T) {
	for endpoint, want := range map[string]string{
		"tcp://10.0.0.5:2376":         "docker pidns tree   (on the engine's host, in its PID namespace; or --proc with that host's /proc mounted)",
		"unix:///var/run/docker.sock": "docker pidns tree   (on the engine's host, in its PID namespace; or --proc with that host's /proc mounted)",
		"ssh://prod/":                 "ssh prod docker pidns tree",
		"ssh://prod:22/":              "ssh -p 22 prod docker pidns tree",
	} {
		if got := inspect.RemoteCommand(endpoint, "docker pidns tree"); got != want {
			t.Errorf("%s: got %q, want %q", endpoint, got, want)
		}
	}
}

// An IPv6 address is in brackets in the engine's address, and without them for ssh.
func TestRemoteCommandOfAnIPv6Host(t *testing.T) {
	for endpoint, want := range map[string]string{
		"ssh://[2001:db8::7]":         "ssh 2001:db8::7 x",
		"ssh://me@[2001:db8::7]:2222": "ssh -p 2222 me@2001:db8::7 x",
		"ssh://me@[fe80::1%25eth0]/":  "ssh me@fe80::1%eth0 x",
	} {
		if got := inspect.RemoteCommand(endpoint, "x"); got != want {
			t.Errorf("%s: got %q, want %q", endpoint, got, want)
		}
	}
}

// Choose does not change the problems of the capture, even if their slice has room for more.
func TestChooseLeavesTheCapture(t *testing.T) {
	w := NewWorld().Process(1, 0, "init").Container("lost", "a", 999)
	w.Problems = append(make([]inspect.Problem, 0, 4), inspect.Problem{Ref: "x"})
	spare := w.Problems[:2:2]
	if _, problems := w.Index().Choose(nil, inspect.Filter{}); len(problems) == 0 || spare[1] != (inspect.Problem{}) {
		t.Errorf("got %+v, and the capture holds %+v", problems, spare)
	}
}
