package render

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// What speaks against the container that was found is said behind the command, and how a
// host's zombie ended, and whose child it is.
func TestWhoSaysWhatSpeaksAgainst(t *testing.T) {
	ix := Demo().Container("victim", "b", 201).Process(201, 1, "sleep", In("b", 1), NS(8)).
		Process(300, 101, "sh", In("a", 30), NS(7), InGroups("/docker/x/"+ID("b"))).
		Process(301, 101, "sh", In("b", 31), NS(7)).
		Process(302, 1, "job", Exited(11)).Index()
	for pid, want := range map[int]string{
		111: "  sleep\n", 300: "demo            30  child  sh  (its cgroup names victim)\n", 301: "victim           -  ", 302: "[job] SIGSEGV, parent 1\n",
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
