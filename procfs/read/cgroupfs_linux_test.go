package read

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	prom "github.com/prometheus/procfs"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

const containerID = "4f6c0a2bd4cf"

func TestUpTo(t *testing.T) {
	tests := map[string]string{
		"/docker/" + containerID:                            "/docker/" + containerID,
		"/docker/" + containerID + "/init.scope":            "/docker/" + containerID,
		"/system.slice/docker-" + containerID + ".scope":    "/system.slice/docker-" + containerID + ".scope",
		"/a/libpod-" + containerID + ".scope/container/sub": "/a/libpod-" + containerID + ".scope",
		"/" + containerID + "/docker/" + containerID:        "/" + containerID,
		"/": "",
		"":  "",
	}
	for path, want := range tests {
		if got := upTo(path, containerID); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

// fakeCgroups are a pids hierarchy, one of two controllers, and the unified one, with the
// container's group in each. One group is mounted again, with the same path below it, and a
// folder beside the mounts has it too.
func fakeCgroups(t *testing.T) (CgroupMounts, string) {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"pids", "cpu,cpuacct", "unified", "bind", "."} {
		if err := os.MkdirAll(filepath.Join(root, name, "docker", containerID, "sub"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return CgroupMounts{[]*prom.MountInfo{
		{Root: "/", MountPoint: root + "/cpu,cpuacct", FSType: "cgroup", SuperOptions: map[string]string{"rw": "", "cpu": "", "cpuacct": ""}},
		{Root: "/docker", MountPoint: root + "/bind", FSType: "cgroup2"},
		{Root: "/", MountPoint: root + "/unified", FSType: "cgroup2", SuperOptions: map[string]string{"rw": ""}},
		{Root: "/", MountPoint: root + "/pids", FSType: "cgroup", SuperOptions: map[string]string{"rw": "", "pids": ""}},
	}}, root
}

func TestGroup(t *testing.T) {
	mounts, root := fakeCgroups(t)
	const path = "/docker/" + containerID
	cpu := procfs.Cgroup{Hierarchy: 2, Controllers: []string{"cpu", "cpuacct"}, Path: path}
	pids := procfs.Cgroup{Hierarchy: 8, Controllers: []string{"pids"}, Path: path}
	unified := procfs.Cgroup{Path: path + "/sub"}
	with := func(c procfs.Cgroup, path string) procfs.Cgroup {
		c.Path = path
		return c
	}
	tests := map[string]struct {
		lines []procfs.Cgroup
		want  string
	}{
		"none":                       {nil, ""},
		"pids before others":         {[]procfs.Cgroup{cpu, pids, unified}, "pids"},
		"unified only":               {[]procfs.Cgroup{unified}, "unified"},
		"one of two controllers":     {[]procfs.Cgroup{cpu}, "cpu,cpuacct"},
		"pids of a zombie":           {[]procfs.Cgroup{with(pids, "/"), unified}, "unified"},
		"group is gone":              {[]procfs.Cgroup{with(pids, "/gone/"+containerID), cpu}, "cpu,cpuacct"},
		"group is another's":         {[]procfs.Cgroup{with(pids, "/docker/dead")}, ""},
		"group above the root":       {[]procfs.Cgroup{with(pids, "/../docker/"+containerID)}, ""},
		"hierarchy is not mounted":   {[]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"cpuset"}, Path: path}}, ""},
		"controller of cgroup v1":    {[]procfs.Cgroup{{Hierarchy: 3, Controllers: []string{"rw"}, Path: "/sub/" + containerID}}, ""},
		"a file instead of a folder": {[]procfs.Cgroup{with(pids, path+"/sub/"+containerID+"x")}, "pids"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			want := ""
			if test.want != "" {
				want = filepath.Join(root, test.want, path)
			}
			if got := mounts.Group(test.lines, containerID); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	if got := mounts.Group([]procfs.Cgroup{pids}, ""); got != "" {
		t.Errorf("without a marker: got %q", got)
	}
	if got, want := mounts.UnifiedGroup([]procfs.Cgroup{cpu, pids, unified}, containerID), filepath.Join(root, "unified", path); got != want {
		t.Errorf("of the unified hierarchy: got %q, want %q", got, want)
	}
	if got := mounts.UnifiedGroup([]procfs.Cgroup{cpu, pids}, containerID); got != "" {
		t.Errorf("without a unified hierarchy: got %q", got)
	}
}

func TestGroupIsAFolder(t *testing.T) {
	mounts, root := fakeCgroups(t)
	if err := os.WriteFile(filepath.Join(root, "pids", containerID), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	line := procfs.Cgroup{Hierarchy: 8, Controllers: []string{"pids"}, Path: "/" + containerID}
	if got := mounts.Group([]procfs.Cgroup{line}, containerID); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestCgroupMounts(t *testing.T) {
	mountinfo, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Count(string(mountinfo), " - cgroup")
	if got := len(realProc(t).CgroupMounts().mounts); got != want {
		t.Errorf("got %d cgroup mounts, want %d", got, want)
	}
	// Its groups are those of another host.
	f := newFakeProc(t)
	f.write("self/mountinfo", string(mountinfo))
	if got := f.open().CgroupMounts().mounts; got != nil {
		t.Errorf("of another /proc: got %v", got)
	}
}

func TestPIDsCurrentAndMax(t *testing.T) {
	likeAnOrdinaryUser(t)
	tests := map[string]struct {
		text string
		want procfs.Opt[int]
	}{
		"a number":     {"3001\n", procfs.Some(3001)},
		"no limit":     {"max\n", procfs.None[int](procfs.NotHeld)},
		"empty":        {"", procfs.None[int](procfs.Malformed)},
		"a word":       {"many\n", procfs.None[int](procfs.Malformed)},
		"out of range": {strings.Repeat("9", 30) + "\n", procfs.None[int](procfs.Malformed)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFakeProc(t)
			f.write("pids.current", test.text)
			f.write("pids.max", test.text)
			procfstest.Equal(t, PIDsCurrent(f.root), test.want)
			procfstest.Equal(t, PIDsMax(f.root), test.want)
		})
	}
	f := newFakeProc(t)
	procfstest.Equal(t, PIDsMax(f.root), procfs.None[int](procfs.Gone))
	f.write("pids.max", "3001\n")
	f.deny("pids.max")
	procfstest.Equal(t, PIDsMax(f.root), procfs.None[int](procfs.Denied))
}
