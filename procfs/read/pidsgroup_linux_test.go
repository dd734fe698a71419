package read

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
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
	write("pids", nil) // a root group does not have the files
	write("pids/docker", map[string]string{"pids.current": "12\n", "pids.max": "max\n", "pids.events": "max 0\n"})
	write("pids/docker/a", map[string]string{"pids.current": "7\n", "pids.max": "9\n", "pids.events": "max 3\n"})
	write("pids/denied", map[string]string{"pids.current": "7\n", "pids.max": "9\n", "pids.events": "max\n"})
	f.deny("pids/denied/pids.max")
	write("unified/docker/a", nil)
	v1 := []procfs.Cgroup{{Hierarchy: 8, Controllers: []string{"pids"}}, {Hierarchy: 0}}
	v2 := []procfs.Cgroup{{Hierarchy: 0}}
	mount := func(root, point, fsType string) procfs.Mount {
		return procfs.Mount{Root: root, MountPoint: f.path(point), FSType: fsType, SuperOptions: map[string]string{"pids": ""}}
	}
	whole := CgroupMounts{mounts: []procfs.Mount{mount("/", "unified", "cgroup2"), mount("/", "pids", "cgroup")}}
	part := CgroupMounts{mounts: []procfs.Mount{mount("/docker", "pids/docker", "cgroup")}}
	outside := CgroupMounts{mounts: []procfs.Mount{mount("/../..", "pids", "cgroup")}}
	none, unread, gone := procfs.None[int](procfs.NotHeld), procfs.None[int](procfs.Unread), procfs.None[int](procfs.Gone)
	for name, test := range map[string]struct {
		mounts CgroupMounts
		lines  []procfs.Cgroup
		path   string
		want   procfs.PIDsGroup
	}{
		"a limit":                     {whole, v1, "/docker/a", procfs.PIDsGroup{Dir: f.path("pids/docker/a"), Current: procfs.Some(7), Max: procfs.Some(9), Refused: procfs.Some(3)}},
		"no limit":                    {whole, v1, "/docker", procfs.PIDsGroup{Dir: f.path("pids/docker"), Current: procfs.Some(12), Max: none, Refused: procfs.Some(0)}},
		"the root group":              {whole, v1, "/", procfs.PIDsGroup{Dir: f.path("pids"), Current: none, Max: none, Refused: none}},
		"gone":                        {whole, v1, "/docker/b", procfs.PIDsGroup{Dir: f.path("pids/docker/b"), Current: gone, Max: gone, Refused: gone}},
		"denied, and a bad file":      {whole, v1, "/denied", procfs.PIDsGroup{Dir: f.path("pids/denied"), Current: procfs.Some(7), Max: procfs.None[int](procfs.Denied), Refused: procfs.None[int](procfs.Malformed)}},
		"v2 without the controller":   {whole, v2, "/docker/a", procfs.PIDsGroup{Dir: f.path("unified/docker/a"), Current: none, Max: none, Refused: none}},
		"not mounted":                 {CgroupMounts{}, v1, "/docker/a", procfs.PIDsGroup{Current: unread, Max: unread, Refused: unread}},
		"v2 is not v1's":              {CgroupMounts{mounts: whole.mounts[:1]}, v1, "/docker/a", procfs.PIDsGroup{Current: unread, Max: unread, Refused: unread}},
		"in a part that is mounted":   {part, v1, "/docker/a", procfs.PIDsGroup{Dir: f.path("pids/docker/a"), Current: procfs.Some(7), Max: procfs.Some(9), Refused: procfs.Some(3)}},
		"its root":                    {part, v1, "/docker", procfs.PIDsGroup{Dir: f.path("pids/docker"), Current: procfs.Some(12), Max: none, Refused: procfs.Some(0)}},
		"above the part":              {part, v1, "/", procfs.PIDsGroup{Current: unread, Max: unread, Refused: unread}},
		"beside the part":             {part, v1, "/docker2", procfs.PIDsGroup{Current: unread, Max: unread, Refused: unread}},
		"above the reader's own":      {whole, v1, "/../docker/a", procfs.PIDsGroup{Current: unread, Max: unread, Refused: unread}},
		"a mount from above the same": {outside, v1, "/docker/a", procfs.PIDsGroup{Current: unread, Max: unread, Refused: unread}},
	} {
		test.want.Path = test.path
		if got := test.mounts.PIDsGroup(test.lines, test.path); got != test.want {
			t.Errorf("%s: got  %+v\nwant %+v", name, got, test.want)
		}
	}
}

// The control groups are the kernel's. The mounts here are right for every /proc of the same
// running kernel, and for no other.
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

// A user namespace shows its creator and the namespace around it.
func TestUserNamespaces(t *testing.T) {
	proc := realProc(t)
	procfstest.Equal(t, proc.UserNamespaces(os.Getpid()), map[uint64]procfs.UserNSOrigin{})
	procfstest.Equal(t, proc.UserNamespaces(1<<22+1), map[uint64]procfs.UserNSOrigin{})
	cmd := exec.Command("sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
	}
	start(t, cmd)
	p := read(t, proc, cmd.Process.Pid, procfs.Detail{Namespaces: []procfs.NamespaceType{procfs.UserNamespace}})
	inode, ok := p.Namespace(procfs.UserNamespace).Get()
	if !ok {
		t.Fatal("the inode cannot be read")
	}
	procfstest.Equal(t, proc.UserNamespaces(cmd.Process.Pid), map[uint64]procfs.UserNSOrigin{
		inode: {Parent: procfs.Some[uint64](procfs.InitialUserNamespace), Owner: procfs.Some(os.Geteuid())},
	})
}

func TestOwnNamespace(t *testing.T) {
	for _, namespace := range procfs.NamespaceTypes {
		target, err := os.Readlink(filepath.Join("/proc/self/ns", string(namespace)))
		if err != nil {
			t.Fatal(err)
		}
		want, err := procfs.ParseNamespaceLink(namespace, target)
		if err != nil {
			t.Fatal(err)
		}
		procfstest.Equal(t, realProc(t).OwnNamespace(namespace), procfs.Some(want))
	}
}
