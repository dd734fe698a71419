//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

func standalone() Call { return Call{Through: []string{Suite.Plugin}} }

func TestStandaloneAnswersAsThePlugin(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Leave("exit 7")
	b.Zombies(1)
	for _, args := range [][]string{
		{"tree", b.Name, "-q"}, {"host-pid", b.Name}, {"host-pid", b.Name, "1", "31999"}, {"zombies", "-q", b.Name}, {"zombies", "-q", "--exit-code", b.Name},
		{"tree", "e2e-nobody"}, {"tree", "--bogus"}, {"bogus"}, {"version", "bogus"}, {"tree", "--filter", "colour=red"}, {"tree", "--format", "{{.Nope}}", b.Name},
	} {
		a, s := PIDNS(t, args...), standalone().Run(t, args...)
		if a.Status != s.Status || a.Stdout != s.Stdout || unnamed(a.Stderr) != unnamed(s.Stderr) {
			t.Errorf("as a plugin %d, standalone %d\n%s\n%s", a.Status, s.Status, a, s)
		}
	}
	live := AskRows(t, "tree", b.Name)
	wantSameRows(t, standalone().Run(t, "tree", b.Name, "--format", "json").WantStatus(t, 0), live)
}

// unnamed removes the name of the command, which differs.
func unnamed(text string) string {
	return strings.NewReplacer("docker-pidns:", "", "docker:", "", "docker-pidns", "", "docker pidns", "").Replace(text)
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, c := range []Call{{}, standalone()} {
		for _, args := range [][]string{{"--help"}, {"tree", "--help"}, {"zombies", "--help"}, {"host-pid", "--help"}, {"snapshot", "--help"}, {"version", "--help"}} {
			a := c.Run(t, args...).WantStatus(t, 0).Want(t, "Usage:")
			for _, option := range []string{"--from", "--proc", "--timeout"} {
				if len(args) > 1 && !strings.Contains(a.Stdout, option) {
					t.Errorf("lacks %s\n%s", option, a)
				}
			}
		}
		a := c.Run(t).WantStatus(t, 0)
		for _, command := range []string{"tree", "zombies", "host-pid", "snapshot", "version"} {
			if !strings.Contains(a.Stdout+a.Stderr, "\n  "+command+" ") {
				t.Errorf("does not list %s\n%s", command, a)
			}
		}
	}
}

func TestStandaloneTakesDockersOptions(t *testing.T) {
	t.Parallel()
	b := Run(t)
	c := Call{Through: []string{Suite.Plugin, "--host", Suite.Endpoint}, Env: []string{"DOCKER_HOST=unix:///nowhere/docker.sock"}}
	wantPIDs(t, c.Run(t, "host-pid", b.Name).WantStatus(t, 0), b.PID())
	c = Call{Through: []string{Suite.Plugin, "--host", "unix:///nowhere/docker.sock"}}
	c.Run(t, "host-pid", b.Name).WantStatus(t, 1).WantNothing(t).WantOneError(t, "unix:///nowhere/docker.sock")
	c = Call{Through: []string{"docker", "--context", "e2e-nowhere", "pidns"}, Env: []string{"DOCKER_HOST="}}
	if a := c.Run(t, "tree", b.Name).WantNothing(t); a.Status == 0 {
		t.Errorf("an unknown context answers\n%s", a)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	b := Run(t)
	exited := Run(t, "--", "true")
	Eventually(t, "its end", func() bool { return exited.Inspect("{{.State.Status}}") == "exited" })
	for _, through := range [][]string{{"docker", "__complete", "pidns"}, {Suite.Plugin, "__complete"}} {
		c := Call{Through: through}
		for _, command := range []string{"tree", "zombies", "host-pid"} {
			offers := strings.Split(c.Run(t, command, "").WantStatus(t, 0).Stdout, "\n")
			if !slices.Contains(offers, b.Name) || slices.Contains(offers, exited.Name) {
				t.Errorf("%q %s offers %q, want %s among the running", through, command, offers, b.Name)
			}
		}
		c.Run(t, "tree", "--format", "").Want(t, "json")
		c.Run(t, "zom").Want(t, "zombies")
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	var metadata struct{ SchemaVersion, Vendor, Version, ShortDescription string }
	a := standalone().Run(t, "docker-cli-plugin-metadata").WantStatus(t, 0)
	if err := json.Unmarshal([]byte(a.Stdout), &metadata); err != nil || metadata.SchemaVersion != "0.1.0" || metadata.Vendor == "" || metadata.ShortDescription == "" {
		t.Errorf("metadata %+v, %v\n%s", metadata, err, a)
	}
	Call{Through: []string{"docker", "--help"}}.Run(t).Want(t, "pidns*")
}

func TestVersion(t *testing.T) {
	t.Parallel()
	a := Ask(t, "version").Want(t, "docker pidns", "engine", "kernel", "cgroup", "/proc", "is the engine's", "rights", "root: everything can be read")
	a.Want(t, Docker(t, "version", "--format", "{{.Server.Version}}"))
	release, err := Command("uname", "-r")
	if err != nil {
		t.Fatal(err)
	}
	a.Want(t, release)
}
