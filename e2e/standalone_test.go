//go:build e2e && linux

package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func standalone() call { return call{through: []string{suite.plugin}} }

func TestStandaloneAnswersAsThePlugin(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.leave("exit 7")
	b.zombies(1)
	for _, args := range [][]string{
		{"tree", b.name, "-q"}, {"host-pid", b.name}, {"host-pid", b.name, "1", "31999"}, {"zombies", "-q", b.name}, {"zombies", "-q", "--exit-code", b.name},
		{"tree", "e2e-nobody"}, {"tree", "--bogus"}, {"bogus"}, {"version", "bogus"}, {"tree", "--filter", "colour=red"}, {"tree", "--format", "{{.Nope}}", b.name},
	} {
		a, s := pidns(t, args...), standalone().run(t, args...)
		if a.status != s.status || a.stdout != s.stdout || unnamed(a.stderr) != unnamed(s.stderr) {
			t.Errorf("as a plugin %d, standalone %d\n%s\n%s", a.status, s.status, a, s)
		}
	}
	live := askRows(t, "tree", b.name)
	wantSameRows(t, standalone().run(t, "tree", b.name, "--format", "json").wantStatus(t, 0), live)
}

// unnamed leaves out how the command is called, which differs.
func unnamed(text string) string {
	return strings.NewReplacer("docker-pidns:", "", "docker:", "", "docker-pidns", "", "docker pidns", "").Replace(text)
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, c := range []call{{}, standalone()} {
		for _, args := range [][]string{{"--help"}, {"tree", "--help"}, {"zombies", "--help"}, {"host-pid", "--help"}, {"snapshot", "--help"}, {"version", "--help"}} {
			a := c.run(t, args...).wantStatus(t, 0).want(t, "Usage:")
			for _, option := range []string{"--from", "--proc", "--timeout"} {
				if len(args) > 1 && !strings.Contains(a.stdout, option) {
					t.Errorf("lacks %s\n%s", option, a)
				}
			}
		}
		a := c.run(t).wantStatus(t, 0)
		for _, command := range []string{"tree", "zombies", "host-pid", "snapshot", "version"} {
			if !strings.Contains(a.stdout+a.stderr, "\n  "+command+" ") {
				t.Errorf("does not list %s\n%s", command, a)
			}
		}
	}
}

func TestStandaloneTakesDockersOptions(t *testing.T) {
	t.Parallel()
	b := run(t)
	c := call{through: []string{suite.plugin, "--host", suite.endpoint}, env: []string{"DOCKER_HOST=unix:///nowhere/docker.sock"}}
	wantPIDs(t, c.run(t, "host-pid", b.name).wantStatus(t, 0), b.pid())
	c = call{through: []string{suite.plugin, "--host", "unix:///nowhere/docker.sock"}}
	c.run(t, "host-pid", b.name).wantStatus(t, 1).wantNothing(t).wantOneError(t, "unix:///nowhere/docker.sock")
	c = call{through: []string{"docker", "--context", "e2e-nowhere", "pidns"}, env: []string{"DOCKER_HOST="}}
	if a := c.run(t, "tree", b.name).wantNothing(t); a.status == 0 {
		t.Errorf("an unknown context answers\n%s", a)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	b := run(t)
	exited := run(t, "--", "true")
	eventually(t, "its end", func() bool { return exited.inspect("{{.State.Status}}") == "exited" })
	for _, through := range [][]string{{"docker", "__complete", "pidns"}, {suite.plugin, "__complete"}} {
		c := call{through: through}
		for _, command := range []string{"tree", "zombies", "host-pid"} {
			offers := strings.Split(c.run(t, command, "").wantStatus(t, 0).stdout, "\n")
			if !slices.Contains(offers, b.name) || slices.Contains(offers, exited.name) {
				t.Errorf("%q %s offers %q, want %s among the running", through, command, offers, b.name)
			}
		}
		c.run(t, "tree", "--format", "").want(t, "json")
		c.run(t, "zom").want(t, "zombies")
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	var metadata struct{ SchemaVersion, Vendor, Version, ShortDescription string }
	a := standalone().run(t, "docker-cli-plugin-metadata").wantStatus(t, 0)
	if err := json.Unmarshal([]byte(a.stdout), &metadata); err != nil || metadata.SchemaVersion != "0.1.0" || metadata.Vendor == "" || metadata.ShortDescription == "" {
		t.Errorf("metadata %+v, %v\n%s", metadata, err, a)
	}
	call{through: []string{"docker", "--help"}}.run(t).want(t, "pidns*")
}

func TestVersion(t *testing.T) {
	t.Parallel()
	a := ask(t, "version").want(t, "docker pidns", "engine", "kernel", "cgroup", "/proc", "is the engine's", "rights", "root: everything can be read")
	a.want(t, docker(t, "version", "--format", "{{.Server.Version}}"))
	release, err := command("uname", "-r")
	if err != nil {
		t.Fatal(err)
	}
	a.want(t, release)
}
