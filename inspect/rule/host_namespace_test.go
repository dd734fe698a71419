package rule_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// hostsNumber is the namespace of this type of the host of beside.
var hostsNumber = map[procfs.NamespaceType]uint64{
	procfs.PIDNamespace: 1, procfs.UTSNamespace: 2, procfs.IPCNamespace: 3, procfs.NetNamespace: 4, procfs.MountNamespace: 5, procfs.UserNamespace: 6,
}

// beside is a host with a container called demo, with this configuration, and one called vpn.
// Each has the host's user namespace and its own of the other types, except those that are
// named.
func beside(declare func(*inspect.Container), other map[procfs.NamespaceType]uint64) *World {
	usual := map[procfs.NamespaceType]uint64{procfs.UserNamespace: 6}
	for t, inode := range other {
		usual[t] = inode
	}
	w := NewWorld().Container("vpn", "b", 201).Container("demo", "a", 101, declare).
		Process(1, 0, "systemd").
		Process(201, 1, "vpn", In("b", 1), EveryNamespace(210, map[procfs.NamespaceType]uint64{procfs.UserNamespace: 6})).
		Process(301, 1, "app", In("a", 1), EveryNamespace(310, usual))
	w.Declared("demo", func(c *inspect.Container) { c.HostPID = 301 })
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
	for t, inode := range hostsNumber {
		w.Host.Namespaces[t] = procfs.Some(inode)
	}
	return w
}

// hostsOwn sets the namespaces of these types to the host's.
func hostsOwn(types ...procfs.NamespaceType) map[procfs.NamespaceType]uint64 {
	m := map[procfs.NamespaceType]uint64{}
	for _, t := range types {
		m[t] = hostsNumber[t]
	}
	return m
}

// undeclared is the engine's default configuration.
func undeclared(*inspect.Container) {}

// unreadNamespaces denies the reader all namespaces of the container demo, as for an ordinary
// user.
func unreadNamespaces(p *procfs.Process) {
	for t := range p.Namespaces {
		p.Namespaces[t] = procfs.None[uint64](procfs.Denied)
	}
}

// Each declared namespace of the host is a note about its consequences. If the kernel's facts
// cannot be read, the engine's configuration counts.
func TestHostNamespace(t *testing.T) {
	pid := func(c *inspect.Container) { c.PIDMode = "host" }
	net := func(c *inspect.Container) { c.NetworkMode = "host" }
	throughVPN := func(c *inspect.Container) { c.NetworkMode = "container:vpn" }
	vpnOnHost := func(w *World) *World {
		return w.Declared("vpn", net).Alter(201, func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](4) })
	}
	const netSaid = "uses the host's interfaces, ports and loopback."
	hosts{
		"pid":     {now: beside(pid, hostsOwn(procfs.PIDNamespace)).Alter(301, In("a")), want: []string{"note demo 301: --pid=host: sees every process of the host and may signal them as its user may."}},
		"network": {now: beside(net, hostsOwn(procfs.NetNamespace)), want: []string{"note demo 301: --network=host: " + netSaid}},
		"uts and ipc": {now: beside(func(c *inspect.Container) { c.UTSMode, c.IPCMode = "host", "host" }, hostsOwn(procfs.UTSNamespace, procfs.IPCNamespace)), want: []string{
			"note demo 301: --uts=host: has the host name and domain name of the host.",
			"note demo 301: --ipc=host: shares the host's shared memory segments, semaphores and message queues."}},
		"uts, with the right to change names": {now: beside(func(c *inspect.Container) { c.UTSMode, c.CapAdd = "host", []string{"SYS_ADMIN"} }, hostsOwn(procfs.UTSNamespace)), want: []string{
			"note demo 301: --uts=host: has the host name and domain name of the host. As root it may change both for the host (CAP_SYS_ADMIN)."}},
		"uts, with another right": {now: beside(func(c *inspect.Container) { c.UTSMode, c.CapAdd = "host", []string{"SYS_PTRACE"} }, hostsOwn(procfs.UTSNamespace)), want: []string{
			"note demo 301: --uts=host: has the host name and domain name of the host."}},
		"a namespace of its own, and that right": {now: beside(func(c *inspect.Container) { c.CapAdd = []string{"SYS_ADMIN"} }, nil)},
		"user":                                   {now: beside(func(c *inspect.Container) { c.UsernsMode = "host" }, nil), want: []string{"note demo 301: --userns=host: its root is the host's root."}},
		"by way of another":                      {now: vpnOnHost(beside(throughVPN, hostsOwn(procfs.NetNamespace))), want: []string{"note demo 301: --network=container:vpn, which has the host's: " + netSaid, "note vpn 201: --network=host: " + netSaid}},
		"it cannot be read":                      {now: beside(net, nil).Alter(301, unreadNamespaces), want: []string{"note demo 301: --network=host: " + netSaid}},
		"none":                                   {now: beside(undeclared, nil)},
		"nothing is given away with the control groups": {now: beside(func(c *inspect.Container) { c.CgroupnsMode = "host" }, nil)},
		"entered, and not declared":                     {now: beside(undeclared, hostsOwn(procfs.NetNamespace))},
		"not declared, and cannot be read":              {now: beside(undeclared, nil).Alter(301, unreadNamespaces)},
	}.hold(t, "host-namespace")
}
