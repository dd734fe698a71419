package procfs

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	prom "github.com/prometheus/procfs"
)

func TestPIDsGroup(t *testing.T) {
	likeAnOrdinaryUser(t)
	f := newFakeProc(t)
	write := func(dir string, files map[string]string) {
		f.write(dir+"/cgroup.procs", "")
		for name, text := range files {
			f.write(dir+"/"+name, text)
		}
	}
	write("pids", nil) // a root group has none of the files
	write("pids/docker", map[string]string{"pids.current": "12\n", "pids.max": "max\n", "pids.events": "max 0\n"})
	write("pids/docker/a", map[string]string{"pids.current": "7\n", "pids.max": "9\n", "pids.events": "max 3\n"})
	write("pids/denied", map[string]string{"pids.current": "7\n", "pids.max": "9\n", "pids.events": "max\n"})
	f.deny("pids/denied/pids.max")
	write("unified/docker/a", nil)
	v1 := []Cgroup{{Hierarchy: 8, Controllers: []string{"pids"}}, {Hierarchy: 0}}
	v2 := []Cgroup{{Hierarchy: 0}}
	mount := func(root, point, fsType string) *prom.MountInfo {
		return &prom.MountInfo{Root: root, MountPoint: f.path(point), FSType: fsType, SuperOptions: map[string]string{"pids": ""}}
	}
	whole := CgroupMounts{[]*prom.MountInfo{mount("/", "unified", "cgroup2"), mount("/", "pids", "cgroup")}}
	part := CgroupMounts{[]*prom.MountInfo{mount("/docker", "pids/docker", "cgroup")}}
	outside := CgroupMounts{[]*prom.MountInfo{mount("/../..", "pids", "cgroup")}}
	none, unread, gone := None[int](NotHeld), None[int](Unread), None[int](Gone)
	for name, test := range map[string]struct {
		mounts CgroupMounts
		lines  []Cgroup
		path   string
		want   PIDsGroup
	}{
		"a limit":                     {whole, v1, "/docker/a", PIDsGroup{Dir: f.path("pids/docker/a"), Current: Some(7), Max: Some(9), Refused: Some(3)}},
		"no limit":                    {whole, v1, "/docker", PIDsGroup{Dir: f.path("pids/docker"), Current: Some(12), Max: none, Refused: Some(0)}},
		"the root group":              {whole, v1, "/", PIDsGroup{Dir: f.path("pids"), Current: none, Max: none, Refused: none}},
		"gone":                        {whole, v1, "/docker/b", PIDsGroup{Dir: f.path("pids/docker/b"), Current: gone, Max: gone, Refused: gone}},
		"denied, and a bad file":      {whole, v1, "/denied", PIDsGroup{Dir: f.path("pids/denied"), Current: Some(7), Max: None[int](Denied), Refused: None[int](Malformed)}},
		"v2 without the controller":   {whole, v2, "/docker/a", PIDsGroup{Dir: f.path("unified/docker/a"), Current: none, Max: none, Refused: none}},
		"not mounted":                 {CgroupMounts{}, v1, "/docker/a", PIDsGroup{Current: unread, Max: unread, Refused: unread}},
		"v2 is not v1's":              {CgroupMounts{whole.mounts[:1]}, v1, "/docker/a", PIDsGroup{Current: unread, Max: unread, Refused: unread}},
		"in a part that is mounted":   {part, v1, "/docker/a", PIDsGroup{Dir: f.path("pids/docker/a"), Current: Some(7), Max: Some(9), Refused: Some(3)}},
		"its root":                    {part, v1, "/docker", PIDsGroup{Dir: f.path("pids/docker"), Current: Some(12), Max: none, Refused: Some(0)}},
		"above the part":              {part, v1, "/", PIDsGroup{Current: unread, Max: unread, Refused: unread}},
		"beside the part":             {part, v1, "/docker2", PIDsGroup{Current: unread, Max: unread, Refused: unread}},
		"above the reader's own":      {whole, v1, "/../docker/a", PIDsGroup{Current: unread, Max: unread, Refused: unread}},
		"a mount from above the same": {outside, v1, "/docker/a", PIDsGroup{Current: unread, Max: unread, Refused: unread}},
	} {
		test.want.Path = test.path
		if got := test.mounts.PIDsGroup(test.lines, test.path); got != test.want {
			t.Errorf("%s: got  %+v\nwant %+v", name, got, test.want)
		}
	}
}

// The control groups are the kernel's: those that are mounted here are right
// for every /proc of the same running kernel, and for no other.
func TestPIDsMounts(t *testing.T) {
	proc := realProc(t)
	want := len(proc.CgroupMounts().mounts)
	if got := len(proc.PIDsMounts().mounts); got != want {
		t.Errorf("/proc: got %d, want %d", got, want)
	}
	f := newFakeProc(t)
	if got := f.open().PIDsMounts().mounts; got != nil {
		t.Errorf("of a /proc without a boot ID: got %v", got)
	}
	f.write("sys/kernel/random/boot_id", "another\n")
	if got := f.open().PIDsMounts().mounts; got != nil {
		t.Errorf("of another host: got %v", got)
	}
	id, _ := proc.Host().BootID.Get()
	f.write("sys/kernel/random/boot_id", id+"\n")
	if got := len(f.open().PIDsMounts().mounts); got != want {
		t.Errorf("another mount of this host's: got %d, want %d", got, want)
	}
}

// A user namespace tells whose it is and what is around it.
func TestUserNamespaces(t *testing.T) {
	proc := realProc(t)
	equal(t, proc.UserNamespaces(os.Getpid()), map[uint64]UserNSOrigin{})
	equal(t, proc.UserNamespaces(1<<22+1), map[uint64]UserNSOrigin{})
	cmd := exec.Command("sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	start(t, cmd)
	p := read(t, proc, cmd.Process.Pid, Detail{Namespaces: []NamespaceType{UserNamespace}})
	inode, ok := p.Namespace(UserNamespace).Get()
	if !ok {
		t.Fatal("the inode cannot be read")
	}
	equal(t, proc.UserNamespaces(cmd.Process.Pid), map[uint64]UserNSOrigin{
		inode: {Parent: Some[uint64](InitialUserNamespace), Owner: Some(os.Geteuid())},
	})
}

func TestOwnNamespace(t *testing.T) {
	for _, namespace := range NamespaceTypes {
		target, err := os.Readlink(filepath.Join("/proc/self/ns", string(namespace)))
		if err != nil {
			t.Fatal(err)
		}
		want, err := ParseNamespaceLink(namespace, target)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, realProc(t).OwnNamespace(namespace), Some(want))
	}
}
