package rule_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
)

// That --init was ignored is reported if the container has no PID namespace of its own, with the
// owner of that namespace. Otherwise the engine has used --init.
func TestInitDropped(t *testing.T) {
	in := func(mode string, init bool) *World {
		chain := []int{1}
		if mode == "host" {
			chain = nil
		}
		return NewWorld().Container("demo", "a", 101, func(c *inspect.Container) { c.PIDMode, c.Init = mode, init }).
			Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "app", In("a", chain...))
	}
	hosts{
		"--pid=host":                     {now: in("host", true), want: []string{"note demo 101: Docker ignores --init with --pid=host. The shim reaps"}},
		"--pid container:ID":             {now: in("container:"+ID("b"), true), want: []string{"note demo 101: Docker ignores --init with --pid container:bbbbbbbbbbbb |  | use --init on the container whose PID namespace it is"}},
		"--pid container:NAME":           {now: in("container:vpn", true), want: []string{"note demo 101: Docker ignores --init with --pid container:vpn |  | use --init on the container whose PID namespace it is"}},
		"a PID namespace of its own":     {now: in("", true)},
		"--pid=host without --init":      {now: in("host", false)},
		"--pid container without --init": {now: in("container:vpn", false)},
		"--init, and another's network":  {now: in("", true).Declared("demo", func(c *inspect.Container) { c.NetworkMode = "container:vpn" })},
	}.hold(t, "init-dropped")
}
