package plugin

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// askSwarm runs a command about a Swarm with these nodes.
func askSwarm(t *testing.T, nodes []SwarmHost, err error, args string) (out, errOut string, status int, asked time.Duration) {
	t.Helper()
	app, stdout, stderr := quietApp(t)
	asked = -1
	app.OpenSwarm = func(_ context.Context, where Where, settle time.Duration) ([]SwarmHost, error) {
		asked = settle
		if where.Announce != nil {
			where.Announce(HelperRun{CommandLine: "docker service create x"})
		}
		return nodes, err
	}
	status = execute(app, strings.Fields(args)...)
	return stdout.String(), stderr.String(), status, asked
}

// Each node is a host beside the others. Those that do not answer are named, and the status is 1.
func TestSwarmSideBySide(t *testing.T) {
	nodes := []SwarmHost{
		{Name: "node-a", Source: own(t, "a")},
		{Name: "node-b", Err: &source.NodeError{Obstacle: source.NodeNoImage, Text: "the node does not have the helper's image x", Try: "docker pidns helper image save | ssh node-b docker image load"}},
		{Name: "node-c", Source: own(t, "c"), TasksUnknown: errors.New("rpc error")},
	}
	for _, command := range []string{"tree", "zombies --settle 2s", "ns", "signals --settle 2s", "doctor --settle 2s", "host-pid"} {
		out, errOut, status, asked := askSwarm(t, nodes, nil, command+" --swarm")
		if status != 1 || !strings.Contains(out, "node-a") || !strings.Contains(out, "node-c") || strings.Contains(out, "node-b") {
			t.Errorf("%s: status %d, got\n%s\n%s", command, status, out, errOut)
		}
		for _, want := range []string{
			"helper: docker service create x\n",
			"node-b: the node does not have the helper's image x; try: docker pidns helper image save | ssh node-b docker image load\n",
			"node-c: the manager did not list the tasks of this node, so names come from files on the node: rpc error\n",
		} {
			if !strings.Contains(errOut, want) {
				t.Errorf("%s: %q is not in\n%s", command, want, errOut)
			}
		}
		if settles := strings.Contains(command, "settle"); settles != (asked == 2*time.Second) {
			t.Errorf("%s: a second look after %s", command, asked)
		}
	}
}

// The rows of programs have the nodes' names, and only these are on standard output.
func TestSwarmKeys(t *testing.T) {
	out, _, status, _ := askSwarm(t, []SwarmHost{{Name: "node-a", Source: own(t, "a")}}, nil, "host-pid --swarm --format {{.Host}}")
	lines := strings.Fields(out)
	if status != 0 || len(lines) == 0 || strings.Join(lines, "") != strings.Repeat("node-a", len(lines)) {
		t.Errorf("status %d, got %q", status, out)
	}
}

// explain finds the node that has the container.
func TestExplainOnASwarm(t *testing.T) {
	only := func(c *inspect.Capture) {
		for i := range c.Containers {
			if c.Containers[i].Name == "demo" {
				c.Containers[i].Name = "elsewhere"
			}
		}
	}
	one := []SwarmHost{{Name: "node-a", Source: own(t, "a", only)}, {Name: "node-b", Source: own(t, "b")}}
	out, errOut, status, _ := askSwarm(t, one, nil, "explain demo --swarm")
	if status != 0 || !strings.Contains(out, "demo") || strings.Contains(errOut, "no such container") {
		t.Errorf("status %d, got\n%s\n%s", status, out, errOut)
	}
	out, errOut, status, _ = askSwarm(t, one, nil, "explain nobody --swarm")
	if status != 1 || out != "" || !strings.Contains(errOut, "node-a, node-b: no such container: nobody; try: docker pidns host-pid --swarm") {
		t.Errorf("status %d, got\n%s\n%s", status, out, errOut)
	}
	both := []SwarmHost{{Name: "node-a", Source: own(t, "a")}, {Name: "node-b", Source: own(t, "b")}}
	app, _, _ := quietApp(t)
	app.OpenSwarm = func(context.Context, Where, time.Duration) ([]SwarmHost, error) { return both, nil }
	root := app.NewCommand()
	root.SetArgs([]string{"explain", "demo", "--swarm"})
	root.SilenceUsage, root.SilenceErrors = true, true
	if err := root.Execute(); err == nil || !strings.Contains(err.Error(), "demo is on node-a and node-b: name one of them by its ID") || ExitStatus(err) != 125 {
		t.Errorf("got %v", err)
	}
}

// If no node can be asked, that is the only line.
func TestNoSwarm(t *testing.T) {
	for _, obstacle := range []source.SwarmObstacle{source.NotASwarm, source.NotAManager, source.NoQuorum} {
		app, out, _ := quietApp(t)
		app.OpenSwarm = func(context.Context, Where, time.Duration) ([]SwarmHost, error) {
			return nil, &source.SwarmError{Endpoint: "unix:///x", Obstacle: obstacle}
		}
		root := app.NewCommand()
		root.SetArgs([]string{"zombies", "--swarm", "--exit-code"})
		root.SilenceUsage, root.SilenceErrors = true, true
		if err := root.Execute(); err == nil || strings.Contains(err.Error(), "\n") || ExitStatus(err) != statusCannotTell || out.Len() > 0 {
			t.Errorf("%s: got %v, %q", obstacle, err, out)
		}
	}
}

// Options that name other hosts, or another way to read them, are refused before anything is run.
func TestSwarmIsRefused(t *testing.T) {
	for args, want := range map[string]string{
		"tree --swarm --contexts a":      "a Swarm has its own list of nodes",
		"tree --swarm --from x":          "a snapshot needs no engine",
		"tree --swarm --via helper":      "--swarm runs a helper on every node",
		"tree --swarm --engine none":     "the engine runs the helpers",
		"tree --swarm --proc /mnt":       "the helpers read the /proc of the nodes",
		"tree --swarm --collector bpf":   "the helpers read only /proc",
		"who --swarm 1":                  "unknown flag: --swarm",
		"version --swarm":                "unknown flag: --swarm",
		"helper image save x":            "no arguments",
		"helper image load --timeout 0s": "--timeout 0s: must be above 0",
	} {
		if got := run(t, nil, strings.Fields(args)...); got.status != 125 || got.out != "" || !strings.Contains(got.err, want) {
			t.Errorf("%s: got %+v", args, got)
		}
	}
}

// The image is written as it is, to standard output or to a file.
func TestHelperImageSave(t *testing.T) {
	file := filepath.Join(t.TempDir(), "image")
	for args, written := range map[string]string{"helper image save --architecture arm64": "", "helper image save --architecture arm64 -o " + file: file} {
		app, out, errOut := quietApp(t)
		app.HelperImage = func(architecture string) (HelperImage, error) {
			return HelperImage{Tag: "docker-pidns-helper:" + architecture, Archive: []byte("archive")}, nil
		}
		status := execute(app, strings.Fields(args)...)
		got := out.Bytes()
		if written != "" {
			got, _ = os.ReadFile(written)
		}
		if status != 0 || !bytes.Equal(got, []byte("archive")) || !strings.Contains(errOut.String(), "docker-pidns-helper:arm64 for arm64 (7B)") {
			t.Errorf("%s: status %d, %q, %q", args, status, got, errOut)
		}
	}
	app, out, _ := quietApp(t)
	app.HelperImage = func(string) (HelperImage, error) { return HelperImage{}, errors.New("there is no helper for s390x") }
	if status := execute(app, "helper", "image", "save", "--architecture", "s390x"); status != 1 || out.Len() > 0 {
		t.Errorf("status %d, %q", status, out)
	}
}

// It is said whether the image was there.
func TestHelperImageLoad(t *testing.T) {
	for want, loaded := range map[string]LoadedImage{
		"loaded docker-pidns-helper:x (0123456789ab)\n":          {Tag: "docker-pidns-helper:x", ID: "sha256:0123456789abcdef", Bytes: 7},
		"already loaded: docker-pidns-helper:x (0123456789ab)\n": {Tag: "docker-pidns-helper:x", ID: "sha256:0123456789abcdef"},
	} {
		app, out, _ := quietApp(t)
		app.LoadHelper = func(context.Context, Where) (LoadedImage, error) { return loaded, nil }
		if status := execute(app, "helper", "image", "load"); status != 0 || out.String() != want {
			t.Errorf("status %d, got %q, want %q", status, out, want)
		}
	}
}
