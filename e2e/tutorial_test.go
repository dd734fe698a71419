//go:build e2e && linux

package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// The questions that tutorials on containers and namespaces ask, answered on
// live containers and held against what docker and the containers say.
func TestTutorialQuestions(t *testing.T) {
	t.Parallel()
	top := run(t, "--", "top", "-b")
	main := top.pid()

	// Which PID has top in its container? 1, as ps inside says.
	if inside := top.sh("ps -o pid,args | grep '[t]op -b'"); !strings.HasPrefix(strings.TrimSpace(inside), "1 ") {
		t.Fatalf("ps inside says %q", inside)
	}
	ask(t, "who", strconv.Itoa(main), "--format", "{{.Container}} {{.ContainerPID}} {{.Role}} {{.Command}}").want(t, top.name+" 1 main top -b\n")
	ask(t, "tree", top.name, "--format", "{{.HostPID}} {{.ContainerPID}} {{.Command}}").want(t, fmt.Sprintf("%d 1 top -b\n", main))

	// Which PID has it on the host? State.Pid.
	if got := ask(t, "host-pid", top.name).stdout; got != fmt.Sprintf("%d\n", main) {
		t.Errorf("host-pid says %s, State.Pid is %d", got, main)
	}

	// What is shared by --pid container:, by --uts host, by --ipc host?
	pid := runJoined(t, "--network", "none", "--pid", "container:"+top.name)
	uts := runJoined(t, "--network", "none", "--uts", "host")
	ipc := runJoined(t, "--network", "none", "--ipc", "host")
	if seen := pid.sh("ps -o args"); !strings.Contains(seen, "top -b") {
		t.Errorf("%s joined %s and does not see its process:\n%s", pid.name, top.name, seen)
	}
	if inside, outside := uts.sh("hostname"), docker(t, "info", "--format", "{{.Name}}"); inside != outside {
		t.Errorf("--uts host: the host name inside is %s, the engine's host is %s", inside, outside)
	}
	shared := map[string]string{}
	for line := range strings.Lines(ask(t, "ns", top.name, pid.name, uts.name, ipc.name, "--format", "{{.Container}} {{.Type}} {{.Mode}} {{.Owner}}").stdout) {
		if f := strings.Fields(line); f[2] != "own" && (f[1] == "pid" || f[1] == "uts" || f[1] == "ipc" || f[1] == "net" || f[1] == "mnt") {
			shared[f[0]] += strings.Join(f[1:], " ") + ";"
		}
	}
	want := map[string]string{
		pid.name: "pid shared " + top.name + ";",
		uts.name: "uts host <no value>;",
		ipc.name: "ipc host <no value>;",
	}
	if fmt.Sprint(shared) != fmt.Sprint(want) {
		t.Errorf("shared is %v, want %v", shared, want)
	}
}

// What tutorials ask about the end of PID 1: what kill does from inside and from the
// host, and what becomes of who shares the namespace. What explain says beforehand is
// what then happens.
func TestTutorialQuestionsAboutKill(t *testing.T) {
	t.Parallel()
	demo := run(t)
	joiner := runJoined(t, "--network", "none", "--pid", "container:"+demo.name)

	// Which is its init process on the host? docker inspect and docker pidns agree.
	main := demo.pid()
	if got := ask(t, "host-pid", demo.name, "1").stdout; got != fmt.Sprintf("%d\n", main) {
		t.Errorf("host-pid says %s, docker inspect %d", got, main)
	}
	rows := explained(t, demo)
	for _, want := range [][3]string{
		{"process", "certain", fmt.Sprintf("%d there, 1 inside", main)},
		{"kill", "certain", "docker exec " + demo.name + " kill -9 1 is ignored"},
		{"kill", "certain", fmt.Sprintf("kill -9 %d on the host ends it, and %s is Exited (137)", main, demo.name)},
		{"if-stopped", "certain", joiner.name + " dies with it"},
	} {
		if !says(rows, want[0], want[1], want[2]) {
			t.Errorf("%q is not said: %+v", want, rows)
		}
	}

	// docker exec demo kill -9 1: does demo exit? No, nor by a signal from who joined.
	for _, b := range []*box{demo, joiner} {
		docker(t, "exec", b.name, "kill", "-9", "1")
		if state := demo.inspect("{{.State.Status}} {{.State.Pid}}"); state != fmt.Sprintf("running %d", main) {
			t.Errorf("after kill -9 1 in %s: %s", b.name, state)
		}
	}

	// kill -9 on the host: what is the state of demo? Exited. And demo-x exits too.
	demo.killed()
	for _, b := range []*box{demo, joiner} {
		b.ended()
		if state := b.inspect("{{.State.Status}} {{.State.ExitCode}}"); state != "exited 137" {
			t.Errorf("%s: %s", b.name, state)
		}
	}
	if rows := explained(t, demo); !says(rows, "end", "likely", "SIGKILL came from outside of docker: from the host") {
		t.Errorf("got %+v", rows)
	}
	if rows := explained(t, joiner); !says(rows, "end", "likely", "ended with "+demo.name) {
		t.Errorf("got %+v", rows)
	}
}

// demo exits by itself: does demo-x, which shares its PID namespace, exit? It does. And
// does demo, when demo-x ends? It does not, nor does demo-y.
func TestTutorialQuestionWhoTakesWhomAlong(t *testing.T) {
	t.Parallel()
	demo := run(t, "--", "sh", "-c", "mkfifo /tmp/go; read line </tmp/go; exit 0")
	x := runJoined(t, "--network", "none", "--pid", "container:"+demo.name)
	y := runJoined(t, "--network", "none", "--pid", "container:"+demo.name)
	rows := explained(t, x)
	for _, want := range [][3]string{
		{"process", "certain", "it joined a PID namespace, and is not its init"},
		{"kill", "certain", "ends it too: it is no init of its PID namespace"},
		{"if-stopped", "certain", "its end touches no other container"},
	} {
		if !says(rows, want[0], want[1], want[2]) {
			t.Errorf("%q is not said: %+v", want, rows)
		}
	}
	x.killed()
	x.ended()
	for _, b := range []*box{demo, y} {
		if b.inspect("{{.State.Status}}") != "running" {
			t.Errorf("%s ended with %s", b.name, x.name)
		}
	}
	eventually(t, "demo to read", func() bool {
		_, err := command("docker", "exec", demo.name, "test", "-p", "/tmp/go")
		return err == nil
	})
	demo.sh("echo >/tmp/go")
	demo.ended()
	y.ended()
	if got := demo.inspect("{{.State.ExitCode}}") + " " + y.inspect("{{.State.ExitCode}}"); got != "0 137" {
		t.Errorf("they exited with %s, want 0 and 137", got)
	}
	if rows := explained(t, y); !says(rows, "end", "likely", "the PID namespace that it joined ended with "+demo.name) {
		t.Errorf("got %+v", rows)
	}
}
