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

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// A question that cannot be answered is a line on standard error and exit status 1, and does not
// affect the other answers.
func TestContainersThatAreNotThere(t *testing.T) {
	t.Parallel()
	good := Run(t)
	exited := Run(t, "--", "sh", "-c", "exit 3")
	killed := Run(t)
	Docker(t, "kill", killed.Name)
	created := Create(t)
	unknown := "e2e-" + Random()
	for _, b := range []*Box{exited, killed} {
		Eventually(t, "the end of "+b.Name, func() bool { return b.Inspect("{{.State.Status}}") == "exited" })
	}
	for name, says := range map[string]string{
		unknown:      "no such container: " + unknown,
		exited.Name:  exited.Name + " is not running: exited (3) ",
		exited.ID:    exited.Name + " is not running: exited (3) ",
		killed.Name:  killed.Name + " is not running: exited (137, SIGKILL) ",
		created.Name: created.Name + " is not running: it was never started",
	} {
		for _, command := range []string{"tree", "zombies"} {
			PIDNS(t, command, name).WantStatus(t, 1).WantOneError(t, says)
			rows := PIDNS(t, command, name, good.Name, "--format", "json").WantStatus(t, 1).WantOneError(t, says).Rows(t)
			if command == "tree" {
				wantExactly(t, rows, good)
			}
		}
		PIDNS(t, "host-pid", name).WantStatus(t, 1).WantNothing(t).WantOneError(t, says)
		PIDNS(t, "host-pid", name, "1").WantStatus(t, 1).WantNothing(t).WantOneError(t, says)
		if a := PIDNS(t, "zombies", name); strings.Contains(a.Stdout, "No zombies") {
			t.Errorf("an all-clear for what was not looked at\n%s", a)
		}
	}
	PIDNS(t, "tree", exited.Name).WantError(t, " ago")
}

func TestAmbiguousPrefix(t *testing.T) {
	t.Parallel()
	good := Run(t)
	first := map[string]*Box{}
	// With 17 IDs, two have the same first of 16 digits.
	for {
		b := Create(t)
		other, taken := first[b.ID[:1]]
		if !taken {
			first[b.ID[:1]] = b
			continue
		}
		for _, command := range []string{"tree", "zombies", "host-pid"} {
			PIDNS(t, command, b.ID[:1]).WantStatus(t, 1).WantOneError(t, b.ID[:1]+" is ambiguous", b.Name, other.Name)
		}
		rows := PIDNS(t, "tree", b.ID[:1], good.Name, "--format", "json").WantStatus(t, 1).Rows(t)
		wantExactly(t, rows, good)
		return
	}
}

// It is not run beside other tests: containers of podman would be found without an engine.
func TestNobodyServesTheSocket(t *testing.T) {
	dir := ShortDir(t)
	// A socket file whose server is gone, a missing socket file, a closed port.
	left := filepath.Join(dir, "left.sock")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: left})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	_ = listener.Close()
	for _, host := range []string{"unix://" + left, "unix://" + filepath.Join(dir, "none.sock"), "tcp://127.0.0.1:1"} {
		for _, args := range [][]string{{"tree"}, {"tree", "demo"}, {"zombies"}, {"zombies", "--exit-code"}, {"host-pid"}, {"host-pid", "demo"}, {"host-pid", "demo", "1"}, {"snapshot"}} {
			status := 1
			if len(args) > 1 && args[1] == "--exit-code" {
				status = 4 // whether there are zombies could not be determined
			}
			Call{Env: []string{"DOCKER_HOST=" + host}}.Run(t, args...).WantStatus(t, status).WantNothing(t).Within(t, 10*time.Second).
				WantOneError(t, "no engine answers at "+host)
		}
	}
}

// The process that serves this socket could forward to an engine anywhere, so nothing is
// reported while it is silent. For an engine on this host, see TestStoppedDaemon.
func TestSilentStranger(t *testing.T) {
	t.Parallel()
	b := Run(t)
	silent := Call{Env: []string{"DOCKER_HOST=unix://" + serve(t, func(io.ReadWriteCloser) {})}}
	for _, args := range [][]string{{"tree"}, {"zombies"}, {"host-pid"}, {"host-pid", b.Name}} {
		silent.Run(t, append(args, "--timeout", "500ms")...).Within(t, 10*time.Second).WantStatus(t, 1).WantNothing(t).WantOneError(t, "did not answer", "500ms")
	}
}

// serve listens on a unix socket until the test ends, and gives each connection to handle. The
// connection is closed with the test.
func serve(t *testing.T, handle func(io.ReadWriteCloser)) string {
	t.Helper()
	path := filepath.Join(ShortDir(t), "s")
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
	b := Run(t)
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"tree", "--format", "{{.HostPID"}, 125, "--format"},
		{[]string{"tree", "--format", "{{.Nope}}", b.Name}, 125, "Nope"},
		{[]string{"zombies", "--format", "{{.HostPID"}, 125, "--format"},
		{[]string{"host-pid", "--format", "{{.Nope}}", b.Name}, 125, "Nope"},
		{[]string{"tree", "--filter", "colour=red"}, 125, `unknown filter "colour"`},
		{[]string{"tree", "--filter", "name"}, 125, "filter"},
		{[]string{"tree", "--quiet", "--format", "json"}, 125, "--quiet"},
		{[]string{"tree", "--bogus"}, 125, "--bogus"},
		{[]string{"zombies", "--settle", "soon"}, 125, "--settle"},
		{[]string{"zombies", "--settle", "-1s"}, 125, "--settle"},
		{[]string{"tree", "--timeout", "0"}, 125, "--timeout"},
		{[]string{"tree", "--proc", "/nowhere"}, 1, "/nowhere"},
		{[]string{"bogus"}, 125, "bogus"},
		{[]string{"version", "bogus"}, 125, "version"},
		{[]string{"snapshot", "bogus"}, 1, "no such container: bogus"},
		{[]string{"snapshot", "-o", "/nowhere/file"}, 1, "/nowhere"},
		{[]string{"host-pid", b.Name, "zero"}, 125, `"zero"`},
		{[]string{"host-pid", b.Name, "0"}, 125, `"0"`},
	} {
		a := PIDNS(t, c.args...).WantNothing(t).WantError(t, c.says)
		if a.Status != c.status {
			t.Errorf("exit status %d, want %d\n%s", a.Status, c.status, a)
		}
		if strings.Contains(a.Stderr, "panic") || strings.Contains(a.Stderr, "goroutine") {
			t.Errorf("panics\n%s", a)
		}
	}
}

func TestCapturesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := ShortDir(t)
	whole := Ask(t, "snapshot", "--settle", "0").Stdout
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
		write("cut", whole[:len(whole)/2]):         "it is cut or damaged",
		write("cut-by-one", whole[:len(whole)-2]):  "it is cut or damaged",
		write("twice", whole+whole):                "it is cut or damaged",
		write("empty", ""):                         "it is cut or damaged",
		write("other", `{"Containers": []}`):       "it is not a snapshot of docker pidns",
		write("newer", newer):                      "newer schema",
		filepath.Join(dir, "none"):                 "no such file",
		write("text", "HOST PID\n1\n"):             "expected JSON from docker pidns snapshot",
		write("older-minor", whole+" \n"):          "",
		write("newer-minor", minor(whole, "1.99")): "",
	} {
		for _, command := range []string{"tree", "zombies", "host-pid"} {
			a := PIDNS(t, command, "--from", path)
			if says == "" {
				a.WantStatus(t, 0)
				continue
			}
			a.WantStatus(t, 1).WantNothing(t).WantOneError(t, says, path)
		}
	}
}

// minor is the capture as a later minor version with one more key would write it.
func minor(capture, version string) string {
	_, rest, _ := strings.Cut(capture, ",")
	return fmt.Sprintf(`{"Schema":%q,"KeyOfTheFuture":{"a":[1]},%s`, version, rest)
}

// If the reader has exited, that is not an error.
func TestClosedPipe(t *testing.T) {
	t.Parallel()
	b := Run(t, "--", "sh", "-c", "for i in $(seq 200); do sleep 777 & done; wait")
	settled(t, b, 201)
	for _, through := range []string{"docker pidns", Suite.Plugin} {
		// Each loop's reader has exited before the next line is written.
		for _, reader := range []string{"head -1", "true"} {
			for _, args := range []string{"tree --no-trunc", "tree --format json", "tree -q"} {
				script := fmt.Sprintf("%s %s %s | %s >/dev/null", through, args, b.Name, reader)
				a := Call{Through: []string{"sh", "-c", script}}.Run(t).WantStatus(t, 0)
				if a.Stderr != "" {
					t.Errorf("a closed pipe is no error\n%s", a)
				}
			}
		}
	}
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	b := Run(t)
	b.Leave("exit 5")
	b.Zombies(1)
	for name, through := range map[string][]string{"plugin": nil, "standalone": {Suite.Plugin}} {
		for _, whole := range []bool{false, true} {
			c := Call{Through: through, During: func(p *os.Process) {
				interruptWhenItWaits(t, p, whole)
			}}
			a := c.Run(t, "zombies", "--settle", "30s", b.Name).Within(t, 10*time.Second).WantNothing(t)
			if a.Status != 130 {
				t.Errorf("%s, whole group %v: exit status %d, want 130\n%s", name, whole, a.Status, a)
			}
		}
	}
}

// interruptWhenItWaits sends SIGINT when the program has started to wait, to the process alone
// or, as a terminal does, to the whole group.
func interruptWhenItWaits(t *testing.T, p *os.Process, group bool) {
	t.Helper()
	pluginWaits := func() bool {
		for _, pid := range AllPIDs(t) {
			q, ok := ReadProcess(pid)
			// Its engine connections are made and its processes read when it
			// sleeps for some time.
			if ok && (q.PID == p.Pid || q.PPID == p.Pid) && q.Comm == "docker-pidns" && sleepsFor(q, 500*time.Millisecond) {
				return true
			}
		}
		return false
	}
	Eventually(t, "docker-pidns to wait", pluginWaits)
	pid := p.Pid
	if group {
		pid = -pid
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
}

// sleepsFor reports whether a process uses no processor for a while.
func sleepsFor(p Process, d time.Duration) bool {
	before := p.Ticks
	for until := time.Now().Add(d); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		now, ok := ReadProcess(p.PID)
		if !ok || now.Ticks != before {
			return false
		}
	}
	return true
}
