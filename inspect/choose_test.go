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
		"gone":  {inspect.NotRunning, "gone is not running: exited (137) 4 minutes ago, 137 is SIGKILL"},
		"oom":   {inspect.NotRunning, "oom is not running: exited (137) 4 minutes ago, after the kernel ran out of memory for it"},
		"fresh": {inspect.NotRunning, "fresh is not running: it was never started"},
		"loop":  {inspect.NotRunning, "loop is restarting and has no process now: it exited (1) 3 seconds ago"},
		"vm":    {inspect.Elsewhere, "the engine names no process for vm: its runtime keeps it in a machine of its own"},
		"dying": {inspect.Ended, "dying ended while it was read"},
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
	if len(problems) != 1 { // vm; the stopped, the restarting and the ended are no problem
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

// The number of an engine in another PID namespace can fall on some process
// here: what is wrong with the host is said all the same.
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
