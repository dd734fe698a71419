//go:build e2e && linux

package e2e

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// statement is a row of explain: the published keys.
type statement struct {
	Topic, Effect, Certainty, Text string
	Other                          *string
	ExitCode                       *int
}

func explained(t testing.TB, b *box, options ...string) []statement {
	t.Helper()
	return decoded[statement](t, ask(t, append(append([]string{"explain", "--format", "json"}, options...), b.name)...))
}

// says reports whether a statement of this topic and certainty holds the words.
func says(rows []statement, topic, certainty, words string) bool {
	return slices.ContainsFunc(rows, func(s statement) bool {
		return s.Topic == topic && s.Certainty == certainty && strings.Contains(s.Text, words)
	})
}

// ended waits until the container does not run.
func (b *box) ended() {
	b.t.Helper()
	eventually(b.t, b.name+" to end", func() bool { return b.inspect("{{.State.Running}}") == "false" })
}

// Why a container ended is told by how it was ended here.
func TestExplainTheEnd(t *testing.T) {
	for name, test := range map[string]struct {
		run                     []string
		end                     func(t *testing.T, b *box)
		topic, certainty, words string
		exit                    int
	}{
		"docker stop in vain": {[]string{"--stop-timeout", "1"}, func(t *testing.T, b *box) { docker(t, "stop", b.name) }, "end", "certain", "docker stop: SIGTERM had not ended it when SIGKILL followed", 137},
		"docker stop":         {[]string{"--init"}, func(t *testing.T, b *box) { b.eventuallyWith("sleep infinity"); docker(t, "stop", b.name) }, "end", "certain", "docker stop: it ended on SIGTERM", 143},
		"docker kill":         {nil, func(t *testing.T, b *box) { docker(t, "kill", b.name) }, "end", "certain", "docker kill: SIGKILL", 137},
		"kill on the host": {nil, func(t *testing.T, b *box) {
			if _, err := command("kill", "-9", strconv.Itoa(b.pid())); err != nil {
				t.Fatal(err)
			}
		}, "end", "likely", "SIGKILL came from outside of docker", 137},
		"by itself":     {[]string{"--", "sh", "-c", "sleep 0.2; exit 7"}, func(*testing.T, *box) {}, "end", "likely", "its main process ended by itself", 7},
		"no policy":     {[]string{"--", "true"}, func(*testing.T, *box) {}, "restart", "certain", "it has no restart policy", 0},
		"only failures": {[]string{"--restart", "on-failure", "--", "true"}, func(*testing.T, *box) {}, "restart", "certain", "on-failure restarts failures alone", 0},
		"tried in vain": {[]string{"--restart", "on-failure:1", "--", "false"}, func(t *testing.T, b *box) {
			eventually(t, "a retry", func() bool { return b.inspect("{{.RestartCount}}") == "1" })
		}, "restart", "certain", "on-failure has tried 1 times", 1},
		"stopped always": {[]string{"--restart", "always", "--stop-timeout", "0"}, func(t *testing.T, b *box) { docker(t, "kill", b.name) }, "restart", "likely", "it was stopped on purpose", 137},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, test.run...)
			test.end(t, b)
			b.ended()
			rows := explained(t, b)
			if !says(rows, test.topic, test.certainty, test.words) {
				t.Errorf("got %+v, want %q", rows, test.words)
			}
			if rows[0].ExitCode == nil || *rows[0].ExitCode != test.exit {
				t.Errorf("got %+v, want exit code %d", rows[0], test.exit)
			}
		})
	}
}

// What was never started says why.
func TestExplainWhatNeverRan(t *testing.T) {
	t.Parallel()
	b := create(t, "--", "no-such-program")
	if !says(explained(t, b), "end", "certain", "it has never run") {
		t.Errorf("got %+v", explained(t, b))
	}
	if _, err := command("docker", "start", b.name); err == nil {
		t.Fatal("a program that is not there was started")
	}
	if rows := explained(t, b); !says(rows, "end", "certain", "no-such-program") && !says(rows, "end", "certain", "127") {
		t.Errorf("got %+v", rows)
	}
}

// The forecast of what an end does to others, held against that end.
func TestExplainIfStopped(t *testing.T) {
	t.Parallel()
	owner := run(t, "--ipc", "shareable")
	onPID := runJoined(t, "--network", "none", "--pid", "container:"+owner.name, "--restart", "always")
	onNet := runJoined(t, "--network", "container:"+owner.name)
	onIPC := runJoined(t, "--network", "none", "--ipc", "container:"+owner.name)
	apart := run(t)
	effects := map[string]string{}
	for _, s := range explained(t, owner, "--if-stopped") {
		if s.Other == nil || s.Certainty != "certain" {
			t.Fatalf("got %+v", s)
		}
		effects[*s.Other] += s.Effect
	}
	want := map[string]string{onPID.name: "killed", onNet.name: "stale", onIPC.name: "stale"}
	if len(effects) != len(want) || effects[onPID.name] != "killed" || effects[onNet.name] != "stale" || effects[onIPC.name] != "stale" {
		t.Fatalf("got %v, want %v", effects, want)
	}
	for _, b := range []*box{onPID, apart} {
		if rows := explained(t, b, "--if-stopped"); len(rows) != 1 || rows[0].Effect != "none" || rows[0].Certainty != "certain" {
			t.Errorf("%s: got %+v", b.name, rows)
		}
	}
	docker(t, "stop", "-t", "0", owner.name)
	onPID.ended()
	docker(t, "start", owner.name)
	if exit := onPID.inspect("{{.State.ExitCode}} {{.State.OOMKilled}}"); exit != "137 false" && exit != "128 false" {
		t.Errorf("who joined its PID namespace exited with %s", exit)
	}
	if onPID.inspect("{{.State.Running}}") != "false" {
		t.Error("who joined its PID namespace came back by itself")
	}
	for _, b := range []*box{onNet, onIPC, apart} {
		if b.inspect("{{.State.Running}}") != "true" {
			t.Errorf("%s does not run any more", b.name)
		}
	}
	ask(t, "ns", onNet.name).want(t, "STALE ="+owner.name)
	ask(t, "ns", onIPC.name).want(t, "STALE ="+owner.name)
}

// Who dies with its PID namespace's owner is told so afterwards.
func TestExplainTheEndOfAJoiner(t *testing.T) {
	t.Parallel()
	owner := run(t)
	joiner := runJoined(t, "--network", "none", "--pid", "container:"+owner.name)
	if _, err := command("kill", "-9", strconv.Itoa(owner.pid())); err != nil {
		t.Fatal(err)
	}
	owner.ended()
	joiner.ended()
	if rows := explained(t, joiner); !says(rows, "end", "likely", "the PID namespace that it joined ended with "+owner.name) {
		t.Errorf("got %+v", rows)
	}
}

// Of a running container it says what docker inspect and the kernel say.
func TestExplainTheRunning(t *testing.T) {
	t.Parallel()
	b := run(t)
	joiner := runJoined(t, "--network", "none", "--pid", "container:"+b.name)
	var rows []statement
	eventually(t, "it to have settled", func() bool { rows = explained(t, b); return says(rows, "stop", "certain", "SIGTERM") })
	for _, want := range [][3]string{
		{"process", "certain", strconv.Itoa(b.pid()) + " there, 1 inside"},
		{"parent", "certain", "runc started it and exited"},
		{"orphans", "certain", "goes to PID 1 (sleep)"},
		{"kill", "certain", "kill -9 " + strconv.Itoa(b.pid()) + " on the host ends it"},
		{"kill", "certain", "kill -9 1 is ignored"},
		{"stop", "certain", "(SIGTERM) will wait 10s, then KILL (137)"},
		{"sharing", "certain", joiner.name + " joined it"},
		{"if-stopped", "certain", joiner.name + " dies with it"},
	} {
		if !says(rows, want[0], want[1], want[2]) {
			t.Errorf("%q is not said: %+v", want, rows)
		}
	}
	user := call{through: append(nobody(t), "docker", "pidns")}
	user.run(t, "explain", b.name).wantStatus(t, 0).want(t, "likely").wantError(t, "more can be told with root: sudo docker pidns explain")
	pidns(t, "explain", "no-such-container").wantStatus(t, 1).wantNothing(t).wantOneError(t, "no such container")
}

// A snapshot tells why a container had ended, as the engine does.
func TestExplainTheEndFromASnapshot(t *testing.T) {
	t.Parallel()
	b := run(t, "--stop-timeout", "1")
	docker(t, "stop", b.name)
	b.ended()
	file := filepath.Join(t.TempDir(), "host.json")
	ask(t, "snapshot", "--settle", "0", "-o", file)
	rows := explained(t, b, "--from", file)
	if !says(rows, "end", "certain", "docker stop: SIGTERM had not ended it when SIGKILL followed") {
		t.Errorf("got %+v", rows)
	}
}
