//go:build e2e && linux

package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// The questions that tutorials about containers and namespaces ask, answered on live containers
// and compared with docker and the containers.
func TestTutorialQuestions(t *testing.T) {
	t.Parallel()
	top := Run(t, "--", "top", "-b")
	main := top.PID()

	// Which PID does top have in its container? 1, as ps inside shows.
	if inside := top.Sh("ps -o pid,args | grep '[t]op -b'"); !strings.HasPrefix(strings.TrimSpace(inside), "1 ") {
		t.Fatalf("ps inside says %q", inside)
	}
	Ask(t, "who", strconv.Itoa(main), "--format", "{{.Container}} {{.ContainerPID}} {{.Role}} {{.Command}}").Want(t, top.Name+" 1 main top -b\n")
	Ask(t, "tree", top.Name, "--format", "{{.HostPID}} {{.ContainerPID}} {{.Command}}").Want(t, fmt.Sprintf("%d 1 top -b\n", main))

	// Which PID has it on the host? State.Pid.
	if got := Ask(t, "host-pid", top.Name).Stdout; got != fmt.Sprintf("%d\n", main) {
		t.Errorf("host-pid says %s, State.Pid is %d", got, main)
	}

	// What is shared by --pid container:, by --uts host, by --ipc host?
	pid := runJoined(t, "--network", "none", "--pid", "container:"+top.Name)
	uts := runJoined(t, "--network", "none", "--uts", "host")
	ipc := runJoined(t, "--network", "none", "--ipc", "host")
	if seen := pid.Sh("ps -o args"); !strings.Contains(seen, "top -b") {
		t.Errorf("%s joined %s and does not see its process:\n%s", pid.Name, top.Name, seen)
	}
	if inside, outside := uts.Sh("hostname"), Docker(t, "info", "--format", "{{.Name}}"); inside != outside {
		t.Errorf("--uts host: the host name inside is %s, the engine's host is %s", inside, outside)
	}
	shared := map[string]string{}
	for line := range strings.Lines(Ask(t, "ns", top.Name, pid.Name, uts.Name, ipc.Name, "--format", "{{.Container}} {{.Type}} {{.Mode}} {{.Owner}}").Stdout) {
		if f := strings.Fields(line); f[2] != "own" && (f[1] == "pid" || f[1] == "uts" || f[1] == "ipc" || f[1] == "net" || f[1] == "mnt") {
			shared[f[0]] += strings.Join(f[1:], " ") + ";"
		}
	}
	want := map[string]string{
		pid.Name: "pid shared " + top.Name + ";",
		uts.Name: "uts host <no value>;",
		ipc.Name: "ipc host <no value>;",
	}
	if fmt.Sprint(shared) != fmt.Sprint(want) {
		t.Errorf("shared is %v, want %v", shared, want)
	}
}

// What tutorials ask about the exit of PID 1: what kill does from inside and from the host, and
// what becomes of containers that share the namespace. What explain predicts is what happens.
func TestTutorialQuestionsAboutKill(t *testing.T) {
	t.Parallel()
	demo := Run(t)
	joiner := runJoined(t, "--network", "none", "--pid", "container:"+demo.Name)

	// Which is its init process on the host? docker inspect and docker pidns agree.
	main := demo.PID()
	if got := Ask(t, "host-pid", demo.Name, "1").Stdout; got != fmt.Sprintf("%d\n", main) {
		t.Errorf("host-pid says %s, docker inspect %d", got, main)
	}
	rows := Explained(t, demo)
	for _, want := range [][3]string{
		{"process", "certain", fmt.Sprintf("PID %d on the host and PID 1 in the container", main)},
		{"kill", "certain", "docker exec " + demo.Name + " kill -9 1 has no effect"},
		{"kill", "certain", fmt.Sprintf("kill -9 %d on the host kills it, and %s is Exited (137)", main, demo.Name)},
		{"if-stopped", "certain", joiner.Name + " is killed too"},
	} {
		if !Says(rows, want[0], want[1], want[2]) {
			t.Errorf("%q is not said: %+v", want, rows)
		}
	}

	// docker exec demo kill -9 1: does demo exit? No, also not by a signal from a container that
	// joined.
	for _, b := range []*Box{demo, joiner} {
		Docker(t, "exec", b.Name, "kill", "-9", "1")
		if state := demo.Inspect("{{.State.Status}} {{.State.Pid}}"); state != fmt.Sprintf("running %d", main) {
			t.Errorf("after kill -9 1 in %s: %s", b.Name, state)
		}
	}

	// kill -9 on the host: what is the state of demo? Exited. And demo-x exits too.
	killed(demo)
	for _, b := range []*Box{demo, joiner} {
		b.Ended()
		if state := b.Inspect("{{.State.Status}} {{.State.ExitCode}}"); state != "exited 137" {
			t.Errorf("%s: %s", b.Name, state)
		}
	}
	if rows := Explained(t, demo); !Says(rows, "end", "likely", "SIGKILL was sent from the host, not through Docker") {
		t.Errorf("got %+v", rows)
	}
	if rows := Explained(t, joiner); !Says(rows, "end", "likely", demo.Name+", whose PID namespace it used, exited at that moment") {
		t.Errorf("got %+v", rows)
	}
}

// demo exits by itself: does demo-x, which shares its PID namespace, exit? Yes. And does demo
// exit when demo-x does? No, and neither does demo-y.
func TestTutorialQuestionWhoTakesWhomAlong(t *testing.T) {
	t.Parallel()
	demo := Run(t, "--", "sh", "-c", "mkfifo /tmp/go; read line </tmp/go; exit 0")
	x := runJoined(t, "--network", "none", "--pid", "container:"+demo.Name)
	y := runJoined(t, "--network", "none", "--pid", "container:"+demo.Name)
	rows := Explained(t, x)
	for _, want := range [][3]string{
		{"process", "certain", "It joined a PID namespace and is not its init"},
		{"kill", "certain", "kills it too, because it is not PID 1 of its PID namespace"},
		{"if-stopped", "certain", "Stopping it affects no other container"},
	} {
		if !Says(rows, want[0], want[1], want[2]) {
			t.Errorf("%q is not said: %+v", want, rows)
		}
	}
	killed(x)
	x.Ended()
	for _, b := range []*Box{demo, y} {
		if b.Inspect("{{.State.Status}}") != "running" {
			t.Errorf("%s ended with %s", b.Name, x.Name)
		}
	}
	Eventually(t, "demo to read", func() bool {
		_, err := Command("docker", "exec", demo.Name, "test", "-p", "/tmp/go")
		return err == nil
	})
	demo.Sh("echo >/tmp/go")
	demo.Ended()
	y.Ended()
	if got := demo.Inspect("{{.State.ExitCode}}") + " " + y.Inspect("{{.State.ExitCode}}"); got != "0 137" {
		t.Errorf("they exited with %s, want 0 and 137", got)
	}
	if rows := Explained(t, y); !Says(rows, "end", "likely", demo.Name+", whose PID namespace it used, exited at that moment") {
		t.Errorf("got %+v", rows)
	}
}
