package namespace_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// told sets the declared mode of the container's namespace of a type.
func told(t procfs.NamespaceType, mode string) func(*inspect.Container) {
	return func(c *inspect.Container) {
		switch t {
		case procfs.PIDNamespace:
			c.PIDMode = mode
		case procfs.UTSNamespace:
			c.UTSMode = mode
		case procfs.IPCNamespace:
			c.IPCMode = mode
		case procfs.NetNamespace:
			c.NetworkMode = mode
		case procfs.UserNamespace:
			c.UsernsMode = mode
		case procfs.CgroupNamespace:
			c.CgroupnsMode = mode
		}
	}
}

// guest is a container in the host's namespace of one type only. The host's are numbered 1, 2...
// in the order in which they are shown.
func guest(t procfs.NamespaceType, change ...func(*inspect.Container)) *World {
	w := NewWorld().Container("guest", "a", 101, change...)
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
	other := map[procfs.NamespaceType]uint64{}
	for i, kind := range procfs.NamespaceTypes {
		w.Host.Namespaces[kind] = procfs.Some(uint64(i + 1))
		if kind == t {
			other[kind] = uint64(i + 1)
		}
	}
	return w.Process(101, 1, "guest", In("a", 1), EveryNamespace(110, other))
}

// The consequences of a namespace of the host are reported for each declared type. For one that
// was not declared, it is reported that it was got in another way, if docker decides.
func TestRemarksOnTheHosts(t *testing.T) {
	for kind, test := range map[procfs.NamespaceType]struct {
		declared, undeclared string
	}{
		procfs.PIDNamespace:    {"--pid=host: sees every process of the host and may signal them as its user may.", "The main process is in the host's pid namespace. Docker's configuration does not say so."},
		procfs.UTSNamespace:    {"--uts=host: has the host name and domain name of the host.", "The main process is in the host's uts namespace. Docker's configuration does not say so."},
		procfs.IPCNamespace:    {"--ipc=host: shares the host's shared memory segments, semaphores and message queues.", "The main process is in the host's ipc namespace. Docker's configuration does not say so."},
		procfs.NetNamespace:    {"--network=host: uses the host's interfaces, ports and loopback.", "The main process is in the host's net namespace. Docker's configuration does not say so."},
		procfs.UserNamespace:   {"--userns=host: its root is the host's root.", ""},
		procfs.CgroupNamespace: {"", ""},
		procfs.TimeNamespace:   {"", ""},
		procfs.MountNamespace:  {"The main process is in the host's mnt namespace. Docker's configuration does not say so.", "The main process is in the host's mnt namespace. Docker's configuration does not say so."},
	} {
		for name, world := range map[string]struct {
			world *World
			want  string
		}{
			"declared":   {guest(kind, told(kind, "host")), test.declared},
			"undeclared": {guest(kind), test.undeclared},
			"silent":     {guest(kind, func(c *inspect.Container) { c.Silent = true }), ""},
		} {
			ix := world.world.Index()
			got, wantKind := "", namespace.RemarkHost
			if strings.Contains(world.want, "does not say so") {
				wantKind = namespace.RemarkUndeclared
			}
			for _, r := range namespace.Remarks(ix, ix.ContainerNamed("guest")) {
				got += r.Text
				if r.Kind != wantKind || r.Process != ix.ProcessAt(101) || (r.Cure != "") != (wantKind == namespace.RemarkUndeclared) || r.Next != "" {
					t.Errorf("%s, %s: got %+v", kind, name, r)
				}
			}
			if got != world.want {
				t.Errorf("%s, %s: got %q, want %q", kind, name, got, world.want)
			}
		}
	}
}

// A container that was configured to join another one and is in the host's namespace has not got
// it without docker.
func TestJoinOfTheHostsIsNotUndeclared(t *testing.T) {
	w := guest(procfs.NetNamespace, told(procfs.NetNamespace, "container:owner")).
		Container("owner", "b", 201, told(procfs.NetNamespace, "host")).
		Process(201, 1, "owner", In("b", 1), EveryNamespace(210, map[procfs.NamespaceType]uint64{procfs.NetNamespace: 4}))
	ix := w.Index()
	got := namespace.Remarks(ix, ix.ContainerNamed("guest"))
	if len(got) != 1 || got[0].Kind != namespace.RemarkHost || got[0].Text != "--network=container:owner, which has the host's: uses the host's interfaces, ports and loopback." {
		t.Errorf("got %+v", got)
	}
}

// A join whose owner does not run is distinguished from one whose owner was removed. The first
// can be restored, and the second cannot. What is lost depends on the type.
func TestRemarksOnBrokenJoins(t *testing.T) {
	joined := func(t procfs.NamespaceType) *World {
		return NewWorld().Container("member", "a", 101, told(t, "container:"+ID("b"))).
			Process(101, 1, "member", In("a", 1), StartedAt(5), EveryNamespace(110, nil))
	}
	owner := func(w *World, started int) *World {
		return w.Container("owner", "b", 201).Process(201, 1, "owner", In("b", 1), StartedAt(started), EveryNamespace(210, nil))
	}
	for name, test := range map[string]struct {
		world *World
		want  namespace.Remark
	}{
		"removed": {joined(procfs.NetNamespace), namespace.Remark{
			Kind: namespace.RemarkOwnerGone, Lost: true, Type: procfs.NetNamespace, Owner: ID("b"),
			Text: "Still uses the network of bbbbbbbbbbbb, which was removed. That network has lost its interfaces. This container cannot be started again once it stops. Recreate it.",
			Cure: "recreate the container with --network container:OWNER, where OWNER is the container that replaced bbbbbbbbbbbb",
		}},
		"memory's owner removed": {joined(procfs.IPCNamespace), namespace.Remark{
			Kind: namespace.RemarkOwnerGone, Type: procfs.IPCNamespace, Owner: ID("b"),
			Text: "Still uses the ipc namespace of bbbbbbbbbbbb, which was removed. This container cannot be started again once it stops. Recreate it.",
			Cure: "recreate the container with --ipc container:OWNER, where OWNER is the container that replaced bbbbbbbbbbbb",
		}},
		"ended, and had no network": {joined(procfs.NetNamespace).Container("owner", "b", 0, func(c *inspect.Container) { c.Status, c.NetworkMode = "exited", "none" }), namespace.Remark{
			Kind: namespace.RemarkOwnerGone, Type: procfs.NetNamespace, Text: "Still uses the network of owner, which has exited.", Next: "docker start owner && docker restart member",
		}},
		"ended": {joined(procfs.NetNamespace).Container("owner", "b", 0, func(c *inspect.Container) { c.Status = "exited" }), namespace.Remark{
			Kind: namespace.RemarkOwnerGone, Lost: true, Type: procfs.NetNamespace, Text: "Still uses the network of owner, which has exited. That network has lost its interfaces.", Next: "docker start owner && docker restart member",
		}},
		"ended, and is removed": {joined(procfs.NetNamespace).Container("owner", "b", 0, func(c *inspect.Container) { c.Status, c.AutoRemove = "exited", true }), namespace.Remark{
			Kind: namespace.RemarkOwnerGone, Lost: true, Type: procfs.NetNamespace, Text: "Still uses the network of owner, which was removed. That network has lost its interfaces. This container cannot be started again once it stops. Recreate it.",
			Cure: "recreate the container with --network container:OWNER, where OWNER is the container that replaced owner",
		}},
		"restarted, of the network": {owner(joined(procfs.NetNamespace), 900), namespace.Remark{
			Kind: namespace.RemarkStale, Lost: true, Type: procfs.NetNamespace, Text: "Still uses the old network of owner. owner was restarted and has a new one, so they cannot reach each other.", Next: "docker restart member",
		}},
		"restarted, of memory": {owner(joined(procfs.IPCNamespace), 900), namespace.Remark{
			Kind: namespace.RemarkStale, Lost: true, Type: procfs.IPCNamespace, Text: "Still uses the old ipc namespace of owner. owner was restarted and has a new one, so they no longer share memory.", Next: "docker restart member",
		}},
		"restarted, of processes": {owner(joined(procfs.PIDNamespace), 900), namespace.Remark{
			Kind: namespace.RemarkStale, Lost: true, Type: procfs.PIDNamespace, Text: "Still uses the old pid namespace of owner. owner was restarted and has a new one, so they do not see each other's processes.", Next: "docker restart member",
		}},
		"parted, and the owner is older": {owner(joined(procfs.NetNamespace), 4), namespace.Remark{
			Kind: namespace.RemarkLeft, Type: procfs.NetNamespace, Text: "Declared --network=container:owner, but both main processes are in different net namespaces. owner was not restarted, so one of them has left the namespace.",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			test.want.Process = ix.ProcessAt(101)
			if test.want.Owner == "" {
				test.want.Owner = "owner"
			}
			got := namespace.Remarks(ix, ix.ContainerNamed("member"))
			if len(got) != 1 || got[0] != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// A join that could not be compared is not stale, and neither is one as declared.
func TestBrokenJoinOfOtherVerdicts(t *testing.T) {
	c := &inspect.Container{Name: "member"}
	for _, v := range []namespace.Verdict{namespace.OK, namespace.Left, namespace.DeclaredOnly, ""} {
		if r, ok := namespace.BrokenJoin(namespace.Membership{Container: c, Type: procfs.NetNamespace, Verdict: v, OwnerRef: "owner"}); ok || r != (namespace.Remark{}) {
			t.Errorf("%q: got %+v", v, r)
		}
	}
}

// The fix for a member of a removed owner names the owner's successor if that is known. A
// manager that knows how the member was created needs no options.
func TestFixAfterTheOwnersRemoval(t *testing.T) {
	composed := map[string]string{"com.docker.compose.project": "shop", "com.docker.compose.service": "app"}
	for name, test := range map[string]struct {
		of   namespace.Membership
		want string
	}{
		"not known":  {namespace.Membership{Type: procfs.PIDNamespace}, "recreate the container with --pid container:OWNER, where OWNER is the container that replaced bbbbbbbbbbbb"},
		"known":      {namespace.Membership{Type: procfs.NetNamespace, Successor: &inspect.Container{Name: "vpn"}}, "recreate the container with --network container:vpn"},
		"by compose": {namespace.Membership{Type: procfs.NetNamespace, Container: &inspect.Container{Name: "app", Labels: composed}}, ""},
	} {
		m := test.of
		m.Verdict, m.OwnerRef, m.OwnerRemoved = namespace.OwnerGone, ID("b"), true
		if m.Container == nil {
			m.Container = &inspect.Container{Name: "app"}
		}
		if r, ok := namespace.BrokenJoin(m); !ok || r.Cure != test.want || (r.Next == "") == (r.Cure == "") {
			t.Errorf("%s: got %+v, want the fix %q", name, r, test.want)
		}
	}
}

// For every type there is a text about what two containers lack that no longer share it.
func TestBroken(t *testing.T) {
	for kind, want := range map[procfs.NamespaceType]string{
		procfs.PIDNamespace: "they do not see each other's processes", procfs.IPCNamespace: "they no longer share memory",
		procfs.NetNamespace: "they cannot reach each other", procfs.UTSNamespace: "they no longer share it", "": "they no longer share it",
	} {
		if got := namespace.Broken(kind); got != want {
			t.Errorf("%s: got %q, want %q", kind, got, want)
		}
	}
}

// Each PID namespace inside has one remark, with its init, its container, and the number of
// processes in it, including deeper ones.
func TestNestedRemarks(t *testing.T) {
	ix := Demo().Process(401, 101, "bwrap", In("a", 61, 1), NS(8)).Process(402, 401, "x", In("a", 62, 2), NS(8)).
		Process(403, 402, "deep", In("a", 63, 3, 1), NS(9)).
		Process(140, 101, "containerd-shim", In("a", 40), NS(7), ShimOf("e")).Process(141, 140, "app", In("a", 41, 1), NS(10)).Index()
	c := ix.ContainerNamed("demo")
	got := namespace.NestedRemarks(ix, c)
	want := []string{
		"141 Container of an inner engine: init app (host PID 141, container PID 41>1), 1 process.",
		"401 Nested PID namespace: init bwrap (host PID 401, container PID 61>1), 3 processes.",
		"403 Nested PID namespace: init deep (host PID 403, container PID 63>3>1), 1 process.",
	}
	for i, r := range got {
		if text := fmt.Sprint(r.Process.PID, " ", r.Text); i >= len(want) || text != want[i] || r.Kind != namespace.RemarkNested {
			t.Errorf("got %q (%s)", text, r.Kind)
		}
	}
	if all := namespace.Remarks(ix, c); len(got) != len(want) || len(all) != len(want) {
		t.Errorf("%d remarks, and %d in all, want %d", len(got), len(all), len(want))
	}
	ix = Demo().Container("ended", "b", 0).Index()
	for _, name := range []string{"demo", "ended"} {
		if got := namespace.NestedRemarks(ix, ix.ContainerNamed(name)); len(got) != 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
