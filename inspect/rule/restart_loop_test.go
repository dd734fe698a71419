package rule_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// loops is a container that docker has restarted this many times, and that waits for the next
// start after a run of this length.
func loops(times int, run time.Duration, words ...string) *World {
	return NewWorld().Process(1, 0, "systemd").Container("demo", "a", 0, func(c *inspect.Container) {
		c.Status, c.RestartPolicy, c.RestartCount, c.ExitCode = "restarting", "always", times, 1
		c.StartedAt, c.FinishedAt = TakenAt.Add(-time.Minute), TakenAt.Add(-time.Minute+run)
		c.Path, c.LastWords = "/t/bad", words
	})
}

func TestRestartLoop(t *testing.T) {
	const now, cure = " | docker logs --tail 20 demo | ", "fix what makes it exit. docker stop demo ends the loop"
	young := Alone("app").Declared("demo", func(c *inspect.Container) {
		c.RestartPolicy, c.RestartCount = "always", 4
		c.StartedAt, c.FinishedAt = TakenAt.Add(-2*time.Second), TakenAt.Add(-5*time.Second)
	})
	old := Alone("app").Declared("demo", func(c *inspect.Container) {
		c.RestartPolicy, c.RestartCount = "always", 4
		c.StartedAt, c.FinishedAt = TakenAt.Add(-time.Minute), TakenAt.Add(-2*time.Minute)
	})
	hosts{
		"short runs":        {now: loops(6, time.Second/5), want: []string{"error demo: Docker has restarted it 6 times. Its last run took less than a second and exited with 1" + now + cure}},
		"it has just begun": {now: young, want: []string{"error demo 101: Docker has restarted it 4 times. This run began 2 seconds ago" + now + cure}},
		"never executed": {now: loops(6, time.Second/5, "exec /t/bad: exec format error"), want: []string{
			`error demo: Docker has restarted it 6 times. Its last run took less than a second and exited with 1; Its program was probably never executed: "exec /t/bad: exec format error" | docker pidns explain demo | ` + cure}},
		"a pid file": {now: loops(6, time.Second/5, "d: /run/d.pid exists: already running"), want: []string{
			"error demo: Docker has restarted it 6 times. Its last run took less than a second and exited with 1; It says that it is already running. Probably a pid file of its last run names another process now" + now + "remove /run/d.pid before it starts, or keep its folder in memory (--tmpfs)"}},
		"a pid file that it does not name": {now: loops(6, time.Second/5, "httpd (pid 22) already running"), want: []string{
			"error demo: Docker has restarted it 6 times. Its last run took less than a second and exited with 1; It says that it is already running. Probably a pid file of its last run names another process now" + now + "remove its pid file before it starts, or keep the file's folder in memory (--tmpfs /run)"}},
		"restarted twice":     {now: loops(2, time.Second/5)},
		"after a long run":    {now: loops(6, time.Minute/2)},
		"it runs for a while": {now: old},
		"it runs":             {now: Alone("app")},
	}.hold(t, "restart-loop")
}
