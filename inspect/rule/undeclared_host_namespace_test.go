package rule_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A namespace of the host that was not configured in docker is a warning, for each type that a
// container has of its own by default. It is not a warning if the engine's settings cause it,
// or if the engine did not answer.
func TestUndeclaredHostNamespace(t *testing.T) {
	said := func(t string) string {
		return "warning demo 301: The main process is in the host's " + t + " namespace. Docker's configuration does not say so. |  | remove the capability that let it enter (SYS_ADMIN)."
	}
	joins := func(c *inspect.Container) { c.NetworkMode = "container:vpn" }
	vpnOnHost := func(w *World) *World {
		return w.Alter(201, func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](4) }).
			Declared("vpn", func(c *inspect.Container) { c.NetworkMode = "host" })
	}
	hosts{
		"network":                       {now: beside(undeclared, hostsOwn(procfs.NetNamespace)), want: []string{said("net")}},
		"network, told bridge":          {now: beside(func(c *inspect.Container) { c.NetworkMode = "bridge" }, hostsOwn(procfs.NetNamespace)), want: []string{said("net")}},
		"pid":                           {now: beside(undeclared, hostsOwn(procfs.PIDNamespace)), want: []string{said("pid")}},
		"uts, ipc and mount":            {now: beside(undeclared, hostsOwn(procfs.UTSNamespace, procfs.IPCNamespace, procfs.MountNamespace)), want: []string{said("uts"), said("ipc"), said("mnt")}},
		"its own":                       {now: beside(undeclared, nil)},
		"the user namespace":            {now: beside(undeclared, hostsOwn(procfs.UserNamespace))},
		"declared":                      {now: beside(func(c *inspect.Container) { c.NetworkMode = "host" }, hostsOwn(procfs.NetNamespace))},
		"joined one that has it":        {now: vpnOnHost(beside(joins, hostsOwn(procfs.NetNamespace)))},
		"another's, and not the host's": {now: beside(undeclared, map[procfs.NamespaceType]uint64{procfs.NetNamespace: 213})},
		"it cannot be read":             {now: beside(undeclared, hostsOwn(procfs.NetNamespace)).Alter(301, unreadNamespaces)},
		"a silent engine":               {now: beside(undeclared, hostsOwn(procfs.NetNamespace)).Declared("demo", silentEngine)},
	}.hold(t, "undeclared-host-namespace")
}
