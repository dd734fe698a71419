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
