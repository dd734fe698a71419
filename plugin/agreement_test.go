package plugin

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/rule"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// diagnosed is a row of doctor.
type diagnosed struct {
	Container, Rule      string
	Evidence             []string
	Now, NowEffect, Cure string
}

func rowsOf[T any](t *testing.T, a left) []T {
	t.Helper()
	var rows []T
	for line := range strings.Lines(a.out) {
		var r T
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		rows = append(rows, r)
	}
	return rows
}

// For every finding of doctor, the command that shows it has the same evidence, the same next
// command and the same fix. explain predicts the same.
func TestCommandsAgreeWithTheDoctor(t *testing.T) {
	commandOf := map[string]string{}
	for _, r := range rule.All() {
		commandOf[r.ID] = r.Command
	}
	stale := func(c *inspect.Capture) {
		attentive(c)
		joins(c, "plain", "demo-init")
	}
	seen := map[string]bool{}
	for name, change := range map[string]func(*inspect.Capture){
		"as it is":                    func(*inspect.Capture) {},
		"with what is listened to":    attentive,
		"with limits":                 withLimits(t),
		"a stale join":                stale,
		"a shell that waits":          stopped("demo"),
		"a container that is paused":  paused("demo"),
		"a host namespace":            hosts("plain"),
		"a namespace that was left":   func(c *inspect.Capture) { joins(c, "demo-init", "plain"); mainIn(c, "plain").StartTicks = 1 },
		"one look at the zombies":     func(c *inspect.Capture) { c.SecondLook = nil },
		"without the right to see it": func(c *inspect.Capture) { attentive(c); denyNamespaces(c) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, container := range []string{"demo", "demo-x", "demo-init", "plain"} {
				for _, f := range rowsOf[diagnosed](t, run(t, change, "doctor", "--format", "json", container)) {
					if command := commandOf[f.Rule]; f.Container != "" && command != "" {
						seen[f.Rule] = true
						saysTheSame(t, change, command, container, f)
					}
				}
			}
		})
	}
	for _, id := range []string{"zombies-unreaped", "stop-ignored", "stale-join", "host-namespace", "namespace-left", "limit-near"} {
		if !seen[id] {
			t.Errorf("no capture has %s", id)
		}
	}
}

func saysTheSame(t *testing.T, change func(*inspect.Capture), command, container string, f diagnosed) {
	t.Helper()
	shown := run(t, change, command, "--no-trunc", container).out
	wanted := append(slices.Clone(f.Evidence), f.Now, f.NowEffect, strings.TrimSuffix(f.Cure, "."))
	sentence := strings.TrimSuffix(f.Evidence[0], " (likely)")
	isForecast := strings.HasPrefix(sentence, "docker stop (")
	if isForecast {
		wanted = wanted[1:] // without the row's key
	}
	if explained := run(t, change, "explain", container).out; (isForecast || command == "ns") && !strings.Contains(explained, sentence) {
		t.Errorf("explain does not say %q:\n%s", sentence, explained)
	}
	for _, said := range wanted {
		if !strings.Contains(shown, said) && !onlyTheDoctorSays(said) {
			t.Errorf("%s of %s: the doctor says %q, and %s does not:\n%s", f.Rule, container, said, command, shown)
		}
	}
}

// onlyTheDoctorSays are findings whose evidence is in the rows of the commands: where zombies
// came from, and how much of a limit is used.
func onlyTheDoctorSays(said string) bool {
	return strings.HasSuffix(said, "from docker exec") || strings.HasSuffix(said, "from its health check") || strings.HasSuffix(said, " used")
}

func containerIn(c *inspect.Capture, name string) *inspect.Container {
	at := slices.IndexFunc(c.Containers, func(other inspect.Container) bool { return other.Name == name })
	return &c.Containers[at]
}

func mainIn(c *inspect.Capture, name string) *procfs.Process {
	pid := containerIn(c, name).HostPID
	at := slices.IndexFunc(c.Snapshot.Processes, func(p procfs.Process) bool { return p.PID == pid })
	return &c.Snapshot.Processes[at]
}

// joins configures a container to join another one's network, and the other was started later.
func joins(c *inspect.Capture, member, owner string) {
	containerIn(c, member).NetworkMode = "container:" + containerIn(c, owner).ID
	mainIn(c, owner).StartTicks = mainIn(c, member).StartTicks + 1
}

func stopped(name string) func(*inspect.Capture) {
	return func(c *inspect.Capture) {
		attentive(c)
		mainIn(c, name).State = procfs.StateStopped
	}
}

func paused(name string) func(*inspect.Capture) {
	return func(c *inspect.Capture) {
		attentive(c)
		containerIn(c, name).Status = "paused"
	}
}

// hosts gives a container the host's network.
func hosts(name string) func(*inspect.Capture) {
	return func(c *inspect.Capture) {
		containerIn(c, name).NetworkMode = "host"
		mainIn(c, name).Namespaces[procfs.NetNamespace] = c.Host.Namespaces[procfs.NetNamespace]
	}
}

func denyNamespaces(c *inspect.Capture) {
	for i := range c.Snapshot.Processes {
		c.Snapshot.Processes[i].Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
		for _, t := range procfs.NamespaceTypes {
			c.Snapshot.Processes[i].Namespaces[t] = procfs.None[uint64](procfs.Denied)
		}
	}
}

// withLimits sets the limits of another saved capture of the same host.
func withLimits(t *testing.T) func(*inspect.Capture) {
	t.Helper()
	return func(c *inspect.Capture) {
		*c = *loadCapture(t, savedLimits)
		attentive(c)
	}
}

func loadCapture(t *testing.T, path string) *inspect.Capture {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	capture, err := inspect.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return capture
}
