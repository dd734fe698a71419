package plugin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// remote is a host whose engine is reached at an endpoint, with this proof and without the main
// process of its container.
func remote(endpoint string, verdict inspect.Verdict) *listening {
	w := NewWorld().Container("demo", "a", 101).Process(60, 1, "cron")
	w.Engine.Endpoint, w.Engine.Name = endpoint, endpoint
	w.Proof = inspect.HostProof{Verdict: verdict, By: endpoint + " is not a unix socket of this host"}
	w.Threads = map[int]procfs.Thread{}
	return &listening{World: w}
}

// If the processes are elsewhere, the hint is the same command for the other host, or for a
// snapshot from there.
func TestElsewhereSaysWhatToType(t *testing.T) {
	for name, test := range map[string]struct {
		args string
		want []string
	}{
		"a tree":     {"tree --no-trunc demo", []string{"; a temporary helper container on the engine's host can read them; try: docker pidns tree --no-trunc demo --via helper\nor on that host: ssh prod docker pidns tree --no-trunc demo\n", "docker pidns snapshot -o host.json; docker pidns tree --no-trunc demo --from host.json\n"}},
		"a number":   {"who 60", []string{"not in this machine's /proc", "\na temporary helper container on the engine's host can read them; try: docker pidns who 60 --via helper\nor on that host: ssh prod docker pidns who 60\n", "docker pidns who 60 --from host.json\n"}},
		"a snapshot": {"snapshot", []string{"not in this machine's /proc", "a temporary helper container on the engine's host can read them; try: docker pidns snapshot --via helper\nor on that host: ssh prod docker pidns snapshot, and read the file here with --from\n"}},
	} {
		got := runOn(t, remote("ssh://prod", inspect.No), strings.Fields(test.args)...)
		if got.status != 1 || got.out != "" {
			t.Errorf("%s: status %d, %q", name, got.status, got.out)
		}
		for _, want := range test.want {
			if !strings.Contains(got.err, want) {
				t.Errorf("%s: lacks %q:\n%s", name, want, got.err)
			}
		}
		if strings.Contains(got.err, "...") {
			t.Errorf("%s: cannot be typed:\n%s", name, got.err)
		}
	}
	// The remote shell and --from accept the recommended command.
	got := runOn(t, remote("ssh://prod", inspect.No), "tree", "--collector", "auto", "--format", "{{.HostPID}} it", "demo").err
	for _, want := range []string{
		"or on that host: ssh prod " + inspect.ShellWord("docker pidns tree --collector=auto '--format={{.HostPID}} it' demo") + "\n",
		"; docker pidns tree '--format={{.HostPID}} it' demo --from host.json\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %s:\n%s", want, got)
		}
	}
	for args, want := range map[string]string{
		"who 60":          "\na temporary helper container on the engine's host can read them; try: docker pidns who 60 --via helper\nor on that host: ssh prod docker pidns who 60\nor take a snapshot there, and read it here: docker pidns snapshot -o host.json; docker pidns who 60 --from host.json\n",
		"snapshot -o x":   "\na temporary helper container on the engine's host can read them; try: docker pidns snapshot --output=x --via helper\nor on that host: ssh prod docker pidns snapshot --output=x, and read the file here with --from\n",
		"doctor --notes":  "\nor on that host: ssh prod docker pidns doctor --notes\n",
		"explain demo":    "docker pidns explain demo --from host.json\n",
		"host-pid demo 1": "docker pidns host-pid demo 1 --from host.json\n",
	} {
		if got := runOn(t, unread{&source.ElsewhereError{Endpoint: "ssh://prod", Cause: procfs.ErrNoProc}}, strings.Fields(args)...); got.status != 1 || !strings.Contains(got.err, want) {
			t.Errorf("%s: got %+v", args, got)
		}
	}
	if got := runOn(t, remote("tcp://10.0.0.5:2376", inspect.No), "who", "60"); !strings.Contains(got.err, "docker pidns who 60   (on the engine's host") {
		t.Errorf("not by ssh:\n%s", got.err)
	}
}

// The same holds if /proc hides the processes.
func TestHiddenSaysWhatToType(t *testing.T) {
	hidden := remote("unix:///var/run/docker.sock", inspect.Yes)
	hidden.Host.HidePID, hidden.Host.EUID = "2", 1000
	if got := runOn(t, hidden, "tree", "demo"); got.status != 1 || !strings.HasSuffix(got.err, "(hidepid=2); try: sudo docker pidns tree demo\n") {
		t.Errorf("status %d\n%s", got.status, got.err)
	}
}

// If it is unknown whether the engine is on this machine, the answer is about this machine, and
// says so.
func TestUnprovenIsTold(t *testing.T) {
	const note = "cannot determine whether the engine at tcp://10.0.0.5:2376 is on this machine: "
	for _, args := range []string{"who 60", "who --format json 60", "snapshot"} {
		got := runOn(t, remote("tcp://10.0.0.5:2376", inspect.Unknown), strings.Fields(args)...)
		if got.status != 1 || got.out == "" || !strings.Contains(got.err, note) || !strings.Contains(got.err, "if the engine is elsewhere, a temporary helper container on the engine's host can read them; try: docker pidns ") {
			t.Errorf("%s: status %d\n%s%s", args, got.status, got.out, got.err)
		}
	}
	if got := feed(t, remote("tcp://10.0.0.5:2376", inspect.Unknown), "60\n", "who", "-"); got.status != 1 || !strings.Contains(got.err, note) {
		t.Errorf("lines: status %d\n%s%s", got.status, got.out, got.err)
	}
	proved := remote("tcp://127.0.0.1:2375", inspect.Unknown)
	proved.Process(101, 1, "sleep", In("a", 1))
	if got := runOn(t, proved, "who", "60"); got.status != 0 || got.err != "" {
		t.Errorf("its container is here: status %d\n%s", got.status, got.err)
	}
	mounted := remote("unix:///var/run/docker.sock", inspect.Unknown)
	mounted.Snapshot.Root = "/host/proc"
	if got := runOn(t, mounted, "who", "60"); got.status != 0 || got.err != "" {
		t.Errorf("the user has said whose /proc it is: status %d\n%s", got.status, got.err)
	}
}

// Facts of two hosts are never mixed in one answer.
func TestSnapshotOfAnEngineElsewhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "host.json")
	if got := runOn(t, remote("ssh://prod", inspect.No), "snapshot", "-o", path); got.status != 1 {
		t.Errorf("status %d\n%s", got.status, got.err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("it is there")
	}
}

// The kernel of this machine is not reported as the engine's.
func TestVersionSaysWhoseKernelItIs(t *testing.T) {
	for verdict, want := range map[inspect.Verdict]string{
		inspect.Yes: "6.1, cgroup v2\n", inspect.No: "6.1, cgroup v2 (this machine's, not the engine's)\n", inspect.Unknown: "6.1, cgroup v2 (this machine's, and perhaps not the engine's)\n",
	} {
		host := remote("ssh://prod", verdict)
		host.Host.KernelRelease, host.Host.CgroupVersion = procfs.Some("6.1"), procfs.Some("v2")
		if got := runOn(t, host, "version"); !strings.Contains(got.out, want) {
			t.Errorf("%s: lacks %q:\n%s", verdict, want, got.out)
		}
	}
}
