//go:build e2e && linux

package lab

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

// Call is a way of running docker pidns.
type Call struct {
	// Through is the command line before the subcommand. nil means docker pidns.
	Through []string
	// Env is added to the environment.
	Env   []string
	Stdin string
	// During, if set, is called with the process while it runs.
	During func(*os.Process)
}

// Answer is the result of a call.
type Answer struct {
	Line           string
	Stdout, Stderr string
	Status         int
	// OfFile is the first line of standard error if it says that the answer is from a snapshot.
	// Stderr is the rest.
	OfFile string
	took   time.Duration
}

// longest is the time after which a call counts as hanging.
const longest = time.Minute

// Run runs the command to its end. The test fails if it hangs.
func (c Call) Run(t testing.TB, args ...string) Answer {
	t.Helper()
	words := append([]string{"docker", "pidns"}, args...)
	if c.Through != nil {
		words = append(append([]string{}, c.Through...), args...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(environment(), c.Env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.Stdin), &stdout, &stderr
	cmd.WaitDelay = time.Second
	// A process group of its own: docker passes on only the signals of a test,
	// not those of the terminal.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	began := time.Now()
	err := cmd.Start()
	if err == nil && c.During != nil {
		c.During(cmd.Process)
	}
	if err == nil {
		err = cmd.Wait()
	}
	a := Answer{Line: strings.Join(words, " "), Stdout: stdout.String(), Stderr: stderr.String(), took: time.Since(began)}
	if line, rest, _ := strings.Cut(a.Stderr, "\n"); strings.HasPrefix(line, "from snapshot ") {
		a.OfFile, a.Stderr = line, rest
	}
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		t.Fatalf("%s hangs\n%s", a.Line, a)
	case errors.As(err, &exit):
		a.Status = exit.ExitCode()
	case err != nil:
		t.Fatalf("%s: %v", a.Line, err)
	}
	return a
}

// environment is the test's environment without variables that would make docker use another
// engine.
func environment() []string {
	env := []string{"DOCKER_CONFIG=" + Suite.dockerConfig, "DOCKER_HOST=" + Suite.Endpoint, "LC_ALL=C.UTF-8"}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "DOCKER_") && !strings.HasPrefix(entry, "LC_ALL=") {
			env = append(env, entry)
		}
	}
	return env
}

// PIDNS runs docker pidns.
func PIDNS(t testing.TB, args ...string) Answer {
	t.Helper()
	return Call{}.Run(t, args...)
}

// Ask runs docker pidns, which must succeed.
func Ask(t testing.TB, args ...string) Answer {
	t.Helper()
	return PIDNS(t, args...).WantStatus(t, 0)
}

// String is the command and what it wrote, for messages.
func (a Answer) String() string {
	return "$ " + a.Line + "\n" + a.Stdout + "stderr: " + a.Stderr
}

// WantStatus checks the exit status.
func (a Answer) WantStatus(t testing.TB, want int) Answer {
	t.Helper()
	if a.Status != want {
		t.Fatalf("exit status %d, want %d\n%s", a.Status, want, a)
	}
	return a
}

// Want checks that the output has each text.
func (a Answer) Want(t testing.TB, texts ...string) Answer {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.Stdout, text) {
			t.Errorf("standard output lacks %q\n%s", text, a)
		}
	}
	return a
}

// WantError checks that standard error has each text.
func (a Answer) WantError(t testing.TB, texts ...string) Answer {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.Stderr, text) {
			t.Errorf("standard error lacks %q\n%s", text, a)
		}
	}
	return a
}

// WantOneError checks that standard error is one line and has each text.
func (a Answer) WantOneError(t testing.TB, texts ...string) Answer {
	t.Helper()
	if strings.Count(a.Stderr, "\n") != 1 {
		t.Errorf("want one line on standard error\n%s", a)
	}
	return a.WantError(t, texts...)
}

// WantNothing checks that standard output is empty.
func (a Answer) WantNothing(t testing.TB) Answer {
	t.Helper()
	if a.Stdout != "" {
		t.Errorf("want nothing on standard output\n%s", a)
	}
	return a
}

// Row is a row of any list: the published keys.
type Row struct {
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

// String is the row as docker pidns wrote it, without keys that have no value.
func (r Row) String() string {
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

// Rows are the rows of --format json.
func (a Answer) Rows(t testing.TB) []Row { return Decoded[Row](t, a) }

// Decoded are the rows of --format json, one object per line.
func Decoded[T any](t testing.TB, a Answer) []T {
	t.Helper()
	var rows []T
	for line := range strings.Lines(a.Stdout) {
		var r T
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s\n%s", err, line, a)
		}
		rows = append(rows, r)
	}
	return rows
}

// AskRows asks for rows, which must succeed.
func AskRows(t testing.TB, args ...string) []Row {
	t.Helper()
	return Ask(t, append(args, "--format", "json")...).Rows(t)
}

// RowOf is the row of a host PID, which must exist exactly once.
func RowOf(t testing.TB, rows []Row, hostPID int) Row {
	t.Helper()
	var found []Row
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

// Value is the value of a key, for messages and comparisons.
func Value[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// Within checks that the answer did not take longer.
func (a Answer) Within(t *testing.T, limit time.Duration) Answer {
	t.Helper()
	if a.took > limit {
		t.Errorf("took %s, want less than %s\n%s", a.took, limit, a)
	}
	return a
}

// WantLine checks that the output is this one line.
func (a Answer) WantLine(t *testing.T, want string) {
	t.Helper()
	if a.Stdout != want+"\n" {
		t.Errorf("want the line %q\n%s", want, a)
	}
}

// WantNoWordOf checks that a word is nowhere in the answer, in any case.
func (a Answer) WantNoWordOf(t testing.TB, word string) Answer {
	t.Helper()
	if strings.Contains(strings.ToLower(a.Stdout+a.Stderr), word) {
		t.Errorf("the word %q, where nothing is\n%s", word, a)
	}
	return a
}
