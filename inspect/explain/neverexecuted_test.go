package explain_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// failedAtOnce is a container whose last run failed at once, with this text at the end of its
// log.
func failedAtOnce(change func(*inspect.Container), words ...string) *World {
	return NewWorld().Process(1, 0, "systemd").Container("demo", "a", 0, func(c *inspect.Container) {
		c.Image, c.Path, c.Status, c.ExitCode = "app:1", "/t/bad", "exited", 1
		c.StartedAt, c.FinishedAt, c.LastWords = TakenAt.Add(-time.Minute), TakenAt.Add(-time.Minute), words
		change(c)
	})
}

// If a program was never executed, that is reported, and no other cause is looked for. The next
// command depends on the error.
func TestNeverExecuted(t *testing.T) {
	unchanged := func(*inspect.Container) {}
	for words, next := range map[string]string{
		"exec /t/bad: exec format error":                "docker image inspect --format '{{.Os}}/{{.Architecture}}' app:1",
		"exec /t/bad: no such file or directory":        "docker inspect --format '{{.Path}} {{.Args}}' demo",
		"exec /t/bad: resource temporarily unavailable": "docker pidns limits",
		"exec /t/bad: permission denied":                "docker inspect --format '{{.Path}} {{.Args}}' demo",
		"bad: no such file or directory":                "docker logs --tail 20 demo",
	} {
		ix := failedAtOnce(unchanged, words).Index()
		c := ix.ContainerNamed("demo")
		said := texts(explain.Ended(ix, c))
		never := slices.ContainsFunc(said, func(s string) bool {
			return s == `likely: Its program was never executed. The runtime wrote to its log: "`+words+`"`
		})
		if other := strings.Contains(strings.Join(said, " "), "main process"); never == other || never != strings.HasPrefix(words, "exec ") {
			t.Errorf("%s: got %q", words, said)
		}
		if command, _ := explain.Next(ix, c); command != next {
			t.Errorf("%s: got next %q, want %q", words, command, next)
		}
	}
}

// If the output says that the program already runs, a pid file is the cause. For a running
// container that is reported as long as it is in a restart loop.
func TestRunsAlready(t *testing.T) {
	const said = "likely: It logs that it is already running. A pid file of its previous run (/run/d.pid) names"
	restarting := func(c *inspect.Container) { c.Status, c.RestartPolicy, c.RestartCount = "restarting", "always", 5 }
	ix := failedAtOnce(restarting, "pidfile /run/d.pid and pid 7 already exist").Index()
	if got := texts(explain.Ended(ix, ix.ContainerNamed("demo"))); !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, said) }) {
		t.Errorf("got %q", got)
	}
}

// texts are the statements with their certainty.
func texts(list []explain.Statement) []string {
	var said []string
	for _, s := range list {
		said = append(said, string(s.Certainty)+": "+s.Text)
	}
	return said
}
