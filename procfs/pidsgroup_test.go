package procfs_test

import (
	"errors"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestPIDsPath(t *testing.T) {
	pids := procfs.Cgroup{Hierarchy: 8, Controllers: []string{"pids"}, Path: "/docker/a"}
	cpu := procfs.Cgroup{Hierarchy: 4, Controllers: []string{"cpu"}, Path: "/cpu"}
	unified := procfs.Cgroup{Path: "/unified"}
	for name, test := range map[string]struct {
		lines []procfs.Cgroup
		path  string
		ok    bool
	}{
		"none":                      {nil, "", false},
		"v1 without pids":           {[]procfs.Cgroup{cpu}, "", false},
		"v2":                        {[]procfs.Cgroup{unified}, "/unified", true},
		"v1 beside v2":              {[]procfs.Cgroup{unified, cpu, pids}, "/docker/a", true},
		"pids by v2, others by v1 ": {[]procfs.Cgroup{cpu, unified}, "/unified", true},
	} {
		if path, ok := procfs.PIDsPath(test.lines); path != test.path || ok != test.ok {
			t.Errorf("%s: got %q, %t", name, path, ok)
		}
	}
}

func TestGroupsAbove(t *testing.T) {
	for group, want := range map[string][]string{
		"/":           {"/"},
		"/a":          {"/a", "/"},
		"/a/b.slice/": {"/a/b.slice/", "/a/b.slice", "/a", "/"},
		"/a/b":        {"/a/b", "/a", "/"},
		"/../a/b":     {"/../a/b"},
		"/..":         {"/.."},
		"":            {""},
		"a/b":         {"a/b"},
	} {
		procfstest.Equal(t, procfs.GroupsAbove(group), want)
	}
}

func FuzzGroupsAbove(f *testing.F) {
	f.Add("/a/b/c")
	f.Add("/../a")
	f.Fuzz(func(t *testing.T, group string) {
		list := procfs.GroupsAbove(group)
		if list[0] != group || len(list) > len(group)+2 {
			t.Fatalf("%q: got %q", group, list)
		}
	})
}

func TestParsePIDsEvents(t *testing.T) {
	for text, want := range map[string]int{"max 0\n": 0, "max 12\n": 12, "other 3\nmax 4\n": 4} {
		if got, err := procfs.ParsePIDsEvents([]byte(text)); err != nil || got != want {
			t.Errorf("%q: got %d, error %v", text, got, err)
		}
	}
	for text, reason := range map[string]string{
		"": "cut", "max 12": "cut", "max\n": "no max", "max -1\n": "-1", "max x\n": `"x"`, "max 99999999999999999999\n": "9999",
		"max 9223372036854775807\n": "92233",
	} {
		got, err := procfs.ParsePIDsEvents([]byte(text))
		procfstest.Refused(t, got, err, reason)
	}
}

func FuzzParsePIDsEvents(f *testing.F) {
	f.Add([]byte("max 12\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := procfs.ParsePIDsEvents(data)
		if err != nil && (n != 0 || !errors.Is(err, procfs.ErrMalformed)) || n < 0 {
			t.Fatalf("%q: got %d, error %v", data, n, err)
		}
	})
}
