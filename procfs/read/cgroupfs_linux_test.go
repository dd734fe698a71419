package read

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

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
// folder outside the mounts has it too.
func fakeCgroups(t *testing.T) (CgroupMounts, string) {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"pids", "cpu,cpuacct", "unified", "bind", "."} {
		if err := os.MkdirAll(filepath.Join(root, name, "docker", containerID, "sub"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return CgroupMounts{mounts: []procfs.Mount{
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

// Where the /proc is not this program's own, a process of the host shows the control groups:
// they are read below its root, as a helper in a container of the host reads them. It is
// process 1, or the parent of this program if process 1 may not be traced.
func TestCgroupMountsOfHost(t *testing.T) {
	likeAnOrdinaryUser(t)
	testCgroupMountsOf(t, "1", func(fakeProc) {})
	testCgroupMountsOf(t, "40", func(f fakeProc) {
		stat := living(41)
		stat.ParentPID = 40
		f.write("self/stat", procfstest.StatLine(stat))
		f.write("1/away", "")
		f.deny("1")
	})
}

func testCgroupMountsOf(t *testing.T, process string, change func(fakeProc)) {
	t.Helper()
	const group = "/docker/" + containerID
	f := newFakeProc(t)
	f.write(process+"/mountinfo", "29 23 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n"+
		"39 29 0:36 / /sys/fs/cgroup/pids rw,relatime shared:8 - cgroup cgroup rw,pids\n"+
		"41 29 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n")
	for name, text := range map[string]string{"cgroup.procs": "7\n9\n", "pids.current": "2\n", "pids.max": "5\n", "pids.events": "max 1\n"} {
		f.write(process+"/root/sys/fs/cgroup/pids"+group+"/"+name, text)
	}
	change(f)
	proc, lines := f.open(), []procfs.Cgroup{{Hierarchy: 8, Controllers: []string{"pids"}, Path: group}, {Path: group}}
	dir := f.path(process + "/root/sys/fs/cgroup/pids" + group)
	procfstest.Equal(t, proc.CgroupMounts().Group(lines, containerID), dir)
	procfstest.Equal(t, proc.GroupPIDs(dir), []int{7, 9})
	procfstest.Equal(t, proc.PIDsMounts().PIDsGroup(lines, group), procfs.PIDsGroup{
		Path: group, Dir: dir, Current: procfs.Some(2), Max: procfs.Some(5), Refused: procfs.Some(1),
	})
	procfstest.Equal(t, proc.Host().CgroupVersion, procfs.Some("v1 and v2"))
	procfstest.Equal(t, proc.HostRoot(), f.path(process+"/root"))
}

// A container's own mounts show at most its own group, so the mounts of process 1 are needed.
func TestShowWhole(t *testing.T) {
	for name, test := range map[string]struct {
		mounts []procfs.Mount
		want   bool
	}{
		"none":                    {nil, false},
		"a whole hierarchy":       {[]procfs.Mount{{Root: "/", FSType: "cgroup2"}}, true},
		"a container's own":       {[]procfs.Mount{{Root: "/docker/" + containerID, FSType: "cgroup"}}, false},
		"another cgroup's":        {[]procfs.Mount{{Root: "/../..", FSType: "cgroup2"}}, false},
		"another file system":     {[]procfs.Mount{{Root: "/", FSType: "tmpfs"}}, false},
		"one of several is whole": {[]procfs.Mount{{Root: "/a", FSType: "cgroup"}, {Root: "/", FSType: "cgroup"}}, true},
	} {
		procfstest.Equal(t, showWhole(test.mounts), test.want)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

// A reader in a cgroup namespace of its own finds the host's paths by the folders that are there.
// What it does not find, or finds twice, stays as it is.
func TestAbsoluteCgroups(t *testing.T) {
	mounts, root := fakeCgroups(t)
	mounts.depths = map[string]int{root + "/pids": 2, root + "/unified": 1}
	for _, name := range []string{"pids/one/twice", "pids/two/twice", "pids/one/two/deep"} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"/../" + containerID:          "/docker/" + containerID,
		"/../" + containerID + "/sub": "/docker/" + containerID + "/sub",
		"/../../docker":               "/docker",
		"/../..":                      "/",
		"/../gone":                    "/../gone",
		"/../twice":                   "/../twice",
		"/../../../x":                 "/../../../x",
		"/":                           "/",
		"/..x":                        "/..x",
	} {
		got := mounts.Absolute([]procfs.Cgroup{{Hierarchy: 8, Controllers: []string{"pids"}, Path: path}, {Path: "/../docker"}, {Hierarchy: 2, Controllers: []string{"cpu"}, Path: "/../docker"}})
		if got[0].Path != want || got[1].Path != "/docker" || got[2].Path != "/../docker" {
			t.Errorf("%s: got %+v, want %s", path, got, want)
		}
	}
}
