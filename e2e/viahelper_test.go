//go:build e2e && linux

package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// Through a helper every command prints what it prints on the engine's own host at the same
// moment, and nothing is left but the image.
func TestViaHelper(t *testing.T) {
	t.Parallel()
	b := Run(t, "--user", "33", "--pids-limit", "50")
	joiner := Run(t, "--pid", "container:"+b.Name)
	zombie := onlyKey(t, leaveZombie(t, b))
	script := filepath.Join(ShortDir(t), "run.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntrap 'exit 0' TERM\nwhile :; do sleep 1 & wait $!; done\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	shell := Run(t, "--user", "33", "-v", script+":/run.sh:ro", "--", "/run.sh")
	for _, question := range [][]string{{"ns"}, {"signals"}, {"zombies", "--settle", "0"}, {"explain", b.Name}, {"host-pid", b.Name}, {"doctor", b.Name}, {"limits", b.Name}} {
		if len(question) == 1 || question[0] == "zombies" {
			question = append(question, b.Name, joiner.Name)
		}
		here := PIDNS(t, question...)
		there := PIDNS(t, append(question, "--via", "helper")...).WantStatus(t, here.Status).WantError(t, "helper: docker run --interactive --rm --name docker-pidns-helper-", "--cap-drop ALL --cap-add SYS_PTRACE")
		if question[0] != "limits" {
			wantSameAnswer(t, question, there, here)
		}
	}
	PIDNS(t, "signals", shell.Name, "--via", "helper").WantStatus(t, 0).Want(t, "stop it", "sh runs its trap for SIGTERM only between commands")
	rows := PIDNS(t, "tree", b.Name, "--via", "helper", "--format", "json").WantStatus(t, 0).Rows(t)
	wantExactly(t, rows, b)
	if r := RowOf(t, rows, zombie); Value(r.ExitCode) != 5 {
		t.Errorf("the zombie is %v", r)
	}
	PIDNS(t, "who", "--via", "helper", strconv.Itoa(b.PID())).WantStatus(t, 0).Want(t, b.Name)
	PIDNS(t, "version", "--via", "helper").WantStatus(t, 0).Want(t, "is the engine's: the helper that the engine has started is process")
}

// wantSameAnswer holds what was printed through a helper against what was printed here before,
// or is printed here now: meanwhile the engine can have forgotten exec sessions (256 events).
func wantSameAnswer(t *testing.T, question []string, there, before Answer) {
	t.Helper()
	// Commands to type next go through a helper too.
	got := fieldsWithoutTimes(strings.ReplaceAll(there.Stdout, " --via helper", ""))
	if got == fieldsWithoutTimes(before.Stdout) {
		return
	}
	if now := fieldsWithoutTimes(PIDNS(t, question...).Stdout); got != now {
		t.Errorf("%q:\n got %s\nwant %s", question, got, now)
	}
}

// An engine in a PID namespace of its own has other processes than this /proc. Its helper reads
// them, where this program refuses, and says what to type.
func TestViaHelperInAnotherPIDNamespace(t *testing.T) {
	t.Parallel()
	e := startOtherEngine(t, inOwnPIDNamespace...)
	there := Call{Env: []string{"DOCKER_HOST=" + e.host}}
	there.Run(t, "host-pid", e.name).WantStatus(t, 1).WantNothing(t).WantError(t, "a temporary helper container on the engine's host can read them", "docker pidns host-pid "+e.name+" --via helper")
	a := there.Run(t, "host-pid", e.name, "--via", "helper").WantStatus(t, 0).WantError(t, "helper: imported the image docker-pidns-helper:")
	if got := strings.TrimSpace(a.Stdout); got != e.hostPID {
		t.Errorf("got %s, and that engine says %s", got, e.hostPID)
	}
	rows := there.Run(t, "tree", "--via", "helper", "--format", "json").WantStatus(t, 0).Rows(t)
	if main := RowOf(t, rows, Atoi(e.hostPID)); main.Role != "main" || main.Container != e.name {
		t.Errorf("the main process is %v", main)
	}
	there.Run(t, "helper", "rm").WantStatus(t, 0).Want(t, "removed image ")
	there.Run(t, "helper", "rm").WantStatus(t, 0).WantLine(t, "Nothing to remove: the engine has no images or containers of helpers.")
	there.Run(t, "tree", "--via", "ssh").WantStatus(t, 125).WantNothing(t).WantError(t, "--via", "expected helper")
}
