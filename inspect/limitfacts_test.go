package inspect_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A group that was not looked for is different from a group without a limit.
func TestGroupOfLimitFacts(t *testing.T) {
	f := &inspect.LimitFacts{Groups: []procfs.PIDsGroup{
		{Path: "/"}, {Path: "/docker", Current: procfs.Some(3)}, {Path: "/docker/a", Current: procfs.Some(2), Max: procfs.Some(100)},
	}}
	for path, want := range map[string]procfs.Opt[int]{"/": {}, "/docker": procfs.Some(3), "/docker/a": procfs.Some(2)} {
		if g, ok := f.Group(path); !ok || g.Path != path || g.Current != want {
			t.Errorf("%s: got %+v, %t", path, g, ok)
		}
	}
	for _, path := range []string{"", "/docker/", "/docker/b", "docker"} {
		if g, ok := f.Group(path); ok || g.Current.Held() || g.Max.Held() {
			t.Errorf("%q: got %+v, %t", path, g, ok)
		}
	}
	if _, ok := new(inspect.LimitFacts).Group("/"); ok {
		t.Error("nothing was read, and yet there is a group")
	}
}
