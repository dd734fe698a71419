package rule_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A container that was configured to share a namespace and is in another one, although no
// container was restarted, has left it: a note. After a restart it is a stale join. What cannot
// be read is not reported.
func TestNamespaceLeft(t *testing.T) {
	joins := func(c *inspect.Container) { c.NetworkMode = "container:vpn" }
	onHost := func(c *inspect.Container) { c.UTSMode = "host" }
	// withShim gives demo a shim whose UTS namespace is this one.
	withShim := func(w *World, inode uint64) *World {
		return w.Process(300, 1, "containerd-shim", ShimOf("a"), func(p *procfs.Process) { p.Namespaces[procfs.UTSNamespace] = procfs.Some(inode) }).Alter(301, Below(300))
	}
	vpns := map[procfs.NamespaceType]uint64{procfs.NetNamespace: 213}
	hosts{
		"another container's":                 {now: beside(joins, nil), want: []string{"note demo 301: Declared --network=container:vpn, but both main processes are in different net namespaces. vpn was not restarted, so one of them has left the namespace."}},
		"the host's":                          {now: withShim(beside(onHost, nil), 2), want: []string{"note demo 301: Declared --uts=host, but the main process has left the host's uts namespace."}},
		"it shares it":                        {now: beside(joins, vpns)},
		"the owner is younger":                {now: beside(joins, nil).Alter(201, StartedAt(900))},
		"the owner does not run":              {now: beside(joins, nil).Declared("vpn", func(c *inspect.Container) { c.Status = "exited" })},
		"the owner's cannot be read":          {now: beside(joins, nil).Alter(201, unreadNamespaces)},
		"its own cannot be read":              {now: beside(joins, nil).Alter(301, unreadNamespaces)},
		"an engine that is not in the host's": {now: withShim(beside(onHost, nil), 77)},
		"it is in the host's":                 {now: withShim(beside(onHost, hostsOwn(procfs.UTSNamespace)), 2)},
		"nothing was declared":                {now: withShim(beside(undeclared, nil), 2)},
	}.hold(t, "namespace-left")
}
