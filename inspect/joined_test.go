package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A chain of joins is followed for one type of namespace, by IDs and names, and ends in every
// case.
func TestJoined(t *testing.T) {
	list := []inspect.Container{
		{ID: "owner-id", Name: "owner"},
		{ID: "direct-id", Name: "direct", PIDMode: "container:owner-id", NetworkMode: "container:other"},
		{ID: "by-way-id", Name: "by-way", PIDMode: "container:direct"},
		{ID: "other-id", Name: "other", PIDMode: "host"},
		{ID: "orphan-id", Name: "orphan", PIDMode: "container:removed"},
		{ID: "self-id", Name: "self", PIDMode: "container:self"},
		{ID: "round-id", Name: "round", PIDMode: "container:about"},
		{ID: "about-id", Name: "about", PIDMode: "container:round"},
	}
	named := func(ref string) *inspect.Container {
		for i := range list {
			if ref != "" && (list[i].ID == ref || list[i].Name == ref) {
				return &list[i]
			}
		}
		return nil
	}
	for _, test := range []struct {
		name string
		kind procfs.NamespaceType
		path string
	}{
		{"owner", procfs.PIDNamespace, "owner "},
		{"direct", procfs.PIDNamespace, "direct owner "},
		{"by-way", procfs.PIDNamespace, "by-way direct owner "},
		{"by-way", procfs.NetNamespace, "by-way "},
		{"direct", procfs.NetNamespace, "direct other "},
		{"other", procfs.PIDNamespace, "other "},
		{"orphan", procfs.PIDNamespace, "orphan "},
		{"self", procfs.PIDNamespace, "self "},
		{"round", procfs.PIDNamespace, "round about "},
	} {
		got, home := "", ""
		for c := range inspect.Joined(named(test.name), test.kind, named) {
			got, home = got+c.Name+" ", c.Name
		}
		if got != test.path || inspect.DeclaredHome(named(test.name), test.kind, named).Name != home {
			t.Errorf("%s of %s: got %q, want %q", test.kind, test.name, got, test.path)
		}
	}
	for c := range inspect.Joined(nil, procfs.PIDNamespace, named) {
		t.Errorf("of none: got %s", c.Name)
	}
}

// Two containers are together as declared if their chains of joins have the same end: the host,
// a container, or a container that is no longer known.
func TestDeclaredTogetherAtEveryEnd(t *testing.T) {
	pid := func(mode string) func(*inspect.Container) { return func(c *inspect.Container) { c.PIDMode = mode } }
	w := NewWorld().Container("host1", "1", 0, pid("host")).Container("host2", "2", 0, pid("host")).
		Container("by-host1", "3", 0, pid("container:host1")).Container("by-by", "4", 0, pid("container:by-host1")).
		Container("lost1", "5", 0, pid("container:"+ID("f"))).Container("lost2", "6", 0, pid("container:"+ID("f"))).
		Container("by-lost", "7", 0, pid("container:lost1")).Container("other", "8", 0, pid("container:"+ID("e"))).
		Container("own", "9", 0).Container("round", "a", 0, pid("container:about")).Container("about", "b", 0, pid("container:round"))
	groups := map[string]int{
		"host1": 1, "host2": 1, "by-host1": 1, "by-by": 1, "lost1": 2, "lost2": 2, "by-lost": 2, "other": 3, "own": 4,
	}
	ix := w.Index()
	for range 2 { // the result was kept
		for a, groupA := range groups {
			for b, groupB := range groups {
				if got := ix.DeclaredTogether(ix.ContainerNamed(a), ix.ContainerNamed(b), procfs.PIDNamespace); got != (groupA == groupB) {
					t.Errorf("%s and %s: got %t", a, b, got)
				}
			}
		}
		for _, name := range []string{"round", "about"} {
			if home := ix.DeclaredHome(ix.ContainerNamed(name), procfs.PIDNamespace); home == nil || home.Name == name {
				t.Errorf("%s: got %+v", name, home)
			}
		}
	}
}
