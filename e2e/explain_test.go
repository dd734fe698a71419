//go:build e2e && linux

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// killed kills the main process from the host.
func killed(b *Box) {
	b.T.Helper()
	if _, err := Command("kill", "-9", strconv.Itoa(b.PID())); err != nil {
		b.T.Fatal(err)
	}
}

// fillMemory doubles a string until there is no memory left. The engine does not notice every
// kill in a container that exits at once, so a container that survives runs on for a while.
const fillMemory = `x=a; while :; do x=$x$x; done`

// ending is a way to end a container, with the expected statement.
type ending struct {
	run                     []string
	end                     func(t *testing.T, b *Box)
	topic, certainty, words string
	exit                    int
}

func byItself(*testing.T, *Box) {}

// The reported cause of the end is the way in which the container was ended here.
func TestExplainTheEnd(t *testing.T) {
	stop := func(t *testing.T, b *Box) { Docker(t, "stop", b.Name) }
	kill := func(t *testing.T, b *Box) { Docker(t, "kill", b.Name) }
	for name, test := range map[string]ending{
		"docker stop in vain": {[]string{"--stop-timeout", "1"}, stop, "end", "certain", "docker stop sent SIGTERM, then killed the container", 137},
		"docker stop": {[]string{"--init"}, func(t *testing.T, b *Box) { b.EventuallyWith("sleep infinity"); stop(t, b) },
			"end", "certain", "docker stop: SIGTERM terminated it", 143},
		"docker kill":           {nil, kill, "end", "certain", "docker kill: SIGKILL", 137},
		"kill on the host":      {nil, func(_ *testing.T, b *Box) { killed(b) }, "end", "likely", "SIGKILL was sent from the host, not through Docker. The kernel protects PID 1", 137},
		"by itself":             {[]string{"--", "sh", "-c", "sleep 0.2; exit 7"}, byItself, "end", "likely", "The main process exited by itself", 7},
		"the OOM killer":        {[]string{"--memory", "16m", "--", "sh", "-c", fillMemory}, byItself, "end", "certain", "The OOM killer killed it: it reached its memory limit", 137},
		"the OOM killer before": {[]string{"--memory", "16m", "--", "sh", "-c", "sh -c '" + fillMemory + "'; sleep 3; exit 5"}, byItself, "end", "certain", "The OOM killer killed another of its processes", 5},
		"a child's fault":       {[]string{"--", "sh", "-c", "sh -c 'kill -SEGV $$'; exit $?"}, byItself, "end", "likely", "The program, or one that it started, crashed: the kernel sends SIGSEGV", 139},
		"a word for SIGTERM":    {[]string{"--", "sh", "-c", "exit 143"}, byItself, "end", "likely", "SIGTERM alone does not terminate PID 1", 143},
		"125":                   {[]string{"--", "sh", "-c", "exit 125"}, byItself, "end", "certain", "usually because it could not start another one", 125},
		"126":                   {[]string{"--", "sh", "-c", "exit 126"}, byItself, "end", "certain", "a command that was found but could not be executed", 126},
		"127":                   {[]string{"--", "sh", "-c", "no-such-program"}, byItself, "end", "certain", "a command that was not found", 127},
		"128":                   {[]string{"--", "sh", "-c", "exit 128"}, byItself, "end", "certain", "an invalid argument of exit", 128},
		"255":                   {[]string{"--", "sh", "-c", "exit 255"}, byItself, "end", "certain", "or Docker lost the real one", 255},
		"no policy":             {[]string{"--", "true"}, byItself, "restart", "certain", "the container has no restart policy", 0},
		"only failures":         {[]string{"--restart", "on-failure", "--", "true"}, byItself, "restart", "certain", "(on-failure) acts only on failures", 0},
		"tried in vain":         {[]string{"--restart", "on-failure:3", "--", "false"}, retried(3), "restart", "certain", "(on-failure) has tried 3 times and given up", 1},
		"stopped, always":       {[]string{"--restart", "always"}, kill, "restart", "certain", "despite its restart policy (always): docker sent SIGKILL, which cancels the policy until docker start", 137},
		"stopped, but for that": {[]string{"--restart", "unless-stopped"}, kill, "restart", "certain", "despite its restart policy (unless-stopped): docker sent SIGKILL", 137},
		"SIGKILL in a stop":     {[]string{"--stop-timeout", "30"}, killedInAStop, "end", "likely", "SIGKILL was sent from the host, not through Docker", 137},
		"its own 137 in a stop": {[]string{"--", "sh", "-c", "trap 'exit 137' TERM; sleep infinity & wait"}, stop, "end", "certain", "before the exit, but exit code 137 does not belong to that signal", 137},
		"by itself in a stop":   {[]string{"--stop-timeout", "30", "--", "sleep", "2"}, stop, "end", "certain", "of SIGTERM", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := Run(t, test.run...)
			test.end(t, b)
			b.Ended()
			rows := Explained(t, b)
			if strings.Contains(name, "OOM") { // which the engine may notice after the exit
				Eventually(t, test.words, func() bool {
					rows = Explained(t, b)
					return Says(rows, test.topic, test.certainty, test.words)
				})
			}
			if !Says(rows, test.topic, test.certainty, test.words) {
				t.Errorf("got %+v, want %q", rows, test.words)
			}
			if rows[0].ExitCode == nil || *rows[0].ExitCode != test.exit {
				t.Errorf("got %+v, want exit code %d", rows[0], test.exit)
			}
			if test.certainty == "likely" && test.topic == "end" && (Says(rows, "end", "certain", "docker stop: ") || Says(rows, "end", "certain", "docker kill: ")) {
				t.Errorf("docker was not asked: %+v", rows)
			}
		})
	}
}

// killedInAStop kills from the host what docker stop waits for.
func killedInAStop(t *testing.T, b *Box) {
	stopped := make(chan error, 1)
	go func() {
		_, err := Command("docker", "stop", b.Name)
		stopped <- err
	}()
	Eventually(t, "SIGTERM to have been sent", func() bool {
		return strings.Contains(Docker(t, "events", "--since", "1m", "--until", "0s", "--filter", "event=kill", "--filter", "container="+b.Name), "signal=15")
	})
	killed(b)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// retried waits until the restart policy has started the container this often.
func retried(times int) func(*testing.T, *Box) {
	return func(t *testing.T, b *Box) {
		Eventually(t, "a retry", func() bool { return b.Inspect("{{.RestartCount}}") == strconv.Itoa(times) })
	}
}

// The OOM killer kills one process and PID 1 continues. This is reported while the container
// runs, and afterwards it is not reported as the cause of the exit.
func TestExplainAnOOMKillThatWasSurvived(t *testing.T) {
	t.Parallel()
	b := Run(t, "--memory", "16m", "--stop-timeout", "3", "--", "sh", "-c", "sh -c '"+fillMemory+"'; exec sleep 941")
	b.EventuallyWith("sleep 941")
	Eventually(t, "the engine to have heard of it", func() bool {
		return Says(Explained(t, b), "history", "certain", "The OOM killer killed a process of it")
	})
	Docker(t, "stop", b.Name)
	rows := Explained(t, b)
	for _, want := range []string{"The OOM killer killed another of its processes", "docker stop sent SIGTERM, then killed the container"} {
		if !Says(rows, "end", "certain", want) {
			t.Errorf("%q is not said: %+v", want, rows)
		}
	}
}

// A crash loop is explained while it waits and while it runs.
func TestExplainACrashLoop(t *testing.T) {
	t.Parallel()
	b := Run(t, "--restart", "always", "--", "sh", "-c", "sleep 2; exit 3")
	waits := func(rows []Statement) bool {
		return Says(rows, "restart", "certain", "Docker will restart it after a delay (policy always") && Says(rows, "end", "certain", "Exit code 3,")
	}
	runs := func(rows []Statement) bool {
		return Says(rows, "history", "certain", "Its restart policy (always) has restarted it") && Says(rows, "history", "certain", "after exit code 3")
	}
	for what, holds := range map[string]func([]Statement) bool{"what is said while it waits": waits, "what is said while it runs": runs} {
		Eventually(t, what, func() bool {
			// It may exit while it is read. That is reported, and there is no answer.
			a := PIDNS(t, "explain", "--format", "json", b.Name)
			return a.Status == 0 && holds(Decoded[Statement](t, a))
		})
	}
}

// The effect of kill -9 from the host is predicted with the restart policy.
func TestExplainKillOfWhatIsRestarted(t *testing.T) {
	t.Parallel()
	always, never := Run(t, "--restart", "always"), Run(t)
	for b, words := range map[*Box]string{always: "Its restart policy (always) then starts " + always.Name + " again", never: never.Name + " is Exited (137)"} {
		if rows := Explained(t, b); !Says(rows, "kill", "certain", words) {
			t.Errorf("%q is not said: %+v", words, rows)
		}
		killed(b)
	}
	retried(1)(t, always)
	never.Ended()
	if got := never.Inspect("{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}"); got != "exited 137 0" {
		t.Errorf("without a policy: %s", got)
	}
}

// Which docker kill cancels a restart policy is predicted correctly.
func TestExplainACancelledPolicy(t *testing.T) {
	t.Parallel()
	const deaf = "trap '' HUP TERM; while :; do sleep 0.1; done"
	for name, test := range map[string]struct {
		run       []string
		cancelled bool
	}{
		"always":                        {[]string{"--restart", "always"}, true},
		"on-failure":                    {[]string{"--restart", "on-failure"}, true},
		"unless-stopped":                {[]string{"--restart", "unless-stopped", "--stop-signal", "TERM"}, true},
		"always, and a stop signal":     {[]string{"--restart", "always", "--stop-signal", "TERM"}, false},
		"on-failure, and a stop signal": {[]string{"--restart", "on-failure", "--stop-signal", "TERM"}, false},
		"the stop signal":               {[]string{"--restart", "always", "--stop-signal", "HUP"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := Run(t, append(test.run, "--", "sh", "-c", deaf)...)
			Docker(t, "kill", "-s", "HUP", b.Name)
			rows := Explained(t, b)
			if got := Says(rows, "kill", "certain", "does not start "+b.Name+" again: docker sent it SIGHUP"); got != test.cancelled {
				t.Errorf("foretold %t: %+v", got, rows)
			}
			killed(b)
			if !test.cancelled {
				retried(1)(t, b)
				return
			}
			b.Ended()
			if got := b.Inspect("{{.State.Status}} {{.RestartCount}}"); got != "exited 0" {
				t.Errorf("got %s", got)
			}
			if rows := Explained(t, b); !Says(rows, "restart", "certain", "docker sent SIGHUP") {
				t.Errorf("got %+v", rows)
			}
		})
	}
}

// A container that is started with --rm leaves nothing, as predicted.
func TestExplainKillOfWhatIsRemoved(t *testing.T) {
	t.Parallel()
	b := Run(t, "--rm")
	if rows := Explained(t, b); !Says(rows, "kill", "certain", "Docker removes "+b.Name+" with its logs and anonymous volumes (--rm)") {
		t.Errorf("got %+v", rows)
	}
	killed(b)
	Eventually(t, "it to be removed", func() bool {
		_, err := Command("docker", "inspect", b.Name)
		return err != nil
	})
}

// The predicted effect of kill -9 on a paused container, which depends on the freezer's version,
// is what happens.
func TestExplainKillOfThePaused(t *testing.T) {
	t.Parallel()
	b := Run(t)
	Docker(t, "pause", b.Name)
	t.Cleanup(func() { _, _ = Command("docker", "unpause", b.Name) })
	rows := Explained(t, b)
	if !Says(rows, "kill", "certain", "is refused while it is paused") {
		t.Errorf("got %+v", rows)
	}
	if _, err := Command("docker", "exec", b.Name, "true"); err == nil {
		t.Error("docker exec was not refused")
	}
	held := Says(rows, "kill", "certain", "kills it only after docker unpause")
	main := b.PID()
	killed(b)
	if held {
		if p, alive := ReadProcess(main); !alive || p.State == "Z" {
			t.Error("it died although it is paused")
		}
		Docker(t, "unpause", b.Name)
	}
	b.Ended()
	if p, alive := ReadProcess(main); alive && p.State != "Z" {
		t.Errorf("it lives: %+v", p)
	}
	if got := b.Inspect("{{.State.ExitCode}}"); got != "137" {
		t.Errorf("it exited with %s", got)
	}
}

// If the engine's events do not go back far enough, the state and the policy are reported, and
// nothing is certain.
func TestExplainTheEndWithoutEvents(t *testing.T) {
	t.Parallel()
	b, other := Run(t, "--restart", "always"), Run(t)
	Docker(t, "kill", b.Name, other.Name)
	b.Ended()
	other.Ended()
	file := filepath.Join(t.TempDir(), "host.json")
	Ask(t, "snapshot", "--settle", "0", "-o", file)
	editCapture(t, file, func(capture map[string]any) { delete(capture, "Events") })
	rows := Explained(t, b, "--from", file)
	if !Says(rows, "end", "likely", "docker stop or docker kill: otherwise its restart policy (always) would have restarted it") || !Says(rows, "end", "unknown", "cannot be determined further") {
		t.Errorf("got %+v", rows)
	}
	if rows := Explained(t, other, "--from", file); !Says(rows, "end", "unknown", "Cause unknown") || Says(rows, "end", "certain", "docker") {
		t.Errorf("got %+v", rows)
	}
	PIDNS(t, "tree", other.Name).WantStatus(t, 1).WantOneError(t, other.Name+" is not running: exited (137, SIGKILL)", "try: docker pidns explain "+other.Name)
	Ask(t, "explain", other.Name).Want(t, "\nNext: docker start "+other.Name+"\n")
	if a := Ask(t, "explain", "--from", file, other.Name); strings.Contains(a.Stdout, "Next:") {
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

// For a container that was never started, the reason is reported.
func TestExplainWhatNeverRan(t *testing.T) {
	t.Parallel()
	b := Create(t, "--", "no-such-program")
	if !Says(Explained(t, b), "end", "certain", "It has never run.") {
		t.Errorf("got %+v", Explained(t, b))
	}
	if _, err := Command("docker", "start", b.Name); err == nil {
		t.Fatal("a program that is not there was started")
	}
	if rows := Explained(t, b); !Says(rows, "end", "certain", "no-such-program") && !Says(rows, "end", "certain", "127") {
		t.Errorf("got %+v", rows)
	}
}

// The predicted effect of an exit on others is compared with the actual one.
func TestExplainIfStopped(t *testing.T) {
	t.Parallel()
	owner := Run(t, "--ipc", "shareable")
	onPID := runJoined(t, "--network", "none", "--pid", "container:"+owner.Name, "--restart", "always")
	onNet := runJoined(t, "--network", "container:"+owner.Name)
	onIPC := runJoined(t, "--network", "none", "--ipc", "container:"+owner.Name)
	apart := Run(t)
	effects := map[string]string{}
	for _, s := range Explained(t, owner, "--if-stopped") {
		if s.Other == nil || s.Certainty != "certain" {
			t.Fatalf("got %+v", s)
		}
		effects[*s.Other] += s.Effect
	}
	want := map[string]string{onPID.Name: "killed", onNet.Name: "stale", onIPC.Name: "stale"}
	if len(effects) != len(want) || effects[onPID.Name] != "killed" || effects[onNet.Name] != "stale" || effects[onIPC.Name] != "stale" {
		t.Fatalf("got %v, want %v", effects, want)
	}
	for _, b := range []*Box{onPID, apart} {
		if rows := Explained(t, b, "--if-stopped"); len(rows) != 1 || rows[0].Effect != "none" || rows[0].Certainty != "certain" {
			t.Errorf("%s: got %+v", b.Name, rows)
		}
	}
	Docker(t, "stop", "-t", "0", owner.Name)
	onPID.Ended()
	Docker(t, "start", owner.Name)
	if exit := onPID.Inspect("{{.State.ExitCode}} {{.State.OOMKilled}}"); exit != "137 false" && exit != "128 false" {
		t.Errorf("who joined its PID namespace exited with %s", exit)
	}
	if onPID.Inspect("{{.State.Running}}") != "false" {
		t.Error("who joined its PID namespace came back by itself")
	}
	for _, b := range []*Box{onNet, onIPC, apart} {
		if b.Inspect("{{.State.Running}}") != "true" {
			t.Errorf("%s does not run any more", b.Name)
		}
	}
	Ask(t, "ns", onNet.Name).Want(t, "STALE ="+owner.Name)
	Ask(t, "ns", onIPC.Name).Want(t, "STALE ="+owner.Name)
}

// For a container that was killed with the owner of its PID namespace, this is reported
// afterwards.
func TestExplainTheEndOfAJoiner(t *testing.T) {
	t.Parallel()
	owner := Run(t)
	joiner := runJoined(t, "--network", "none", "--pid", "container:"+owner.Name)
	killed(owner)
	owner.Ended()
	joiner.Ended()
	if rows := Explained(t, joiner); !Says(rows, "end", "likely", owner.Name+", whose PID namespace it used, exited at that moment") {
		t.Errorf("got %+v", rows)
	}
}

// What is reported about a running container agrees with docker inspect and the kernel.
func TestExplainTheRunning(t *testing.T) {
	t.Parallel()
	b := Run(t)
	joiner := runJoined(t, "--network", "none", "--pid", "container:"+b.Name)
	var rows []Statement
	Eventually(t, "it to have settled", func() bool { rows = Explained(t, b); return Says(rows, "stop", "certain", "SIGTERM") })
	for _, want := range [][3]string{
		{"process", "certain", strconv.Itoa(b.PID()) + " on the host and PID 1 in the container"},
		{"parent", "certain", "The shim started runc, which started sleep and exited"},
		{"orphans", "certain", "are reparented to PID 1 (sleep)"},
		{"kill", "certain", "kill -9 " + strconv.Itoa(b.PID()) + " on the host kills it"},
		{"kill", "certain", "kill -9 1 has no effect"},
		{"stop", "certain", "(SIGTERM) will wait 10s, then kill (137)"},
		{"sharing", "certain", joiner.Name + " joined it"},
		{"if-stopped", "certain", joiner.Name + " is killed too"},
	} {
		if !Says(rows, want[0], want[1], want[2]) {
			t.Errorf("%q is not said: %+v", want, rows)
		}
	}
	user := Call{Through: append(nobody(t), "docker", "pidns")}
	user.Run(t, "explain", b.Name).WantStatus(t, 0).Want(t, "likely").WantError(t, "a full answer needs root: sudo ", "docker-pidns explain")
	PIDNS(t, "explain", "no-such-container").WantStatus(t, 1).WantNothing(t).WantOneError(t, "no such container")
}

// A snapshot shows why a container has exited, as the engine does.
func TestExplainTheEndFromASnapshot(t *testing.T) {
	t.Parallel()
	b := Run(t, "--stop-timeout", "1")
	Docker(t, "stop", b.Name)
	b.Ended()
	file := filepath.Join(t.TempDir(), "host.json")
	Ask(t, "snapshot", "--settle", "0", "-o", file)
	rows := Explained(t, b, "--from", file)
	if !Says(rows, "end", "certain", "docker stop sent SIGTERM, then killed the container") {
		t.Errorf("got %+v", rows)
	}
}

// A member of the docker group gets the same cause of an exit as root. For a running container,
// what can be determined is reported. The rest is unknown, and needs root.
func TestExplainAsAnOrdinaryUser(t *testing.T) {
	t.Parallel()
	user := asOrdinary(t)
	ended := Run(t, "--stop-timeout", "1")
	Docker(t, "stop", ended.Name)
	a := user.Run(t, "explain", "--format", "json", ended.Name).WantStatus(t, 0)
	if rows := Decoded[Statement](t, a); !Says(rows, "end", "certain", "docker stop sent SIGTERM, then killed the container") || a.Stderr != "" {
		t.Errorf("got\n%s", a)
	}

	b := Run(t)
	joiner := runJoined(t, "--network", "none", "--pid", "container:"+b.Name)
	a = user.Run(t, "explain", "--format", "json", b.Name).WantStatus(t, 0).WantError(t, "a full answer needs root: sudo ", "docker-pidns explain", b.Name)
	rows := Decoded[Statement](t, a)
	for _, want := range [][3]string{
		{"process", "certain", strconv.Itoa(b.PID()) + " on the host and PID 1 in the container"},
		{"parent", "certain", "The shim started runc, which started sleep and exited"},
		{"orphans", "unknown", "needs the right to trace PID 1"},
		{"kill", "certain", "sudo kill -9 " + strconv.Itoa(b.PID()) + " on the host kills it"},
		{"stop", "unknown", "without the right to trace the process"},
		{"sharing", "likely", joiner.Name + " joined it"},
		{"if-stopped", "likely", joiner.Name + " is killed too"},
	} {
		if !Says(rows, want[0], want[1], want[2]) {
			t.Errorf("%q is not said: %+v", want, rows)
		}
	}
}
