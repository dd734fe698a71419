package render

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// After the command, who writes what contradicts the container that was found, how a zombie of
// the host exited, and which parent it has.
func TestWhoSaysWhatSpeaksAgainst(t *testing.T) {
	ix := Demo().Container("victim", "b", 201).Process(201, 1, "sleep", In("b", 1), NS(8)).
		Process(300, 101, "sh", In("a", 30), NS(7), InGroups("/docker/x/"+ID("b"))).
		Process(301, 101, "sh", In("b", 31), NS(7)).
		Process(302, 1, "job", Exited(11)).Index()
	for pid, want := range map[int]string{
		111: "  sleep\n", 300: "demo            30  child  sh  (cgroup path names victim)\n", 301: "victim           -  ", 302: "[job] SIGSEGV, parent 1\n",
	} {
		var out strings.Builder
		if err := (Screen{Out: &out}).Who([]inspect.Identity{ix.Who(pid)}, ListOptions{Format: "table"}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("process %d: got\n%s, want %q", pid, out.String(), want)
		}
		if pid == 301 && !strings.Contains(out.String(), "(child of PID 1 of demo)") {
			t.Errorf("it is in another PID namespace than the container: got\n%s", out.String())
		}
	}
}

// A process below a shim of Docker's whose container this engine does not know may be left over,
// as doctor finds. who reports both possibilities, and which command decides. For a process of
// Kubernetes it reports neither.
func TestWhoSaysWhatMayBeLeftOver(t *testing.T) {
	shimIn := func(namespace string) func(*World) *World {
		return func(w *World) *World {
			return w.Process(400, 1, "containerd-shim", Args("containerd-shim-runc-v2", "-namespace", namespace, "-id", ID("f"))).
				Process(401, 400, "app", In("f", 1), NS(9))
		}
	}
	const note, next = "left over, or of another Docker engine", "\nNext: docker pidns doctor --rule leftovers\n"
	for namespace, says := range map[string]bool{"moby": true, "k8s.io": false} {
		ix := shimIn(namespace)(Demo()).Index()
		var out strings.Builder
		if err := (Screen{Out: &out}).Who([]inspect.Identity{ix.Who(401)}, ListOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{note, next} {
			if got := strings.Contains(out.String(), text); got != says || !strings.Contains(out.String(), "containerd namespace "+namespace) {
				t.Errorf("%s: %q is said: %t\n%s", namespace, text, got, out.String())
			}
		}
	}
}
