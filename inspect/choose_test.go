package inspect

import (
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

func TestResolve(t *testing.T) {
	w := demo().container("other", "b", 0).container("third", "c", 0)
	w.Containers[2].ID = "b" + strings.Repeat("c", 63)
	ix := w.index()
	for ref, want := range map[string]string{
		"demo": "demo", "/demo": "demo", id("a"): "demo", "a": "demo", "aaaa": "demo", "bc": "third",
	} {
		c, problem := ix.Resolve(ref)
		if problem != nil || c.Name != want {
			t.Errorf("%s: got %v, %v; want %s", ref, c, problem, want)
		}
	}
	for ref, want := range map[string]ProblemKind{"nope": NoSuchContainer, "": NoSuchContainer, "b": Ambiguous, "dem": NoSuchContainer} {
		c, problem := ix.Resolve(ref)
		if problem == nil || problem.Kind != want {
			t.Errorf("%q: got %v, %+v; want %s", ref, c, problem, want)
		}
	}
}

func TestChooseSaysWhyNot(t *testing.T) {
	ended := func(code int, oom bool) func(*Container) {
		return func(c *Container) {
			c.Status, c.ExitCode, c.OOMKilled, c.FinishedAt = "exited", code, oom, takenAt.Add(-4*time.Minute)
		}
	}
	status := func(s string) func(*Container) { return func(c *Container) { c.Status = s } }
	w := demo().
		container("gone", "b", 0, ended(137, false)).
		container("oom", "c", 0, ended(137, true)).
		container("fresh", "d", 0, status("created")).
		container("loop", "e", 0, func(c *Container) {
			c.Status, c.ExitCode, c.FinishedAt = "restarting", 1, takenAt.Add(-3*time.Second)
		}).
		container("vm", "f", 0).
		container("dying", "9", 999)
	ix := w.index()
	for name, want := range map[string]struct {
		kind ProblemKind
		text string
	}{
		"gone":  {NotRunning, "gone is not running: exited (137) 4 minutes ago, 137 is SIGKILL"},
		"oom":   {NotRunning, "oom is not running: exited (137) 4 minutes ago, after the kernel ran out of memory for it"},
		"fresh": {NotRunning, "fresh is not running: it was never started"},
		"loop":  {NotRunning, "loop is restarting and has no process now: it exited (1) 3 seconds ago"},
		"vm":    {Elsewhere, "the engine names no process for vm: its runtime keeps it in a machine of its own"},
		"dying": {Ended, "dying ended while it was read"},
	} {
		_, problems := ix.Choose([]string{name}, Filter{})
		if len(problems) != 1 || problems[0].Kind != want.kind || problems[0].Text != want.text {
			t.Errorf("%s: got %+v, want %+v", name, problems, want)
		}
	}
	chosen, problems := ix.Choose(nil, Filter{})
	if len(chosen) != 1 || chosen[0].Name != "demo" {
		t.Errorf("all running: chose %d", len(chosen))
	}
	if resting := ix.Resting(Filter{}); len(resting) != 2 || resting[0].Ref != "loop" || resting[1].Ref != "dying" {
		t.Errorf("resting: got %+v, want the one that restarts and the one that has just ended", resting)
	}
	if len(problems) != 1 { // vm; the stopped, the restarting and the ended are no problem
		t.Errorf("all running: got problems %+v", problems)
	}
}

func TestVanishedProcessIsJudgedByWhatIsProved(t *testing.T) {
	for name, test := range map[string]struct {
		proof HostProof
		host  procfs.Host
		want  ProblemKind
	}{
		"the engine's /proc: it ended":   {HostProof{Verdict: Yes}, procfs.Host{}, Ended},
		"another's /proc: it is there":   {HostProof{Verdict: No}, procfs.Host{}, Elsewhere},
		"no proof: do not say it ended":  {HostProof{Verdict: Unknown}, procfs.Host{}, Elsewhere},
		"hidepid: it may well be there":  {HostProof{Verdict: Yes}, procfs.Host{HidePID: "invisible", EUID: 1000}, Hidden},
		"hidepid does not stop root":     {HostProof{Verdict: Yes}, procfs.Host{HidePID: "invisible"}, Ended},
		"hidepid, and the wrong /proc":   {HostProof{Verdict: No}, procfs.Host{HidePID: "2", EUID: 1000}, Elsewhere},
		"hidepid, and nothing is proved": {HostProof{Verdict: Unknown}, procfs.Host{HidePID: "2", EUID: 1000}, Hidden},
	} {
		w := newWorld().container("demo", "a", 101)
		w.Proof, w.Host = test.proof, test.host
		_, problems := w.index().Choose([]string{"demo"}, Filter{})
		if len(problems) != 1 || problems[0].Kind != test.want {
			t.Errorf("%s: got %+v, want %s", name, problems, test.want)
		}
	}
}

// The number of an engine in another PID namespace can fall on some process
// here: what is wrong with the host is said all the same.
func TestStrangerAtTheNumber(t *testing.T) {
	w := newWorld().container("demo", "a", 101).process(101, 1, "sshd")
	w.Proof = HostProof{Verdict: No, By: "the engine runs in a PID namespace of its own"}
	_, problems := w.index().Choose([]string{"demo"}, Filter{})
	if len(problems) != 1 || problems[0].Kind != Elsewhere || !strings.Contains(problems[0].Text, w.Proof.By) || !strings.Contains(problems[0].Text, "sshd") {
		t.Errorf("got %+v", problems)
	}
}

func TestRemoteCommand(t *testing.T) {
	for endpoint, want := range map[string]string{
		"ssh://prod": "ssh prod docker pidns ...", "ssh://ann@prod:2222": "ssh -p 2222 ann@prod docker pidns ...",
	} {
		if got := RemoteCommand(endpoint, "docker pidns ..."); got != want {
			t.Errorf("%s: got %q, want %q", endpoint, got, want)
		}
	}
}

func TestFilter(t *testing.T) {
	c := &Container{Name: "shop-web-1", Labels: map[string]string{"tier": "web", "com.docker.compose.project": "shop", "com.docker.compose.service": "web"}}
	for _, test := range []struct {
		key, value string
		want       bool
	}{
		{"name", "web", true}, {"name", "/shop", true}, {"name", "db", false}, {"name", "^shop-", true}, {"name", "^/shop", true}, {"name", "^web", false},
		{"label", "tier", true}, {"label", "tier=web", true}, {"label", "tier=db", false}, {"label", "nope", false},
		{"project", "shop", true}, {"project", "sho", false}, {"service", "web", true}, {"service", "db", false},
	} {
		var f Filter
		if err := f.Add(test.key, test.value); err != nil {
			t.Fatal(err)
		}
		if got := f.Matches(c); got != test.want {
			t.Errorf("%s=%s: got %v, want %v", test.key, test.value, got, test.want)
		}
	}
	if err := new(Filter).Add("id", "x"); err == nil || !strings.Contains(err.Error(), "label, name, project, service") {
		t.Errorf("got %v, want an error that names the keys", err)
	}
	if err := new(Filter).Add("name", "("); err == nil {
		t.Error("a broken pattern was accepted")
	}
	several := Filter{Labels: []string{"tier", "nope"}}
	if several.Matches(c) {
		t.Error("all labels must hold")
	}
}
