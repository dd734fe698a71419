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

func cellsOf(row []namespace.Membership) string {
	var cells []string
	for _, m := range row {
		cell := string(m.Mode)
		if m.Mode == namespace.ModeShared && m.Owner != nil {
			cell = "=" + m.Owner.Name
		}
		if m.Verdict != namespace.OK {
			cell += fmt.Sprintf("(%s %s)", m.Verdict, inspect.ShortRef(m.OwnerRef))
		}
		cells = append(cells, cell)
	}
	return strings.Join(cells, " ")
}

func TestSharing(t *testing.T) {
	ix := Neighbours().Index()
	table := namespace.Table(ix, Choose(t, ix))
	want := map[string]string{
		"vpn":   "own own own own own host own host",
		"web":   "own own own =vpn own host own host",
		"qbit":  "own own own own(stale vpn) own host own host",
		"agent": "host host host own own host own host",
		"lost":  "own own own own(owner-gone ffffffffffff) own host own host",
	}
	for _, row := range table {
		name := row[0].Container.Name
		if got := cellsOf(row); got != want[name] {
			t.Errorf("%s: got %s, want %s", name, got, want[name])
		}
	}
	var remarks []string
	for _, c := range Choose(t, ix) {
		for _, r := range namespace.Remarks(ix, c) {
			remarks = append(remarks, fmt.Sprintf("%s %s", c.Name, r.Kind))
		}
	}
	if got := strings.Join(remarks, "; "); got != "agent host; agent host; agent host; lost owner-gone; qbit stale" {
		t.Errorf("got remarks %s", got)
	}
}

// A main process that leaves a namespace by itself does not make a stale join, because its owner
// is older and was not restarted since. It is not as declared either.
func TestSharingThatWasLeft(t *testing.T) {
	hosts := map[procfs.NamespaceType]uint64{procfs.UTSNamespace: 2, procfs.UserNamespace: 6, procfs.TimeNamespace: 8}
	w := Neighbours().
		Container("left", "f", 701, func(c *inspect.Container) { c.NetworkMode, c.UTSMode = "container:"+ID("a"), "host" }).
		Process(700, 1, "containerd-shim", ShimOf("f"), EveryNamespace(90, hosts)).
		Process(701, 700, "left", In("f", 1), StartedAt(502), EveryNamespace(710, map[procfs.NamespaceType]uint64{procfs.UserNamespace: 6, procfs.TimeNamespace: 8}))
	ix := w.Index()
	table := namespace.Table(ix, Choose(t, ix, "left"))
	if got, want := cellsOf(table[0]), "own own(left ) own own(left vpn) own host own host"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	remarks := namespace.Remarks(ix, table[0][0].Container)
	if len(remarks) != 2 || !strings.Contains(remarks[0].Text, "--uts=host") || !strings.Contains(remarks[1].Text, "vpn was not restarted") || remarks[1].Next != "" {
		t.Errorf("got %+v", remarks)
	}
}

// A container that joins one with the host's namespace has the host's too.
func TestSharingTheHostsByAJoin(t *testing.T) {
	w := Neighbours().Container("through", "f", 601, func(c *inspect.Container) {
		c.PIDMode, c.IPCMode = "container:"+ID("d"), "container:"+ID("d")
	}).
		Process(601, 1, "through", In("f"), EveryNamespace(610, map[procfs.NamespaceType]uint64{procfs.PIDNamespace: 1, procfs.IPCNamespace: 3, procfs.UserNamespace: 6, procfs.TimeNamespace: 8}))
	ix := w.Index()
	chosen := Choose(t, ix, "through")
	table := namespace.Table(ix, chosen)
	if got, want := cellsOf(table[0]), "host own host own own host own host"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	remarks := namespace.Remarks(ix, chosen[0])
	if len(remarks) != 2 || !strings.HasPrefix(remarks[0].Text, "--pid=container:agent, which has the host's: sees every process") || !strings.HasPrefix(remarks[1].Text, "--ipc=container:agent, which has the host's: shares") {
		t.Errorf("got %+v", remarks)
	}
	if tree := ix.Tree(chosen[0]); !tree.HostPIDs || tree.NamespaceOwner != nil {
		t.Errorf("the header does not say the host's: %+v", tree)
	}
	if tree := ix.Tree(Choose(t, ix, "web")[0]); tree.HostPIDs {
		t.Error("a container with a PID namespace of its own has the host's")
	}
}

func TestHostNamespaces(t *testing.T) {
	ix := Neighbours().Index()
	got := map[procfs.NamespaceType]int{}
	for _, n := range namespace.Hosts(ix) {
		got[n.Type] = len(n.Members)
	}
	if got[procfs.PIDNamespace] != 1 || got[procfs.NetNamespace] != 0 || got[procfs.UserNamespace] != 5 {
		t.Errorf("got %v", got)
	}
}

func TestStaleAfterRestartOfBothIsOver(t *testing.T) {
	w := Neighbours()
	for i := range w.Snapshot.Processes {
		if p := &w.Snapshot.Processes[i]; p.Comm == "qbit" {
			p.Namespaces[procfs.NetNamespace] = procfs.Some(uint64(113))
		}
	}
	ix := w.Index()
	for _, row := range namespace.Table(ix, Choose(t, ix, "qbit")) {
		if got := cellsOf(row); got != "own own own =vpn own host own host" {
			t.Errorf("got %s", got)
		}
	}
}

// If the host's own namespaces are not known, a shared one that no container joined could be the
// host's.
func TestSharingWithoutTheHosts(t *testing.T) {
	w := Neighbours()
	w.Host.Namespaces = nil
	ix := w.Index()
	for _, row := range namespace.Table(ix, Choose(t, ix, "web")) {
		if got, want := cellsOf(row), "own own own =vpn own unknown own unknown"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestSharingAsDeclared(t *testing.T) {
	w := Neighbours()
	for i := range w.Snapshot.Processes {
		for _, typ := range procfs.NamespaceTypes {
			w.Snapshot.Processes[i].Namespaces[typ] = procfs.None[uint64](procfs.Denied)
		}
	}
	ix := w.Index()
	for _, row := range namespace.Table(ix, Choose(t, ix, "web")) {
		if got, want := cellsOf(row), "own(declared-only ) own(declared-only ) own(declared-only ) =vpn(declared-only vpn) own(declared-only ) unknown(declared-only ) unknown(declared-only ) unknown(declared-only )"; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// An engine in namespaces of its own, such as a rootless one: what its containers do not have
// for themselves is the engine's, neither theirs nor the host's. Their shims are in the
// engine's.
func TestSharingTheEnginesNamespaces(t *testing.T) {
	engines := map[procfs.NamespaceType]uint64{procfs.NetNamespace: 94, procfs.UserNamespace: 96, procfs.TimeNamespace: 8}
	hostNet := func(c *inspect.Container) { c.NetworkMode = "host" }
	w := NewWorld().
		Container("one", "a", 101, hostNet).
		Container("two", "b", 201, hostNet).
		Container("own", "c", 301)
	for i, letter := range []string{"a", "b", "c"} {
		base := uint64(100 * (i + 1))
		theirs := map[procfs.NamespaceType]uint64{procfs.UserNamespace: 96, procfs.TimeNamespace: 8}
		if letter != "c" {
			theirs[procfs.NetNamespace] = 94
		}
		w.Process(int(base), 1, "containerd-shim", ShimOf(letter), EveryNamespace(90, engines)).
			Process(int(base)+1, int(base), "sleep", In(letter, 1), EveryNamespace(base, theirs))
	}
	for name, test := range map[string]struct {
		host  map[procfs.NamespaceType]procfs.Opt[uint64]
		cells map[string]string
		notes int
	}{
		"and the host's are known": {
			map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.NetNamespace: procfs.Some[uint64](4), procfs.UserNamespace: procfs.Some[uint64](6), procfs.TimeNamespace: procfs.Some[uint64](8)},
			map[string]string{
				"one": "own own own engine own engine own host",
				"two": "own own own engine own engine own host",
				"own": "own own own own own engine own host",
			}, 2,
		},
		"and the host's cannot be read": {
			nil,
			map[string]string{
				"one": "own own own engine own engine own engine",
				"two": "own own own engine own engine own engine",
				"own": "own own own own own engine own engine",
			}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.Host.Namespaces = test.host
			ix := w.Index()
			table := namespace.Table(ix, Choose(t, ix))
			for _, row := range table {
				if got := cellsOf(row); got != test.cells[row[0].Container.Name] {
					t.Errorf("%s: got  %s\nwant %s", row[0].Container.Name, got, test.cells[row[0].Container.Name])
				}
			}
			var remarks []namespace.Remark
			for _, row := range table {
				remarks = append(remarks, namespace.Remarks(ix, row[0].Container)...)
			}
			for _, r := range remarks {
				if r.Kind != namespace.RemarkHost || !strings.Contains(r.Text, "--network=host") || !strings.Contains(r.Text, "not the host's") {
					t.Errorf("got %+v", r)
				}
			}
			if len(remarks) != test.notes {
				t.Errorf("got %d remarks, want %d: %+v", len(remarks), test.notes, remarks)
			}
		})
	}
}

// The others in a namespace are all containers except the container itself, and asking for them
// does not change the list.
func TestOthersOfAMembership(t *testing.T) {
	ix := Neighbours().Index()
	m := namespace.Of(ix, ix.ContainerNamed("web"), procfs.NetNamespace)
	for range 2 {
		if got := inspect.ContainerNames(m.Others()); got != "vpn" {
			t.Errorf("got %q", got)
		}
	}
	if got := inspect.ContainerNames(m.Members); got != "vpn, web" {
		t.Errorf("the members are %q", got)
	}
	alone := namespace.Of(ix, ix.ContainerNamed("vpn"), procfs.PIDNamespace)
	if got := alone.Others(); len(got) != 0 {
		t.Errorf("alone, with %q", inspect.ContainerNames(got))
	}
}

// There is one membership for each type that can be joined, except pid, in the order in which
// they are shown.
func TestJoinable(t *testing.T) {
	ix := Neighbours().Index()
	got := ""
	for _, m := range namespace.Joinable(ix, ix.ContainerNamed("agent")) {
		got += fmt.Sprintf("%s %s %q; ", m.Type, m.Mode, m.Declared)
	}
	if want := `uts host "host"; ipc host "host"; net own "bridge"; `; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Without the right to read namespaces everything is as declared, at the end of a chain of
// joins. If the engine's settings decide, nothing is known.
func TestDeclaredModes(t *testing.T) {
	w := NewWorld().
		Container("owner", "a", 0).
		Container("member", "b", 0, func(c *inspect.Container) { c.NetworkMode, c.IPCMode = "container:owner", "shareable" }).
		Container("by-way", "c", 0, func(c *inspect.Container) { c.NetworkMode, c.CgroupnsMode = "container:member", "private" }).
		Container("hosts", "d", 0, func(c *inspect.Container) { c.NetworkMode, c.UsernsMode = "host", "host" }).
		Container("through", "e", 0, func(c *inspect.Container) { c.NetworkMode = "container:hosts" }).
		Container("lost", "f", 0, func(c *inspect.Container) { c.NetworkMode = "container:" + ID("9") }).
		Container("silent", "2", 0, func(c *inspect.Container) { c.Silent, c.NetworkMode = true, "host" }).
		Container("ended", "1", 0, func(c *inspect.Container) { c.NetworkMode, c.Status = "container:owner", "exited" })
	ix := w.Index()
	for name, want := range map[string]string{
		"owner":   "own own own own own unknown unknown unknown",
		"member":  "own own own =owner(owner) own unknown unknown unknown",
		"by-way":  "own own own =owner(owner) own unknown own unknown",
		"hosts":   "own own own host own host unknown unknown",
		"through": "own own own host own unknown unknown unknown",
		"lost":    "own own own shared(999999999999) own unknown unknown unknown",
		"silent":  "unknown unknown unknown host unknown unknown unknown unknown",
		"ended":   "own own own =owner(owner) own unknown unknown unknown",
	} {
		var cells []string
		for _, m := range namespace.Table(ix, []*inspect.Container{ix.ContainerNamed(name)})[0] {
			cell := string(m.Mode)
			if m.Mode == namespace.ModeShared && m.Owner != nil {
				cell = "=" + m.Owner.Name
			}
			if m.OwnerRef != "" {
				cell += "(" + inspect.ShortRef(m.OwnerRef) + ")"
			}
			cells = append(cells, cell)
			if m.Verdict != namespace.DeclaredOnly || m.Inode.Absence() != procfs.Gone {
				t.Errorf("%s of %s: got %s, %+v", m.Type, name, m.Verdict, m.Inode)
			}
		}
		if got := strings.Join(cells, " "); got != want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, want)
		}
	}
	for name, want := range map[string]string{"owner": "by-way, member, owner", "member": "by-way, member, owner", "ended": "by-way, ended, member, owner", "lost": "lost"} {
		m := namespace.Of(ix, ix.ContainerNamed(name), procfs.NetNamespace)
		if got := inspect.ContainerNames(m.Members); got != want {
			t.Errorf("with %s: got %q, want %q", name, got, want)
		}
	}
}

// A join to an owner whose own namespace cannot be read is as declared, and not stale.
func TestSharingWithAnOwnerThatIsHidden(t *testing.T) {
	w := Neighbours()
	for i := range w.Snapshot.Processes {
		if p := &w.Snapshot.Processes[i]; p.Comm == "vpn" {
			p.Namespaces[procfs.NetNamespace] = procfs.None[uint64](procfs.Denied)
		}
	}
	ix := w.Index()
	for _, name := range []string{"web", "qbit"} {
		m := namespace.Of(ix, ix.ContainerNamed(name), procfs.NetNamespace)
		if m.Verdict != namespace.DeclaredOnly || m.OwnerRef != "" {
			t.Errorf("%s: got %+v", name, m)
		}
		if r, ok := namespace.RemarkOn(ix, m); ok {
			t.Errorf("%s: got a remark: %+v", name, r)
		}
	}
}

// Of several containers that share a namespace, the owner is the one that joined none. For a PID
// namespace it is the one whose main process is its init. If several remain, it is the oldest,
// and then the first by name.
func TestOwnerOfASharedNamespace(t *testing.T) {
	type one struct {
		name, letter string
		started      int
		chain        []int
		joined       string
	}
	world := func(t procfs.NamespaceType, list ...one) *World {
		w := NewWorld()
		w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{t: procfs.Some[uint64](1)}
		for i, o := range list {
			pid := 101 + 100*i
			w.Container(o.name, o.letter, pid, told(t, o.joined)).
				Process(pid, 1, o.name, In(o.letter, o.chain...), StartedAt(o.started), EveryNamespace(uint64(pid), map[procfs.NamespaceType]uint64{t: 70}))
		}
		return w
	}
	for name, test := range map[string]struct {
		world *World
		kind  procfs.NamespaceType
		want  string
	}{
		"who joined nobody, though younger": {world(procfs.NetNamespace, one{"a", "a", 1, []int{1}, "container:b"}, one{"b", "b", 9, []int{1}, ""}), procfs.NetNamespace, "b"},
		"the oldest of equals":              {world(procfs.NetNamespace, one{"a", "a", 9, []int{1}, ""}, one{"b", "b", 1, []int{1}, ""}, one{"c", "c", 10, []int{1}, "container:a"}), procfs.NetNamespace, "b"},
		"the first by name of twins":        {world(procfs.NetNamespace, one{"b", "b", 5, []int{1}, ""}, one{"a", "a", 5, []int{1}, ""}, one{"c", "c", 10, []int{1}, "container:a"}), procfs.NetNamespace, "a"},
		"the init of a PID namespace":       {world(procfs.PIDNamespace, one{"a", "a", 1, []int{40}, "container:b"}, one{"b", "b", 9, []int{1}, "container:a"}), procfs.PIDNamespace, "b"},
	} {
		for seed := range uint64(4) {
			ix := test.world.Shuffled(seed).Index()
			for c := range ix.Containers() {
				m := namespace.Of(ix, c, test.kind)
				mode := namespace.ModeShared
				if c.Name == test.want {
					mode = namespace.ModeOwn
				}
				if m.Owner == nil || m.Owner.Name != test.want || m.Mode != mode {
					t.Errorf("%s, seed %d: of %s: got %s of %v, want %s's", name, seed, c.Name, m.Mode, m.Owner, test.want)
				}
			}
		}
	}
}

// The host's namespaces are listed for every type, by inode. One that could not be read has no
// members, instead of all.
func TestHostNamespacesThatCannotBeRead(t *testing.T) {
	w := Neighbours()
	w.Host.Namespaces[procfs.UserNamespace] = procfs.None[uint64](procfs.Denied)
	list := namespace.Hosts(w.Index())
	if len(list) != len(procfs.NamespaceTypes) {
		t.Fatalf("%d types, want %d", len(list), len(procfs.NamespaceTypes))
	}
	for i, h := range list {
		if h.Type != procfs.NamespaceTypes[i] {
			t.Errorf("at %d is %s", i, h.Type)
		}
		if h.Type == procfs.UserNamespace && (h.Inode.Absence() != procfs.Denied || h.Members != nil) {
			t.Errorf("got %+v", h)
		}
		if want := procfs.Some(uint64(i + 1)); h.Type != procfs.UserNamespace && h.Inode != want {
			t.Errorf("%s: got %+v, want %+v", h.Type, h.Inode, want)
		}
	}
}
