//go:build e2e && linux

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// traceRow is a row of trace: the published keys.
type traceRow struct {
	Time                                    time.Time
	Event, Container, ContainerID           string
	HostPID                                 int
	ContainerPID                            *int
	Command, Signal                         string
	Sender, SenderContainer, SenderCommand  string
	SenderHostPID                           int
	SenderUser, EngineAction, DroppedReason string
	GraceOver, Dropped                      bool
	Outcome                                 string
	ExitCode                                *int
	Certainty, Text                         string
}

// keys is what a test wants to know of a row: "SIGKILL to 1 from container/other certain: killed 137".
// 1 is PID 1 of its container, host a process that has the same PID on the host, and n any other.
func (r traceRow) keys() string {
	pid := "n"
	switch {
	case r.ContainerPID != nil && *r.ContainerPID == 1:
		pid = "1"
	case r.ContainerPID != nil && *r.ContainerPID == r.HostPID:
		pid = "host"
	}
	from := r.Sender
	switch {
	case r.EngineAction != "":
		from += "/" + r.EngineAction
	case r.SenderContainer == r.Container:
		from += "/own"
	case r.SenderContainer != "":
		from += "/other"
	}
	if r.GraceOver {
		from += "/grace-over"
	}
	ending := r.Outcome
	switch {
	case r.Dropped:
		ending = r.DroppedReason
	case r.ExitCode != nil:
		ending += " " + strconv.Itoa(*r.ExitCode)
	}
	if r.Event != "signal" {
		return r.Event + " of " + pid + ": " + ending
	}
	return fmt.Sprintf("%s to %s from %s %s: %s", r.Signal, pid, from, r.Certainty, ending)
}

// trace is a docker pidns trace that runs.
type trace struct {
	t      *testing.T
	cmd    *exec.Cmd
	done   chan struct{}
	mu     sync.Mutex
	rows   []traceRow
	stderr strings.Builder
}

// startTrace begins a trace, and waits until it sees signals. It ends with the test.
func startTrace(t *testing.T, args ...string) *trace {
	t.Helper()
	tr := &trace{t: t, cmd: exec.Command(Suite.Plugin, append([]string{"trace", "--format", "json"}, args...)...), done: make(chan struct{})}
	stdout, err := tr.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := tr.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tr.cmd.Process.Kill(); <-tr.done })
	began := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() { tr.readRows(stdout) })
	reading.Go(func() { tr.readNotes(stderr, began) })
	go func() {
		reading.Wait()
		_ = tr.cmd.Wait()
		close(tr.done)
	}()
	select {
	case <-began:
	case <-tr.done:
		t.Fatalf("trace ended: %s", tr.stderr.String())
	case <-time.After(Deadline):
		t.Fatal("trace does not begin")
	}
	return tr
}

func (tr *trace) readRows(from io.Reader) {
	lines := json.NewDecoder(from)
	for {
		var r traceRow
		if err := lines.Decode(&r); err != nil {
			return
		}
		tr.mu.Lock()
		tr.rows = append(tr.rows, r)
		tr.mu.Unlock()
	}
}

func (tr *trace) readNotes(from io.Reader, began chan<- struct{}) {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		tr.mu.Lock()
		tr.stderr.WriteString(lines.Text() + "\n")
		tr.mu.Unlock()
		if strings.HasPrefix(lines.Text(), "tracing signals of ") {
			close(began)
		}
	}
}

// of are the rows of a container, in the order in which they were written. Those of a name that
// is not known by then are under its ID.
func (tr *trace) of(b *Box, until time.Time) []traceRow {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var rows []traceRow
	for _, r := range tr.rows {
		if r.ContainerID == b.ID && r.Time.Before(until) {
			rows = append(rows, r)
		}
	}
	return rows
}

// end ends the trace as Ctrl-C does, and returns what it wrote to standard error.
func (tr *trace) end() string {
	tr.t.Helper()
	_ = tr.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-tr.done:
	case <-time.After(Deadline):
		tr.t.Fatal("trace does not end")
	}
	return tr.stderr.String()
}

// sending is a way in which signals are sent, and what is to be said of it.
type sending struct {
	options, words []string
	// do sends the signals. b is the container that is looked at, host one in the host's PID
	// namespace.
	do func(b, host *Box)
	// want are the rows' keys, as regular expressions.
	want []string
	// quick endings are in the short test, alone ones not among the random ones.
	quick, alone bool
}

// A restart whose start takes longer than two seconds cannot be told from a stop.

// handles exits with 0 at SIGTERM, ignores is a PID 1 without handlers.
var (
	handles = []string{"workload", "never-waits"}
	ignores = []string{"sleep", "infinity"}
	small   = []string{"--memory", "64m"}
)

// dockerOn runs a command of docker on the container.
func dockerOn(words ...string) func(b, host *Box) {
	return func(b, _ *Box) { Docker(b.T, append(words, b.Name)...) }
}

// inside runs a script in an exec session. It may fail: it may be killed.
func inside(script string) func(b, host *Box) {
	return func(b, _ *Box) { _, _ = Command("docker", "exec", b.Name, "sh", "-c", script) }
}

// fromHost runs a program on the host as that user, with the PID of the main process as its last
// argument.
func asUser(b *Box, uid uint32, words ...string) {
	cmd := exec.Command(words[0], append(words[1:], strconv.Itoa(b.PID()))...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	_ = cmd.Run()
}

var sendings = map[string]sending{
	"docker stop, a handler": {nil, handles, dockerOn("stop"), []string{"SIGTERM to 1 from engine/stop certain: exited 0"}, true, false},
	"docker stop, no handler": {nil, ignores, dockerOn("stop", "-t", "2"), []string{
		"SIGTERM to 1 from engine/stop-or-kill certain: no-handler", "SIGKILL to 1 from engine/stop/grace-over certain: killed 137",
	}, true, false},
	"docker stop of --rm":       {[]string{"--rm"}, handles, dockerOn("stop"), []string{"SIGTERM to 1 from engine/stop certain: exited 0"}, false, false},
	"docker kill":               {nil, ignores, dockerOn("kill"), []string{"SIGKILL to 1 from engine/kill certain: killed 137"}, true, false},
	"docker kill -s TERM":       {nil, handles, dockerOn("kill", "-s", "TERM"), []string{"SIGTERM to 1 from engine/kill certain: exited 0"}, true, false},
	"docker kill -s RTMIN+3":    {nil, ignores, dockerOn("kill", "-s", "RTMIN+3"), []string{"SIGRTMIN\\+3 to 1 from engine/kill certain: no-handler"}, true, false},
	"docker rm --force":         {nil, ignores, dockerOn("rm", "-f"), []string{"SIGKILL to 1 from engine/remove certain: killed 137"}, true, false},
	"docker restart, a handler": {nil, handles, dockerOn("restart"), []string{"SIGTERM to 1 from engine/(restart|stop) certain: exited 0"}, true, false},
	"docker restart, no handler": {nil, ignores, dockerOn("restart", "-t", "2"), []string{
		"SIGTERM to 1 from engine/stop-or-kill certain: no-handler", "SIGKILL to 1 from engine/(restart|stop)/grace-over certain: killed 137",
	}, false, false},
	"docker stop of a stopped shim": {nil, handles, func(b, _ *Box) {
		shim, _ := ReadProcess(b.PID())
		_ = syscall.Kill(shim.PPID, syscall.SIGSTOP)
		continues := time.AfterFunc(time.Second, func() { _ = syscall.Kill(shim.PPID, syscall.SIGCONT) })
		defer continues.Stop()
		Docker(b.T, "stop", b.Name)
	}, []string{"SIGTERM to 1 from engine/stop certain: exited 0"}, false, false},
	"docker stop ends an exec session": {nil, handles, func(b, _ *Box) {
		b.Start(nil, "sleep", "4711")
		Docker(b.T, "stop", b.Name)
	}, []string{"SIGTERM to 1 from engine/stop certain: exited 0", "SIGKILL to n from namespace-end/own certain: killed 137"}, true, false},
	"docker stop, in the host's PID namespace": {[]string{"--pid", "host"}, ignores, func(b, _ *Box) {
		b.Start(nil, "sleep", "4711")
		Docker(b.T, "stop", b.Name)
	}, []string{"SIGTERM to host from engine/stop certain: killed 143", "SIGKILL to host from engine/stop certain: killed 137"}, true, false},
	"by its parent": {nil, ignores, inside("sleep 4711 & sleep 0.1; kill -9 $!; wait"), []string{"SIGKILL to n from container/own certain: killed 137"}, true, false},
	"PID 1 from inside": {nil, ignores, inside("kill -9 1; kill 1"), []string{
		"SIGKILL to 1 from container/own certain: from-inside", "SIGTERM to 1 from container/own certain: no-handler",
	}, true, false},
	"by a sidecar": {nil, ignores, func(b, _ *Box) {
		sleep, _ := ReadProcess(b.Start(nil, "sleep", "4711"))
		sidecar := Run(b.T, "--pid", "container:"+b.Name)
		sidecar.Sh(fmt.Sprintf("kill -9 %d", sleep.Inside[len(sleep.Inside)-1]))
	}, []string{"SIGKILL to n from container/other certain: killed 137"}, true, false},
	"by a container in the host's PID namespace": {nil, ignores, func(b, host *Box) {
		host.Sh(fmt.Sprintf("kill -9 %d", b.PID()))
	}, []string{"SIGKILL to 1 from container/other certain: killed 137"}, true, false},
	"by an ordinary user, who may not": {nil, ignores, func(b, host *Box) {
		_, _ = Command("docker", "exec", "--user", "33", host.Name, "kill", "-9", strconv.Itoa(b.PID()))
		asUser(b, 33, "kill", "-9")
		time.Sleep(200 * time.Millisecond)
	}, nil, true, false},
	"by an ordinary user, who may": {[]string{"--user", "33"}, ignores, func(b, _ *Box) { asUser(b, 33, "kill", "-9") },
		[]string{"SIGKILL to 1 from host certain: killed 137"}, false, false},
	"by the host": {nil, ignores, func(b, _ *Box) { Kill(b.PID()) }, []string{"SIGKILL to 1 from host certain: killed 137"}, true, false},
	"by itself":   {nil, []string{"sh", "-c", "trap 'exit 3' USR1; kill -USR1 $$; sleep 1"}, func(*Box, *Box) {}, []string{"SIGUSR1 to 1 from itself/own certain: exited 3"}, true, false},
	"SIGSEGV":     {nil, []string{"workload", "fault"}, func(*Box, *Box) {}, []string{"SIGSEGV to 1 from itself certain: killed 139"}, true, false},
	"SIGABRT":     {nil, ignores, inside("exec workload abort"), []string{"SIGABRT to n from itself/own certain: killed 134"}, true, false},
	"its parent":  {nil, ignores, inside("exec workload parent-dies 10"), []string{"SIGUSR1 to n from parent-death certain: killed 138"}, true, false},
	"OOM of a child": {small, ignores, inside("workload eats 300"),
		[]string{"SIGKILL to n from oom-killer certain: killed 137"}, true, false},
	"OOM of PID 1": {small, []string{"workload", "eats", "300"}, func(*Box, *Box) {}, []string{"SIGKILL to 1 from oom-killer certain: killed 137"}, false, false},
	"OOM of processes that share memory": {small, ignores, inside("workload eats-together 300"), []string{
		"SIGKILL to n from oom-killer certain: killed 137", "SIGKILL to n from oom-killer (likely|certain): killed 137",
	}, false, false},
	"cgroup.kill": {nil, ignores, func(b, _ *Box) { killGroup(b) }, []string{"SIGKILL to 1 from host likely: killed 137"}, true, false},
	"a health check over its timeout": {
		[]string{"--health-cmd", "exec sleep 4711", "--health-interval", "1s", "--health-timeout", "1s", "--health-retries", "9"}, ignores, func(*Box, *Box) {},
		[]string{"SIGKILL to n from engine/exec-end certain: killed 137"}, false, false,
	},
	"Ctrl-C": {nil, ignores, func(b, _ *Box) {
		p := openPane(b.T.(*testing.T), 80, 24)
		p.types("docker exec -it " + b.Name + " cat")
		b.EventuallyWith("cat")
		p.press("C-c")
		Eventually(b.T, "cat to end", func() bool { return len(b.Processes()) == 1 })
	}, []string{"SIGINT to n from terminal certain: killed 130"}, true, true},
	"a terminal that hangs up": {nil, ignores, inside("exec workload hangs-up"), []string{"SIGHUP to n from terminal likely: killed 129", "SIGCONT to n from terminal likely: .*"}, false, false},
	"another client of containerd": {nil, ignores, func(b, _ *Box) {
		if _, err := Command("ctr", "--address", "/run/docker/containerd/containerd.sock", "-n", "moby", "tasks", "kill", "-s", "SIGUSR1", b.ID); err != nil {
			b.T.Skip("no ctr, or a containerd elsewhere: ", err)
		}
	}, []string{"SIGUSR1 to 1 from engine/other-client certain: no-handler"}, false, true},
}

// killGroup kills the processes of the container's cgroup v2 group, as systemd does.
func killGroup(b *Box) {
	groups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", b.PID()))
	if err != nil {
		b.T.Fatal(err)
	}
	for line := range strings.Lines(string(groups)) {
		path, unified := strings.CutPrefix(strings.TrimSpace(line), "0::")
		for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
			if unified && os.WriteFile(mount+path+"/cgroup.kill", []byte("1"), 0o644) == nil {
				return
			}
		}
	}
	b.T.Skip("no cgroup.kill (Linux 5.14)")
}

// play makes the ending, and returns a function that compares the rows once the trace has ended.
func (e sending) play(t *testing.T, tr *trace, host *Box) (check func() string) {
	t.Helper()
	b := Run(t, append(append(append([]string{}, e.options...), "--"), e.words...)...)
	if e.words[len(e.words)-1] == handles[len(handles)-1] {
		time.Sleep(time.Second) // until it has its handler, which nothing shows of a Go program
	}
	e.do(b, host)
	for until := time.Now().Add(10 * time.Second); len(tr.of(b, time.Now())) < len(e.want) && time.Now().Before(until); {
		time.Sleep(50 * time.Millisecond)
	}
	over := time.Now()
	return func() string { return e.differs(tr.of(b, over)) }
}

// differs says how the rows are not those that are wanted, "" if they are.
func (e sending) differs(rows []traceRow) string {
	same := len(rows) == len(e.want)
	text := ""
	for i, r := range rows {
		same = same && regexp.MustCompile("^"+e.want[i]+"$").MatchString(r.keys())
		text += "\n  " + r.keys() + "   " + r.Text
	}
	if same {
		return ""
	}
	return "got" + text + "\nwant\n  " + strings.Join(e.want, "\n  ")
}

// trace says of each kind of signal who sent it, and what came of it.
func TestTrace(t *testing.T) {
	t.Parallel()
	tr := startTrace(t)
	host := Run(t, "--pid", "host")
	checks := map[string]func() string{}
	var mu sync.Mutex
	t.Run("endings", func(t *testing.T) {
		for name, e := range sendings {
			if !e.quick {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				check := e.play(t, tr, host)
				mu.Lock()
				checks[name] = check
				mu.Unlock()
			})
		}
	})
	if notes := tr.end(); !strings.Contains(notes, " events: ") || strings.Contains(notes, " lost") {
		t.Errorf("standard error: %s", notes)
	}
	for name, check := range checks {
		if differs := check(); differs != "" {
			t.Errorf("%s: %s", name, differs)
		}
	}
}
