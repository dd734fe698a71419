//go:build amd64 || arm64

package bpf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/read"
)

// typesOfKernel is where the kernel describes its structures.
const typesOfKernel = "/sys/kernel/btf/vmlinux"

// CheckPlace checks what can be known before a program is loaded: that this program is in the PID
// namespace of that /proc and in the initial user namespace, its capabilities, and that the kernel
// describes its structures. The error is an *UnsupportedError if a check fails.
func CheckPlace(proc read.FS) error {
	data, err := os.ReadFile(filepath.Join(proc.Root(), "self", "status"))
	if errors.Is(err, fs.ErrNotExist) {
		return otherPIDNamespace(proc)
	}
	if err != nil {
		return err
	}
	self, err := procfs.ParseStatus(data)
	if err != nil {
		return err
	}
	if len(self.NSPIDs) > 1 {
		return otherPIDNamespace(proc)
	}
	user, ok := proc.OwnNamespace(procfs.UserNamespace).Get()
	if !ok {
		return errors.New("read own user namespace: " + string(proc.OwnNamespace(procfs.UserNamespace).Absence()))
	}
	if user != procfs.InitialUserNamespace {
		return &UnsupportedError{Reason: "this program is not in the initial user namespace, for which the kernel's user IDs hold"}
	}
	return checkRights(self.Effective.Or(0))
}

// otherPIDNamespace is the error about a /proc of another PID namespace. Programs report the
// numbers of the reader's own.
func otherPIDNamespace(proc read.FS) error {
	return &UnsupportedError{
		Reason: fmt.Sprintf("the /proc at %s belongs to another PID namespace than this program", proc.Root()),
		Remedy: "run it in that PID namespace (docker run --pid host)",
	}
}

func checkRights(effective procfs.Capabilities) error {
	if !effective.Has(procfs.CapSysAdmin) {
		missing := ""
		switch bpf, perfmon := effective.Has(procfs.CapBPF), effective.Has(procfs.CapPerfMon); {
		case !bpf && !perfmon:
			missing = "CAP_BPF and CAP_PERFMON are missing"
		case !bpf:
			missing = "CAP_BPF is missing"
		case !perfmon:
			missing = "CAP_PERFMON is missing"
		}
		if missing != "" {
			return lacksRights(missing)
		}
	}
	if _, err := os.Stat(typesOfKernel); errors.Is(err, fs.ErrNotExist) {
		return &UnsupportedError{Reason: "the kernel has no " + typesOfKernel + " (CONFIG_DEBUG_INFO_BTF), or it is not mounted"}
	}
	return nil
}

// lacksRights is the error about missing capabilities. Root lacks them only in a container.
func lacksRights(missing string) error {
	if os.Geteuid() != 0 {
		return &UnsupportedError{Reason: missing, TakesRoot: true}
	}
	return &UnsupportedError{Reason: missing, Remedy: "run the container with --cap-add BPF --cap-add PERFMON"}
}
