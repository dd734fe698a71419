package explain_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// The next commands are in the order in which they help: what still runs of the container, a
// container that is half removed, containers that it needs, and only then its own end.
func TestNextInItsOrder(t *testing.T) {
	is := func(status string) func(*inspect.Container) { return func(c *inspect.Container) { c.Status = status } }
	joins := func(pid, net string) func(*inspect.Container) {
		return func(c *inspect.Container) { c.PIDMode, c.NetworkMode = pid, net }
	}
	leftover := func(w *World) *World { return w.Process(300, 1, "app", In("b", 1), NS(9)) }
	plain := func(w *World) *World { return w }
	oomLikely := func(c *inspect.Container) { c.OOMKilled, c.Error = true, "" }
	for name, test := range map[string]struct {
		change func(*inspect.Container)
		world  func(*World) *World
		want   string
	}{
		"processes live on":                         {is("exited"), leftover, "docker pidns doctor --rule leftovers | "},
		"processes live on, half removed":           {is("dead"), leftover, "docker pidns doctor --rule leftovers | "},
		"half removed":                              {is("dead"), plain, "docker rm -f gone | "},
		"being removed":                             {is("removing"), plain, "docker rm -f gone | "},
		"half removed, as is whom it joined":        {func(c *inspect.Container) { c.Status, c.PIDMode = "dead", "container:"+ID("e") }, plain, "docker rm -f gone | "},
		"whom it joined was removed":                {joins("container:"+ID("e"), ""), plain, "docker rm gone | then create it again: the container that it joined was removed"},
		"whom it joined runs":                       {joins("container:demo", ""), plain, "sudo dmesg -T | grep oom-kill | on the engine's host: whether the OOM killer killed it"},
		"one runs, and one rests":                   {joins("container:demo", "container:rests"), plain, "docker start gone | once rests is running"},
		"one rests, and one was removed":            {joins("container:"+ID("e"), "container:rests"), plain, "docker rm gone | then create it again: the container that it joined was removed"},
		"it joined itself in a circle":              {joins("", "container:gone"), plain, "sudo dmesg -T | grep oom-kill | on the engine's host: whether the OOM killer killed it"},
		"whom it joined rests, in a crash loop":     {func(c *inspect.Container) { c.Status, c.NetworkMode = "restarting", "container:rests" }, plain, "docker start gone | once rests is running"},
		"out of memory, by docker's word":           {oomLikely, plain, "docker inspect --format '{{.HostConfig.Memory}}' gone | its memory limit in bytes; 0 means no limit of its own"},
		"out of memory, which failed to start then": {func(c *inspect.Container) { c.OOMKilled, c.Error = true, "no" }, plain, "docker start gone | once the cause of the failed start is fixed"},
		"another was out of memory":                 {func(c *inspect.Container) { c.OOMKilled, c.ExitCode = true, 1 }, plain, "docker logs --tail 20 gone | "},
	} {
		w := test.world(ended(2*time.Hour, test.change)).Container("rests", "c", 0, is("exited"))
		ix := w.Index()
		command, meaning := explain.Next(ix, ix.Container(ID("b")))
		if got := command + " | " + meaning; got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// A container that never ran is started, after what prevented it is fixed.
func TestNextOfWhoNeverRan(t *testing.T) {
	for failure, want := range map[string]string{"": "docker start new | ", "no such file": "docker start new | once the cause of the failed start is fixed"} {
		w := Demo().Container("new", "b", 0, func(c *inspect.Container) { c.Status, c.Error = "created", failure })
		ix := w.Index()
		command, meaning := explain.Next(ix, ix.Container(ID("b")))
		if got := command + " | " + meaning; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
