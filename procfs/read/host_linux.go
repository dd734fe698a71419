package read

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Host reads what this /proc shows of its host.
func (f FS) Host() procfs.Host {
	h := procfs.Host{
		BootID:        f.line("sys/kernel/random/boot_id"),
		KernelRelease: f.line("sys/kernel/osrelease"),
		PIDMax:        f.number("sys/kernel/pid_max"),
		EUID:          os.Geteuid(),
		CanPtrace:     hasCapability(unix.CAP_SYS_PTRACE),
		OwnFilesOnly:  !hasCapability(unix.CAP_DAC_READ_SEARCH) && !hasCapability(unix.CAP_DAC_OVERRIDE),
		Confined:      procfs.EnforcedProfile(f.line("self/attr/current").Or("")),
		CgroupVersion: procfs.None[string](procfs.Gone),
	}
	h.Namespaces = f.hostNamespaces()
	if mounts, err := f.mounts(); err == nil {
		h.HidePID = hidePID(mounts, f.root)
		if !showWhole(mounts) { // in a container, the mounts are not the host's
			hosts, _ := f.hostCgroupMounts()
			mounts = append(hosts, mounts...)
		}
		h.CgroupVersion = cgroupVersion(mounts)
	}
	return h
}

// hostNamespaces are those of kthreadd, process 2 of the initial PID namespace, which never
// leaves them, or else those of process 1.
func (f FS) hostNamespaces() map[procfs.NamespaceType]procfs.Opt[uint64] {
	for _, pid := range []int{2, 1} {
		p, err := f.Process(pid, procfs.Detail{Namespaces: procfs.NamespaceTypes})
		if err == nil && (pid == 1 || p.KernelThread) {
			return p.Namespaces
		}
	}
	return nil
}

func (f FS) line(name string) procfs.Opt[string] {
	data, err := os.ReadFile(filepath.Join(f.root, name))
	if err != nil {
		return procfs.None[string](absenceOf(err))
	}
	return procfs.Some(strings.TrimSpace(string(data)))
}

func (f FS) number(name string) procfs.Opt[int] {
	line := f.line(name)
	text, ok := line.Get()
	if !ok {
		return procfs.None[int](line.Absence())
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return procfs.None[int](procfs.Malformed)
	}
	return procfs.Some(n)
}

// hidePID is the option of the last mount on root, which covers earlier ones.
func hidePID(mounts []procfs.Mount, root string) string {
	option := ""
	for _, m := range mounts {
		if m.FSType == "proc" && m.MountPoint == root {
			option = m.SuperOptions["hidepid"]
		}
	}
	if option == "0" || option == "off" {
		return ""
	}
	return option
}

func cgroupVersion(mounts []procfs.Mount) procfs.Opt[string] {
	var v1, v2 bool
	for _, m := range mounts {
		v1 = v1 || m.FSType == "cgroup"
		v2 = v2 || m.FSType == "cgroup2"
	}
	switch {
	case v1 && v2:
		return procfs.Some("v1 and v2")
	case v1:
		return procfs.Some("v1")
	case v2:
		return procfs.Some("v2")
	default:
		return procfs.None[string](procfs.NotHeld)
	}
}

// hasCapability reports whether a capability below 32 is in the reader's effective set.
func hasCapability(number uint) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[0].Effective&(1<<number) != 0
}
