//go:build e2e && linux

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// call is a way of running docker pidns.
type call struct {
	// through is the program with what stands in front of the subcommand; nil
	// is docker pidns.
	through []string
	// env is added to the environment.
	env   []string
	stdin string
	// during, if set, is called with the process while it runs.
	during func(*os.Process)
}

// answer is what came of it.
type answer struct {
	line           string
	stdout, stderr string
	status         int
	took           time.Duration
}

// longest is the time after which an answer is said to hang.
const longest = time.Minute

func (c call) run(t testing.TB, args ...string) answer {
	t.Helper()
	words := append([]string{"docker", "pidns"}, args...)
	if c.through != nil {
		words = append(append([]string{}, c.through...), args...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(environment(), c.env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.stdin), &stdout, &stderr
	cmd.WaitDelay = time.Second
	// A process group of its own: docker passes on only the signals of a test,
	// not those of the terminal.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	began := time.Now()
	err := cmd.Start()
	if err == nil && c.during != nil {
		c.during(cmd.Process)
	}
	if err == nil {
		err = cmd.Wait()
	}
	a := answer{line: strings.Join(words, " "), stdout: stdout.String(), stderr: stderr.String(), took: time.Since(began)}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		t.Fatalf("%s hangs\n%s", a.line, a)
	case errors.As(err, &exit):
		a.status = exit.ExitCode()
	case err != nil:
		t.Fatalf("%s: %v", a.line, err)
	}
	return a
}

// environment is the test's own without what would steer docker elsewhere.
func environment() []string {
	env := []string{"DOCKER_CONFIG=" + suite.dockerConfig, "DOCKER_HOST=" + suite.endpoint, "LC_ALL=C.UTF-8"}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "DOCKER_") && !strings.HasPrefix(entry, "LC_ALL=") {
			env = append(env, entry)
		}
	}
	return env
}

// pidns runs docker pidns.
func pidns(t testing.TB, args ...string) answer {
	t.Helper()
	return call{}.run(t, args...)
}

// ask runs docker pidns, which has to succeed.
func ask(t testing.TB, args ...string) answer {
	t.Helper()
	return pidns(t, args...).wantStatus(t, 0)
}

func (a answer) String() string {
	return "$ " + a.line + "\n" + a.stdout + "stderr: " + a.stderr
}

func (a answer) wantStatus(t testing.TB, want int) answer {
	t.Helper()
	if a.status != want {
		t.Fatalf("exit status %d, want %d\n%s", a.status, want, a)
	}
	return a
}

// want checks that the output has each text.
func (a answer) want(t testing.TB, texts ...string) answer {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.stdout, text) {
			t.Errorf("standard output lacks %q\n%s", text, a)
		}
	}
	return a
}

// wantError checks that standard error has each text.
func (a answer) wantError(t testing.TB, texts ...string) answer {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.stderr, text) {
			t.Errorf("standard error lacks %q\n%s", text, a)
		}
	}
	return a
}

// wantOneError checks that standard error is one line and has each text.
func (a answer) wantOneError(t testing.TB, texts ...string) answer {
	t.Helper()
	if strings.Count(a.stderr, "\n") != 1 {
		t.Errorf("want one line on standard error\n%s", a)
	}
	return a.wantError(t, texts...)
}

// wantNothing checks that standard output is empty.
func (a answer) wantNothing(t testing.TB) answer {
	t.Helper()
	if a.stdout != "" {
		t.Errorf("want nothing on standard output\n%s", a)
	}
	return a
}

// row is a row of any list: the published keys.
type row struct {
	Host, Container, ContainerID string
	HostPID                      int
	ContainerPID                 *int
	PIDs                         []int
	ParentHostPID                int
	UID                          *int
	HostUID                      int
	State                        string
	Threads                      int
	MainThreadExited             bool
	StartedAt                    time.Time
	ElapsedSeconds               float64
	Role                         string
	NSInit                       bool
	ExecID                       *string
	Zombie                       bool
	Exit                         *string
	ExitCode                     *int
	Signal                       *string
	CoreDumped                   *bool
	Comm, Command                string
	Args                         []string
	Absent                       map[string]string

	Parent             string
	ParentContainer    *string
	ParentContainerPID *int
	Origin             string
	OriginCertainty    string
	Cause              string
	InitCures          string
	SeenFirst          time.Time
	SeenLast           time.Time

	StartedBy          string
	Processes, Zombies *int
}

// String is the row as the product wrote it, but for keys without a value.
func (r row) String() string {
	data, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	var keys map[string]any
	if err := json.Unmarshal(data, &keys); err != nil {
		return err.Error()
	}
	maps.DeleteFunc(keys, func(_ string, v any) bool { return v == nil || v == "" || v == "0001-01-01T00:00:00Z" })
	return fmt.Sprint(keys)
}

// rows are those of --format json.
func (a answer) rows(t testing.TB) []row { return decoded[row](t, a) }

// decoded are the rows of --format json, one object a line.
func decoded[T any](t testing.TB, a answer) []T {
	t.Helper()
	var rows []T
	for line := range strings.Lines(a.stdout) {
		var r T
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s\n%s", err, line, a)
		}
		rows = append(rows, r)
	}
	return rows
}

// askRows asks for rows, which has to succeed.
func askRows(t testing.TB, args ...string) []row {
	t.Helper()
	return ask(t, append(args, "--format", "json")...).rows(t)
}

// rowOf is the row of a host PID, which has to be there once.
func rowOf(t testing.TB, rows []row, hostPID int) row {
	t.Helper()
	var found []row
	for _, r := range rows {
		if r.HostPID == hostPID {
			found = append(found, r)
		}
	}
	if len(found) != 1 {
		t.Fatalf("host PID %d has %d rows, want 1: %+v", hostPID, len(found), rows)
	}
	return found[0]
}

// value is what a key holds, for messages and comparisons.
func value[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}
