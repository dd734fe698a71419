package read

import (
	"os"
	"regexp"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestHostOfThisMachine(t *testing.T) {
	h := realProc(t).Host()
	if id, _ := h.BootID.Get(); !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("boot ID: got %+v", h.BootID)
	}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	procfstest.Equal(t, h.KernelRelease, procfs.Some(unix.ByteSliceToString(name.Release[:])))
	if most, _ := h.PIDMax.Get(); most <= os.Getpid() {
		t.Errorf("PID max: got %+v", h.PIDMax)
	}
	if h.EUID != os.Geteuid() {
		t.Errorf("user: got %d", h.EUID)
	}
}

func TestCanPtrace(t *testing.T) {
	// An ordinary user could have been given the capability, so the expected value is the
	// kernel's.
	const capSysPtrace = 19
	held, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, capSysPtrace, 0, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 && hasCapability(capSysPtrace) != (held == 1) {
		t.Errorf("as root: got %t, the bounding set says %d", hasCapability(capSysPtrace), held)
	}
	likeAnOrdinaryUser(t)
	if hasCapability(capSysPtrace) {
		t.Error("without capabilities it is said to be held")
	}
}

// An ordinary user opens files of its own processes only. A profile of AppArmor is the reader's.
func TestRightsOfHost(t *testing.T) {
	f := newFakeProc(t)
	f.write("self/attr/current", "docker-default (enforce)\n")
	likeAnOrdinaryUser(t)
	h := f.open().Host()
	procfstest.Equal(t, h.OwnFilesOnly, true)
	procfstest.Equal(t, h.Confined, "docker-default")
}

func TestHostOfFake(t *testing.T) {
	likeAnOrdinaryUser(t)
	f := newFakeProc(t)
	f.write("sys/kernel/random/boot_id", "3c1c\n")
	f.write("sys/kernel/osrelease", "6.18\n")
	f.deny("sys/kernel/osrelease")
	f.write("sys/kernel/pid_max", "many\n")
	h := f.open().Host()
	procfstest.Equal(t, h.BootID, procfs.Some("3c1c"))
	procfstest.Equal(t, h.KernelRelease, procfs.None[string](procfs.Denied))
	procfstest.Equal(t, h.PIDMax, procfs.None[int](procfs.Malformed))
	procfstest.Equal(t, h.CgroupVersion, procfs.None[string](procfs.NotHeld))

	f.remove("sys/kernel")
	f.remove("self/mountinfo")
	h = f.open().Host()
	for _, absence := range []procfs.Absence{h.BootID.Absence(), h.KernelRelease.Absence(), h.PIDMax.Absence(), h.CgroupVersion.Absence()} {
		procfstest.Equal(t, absence, procfs.Gone)
	}
}

const (
	cgroupMount  = "30 25 0:26 / /sys/fs/cgroup/pids rw shared:9 - cgroup cgroup rw,pids\n"
	cgroup2Mount = "31 25 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
)

func TestCgroupVersion(t *testing.T) {
	tests := map[string]procfs.Opt[string]{
		"":                         procfs.None[string](procfs.NotHeld),
		cgroupMount:                procfs.Some("v1"),
		cgroup2Mount:               procfs.Some("v2"),
		cgroup2Mount + cgroupMount: procfs.Some("v1 and v2"),
		"30 25 0:26 / / rw\n":      procfs.None[string](procfs.Gone),
	}
	for mountinfo, want := range tests {
		f := newFakeProc(t)
		f.write("self/mountinfo", mountinfo)
		if got := f.open().Host().CgroupVersion; got != want {
			t.Errorf("%q: got %+v, want %+v", mountinfo, got, want)
		}
	}
}

func TestHidePID(t *testing.T) {
	f := newFakeProc(t)
	proc := func(mountPoint, options string) string {
		return "32 25 0:28 / " + mountPoint + " rw,nosuid - proc proc " + options + "\n"
	}
	tests := map[string]struct{ mountinfo, want string }{
		"none":           {proc(f.root, "rw"), ""},
		"0":              {proc(f.root, "rw,hidepid=0"), ""},
		"off":            {proc(f.root, "rw,hidepid=off"), ""},
		"number":         {proc(f.root, "rw,gid=4,hidepid=2"), "2"},
		"word":           {proc(f.root, "rw,hidepid=invisible"), "invisible"},
		"another's":      {proc("/proc", "rw,hidepid=2"), ""},
		"covered":        {proc(f.root, "rw,hidepid=2") + proc(f.root, "rw"), ""},
		"covers another": {proc(f.root, "rw") + proc(f.root, "rw,hidepid=1"), "1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f.write("self/mountinfo", test.mountinfo)
			if got := f.open().Host().HidePID; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
