package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A chain of joins is followed for the type of namespace that is asked for, by IDs
// and names, and never for ever.
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
