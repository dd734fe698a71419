package plugin

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/cli/cli/command"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

var update = flag.Bool("update", false, "write the golden files anew")

// left is the output and status of a command.
type left struct {
	out, err string
	status   int
}

// run runs the command as the program does, with the saved capture changed by change.
func run(t *testing.T, change func(*inspect.Capture), args ...string) left {
	t.Helper()
	if change == nil {
		return runOn(t, nil, args...)
	}
	return runOn(t, changed{t, change}, args...)
}

// runOn runs the command on a host, or if it is nil on the one that the arguments name.
func runOn(t *testing.T, host source.Source, args ...string) left {
	t.Helper()
	return feed(t, host, "", args...)
}

// feed is runOn with standard input. The line that the answer is from a file is left out.
func feed(t *testing.T, host source.Source, input string, args ...string) left {
	t.Helper()
	got := feedWhole(t, host, input, args...)
	if line, rest, _ := strings.Cut(got.err, "\n"); strings.HasPrefix(line, "from snapshot ") {
		got.err = rest
	}
	return got
}

// feedWhole leaves nothing out.
func feedWhole(t *testing.T, host source.Source, input string, args ...string) left {
	t.Helper()
	return feedHosts(t, func(where Where) ([]source.Source, error) {
		if host != nil {
			return []source.Source{host}, nil
		}
		return []source.Source{source.File{Path: where.From}}, nil
	}, nil, input, args...)
}

// feedHosts runs the command on the hosts that open opens, with docker contexts of these names.
func feedHosts(t *testing.T, open func(Where) ([]source.Source, error), contexts []string, input string, args ...string) left {
	t.Helper()
	t.Setenv("LC_ALL", "C.UTF-8")
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	var out, errOut bytes.Buffer
	cli, err := command.NewDockerCli(
		command.WithInputStream(io.NopCloser(strings.NewReader(input))), command.WithOutputStream(&out), command.WithErrorStream(&errOut),
	)
	if err != nil {
		t.Fatal(err)
	}
	app := NewApp(cli, "test", open)
	app.contextNames = func() ([]string, error) { return contexts, nil }
	root := app.NewCommand()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errOut)
	err = Refusal(root, root.ExecuteContext(context.Background()))
	if err != nil && err.Error() != "" {
		errOut.WriteString(err.Error() + "\n")
	}
	return left{out.String(), errOut.String(), ExitStatus(err)}
}

const saved = "testdata/demo.json"

// savedLimits is the same host with the facts that limits needs.
const savedLimits = "testdata/limits.json"

// changed is the saved capture with one difference.
type changed struct {
	t      *testing.T
	change func(*inspect.Capture)
}

func (c changed) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	capture, err := source.File{Path: saved}.Capture(ctx, question)
	if err == nil {
		c.change(capture)
	}
	return capture, err
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s\nwant:\n%s", path, got, want)
	}
}

// The complete output of each command about one saved host.
func TestCommands(t *testing.T) {
	for name, args := range map[string]string{
		"tree":           "tree --from " + saved,
		"tree-one":       "tree --from " + saved + " demo-x",
		"tree-table":     "tree --format table --from " + saved,
		"tree-json":      "tree --format json --from " + saved + " demo-x",
		"tree-quiet":     "tree -q --from " + saved + " demo-init",
		"zombies":        "zombies --from " + saved,
		"zombies-table":  "zombies --format table --from " + saved,
		"zombies-json":   "zombies --format json --from " + saved + " demo-x",
		"zombies-none":   "zombies --from " + saved + " demo-init plain",
		"host-pid":       "host-pid --from " + saved,
		"host-pid-json":  "host-pid --format json --from " + saved + " demo 1 79",
		"ns":             "ns --from " + saved,
		"ns-ids":         "ns --ids --from " + saved + " demo-x",
		"ns-host":        "ns --host --from " + saved,
		"ns-json":        "ns --format json --from " + saved + " demo-x",
		"who":            "who --from " + saved + " 28202 28408 30977 28181 28499 27601",
		"who-json":       "who --format json --from " + saved + " 28202 28408 27601",
		"limits":         "limits --from " + savedLimits,
		"limits-one":     "limits --from " + savedLimits + " demo",
		"limits-some":    "limits --from " + savedLimits + " demo-init plain demo-x",
		"limits-table":   "limits --format table --from " + savedLimits,
		"limits-json":    "limits --format json --from " + savedLimits + " demo-init",
		"host-pid-table": "host-pid --format table --from " + saved + " --filter project=shop",
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, nil, strings.Fields(args)...)
			if got.status != 0 || got.err != "" {
				t.Errorf("status %d, stderr %q", got.status, got.err)
			}
			golden(t, name, got.out)
		})
	}
}

// The same host with the signal handling of its processes.
func TestSignalCommands(t *testing.T) {
	for name, args := range map[string]string{
		"signals":         "signals",
		"signals-named":   "signals demo demo-x demo-init",
		"signals-rows":    "signals --format table",
		"signals-json":    "signals --format json demo demo-init",
		"signals-quiet":   "signals -q",
		"signals-table":   "signals --table demo-init",
		"signals-process": "signals --process 79 demo",
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, attentive, strings.Fields(args)...)
			if got.status != 0 || got.err != "" {
				t.Errorf("status %d, stderr %q", got.status, got.err)
			}
			golden(t, name, got.out)
		})
	}
}

func TestOneLineAnswers(t *testing.T) {
	for _, test := range []struct {
		args   string
		out    string
		err    string
		status int
	}{
		{"host-pid demo", "28202\n", "", 0},
		{"host-pid demo 1 25 79", "28202\n28408\n30976\n", "", 0},
		{"host-pid demo-x 1", "28202\n", "", 0},
		{"host-pid demo 1 77", "28202\n", "demo has no process 77 (it has 1, 6, 17, 18, 25, 31, 39, 46, 52, 79, 80, 89 and 1 more); try: docker pidns tree demo --from testdata/demo.json\n", 1},
		{"host-pid demo x", "", "host-pid takes one container, and PIDs inside it: \"x\" is not a PID: expected a number, or a chain of nested PIDs such as '9>3>1'\nall containers: docker pidns host-pid\n", 125},
		{"host-pid nope", "", "no such container: nope\n", 1},
		{"tree dmeo", "", "no such container: dmeo (did you mean demo?)\n", 1},
		{"host-pid 96", "28202\n", "", 0},
		{"host-pid -q --filter name=init", "28331\n", "", 0},
		{"tree nope demo-x -q", "28243\n28264\n30976\n30977\n31173\n31174\n", "no such container: nope\n", 1},
		{"tree --filter name=zz", "No running container matches the filter.\n", "", 0},
		{"tree --filter name=zz --format json", "", "", 0},
		{"tree --filter colour=red", "", "unknown filter \"colour\": expected label, name, project, service\n", 125},
		{"tree --format {{.HostPID --filter name=plain", "", "--format: template: :1: unclosed action\n", 125},
		{"tree --format {{.HostPID}}:{{.ContainerPID}} plain", "31191:<no value>\n31211:1\n", "", 0},
		{"tree --quiet --format json", "", "--quiet and --format cannot be used together\n", 125},
		{"zombies --filter label=com.docker.compose.service=web", "No zombies in 1 container, 1 process.\n", "", 0},
		{"zombies --exit-code plain", "No zombies in 1 container, 1 process.\n", "", 0},
		{"zombies --exit-code -q demo", "28408\n28430\n28455\n", "", 3},
		{"zombies --exit-code plain nope", "No zombies in 1 container, 1 process.\n", "no such container: nope\n", 4},
		{"tree demo demo-x --filter name=x -q", "28243\n28264\n30976\n30977\n31173\n31174\n", "demo does not match the filter\n", 1},
		{"zombies nope", "", "no such container: nope\n", 1},
		{"zombies --settle -1s", "", "--settle -1s: must be 0 or more\n", 125},
		{"who 28202 x 25", "HOST PID  CONTAINER  CTR PID  ROLE     COMMAND\n   28202  demo             1  main     sleep infinity\n      25  ?                -  unknown  not a process in the snapshot (snapshots have no threads)\n", "\"x\" is not a host PID: expected a number above 0\n", 1},
		{"who x", "", "\"x\" is not a host PID: expected a number above 0\n", 125},
		{"who -q 28202 31211", "demo\nplain\n", "", 0},
		{"who --field 2 28202", "", "--field is for lines from standard input: docker pidns who --field N -\n", 125},
		{"who - 28202", "", "\"-\" stands alone: it takes --field N (from 1), and no PIDs, --quiet or --format\n", 125},
		{"who -", "", "no PID in the input: expected lines with pid=N, a column headed PID, a number alone, or --field N\n", 1},
		{"host-pid --format table demo 25", "CONTAINER  HOST PID  CTR PID  COMMAND\ndemo          28408       25  [sleep] exit 0\n", "", 0},
		{"version --format {{.EngineVersion}}/{{.ProcIsEngines}}/{{.KernelRelease}}", "20.10.24+dfsg1/yes/6.18.0\n", "", 0},
		{"limits demo", "", "the snapshot holds no limits: an older docker pidns took it; take a new one\n", 1},
		{"tree --proc /x", "", "--from and --proc cannot be used together: a snapshot needs no /proc\n", 125},
		{"tree --timeout 0s", "", "--timeout 0s: must be above 0\n", 125},
	} {
		t.Run(test.args, func(t *testing.T) {
			got := run(t, nil, append(strings.Fields(test.args), "--from", saved)...)
			if got != (left{test.out, test.err, test.status}) {
				t.Errorf("got %+v\nwant %+v", got, left{test.out, test.err, test.status})
			}
		})
	}
}

func TestBadCaptures(t *testing.T) {
	whole, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"cut":   whole[:len(whole)/2],
		"newer": bytes.Replace(whole, []byte(`"Schema": "1.0"`), []byte(`"Schema": "2.0"`), 1),
		"other": []byte(`{"hello":"world"}`),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		got := run(t, nil, "tree", "--from", path)
		if got.status != 1 || got.out != "" || strings.Count(got.err, "\n") != 1 || !strings.Contains(got.err, path) {
			t.Errorf("%s: got %+v, want one line that names the file", name, got)
		}
	}
	if got := run(t, nil, "tree", "--from", filepath.Join(dir, "none")); got.status != 1 || strings.Count(got.err, "\n") != 1 {
		t.Errorf("missing: got %+v", got)
	}
}

// What an ordinary user cannot read is a question mark and one note, and the exit status is not
// 0.
func TestDeniedExitCodes(t *testing.T) {
	denied := func(c *inspect.Capture) {
		c.Host.EUID = 1000
		for i := range c.Snapshot.Processes {
			if p := &c.Snapshot.Processes[i]; p.IsZombie() {
				p.WaitStatus = deniedStatus
			}
		}
	}
	got := run(t, denied, "zombies", "demo")
	if strings.Contains(got.out, "exit 0") || strings.Count(got.out, "?") < 3 {
		t.Errorf("got\n%s", got.out)
	}
	if got.err != "exit codes need root: sudo docker pidns zombies demo\nor, without root: docker pidns zombies demo --via helper\n" || got.status != 0 {
		t.Errorf("stderr %q, status %d", got.err, got.status)
	}
	root := func(c *inspect.Capture) { denied(c); c.Host.EUID = 0 }
	if got := run(t, root, "zombies", "demo"); got.err != "exit codes need CAP_SYS_PTRACE: docker run --cap-add SYS_PTRACE\n" {
		t.Errorf("root without the capability: stderr %q", got.err)
	}
	got = run(t, denied, "zombies", "--format", "{{.ExitCode}} {{.Absent.ExitCode}}", "demo")
	if !strings.HasPrefix(got.out, "<no value> denied\n") {
		t.Errorf("got %q", got.out)
	}
}

// The namespaces of a main process that has just exited are gone. No rights help.
func TestEndedNamespaces(t *testing.T) {
	ended := func(why procfs.Absence) func(*inspect.Capture) {
		return func(c *inspect.Capture) {
			for i := range c.Snapshot.Processes {
				if p := &c.Snapshot.Processes[i]; p.PID == 31211 {
					for _, ns := range []procfs.NamespaceType{procfs.NetNamespace, procfs.TimeNamespace} {
						p.Namespaces[ns] = procfs.None[uint64](why)
					}
				}
			}
		}
	}
	if got := run(t, ended(procfs.Gone), "ns", "plain"); got.err != "? = from Docker's configuration, or unknown. The main process of plain has exited.\n" || !strings.Contains(got.out, "own?") {
		t.Errorf("ended: got %+v", got)
	}
	if got := run(t, ended(procfs.Denied), "ns", "plain"); !strings.Contains(got.err, "Verifying needs CAP_SYS_PTRACE") {
		t.Errorf("denied: got %+v", got)
	}
}

// An unknown key is an error that lists the known keys.
func TestUnknownKey(t *testing.T) {
	got := run(t, nil, "tree", "--format", "{{.Nope}}", "--from", saved)
	if got.status != 125 || got.out != "" || !strings.HasPrefix(got.err, `--format: "{{.Nope}}" names no key of this command; it has Host, Container, ContainerID, `) {
		t.Errorf("got %+v", got)
	}
}

// There is no all-clear if something could not be read.
func TestUnreadableIsNoAllClear(t *testing.T) {
	got := run(t, func(c *inspect.Capture) { c.Snapshot.Missed = append(c.Snapshot.Missed, deniedProcess) }, "zombies", "--exit-code", "plain")
	if got.status != statusCannotTell || !strings.Contains(got.out, "that could be read") || !strings.Contains(got.err, "could not be read") {
		t.Errorf("got %+v", got)
	}
}

func TestSilentEngineIsNamed(t *testing.T) {
	silent := func(c *inspect.Capture) {
		c.Engine.Silent = true
		c.Containers, _ = shim.Containers(&c.Snapshot, 0)
	}
	got := run(t, silent, "host-pid", "96")
	if got.out != "28202\n" || !strings.Contains(got.err, "their IDs") {
		t.Errorf("by ID: got %+v", got)
	}
	got = run(t, silent, "host-pid", "demo")
	if got.out != "" || got.status != 1 || !strings.Contains(got.err, "shows containers only by ID") {
		t.Errorf("by name: got %+v", got)
	}
}

func TestElsewhereRefuses(t *testing.T) {
	elsewhere := func(c *inspect.Capture) {
		c.Proof = inspect.HostProof{Verdict: inspect.No, By: "the engine runs in a PID namespace of its own"}
		c.Snapshot.Processes = nil
	}
	for _, args := range [][]string{{"tree"}, {"zombies"}, {"host-pid"}, {"host-pid", "demo"}, {"host-pid", "demo", "1"}, {"tree", "demo"}} {
		got := run(t, elsewhere, args...)
		if got.status != 1 || strings.ContainsAny(got.out, "123456789") || !strings.Contains(got.err, "PID namespace of its own") {
			t.Errorf("%v: got %+v", args, got)
		}
	}
}

func TestExitStatus(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{{nil, 0}, {errors.New("x"), 1}, {exitWith(3), 3}, {context.Canceled, 130}} {
		if got := ExitStatus(test.err); got != test.want {
			t.Errorf("%v: got %d, want %d", test.err, got, test.want)
		}
	}
}

func TestVersionOfCapture(t *testing.T) {
	got := run(t, nil, "version", "--from", saved)
	for _, want := range []string{"docker pidns  test", "20.10.24", "6.18.0, cgroup v1 and v2", "is the engine's"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("no %q in\n%s", want, got.out)
		}
	}
}
