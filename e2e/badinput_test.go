//go:build e2e && linux

package e2e

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What was asked for and cannot be answered is a line on standard error and
// exit status 1, and takes nothing from the rest.
func TestContainersThatAreNotThere(t *testing.T) {
	t.Parallel()
	good := run(t)
	exited := run(t, "--", "sh", "-c", "exit 3")
	killed := run(t)
	docker(t, "kill", killed.name)
	created := create(t)
	unknown := "e2e-" + random()
	for _, b := range []*box{exited, killed} {
		eventually(t, "the end of "+b.name, func() bool { return b.inspect("{{.State.Status}}") == "exited" })
	}
	for name, says := range map[string]string{
		unknown:      "no such container: " + unknown,
		exited.name:  exited.name + " is not running: exited (3) ",
		exited.id:    exited.name + " is not running: exited (3) ",
		killed.name:  killed.name + " is not running: exited (137) ",
		created.name: created.name + " is not running: it was never started",
	} {
		for _, command := range []string{"tree", "zombies"} {
			pidns(t, command, name).wantStatus(t, 1).wantOneError(t, says)
			rows := pidns(t, command, name, good.name, "--format", "json").wantStatus(t, 1).wantOneError(t, says).rows(t)
			if command == "tree" {
				wantExactly(t, rows, good)
			}
		}
		pidns(t, "host-pid", name).wantStatus(t, 1).wantNothing(t).wantOneError(t, says)
		pidns(t, "host-pid", name, "1").wantStatus(t, 1).wantNothing(t).wantOneError(t, says)
		if a := pidns(t, "zombies", name); strings.Contains(a.stdout, "No zombies") {
			t.Errorf("an all-clear for what was not looked at\n%s", a)
		}
	}
	pidns(t, "tree", exited.name).wantError(t, " ago")
}

func TestAmbiguousPrefix(t *testing.T) {
	t.Parallel()
	good := run(t)
	first := map[string]*box{}
	// With 17 IDs two begin with the same of 16 digits.
	for {
		b := create(t)
		other, taken := first[b.id[:1]]
		if !taken {
			first[b.id[:1]] = b
			continue
		}
		for _, command := range []string{"tree", "zombies", "host-pid"} {
			pidns(t, command, b.id[:1]).wantStatus(t, 1).wantOneError(t, b.id[:1]+" is ambiguous", b.name, other.name)
		}
		rows := pidns(t, "tree", b.id[:1], good.name, "--format", "json").wantStatus(t, 1).rows(t)
		wantExactly(t, rows, good)
		return
	}
}

func TestNobodyServesTheSocket(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	// A socket file of which the server is gone, none at all, a closed port.
	left := filepath.Join(dir, "left.sock")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: left})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	_ = listener.Close()
	for _, host := range []string{"unix://" + left, "unix://" + filepath.Join(dir, "none.sock"), "tcp://127.0.0.1:1"} {
		for _, args := range [][]string{{"tree"}, {"tree", "demo"}, {"zombies"}, {"zombies", "--exit-code"}, {"host-pid"}, {"host-pid", "demo"}, {"host-pid", "demo", "1"}, {"snapshot"}} {
			call{env: []string{"DOCKER_HOST=" + host}}.run(t, args...).wantStatus(t, 1).wantNothing(t).within(t, 10*time.Second).
				wantOneError(t, "no engine answers at "+host)
		}
	}
}

// shortDir is a temporary folder with a path short enough for a socket's.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Dir(suite.dockerConfig), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// Who serves this socket could pass it on to an engine anywhere, so nothing is
// said of it while it is silent. For one that is here, see TestStoppedDaemon.
func TestSilentStranger(t *testing.T) {
	t.Parallel()
	b := run(t)
	silent := call{env: []string{"DOCKER_HOST=unix://" + serve(t, func(io.ReadWriteCloser) {})}}
	for _, args := range [][]string{{"tree"}, {"zombies"}, {"host-pid"}, {"host-pid", b.name}} {
		silent.run(t, append(args, "--timeout", "500ms")...).within(t, 10*time.Second).wantStatus(t, 1).wantNothing(t).wantOneError(t, "did not answer", "500ms")
	}
}

// serve listens on a unix socket until the test ends, and gives each
// connection to handle; it is closed with the test.
func serve(t *testing.T, handle func(io.ReadWriteCloser)) string {
	t.Helper()
	path := filepath.Join(shortDir(t), "s")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			go handle(conn)
		}
	}()
	return path
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	b := run(t)
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"tree", "--format", "{{.HostPID"}, 1, "--format"},
		{[]string{"tree", "--format", "{{.Nope}}", b.name}, 1, "Nope"},
		{[]string{"zombies", "--format", "{{.HostPID"}, 1, "--format"},
		{[]string{"host-pid", "--format", "{{.Nope}}", b.name}, 1, "Nope"},
		{[]string{"tree", "--filter", "colour=red"}, 1, `unknown filter "colour"`},
		{[]string{"tree", "--filter", "name"}, 125, "filter"},
		{[]string{"tree", "--quiet", "--format", "json"}, 1, "--quiet"},
		{[]string{"tree", "--bogus"}, 125, "--bogus"},
		{[]string{"zombies", "--settle", "soon"}, 125, "--settle"},
		{[]string{"zombies", "--settle", "-1s"}, 1, "--settle"},
		{[]string{"tree", "--timeout", "0"}, 1, "--timeout"},
		{[]string{"tree", "--proc", "/nowhere"}, 1, "/nowhere"},
		{[]string{"bogus"}, 1, "bogus"},
		{[]string{"version", "bogus"}, 1, "version"},
		{[]string{"snapshot", "bogus"}, 1, "snapshot"},
		{[]string{"snapshot", "-o", "/nowhere/file"}, 1, "/nowhere"},
		{[]string{"host-pid", b.name, "zero"}, 1, `"zero"`},
		{[]string{"host-pid", b.name, "0"}, 1, `"0"`},
	} {
		a := pidns(t, c.args...).wantNothing(t).wantError(t, c.says)
		if a.status != c.status {
			t.Errorf("exit status %d, want %d\n%s", a.status, c.status, a)
		}
		if strings.Contains(a.stderr, "panic") || strings.Contains(a.stderr, "goroutine") {
			t.Errorf("panics\n%s", a)
		}
	}
}

func TestCapturesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := shortDir(t)
	whole := ask(t, "snapshot", "--settle", "0").stdout
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	newer := strings.Replace(whole, `"Schema":"1.`, `"Schema":"2.`, 1)
	if newer == whole {
		t.Fatalf("no schema version 1 in %.100s", whole)
	}
	for path, says := range map[string]string{
		write("cut", whole[:len(whole)/2]):         "it is not whole",
		write("cut-by-one", whole[:len(whole)-2]):  "it is not whole",
		write("twice", whole+whole):                "it is not whole",
		write("empty", ""):                         "it is not whole",
		write("other", `{"Containers": []}`):       "none of docker pidns",
		write("newer", newer):                      "newer schema",
		filepath.Join(dir, "none"):                 "no such file",
		write("text", "HOST PID\n1\n"):             "it is not whole",
		write("older-minor", whole+" \n"):          "",
		write("newer-minor", minor(whole, "1.99")): "",
	} {
		for _, command := range []string{"tree", "zombies", "host-pid"} {
			a := pidns(t, command, "--from", path)
			if says == "" {
				a.wantStatus(t, 0)
				continue
			}
			a.wantStatus(t, 1).wantNothing(t).wantOneError(t, says, path)
		}
	}
}

// minor is the capture as a later version with one key more would write it.
func minor(capture, version string) string {
	_, rest, _ := strings.Cut(capture, ",")
	return fmt.Sprintf(`{"Schema":%q,"KeyOfTheFuture":{"a":[1]},%s`, version, rest)
}

// A reader that has seen enough is nobody's error.
func TestClosedPipe(t *testing.T) {
	t.Parallel()
	b := run(t, "--", "sh", "-c", "for i in $(seq 200); do sleep 777 & done; wait")
	settled(t, b, 201)
	for _, through := range []string{"docker pidns", suite.plugin} {
		// Each loop's reader is gone before the next line is written.
		for _, reader := range []string{"head -1", "true"} {
			for _, args := range []string{"tree --no-trunc", "tree --format json", "tree -q"} {
				script := fmt.Sprintf("%s %s %s | %s >/dev/null", through, args, b.name, reader)
				a := call{through: []string{"sh", "-c", script}}.run(t).wantStatus(t, 0)
				if a.stderr != "" {
					t.Errorf("a closed pipe is no error\n%s", a)
				}
			}
		}
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	b := run(t)
	b.leave("exit 5")
	b.zombies(1)
	for name, through := range map[string][]string{"plugin": nil, "standalone": {suite.plugin}} {
		for _, whole := range []bool{false, true} {
			c := call{through: through, during: func(p *os.Process) {
				interruptWhenItWaits(t, p, whole)
			}}
			a := c.run(t, "zombies", "--settle", "30s", b.name).within(t, 10*time.Second).wantNothing(t)
			if a.status != 130 {
				t.Errorf("%s, whole group %v: exit status %d, want 130\n%s", name, whole, a.status, a)
			}
		}
	}
}

// interruptWhenItWaits sends SIGINT, to the process alone or as a terminal
// does to the whole group, when the program that waits has begun to wait.
func interruptWhenItWaits(t *testing.T, p *os.Process, group bool) {
	t.Helper()
	pluginWaits := func() bool {
		for _, pid := range allPIDs(t) {
			q, ok := readProcess(pid)
			// Its engine connections are made and its processes read when it
			// sleeps for some time.
			if ok && (q.pid == p.Pid || q.ppid == p.Pid) && q.comm == "docker-pidns" && sleepsFor(q, 500*time.Millisecond) {
				return true
			}
		}
		return false
	}
	eventually(t, "docker-pidns to wait", pluginWaits)
	pid := p.Pid
	if group {
		pid = -pid
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
}

// sleepsFor reports whether a process uses no processor for a while.
func sleepsFor(p process, d time.Duration) bool {
	before := p.ticks
	for until := time.Now().Add(d); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		now, ok := readProcess(p.pid)
		if !ok || now.ticks != before {
			return false
		}
	}
	return true
}
