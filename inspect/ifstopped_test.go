package inspect

import (
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Who joined a network by way of another member is to be restarted after that
// one: before, it would join the old namespace again.
func TestIfStoppedSaysWhoIsRestartedFirst(t *testing.T) {
	inNet := func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](113) }
	joins := func(letter string) func(*Container) {
		return func(c *Container) { c.NetworkMode = "container:" + id(letter) }
	}
	w := newWorld().
		container("owner", "a", 101).container("direct", "b", 201, joins("a")).container("by-way", "c", 301, joins("b")).
		process(101, 1, "app", in("a", 1), ns(21), inNet).
		process(201, 1, "app", in("b", 1), ns(22), inNet).
		process(301, 1, "app", in("c", 1), ns(23), inNet)
	ix := w.index()
	got := map[string]string{}
	for _, s := range ix.IfStopped(ix.Container(id("a"))) {
		if s.Other == nil || s.Effect != EffectStale {
			t.Fatalf("got %+v", s)
		}
		got[s.Other.Name] = s.Text
	}
	for name, end := range map[string]string{"direct": "docker restart direct then", "by-way": "docker restart by-way then, after direct"} {
		if !strings.HasSuffix(got[name], end) {
			t.Errorf("%s: got %q, want %q at its end", name, got[name], end)
		}
	}
}
