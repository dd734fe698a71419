package plugin

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/source"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// listening is a host that keeps the questions that it was asked.
type listening struct {
	*World
	asked []need.Question
}

func (l *listening) Capture(_ context.Context, q need.Question) (*inspect.Capture, error) {
	l.asked = append(l.asked, q)
	return &l.World.Capture, nil
}

var _ source.Source = &listening{}

func hostOfLines() *listening {
	w := Demo().Listed("demo", "a", "running", "running").Listed("past", "b", "exited", "exited")
	w.Capture.Threads = map[int]procfs.Thread{}
	return &listening{World: w}
}

// In a line that reports an exit, only the ID shows the container, because the PID may have been
// reused. In other lines of a log, an ID that the engine knows takes precedence over the PID.
func TestWhoLines(t *testing.T) {
	oom := func(id, comm string) string {
		return "[1.5] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/docker/" + id + ",task_memcg=/docker/" + id + ",task=" + comm + ",pid=111,uid=0"
	}
	const again = "[1.5] Memory cgroup out of memory: Killed process 111 (%s) total-vm:1kB"
	for name, test := range map[string]struct {
		input, want, err string
		numbers          int
		ids              bool
	}{
		"by its ID":          {oom(ID("b"), "sh") + "\n" + fmt.Sprintf(again, "sh"), "past past", "", 0, true},
		"of one that is not": {oom(ID("c"), "sh"), "cccccccccccc?", "", 0, true},
		"by its PID alone":   {fmt.Sprintf(again, "sh"), "(ended)", "1 line reports the exit of a process by its PID alone", 0, false},
		"two by their PIDs":  {fmt.Sprintf(again, "sh") + "\n" + fmt.Sprintf(again, "x"), "(ended) (ended)", "2 lines report the exit", 0, false},
		"the PID of a line":  {"pid=111\n" + oom(ID("b"), "sh"), "demo past", "", 1, true},
		"a log with an ID":   {"id=" + ID("b") + " pid=111\nid=" + ID("c") + " pid=111\n" + ID("b")[:12] + "\n" + ID("a") + "/" + ID("b"), "past demo past demo,past", "", 1, true},
		"a table":            {"PID CMD\n111 docker exec " + ID("b"), "CONTAINER demo", "", 1, false},
	} {
		host := hostOfLines()
		got := feed(t, host, test.input+"\n", "who", "-")
		var column []string
		for i, line := range strings.Split(strings.TrimSuffix(got.out, "\n"), "\n") {
			column = append(column, strings.TrimSpace(strings.TrimSuffix(line, strings.Split(test.input, "\n")[i])))
		}
		if strings.Join(column, " ") != test.want || got.status != 0 || !strings.HasPrefix(got.err, test.err) || (got.err == "") != (test.err == "") {
			t.Errorf("%s: got %q, status %d, %s", name, column, got.status, got.err)
		}
		switch {
		case test.numbers == 0 && !test.ids:
			if len(host.asked) > 0 {
				t.Errorf("%s: the host was asked %+v", name, host.asked)
			}
		case len(host.asked) != 1 || len(host.asked[0].Numbers) != test.numbers || host.asked[0].Engine.AllNames != test.ids:
			t.Errorf("%s: the host was asked %+v", name, host.asked)
		}
	}
	for _, input := range []string{"commit " + ID("c")[:12] + "\n", "no number\n"} {
		if got := feed(t, hostOfLines(), input, "who", "-"); got.status != 1 || got.out != "" || !strings.Contains(got.err, "no PID in the input") {
			t.Errorf("%q: status %d\n%s%s", input, got.status, got.out, got.err)
		}
	}
}
