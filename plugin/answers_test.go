package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// fleet are hosts by the names of their contexts.
type fleet map[string]source.Source

func (f fleet) open(where Where) ([]source.Source, error) {
	if where.From != "" {
		return []source.Source{source.File{Path: where.From}}, nil
	}
	host, known := f[where.Context]
	if !known {
		return nil, fmt.Errorf("docker has no context %s", where.Context)
	}
	return []source.Source{host}, nil
}

// failing is a host that cannot be captured.
type failing struct{ err error }

func (f failing) Capture(context.Context, need.Question) (*inspect.Capture, error) { return nil, f.err }

// another is the saved host with an engine and containers of its own, whose IDs begin with a
// hexadecimal digit that the IDs of others do not begin with.
type another struct {
	t      *testing.T
	digit  string
	change func(*inspect.Capture)
}

func (a another) Capture(context.Context, need.Question) (*inspect.Capture, error) {
	data, err := os.ReadFile(saved)
	if err != nil {
		return nil, err
	}
	capture, err := inspect.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	text := string(data)
	for i := range capture.Containers {
		id := capture.Containers[i].ID
		text = strings.ReplaceAll(text, id, a.digit+id[1:])
	}
	if capture, err = inspect.Decode(strings.NewReader(text)); err != nil {
		return nil, err
	}
	capture.Engine.Name, capture.Engine.Endpoint = "engine-"+a.digit, "unix:///run/"+a.digit+".sock"
	a.change(capture)
	return capture, nil
}

func own(t *testing.T, digit string, change ...func(*inspect.Capture)) source.Source {
	return another{t, digit, func(c *inspect.Capture) {
		for _, one := range change {
			one(c)
		}
	}}
}

func onFleet(t *testing.T, hosts fleet, args ...string) left {
	t.Helper()
	return feedHosts(t, hosts.open, nil, "", args...)
}

// Each command has one table for all hosts, or in tree a block for each, and reports which host
// did not answer.
func TestSeveralHosts(t *testing.T) {
	hosts := fleet{"web-1": own(t, "a"), "web-2": own(t, "b"), "down": failing{fmt.Errorf("%w at tcp://10.0.0.9:2376 in 5s", source.ErrSilent)}}
	for name, args := range map[string]string{
		"tree": "tree demo", "tree-table": "tree --format table demo demo-init", "zombies": "zombies", "host-pid": "host-pid", "host-pid-of": "host-pid demo 1 7 77",
		"host-pid-main": "host-pid demo", "ns": "ns", "ns-ids": "ns --ids demo-x", "ns-host": "ns --host", "signals": "signals",
		"signals-named": "signals demo", "doctor": "doctor --notes", "doctor-table": "doctor --format table", "quiet": "zombies -q",
		"template": "host-pid --format {{.Host}}:{{.Container}}:{{.HostPID}}", "doctor-quiet": "doctor -q",
	} {
		got := onFleet(t, hosts, append(strings.Fields(args), "--contexts", "web-2,down,web-1")...)
		golden(t, "hosts-"+name, got.out+"2> "+got.err)
		if got.status != statusUnanswered {
			t.Errorf("%s: got status %d", args, got.status)
		}
		if again := onFleet(t, hosts, append(strings.Fields(args), "--contexts", "web-2,down,web-1")...); again != got {
			t.Errorf("%s: the second time got\n%+v", args, again)
		}
	}
}

// Limits are in another saved snapshot. Each host has rows for its own limits.
func TestLimitsOfSeveralHosts(t *testing.T) {
	directory := t.TempDir()
	data, err := os.ReadFile(savedLimits)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"b.json", "a.json", ".hidden.json", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(directory, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, args := range map[string]string{"limits": "limits", "limits-named": "limits demo", "limits-quiet": "limits -q"} {
		got := onFleet(t, nil, append(strings.Fields(args), "--from", directory)...)
		golden(t, "hosts-"+name, strings.ReplaceAll(got.out+"2> "+got.err, directory, "DIR"))
	}
	for i := range 9 {
		if err := os.WriteFile(filepath.Join(directory, fmt.Sprintf("m%d.json", i)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	many := onFleet(t, nil, "limits", "--from", directory)
	if !strings.Contains(many.out, "\nThe limits of 11 hosts are not near. List all with --all.\n") || strings.Contains(many.out, "threads-max") {
		t.Errorf("of 11 hosts: got %+v", many)
	}
	for _, options := range []string{"--all", "--format=table"} {
		if all := onFleet(t, nil, "limits", options, "--from", directory); strings.Count(all.out, "threads-max") != 11 || strings.Contains(all.out, "The limits of") {
			t.Errorf("%s: got %+v", options, all)
		}
	}
	old := onFleet(t, nil, "limits", "--from", directory, "--from", saved)
	if !strings.Contains(old.err, "demo: the snapshot holds no limits") || old.status != statusUnanswered || !strings.Contains(old.out, "pid_max") {
		t.Errorf("a snapshot without limits beside others: got %+v", old)
	}
}

// A table of signals has its host in the title, or in a column where it has no title.
func TestSignalTableOfSeveralHosts(t *testing.T) {
	hosts := fleet{"x": own(t, "a"), "y": own(t, "b")}
	titled := onFleet(t, hosts, "signals", "--table", "demo", "--contexts", "x,y")
	if !strings.HasPrefix(titled.out, "x/demo  sleep (28202, inside 1): SIGTERM") || !strings.Contains(titled.out, "\n\ny/demo  sleep") || titled.status != 0 {
		t.Errorf("got %+v", titled)
	}
	plain := onFleet(t, hosts, "signals", "--table", "demo", "--contexts", "x,y", "--format", "table")
	if !strings.HasPrefix(plain.out, "HOST  NO  SIGNAL") || !strings.Contains(plain.out, "\ny      9  SIGKILL") {
		t.Errorf("got %+v", plain)
	}
	other := onFleet(t, hosts, "signals", "--process", "77", "demo", "--contexts", "x,y")
	if other.out != "" || !strings.Contains(other.err, "y: demo has no process 77") || other.status != statusUnanswered {
		t.Errorf("got %+v", other)
	}
}

// Growth between two looks is found on each host. The wait is the same for all.
func TestWatchedHosts(t *testing.T) {
	var looks atomic.Int64
	growing := func(digit string) source.Source {
		return own(t, digit, func(c *inspect.Capture) {
			if looks.Add(1) > 2 {
				c.Snapshot.TakenAt = c.Snapshot.TakenAt.Add(time.Minute)
				return
			}
			c.Snapshot.Processes = slices.DeleteFunc(c.Snapshot.Processes, func(p procfs.Process) bool { return p.PID == 31174 })
		})
	}
	got := onFleet(t, fleet{"x": growing("a"), "y": growing("b")}, "doctor", "--watch-for", "1ms", "--contexts", "x,y")
	if !strings.Contains(got.out, "demo on x, y  6 zombies") || !strings.Contains(got.out, "1 more than") || looks.Load() != 4 {
		t.Errorf("after %d looks got %+v", looks.Load(), got)
	}
}

// The key Host is the context's name, in the order of typing.
func TestHostKey(t *testing.T) {
	hosts := fleet{"x": own(t, "a"), "y": own(t, "b")}
	for _, command := range []string{"tree", "zombies", "host-pid", "ns", "signals", "doctor", "ns --host"} {
		got := onFleet(t, hosts, append(strings.Fields(command), "--contexts", "y,x,y", "--format", "{{.Host}}")...)
		var order []string
		for line := range strings.Lines(got.out) {
			if line = strings.TrimSpace(line); len(order) == 0 || order[len(order)-1] != line {
				order = append(order, line)
			}
		}
		if want := "y x"; strings.Join(order, " ") != want || got.status != 0 {
			t.Errorf("%s: got hosts %v, %+v", command, order, got)
		}
	}
	if got := onFleet(t, hosts, "host-pid", "--contexts", "x", "--format", "{{.Host}}"); !strings.HasPrefix(got.out, "x\nx\n") {
		t.Errorf("one context: got %+v", got)
	}
}

// A name is looked up on every host, and is reported as unknown only if no host has it.
func TestNamesOnSeveralHosts(t *testing.T) {
	hosts := fleet{"a": own(t, "a"), "b": own(t, "b", func(c *inspect.Capture) {
		for i := range c.Containers {
			c.Containers[i].Name = "other-" + c.Containers[i].Name
		}
	})}
	got := onFleet(t, hosts, "host-pid", "demo", "--contexts", "a,b", "--format", "{{.Host}} {{.Container}}")
	if got != (left{out: "a demo\n"}) {
		t.Errorf("one has it: got %+v", got)
	}
	got = onFleet(t, hosts, "host-pid", "dem", "--contexts", "b,a")
	if want := (left{err: "b: no such container: dem; try: docker --context b ps -a\na: no such container: dem (did you mean demo?)\n", status: 1}); got != want {
		t.Errorf("none has it: got %+v", got)
	}
	got = onFleet(t, hosts, "tree", "nobody", "--contexts", "b,a", "--format", "json")
	if want := (left{err: "b: no such container: nobody; try: docker --context b ps -a\na: no such container: nobody; try: docker --context a ps -a\n", status: 1}); got != want {
		t.Errorf("none has it, no near name: got %+v", got)
	}
}

// If the exit status is the answer, a finding takes precedence over a host that did not answer.
func TestStatusOfSeveralHosts(t *testing.T) {
	down := failing{errors.New("no route")}
	healthy := own(t, "f", func(c *inspect.Capture) { c.Containers, c.Snapshot.Processes = nil, nil })
	for args, want := range map[string]int{
		"zombies --contexts a,down":                                 statusUnanswered,
		"zombies --contexts a":                                      0,
		"zombies --contexts a,down --exit-code":                     statusFound,
		"zombies --contexts healthy,down --exit-code":               statusCannotTell,
		"zombies --contexts down --exit-code":                       statusCannotTell,
		"zombies --contexts healthy --exit-code":                    0,
		"doctor --contexts a,down":                                  statusUnanswered,
		"doctor --contexts a --fail-on zombies-unreaped":            statusFound,
		"doctor --contexts down,a --fail-on zombies-unreaped":       statusFound,
		"doctor --contexts healthy,down --fail-on zombies-unreaped": statusCannotTell,
		"doctor --contexts healthy --fail-on zombies-unreaped":      0,
		"tree --contexts down":                                      statusUnanswered,
		"tree --contexts a,nope":                                    statusUnanswered,
		"tree --contexts all":                                       0,
	} {
		hosts := fleet{"a": own(t, "a"), "down": down, "healthy": healthy}
		if got := feedHosts(t, hosts.open, []string{"a", "healthy"}, "", strings.Fields(args)...); got.status != want {
			t.Errorf("%s: got %+v, want status %d", args, got, want)
		}
	}
}

// Invalid options are refused before any host is asked.
func TestRefusedHosts(t *testing.T) {
	empty := t.TempDir()
	for want, args := range map[string][]string{
		"--from and --contexts cannot be used together: a snapshot needs no engine":      {"tree", "--contexts", "a", "--from", saved},
		"--contexts: the name of a context is empty: is a variable of the script unset?": {"tree", "--contexts", ""},
		"--from: the name of a file is empty: is a variable of the script unset?":        {"tree", "--from", ""},
		"--contexts all cannot be combined with other names: it has every context":       {"tree", "--contexts", "a,all"},
		"several hosts need one file each: use -o DIRECTORY":                             {"snapshot", "--contexts", "a"},
		"-o " + saved + ": it is not a directory, and several hosts need one file each":  {"snapshot", "--contexts", "a", "-o", saved},
		"--from and --proc cannot be used together: a snapshot needs no /proc":           {"tree", "--from", saved, "--from", saved, "--proc", "/x"},
		"--watch-for and --from cannot be used together: a snapshot shows one moment":    {"doctor", "--from", empty, "--watch-for", "1s"},
		"the name of a container is empty: is a variable of the script unset?":           {"tree", "--contexts", "a", ""},
	} {
		got := feedHosts(t, func(Where) ([]source.Source, error) {
			t.Errorf("%v: a host was opened", args)
			return nil, nil
		}, []string{"a"}, "", args...)
		if got != (left{err: want + "\n", status: statusWrongUse}) {
			t.Errorf("%v: got %+v, want %q", args, got, want)
		}
	}
	near := feedHosts(t, fleet{}.open, []string{"prod", "test"}, "", "tree", "--contexts", "prd,none")
	if want := "prd: docker has no context prd (did you mean prod?)\nnone: docker has no context none\n"; near.err != want || near.status != statusUnanswered {
		t.Errorf("unknown contexts: got %+v", near)
	}
	got := onFleet(t, nil, "tree", "--from", empty)
	if got.status != statusUnanswered || !strings.HasPrefix(got.err, "no snapshots (*.json.gz, *.json) in ") {
		t.Errorf("an empty directory: got %+v", got)
	}
}

// gate is a host that counts how many are asked at the same time, and holds them until as many
// as may are.
type gate struct {
	mu              sync.Mutex
	now, most, want int
	full            chan struct{}
}

func (g *gate) Capture(ctx context.Context, question need.Question) (*inspect.Capture, error) {
	g.mu.Lock()
	g.now++
	g.most = max(g.most, g.now)
	if g.now == g.want {
		close(g.full)
		g.want = -1 // once is enough
	}
	g.mu.Unlock()
	<-g.full
	g.mu.Lock()
	g.now--
	g.mu.Unlock()
	return nil, errors.New("no engine")
}

// Of 200 hosts 32 are asked at the same time, never more, and those of "all" stand by name.
func TestHostsAtOnce(t *testing.T) {
	g := &gate{want: mostAtOnce, full: make(chan struct{})}
	var names []string
	for i := range 200 {
		names = append(names, fmt.Sprintf("host-%03d", 199-i))
	}
	opened := func(Where) ([]source.Source, error) { return []source.Source{g}, nil }
	got := feedHosts(t, opened, names, "", "host-pid", "--contexts", "all")
	if g.most != mostAtOnce {
		t.Errorf("%d at once, want %d", g.most, mostAtOnce)
	}
	if want := "host-000, host-001, host-002, "; got.status != statusUnanswered || got.out != "" || !strings.HasPrefix(got.err, want) || !strings.HasSuffix(got.err, "and 150 more: no engine\n") {
		t.Errorf("got %+v", got)
	}
}

// stuck is a host that never answers, whatever becomes of its context.
type stuck struct{}

func (stuck) Capture(context.Context, need.Question) (*inspect.Capture, error) { select {} }

// A host that never answers has a deadline of its own, and the others are shown.
func TestStuckHost(t *testing.T) {
	got := onFleet(t, fleet{"a": own(t, "a"), "stuck": stuck{}}, "host-pid", "demo", "--contexts", "stuck,a", "--timeout", "20ms", "--format", "{{.Host}}")
	if want := (left{"a\n", "stuck: no answer in 480ms (--timeout)\n", 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// An interrupt ends the reading of all hosts at once, also of those that do not react to it.
func TestInterruptedHosts(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	app := &App{}
	var started sync.WaitGroup
	started.Add(2)
	app.Open = func(where Where) ([]source.Source, error) {
		started.Done()
		return []source.Source{stuck{}}, nil
	}
	go func() {
		started.Wait()
		cancel()
	}()
	where := Where{Timeout: time.Hour}
	results := sideBySide([]place{{where: where}, {where: where}}, 2, func(p place) error {
		_, err := app.captureOne(ctx, p, need.Question{})
		return err
	})
	for _, err := range results {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
}

// The engine of two contexts is checked once. tree shows it twice, because both were asked for.
func TestTwinContexts(t *testing.T) {
	const note = "two: the same engine as one: checked once\n"
	for name, second := range map[string]source.Source{
		"same endpoint":   own(t, "b", func(c *inspect.Capture) { c.Engine.Endpoint = "unix:///run/a.sock" }),
		"same containers": own(t, "a", func(c *inspect.Capture) { c.Engine.Endpoint = "tcp://127.0.0.1:2376" }),
	} {
		hosts := fleet{"one": own(t, "a"), "two": second}
		got := onFleet(t, hosts, "doctor", "-q", "--contexts", "one,two")
		if strings.Contains(got.out, "two") || !strings.HasSuffix(got.err, "\n"+note) || got.status != 0 {
			t.Errorf("%s: got %+v", name, got)
		}
		got = onFleet(t, hosts, "host-pid", "-q", "--contexts", "one,two")
		if !strings.Contains(got.out, "two ") || got.err != "" {
			t.Errorf("%s, host-pid: got %+v", name, got)
		}
	}
	hosts := fleet{"one": own(t, "a"), "two": own(t, "b")}
	if got := onFleet(t, hosts, "doctor", "-q", "--contexts", "one,two"); !strings.Contains(got.out, "two ") || strings.Contains(got.err, note) {
		t.Errorf("two engines: got %+v", got)
	}
}

// If the processes of engines are elsewhere, the commands to type are reported for each, and
// the hint about snapshots once for all.
func TestSeveralElsewhere(t *testing.T) {
	elsewhere := func(letter, endpoint string) source.Source {
		return own(t, letter, func(c *inspect.Capture) {
			c.Engine.Endpoint, c.Proof = endpoint, inspect.HostProof{Verdict: inspect.No, By: "its socket is served elsewhere"}
			c.Snapshot.Processes = nil
		})
	}
	hosts := fleet{"a": elsewhere("a", "ssh://root@prod"), "b": elsewhere("b", "tcp://10.0.0.1:2376"), "c": own(t, "c")}
	got := onFleet(t, hosts, "zombies", "-q", "--contexts", "a,b,c")
	want := `a: the processes of the engine at ssh://root@prod are not in this machine's /proc: its socket is served elsewhere
a, b: a temporary helper container on the engine's host can read them; try: docker pidns zombies --quiet --contexts=a,b,c --via helper
b: the processes of the engine at tcp://10.0.0.1:2376 are not in this machine's /proc: its socket is served elsewhere
or take a snapshot on each of these 2 hosts (docker pidns snapshot -o HOST.json), put the files into a directory, and read them here: docker pidns zombies --quiet --from DIRECTORY
`
	if got.err != want || got.status != 1 || !strings.HasPrefix(got.out, "c ") {
		t.Errorf("got %+v\nwant %s", got, want)
	}
}

// A command that needs root names the endpoint of each engine, because root's docker has other
// contexts.
func TestRightsOnSeveralHosts(t *testing.T) {
	asUser := func(c *inspect.Capture) {
		c.Host.EUID = 1000
		for i := range c.Snapshot.Processes {
			if p := &c.Snapshot.Processes[i]; p.IsZombie() {
				p.WaitStatus = deniedStatus
			}
		}
	}
	hosts := fleet{"x": own(t, "a", asUser), "y": own(t, "b", asUser, func(c *inspect.Capture) { c.Engine.Endpoint = ordinaryEndpoint })}
	got := onFleet(t, hosts, "zombies", "--format", "table", "--contexts", "x,y")
	const want = `x: exit codes need root: sudo docker --host unix:///run/a.sock pidns zombies --format=table
y: exit codes need root: sudo docker pidns zombies --format=table
`
	if got.err != want || got.status != 0 {
		t.Errorf("got %+v, want %s", got, want)
	}
}

// A host without containers is named after the trees of the others.
func TestHostsWithoutContainers(t *testing.T) {
	none := func(c *inspect.Capture) { c.Containers, c.Snapshot.Processes = nil, nil }
	hosts := fleet{"a": own(t, "a"), "b": own(t, "b", none), "c": own(t, "c", none)}
	got := onFleet(t, hosts, "tree", "--contexts", "b,a,c")
	if !strings.HasSuffix(got.out, "\n\nNo running containers on b, c.\n") || !strings.HasPrefix(got.out, "Host a\n") || got.status != 0 {
		t.Errorf("got %+v", got)
	}
	if got := onFleet(t, hosts, "tree", "demo", "--contexts", "b,a,c"); strings.Contains(got.out, "No running") || got.status != 0 {
		t.Errorf("by name: got %+v", got)
	}
	for command, want := range map[string]string{
		"tree": "No running containers on 2 hosts.\n", "zombies": "No running containers on 2 hosts.\n", "doctor": "No running containers on 2 hosts.\n",
		"host-pid": "No running containers on 2 hosts.\n", "ns --filter name=x": "No running container matches the filter on 2 hosts.\n", "signals -q": "", "tree --format json": "",
	} {
		if got := onFleet(t, hosts, append(strings.Fields(command), "--contexts", "b,c")...); got.out != want || got.status != 0 {
			t.Errorf("%s: got %+v, want %q", command, got, want)
		}
	}
}

// Names of contexts and engines are untrusted text.
func TestHostileHostNames(t *testing.T) {
	const evil = "a\x1b[2Jb"
	hosts := fleet{evil: own(t, "a"), "x": failing{errors.New("said \x1b]0;x\x07")}}
	for _, command := range []string{"tree", "zombies", "host-pid", "ns", "signals", "doctor", "zombies -q", "host-pid --format table"} {
		got := onFleet(t, hosts, append(strings.Fields(command), "--contexts", evil+",x,nope"+evil)...)
		if strings.ContainsRune(got.out+got.err, '\x1b') || !strings.Contains(got.out, `a\x1b[2Jb`) || !strings.Contains(got.err, `x: said \x1b]0;x\x07`) {
			t.Errorf("%s: got %+v", command, got)
		}
	}
}

// A file is written for each host that answers. A directory of these files gives the same
// answers as the hosts.
func TestSnapshotsOfSeveralHosts(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "new")
	hosts := fleet{"b": own(t, "b"), "a": own(t, "a"), "down": failing{errors.New("no route")}, "../evil": own(t, "e")}
	got := onFleet(t, hosts, "snapshot", "--contexts", "b,a,down,../evil", "-o", directory)
	want := `b: DIR/b.json: 4 containers running, 0 not running, N processes
a: DIR/a.json: 4 containers running, 0 not running, N processes
down: no route
../evil: write snapshot: "../evil" cannot be the name of a file
Snapshots hold command lines, which can hold passwords. Check them before you share them.
Next: docker pidns doctor --from DIR
`
	told := strings.ReplaceAll(got.err, directory, "DIR")
	for _, line := range strings.Split(told, "\n") {
		if begin, _, is := strings.Cut(line, " not running, "); is {
			told = strings.Replace(told, line, begin+" not running, N processes", 1)
		}
	}
	if told != want || got.out != "" || got.status != statusUnanswered {
		t.Errorf("got %+v\nwant %s", told, want)
	}
	if info, err := os.Stat(directory); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v", info, err)
	}
	for _, command := range []string{"tree --format json", "host-pid --format json", "ns --format json", "doctor -q --fail-on note"} {
		living := onFleet(t, hosts, append(strings.Fields(command), "--contexts", "a,b")...)
		files := onFleet(t, nil, append(strings.Fields(command), "--from", directory)...)
		if living.out != files.out || living.out == "" {
			t.Errorf("%s: got\n%s\nof files, and of the hosts\n%s", command, files.out, living.out)
		}
	}
	part := filepath.Join(t.TempDir(), "part")
	if got := onFleet(t, hosts, "snapshot", "--contexts", "a", "-o", part, "demo"); got.status != 0 {
		t.Errorf("of one container: got %+v", got)
	}
	if got := onFleet(t, nil, "host-pid", "--from", part, "--format", "{{.Container}}"); got.out != "demo\ndemo-x\n" {
		t.Errorf("of one container: got %+v", got)
	}
}

// Two files with the same name are distinguished by their paths.
func TestFilesOfOneName(t *testing.T) {
	other := filepath.Join(t.TempDir(), "demo.json")
	data, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, data, 0o600); err != nil {
		t.Fatal(err)
	}
	got := onFleet(t, nil, "host-pid", "demo", "--from", saved, "--from", other, "--from", saved, "--format", "{{.Host}}")
	if got.out != saved+"\n"+other+"\n" {
		t.Errorf("got %+v", got)
	}
}

// --contexts is completed after the contexts that are typed already.
func TestCompleteContexts(t *testing.T) {
	app := &App{contextNames: func() ([]string, error) { return []string{"default", "prod"}, nil }}
	for typed, want := range map[string]string{"": "all default prod", "prod,": "prod,default", "pro": "all default prod"} {
		if got, _ := app.completeContexts(nil, nil, typed); strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, want %s", typed, got, want)
		}
	}
}
