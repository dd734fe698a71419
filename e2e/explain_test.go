//go:build e2e && linux

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
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

// killed kills the main process from the host.
func (b *box) killed() {
	b.t.Helper()
	if _, err := command("kill", "-9", strconv.Itoa(b.pid())); err != nil {
		b.t.Fatal(err)
	}
}

// fillMemory doubles a string until there is no memory left. The engine does not hear of
// every kill in a container that ends at once, so one that survives lives on for a while.
const fillMemory = `x=a; while :; do x=$x$x; done`

// ending is a way to end a container, with what is to be said of it.
type ending struct {
	run                     []string
	end                     func(t *testing.T, b *box)
	topic, certainty, words string
	exit                    int
}

func byItself(*testing.T, *box) {}

// Why a container ended is told by how it was ended here.
func TestExplainTheEnd(t *testing.T) {
	stop := func(t *testing.T, b *box) { docker(t, "stop", b.name) }
	kill := func(t *testing.T, b *box) { docker(t, "kill", b.name) }
	for name, test := range map[string]ending{
		"docker stop in vain": {[]string{"--stop-timeout", "1"}, stop, "end", "certain", "docker stop: SIGTERM had not ended it when SIGKILL followed", 137},
		"docker stop": {[]string{"--init"}, func(t *testing.T, b *box) { b.eventuallyWith("sleep infinity"); stop(t, b) },
			"end", "certain", "docker stop: it ended on SIGTERM", 143},
		"docker kill":           {nil, kill, "end", "certain", "docker kill: SIGKILL", 137},
		"kill on the host":      {nil, func(_ *testing.T, b *box) { b.killed() }, "end", "likely", "SIGKILL came from outside of docker: from the host, as the kernel protects PID 1", 137},
		"by itself":             {[]string{"--", "sh", "-c", "sleep 0.2; exit 7"}, byItself, "end", "likely", "its main process ended by itself", 7},
		"the OOM killer":        {[]string{"--memory", "16m", "--", "sh", "-c", fillMemory}, byItself, "end", "certain", "the kernel's OOM killer struck: it used more memory than it may", 137},
		"the OOM killer before": {[]string{"--memory", "16m", "--", "sh", "-c", "sh -c '" + fillMemory + "'; sleep 3; exit 5"}, byItself, "end", "certain", "the kernel's OOM killer struck another of its processes", 5},
		"a child's fault":       {[]string{"--", "sh", "-c", "sh -c 'kill -SEGV $$'; exit $?"}, byItself, "end", "likely", "a fault of its own program, or of one that it started: SIGSEGV", 139},
		"a word for SIGTERM":    {[]string{"--", "sh", "-c", "exit 143"}, byItself, "end", "likely", "SIGTERM alone does not end the init of a PID namespace", 143},
		"125":                   {[]string{"--", "sh", "-c", "exit 125"}, byItself, "end", "certain", "that what should start a program has failed", 125},
		"126":                   {[]string{"--", "sh", "-c", "exit 126"}, byItself, "end", "certain", "that a command was found and could not be executed", 126},
		"127":                   {[]string{"--", "sh", "-c", "no-such-program"}, byItself, "end", "certain", "that a command was not found", 127},
		"128":                   {[]string{"--", "sh", "-c", "exit 128"}, byItself, "end", "certain", "a wrong argument to exit", 128},
		"255":                   {[]string{"--", "sh", "-c", "exit 255"}, byItself, "end", "certain", "or the engine lost it", 255},
		"no policy":             {[]string{"--", "true"}, byItself, "restart", "certain", "it has no restart policy", 0},
		"only failures":         {[]string{"--restart", "on-failure", "--", "true"}, byItself, "restart", "certain", "on-failure restarts failures alone", 0},
		"tried in vain":         {[]string{"--restart", "on-failure:3", "--", "false"}, retried(3), "restart", "certain", "on-failure has tried 3 times, and given up", 1},
		"stopped, always":       {[]string{"--restart", "always"}, kill, "restart", "likely", "it was stopped on purpose", 137},
		"stopped, but for that": {[]string{"--restart", "unless-stopped"}, kill, "restart", "likely", "its restart policy is unless-stopped: it was stopped on purpose", 137},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := run(t, test.run...)
			test.end(t, b)
			b.ended()
			rows := explained(t, b)
			if strings.Contains(name, "OOM") { // of which the engine may hear after the end
				eventually(t, test.words, func() bool {
					rows = explained(t, b)
					return says(rows, test.topic, test.certainty, test.words)
				})
			}
			if !says(rows, test.topic, test.certainty, test.words) {
				t.Errorf("got %+v, want %q", rows, test.words)
			}
			if rows[0].ExitCode == nil || *rows[0].ExitCode != test.exit {
				t.Errorf("got %+v, want exit code %d", rows[0], test.exit)
			}
			if test.certainty == "likely" && test.topic == "end" && says(rows, "end", "certain", "docker stop") {
				t.Errorf("docker was not asked: %+v", rows)
			}
		})
	}
}

// retried waits until the restart policy has started the container so often.
func retried(times int) func(*testing.T, *box) {
	return func(t *testing.T, b *box) {
		eventually(t, "a retry", func() bool { return b.inspect("{{.RestartCount}}") == strconv.Itoa(times) })
	}
}

// The OOM killer takes one process and PID 1 goes on: that is told while it runs, and
// afterwards it is not held for the cause.
func TestExplainAnOOMKillThatWasSurvived(t *testing.T) {
	t.Parallel()
	b := run(t, "--memory", "16m", "--stop-timeout", "3", "--", "sh", "-c", "sh -c '"+fillMemory+"'; exec sleep 941")
	b.eventuallyWith("sleep 941")
	eventually(t, "the engine to have heard of it", func() bool {
		return says(explained(t, b), "history", "certain", "the kernel's OOM killer struck in it")
	})
	docker(t, "stop", b.name)
	rows := explained(t, b)
	for _, want := range []string{"the kernel's OOM killer struck another of its processes", "docker stop: SIGTERM had not ended it"} {
		if !says(rows, "end", "certain", want) {
			t.Errorf("%q is not said: %+v", want, rows)
		}
	}
}

// A crash loop is explained while it waits and while it runs.
func TestExplainACrashLoop(t *testing.T) {
	t.Parallel()
	b := run(t, "--restart", "always", "--", "sh", "-c", "sleep 2; exit 3")
	waits := func(rows []statement) bool {
		return says(rows, "restart", "certain", "its restart policy (always) waits a while and starts it again") && says(rows, "end", "certain", "it exited with 3")
	}
	runs := func(rows []statement) bool {
		return says(rows, "history", "certain", "its restart policy (always) has started it again") && says(rows, "history", "certain", "after one that exited with 3")
	}
	for what, holds := range map[string]func([]statement) bool{"what is said while it waits": waits, "what is said while it runs": runs} {
		eventually(t, what, func() bool {
			// It may end in mid-reading, which is said and is no answer.
			a := pidns(t, "explain", "--format", "json", b.name)
			return a.status == 0 && holds(decoded[statement](t, a))
		})
	}
}

// What kill -9 does from the host is foretold with the restart policy in mind.
func TestExplainKillOfWhatIsRestarted(t *testing.T) {
	t.Parallel()
	always, never := run(t, "--restart", "always"), run(t)
	for b, words := range map[*box]string{always: "its restart policy (always) starts " + always.name + " again", never: never.name + " is Exited (137)"} {
		if rows := explained(t, b); !says(rows, "kill", "certain", words) {
			t.Errorf("%q is not said: %+v", words, rows)
		}
		b.killed()
	}
	retried(1)(t, always)
	never.ended()
	if got := never.inspect("{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}"); got != "exited 137 0" {
		t.Errorf("without a policy: %s", got)
	}
}

// A paused container: what kill -9 does to it by the freezer's version is what happens.
func TestExplainKillOfThePaused(t *testing.T) {
	t.Parallel()
	b := run(t)
	docker(t, "pause", b.name)
	t.Cleanup(func() { _, _ = command("docker", "unpause", b.name) })
	rows := explained(t, b)
	if !says(rows, "kill", "certain", "is refused while it is paused") {
		t.Errorf("got %+v", rows)
	}
	if _, err := command("docker", "exec", b.name, "true"); err == nil {
		t.Error("docker exec was not refused")
	}
	held := says(rows, "kill", "certain", "ends it only when it is unpaused")
	main := b.pid()
	b.killed()
	if held {
		if p, alive := readProcess(main); !alive || p.state == "Z" {
			t.Error("it died although it is paused")
		}
		docker(t, "unpause", b.name)
	}
	b.ended()
	if p, alive := readProcess(main); alive && p.state != "Z" {
		t.Errorf("it lives: %+v", p)
	}
	if got := b.inspect("{{.State.ExitCode}}"); got != "137" {
		t.Errorf("it exited with %s", got)
	}
}

// Where the engine's events do not reach back, what state and policy tell is said,
// and never for certain.
func TestExplainTheEndWithoutEvents(t *testing.T) {
	t.Parallel()
	b, other := run(t, "--restart", "always"), run(t)
	docker(t, "kill", b.name, other.name)
	b.ended()
	other.ended()
	file := filepath.Join(t.TempDir(), "host.json")
	ask(t, "snapshot", "--settle", "0", "-o", file)
	editCapture(t, file, func(capture map[string]any) { delete(capture, "Events") })
	rows := explained(t, b, "--from", file)
	if !says(rows, "end", "likely", "docker stop or docker kill: its restart policy (always) would have started it again") || !says(rows, "end", "unknown", "more cannot be told") {
		t.Errorf("got %+v", rows)
	}
	if rows := explained(t, other, "--from", file); !says(rows, "end", "unknown", "who ended it cannot be told") || says(rows, "end", "certain", "docker") {
		t.Errorf("got %+v", rows)
	}
	pidns(t, "tree", other.name).wantStatus(t, 1).wantOneError(t, other.name+" is not running: exited (137)", "try: docker pidns explain "+other.name)
	ask(t, "explain", other.name).want(t, "\nNext: docker start "+other.name+"\n")
	if a := ask(t, "explain", "--from", file, other.name); strings.Contains(a.stdout, "Next:") {
		t.Errorf("there is nothing to start in a file\n%s", a)
	}
}

// editCapture changes a saved capture.
func editCapture(t *testing.T, file string, change func(capture map[string]any)) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var capture map[string]any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&capture); err != nil {
		t.Fatal(err)
	}
	change(capture)
	if data, err = json.Marshal(capture); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
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
	owner.killed()
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

// A member of the docker group is told why a container ended as root is, and of one
// that runs what can be told; the rest is unknown, and takes root.
func TestExplainAsAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	user := asOrdinary(t)
	ended := run(t, "--stop-timeout", "1")
	docker(t, "stop", ended.name)
	a := user.run(t, "explain", "--format", "json", ended.name).wantStatus(t, 0)
	if rows := decoded[statement](t, a); !says(rows, "end", "certain", "docker stop: SIGTERM had not ended it") || a.stderr != "" {
		t.Errorf("got\n%s", a)
	}

	b := run(t)
	joiner := runJoined(t, "--network", "none", "--pid", "container:"+b.name)
	a = user.run(t, "explain", "--format", "json", b.name).wantStatus(t, 0).wantOneError(t, "more can be told with root: sudo docker pidns explain", b.name)
	rows := decoded[statement](t, a)
	for _, want := range [][3]string{
		{"process", "certain", strconv.Itoa(b.pid()) + " there, 1 inside"},
		{"parent", "certain", "runc started it and exited"},
		{"orphans", "unknown", "takes the right to trace PID 1"},
		{"kill", "certain", "sudo kill -9 " + strconv.Itoa(b.pid()) + " on the host ends it"},
		{"stop", "unknown", "which takes the right to trace the process"},
		{"sharing", "likely", joiner.name + " joined it"},
		{"if-stopped", "likely", joiner.name + " dies with it"},
	} {
		if !says(rows, want[0], want[1], want[2]) {
			t.Errorf("%q is not said: %+v", want, rows)
		}
	}
}
