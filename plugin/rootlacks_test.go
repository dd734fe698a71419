package plugin

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// The advice names what is missing, and not what is there.
func TestRootLacks(t *testing.T) {
	for want, h := range map[string]procfs.Host{
		"CAP_SYS_PTRACE: docker run --cap-add SYS_PTRACE":                                                   {},
		"CAP_DAC_READ_SEARCH: docker run --cap-add DAC_READ_SEARCH":                                         {CanPtrace: true, OwnFilesOnly: true},
		"no AppArmor profile (here docker-default): docker run --security-opt apparmor=unconfined":          {CanPtrace: true, Confined: "docker-default"},
		"CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH: docker run --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH": {OwnFilesOnly: true},
	} {
		if got := rootLacks(h); got != want {
			t.Errorf("%+v: got %q, want %q", h, got, want)
		}
	}
}

func TestRightsText(t *testing.T) {
	for want, h := range map[string]procfs.Host{
		"root: everything can be read": {CanPtrace: true},
		"root: no namespaces and no exit codes of processes with other AppArmor profiles (confined by docker-default: docker run --security-opt apparmor=unconfined)": {CanPtrace: true, Confined: "docker-default"},
		"root: many forecasts of containers with other users are unknown (CAP_DAC_READ_SEARCH is missing: docker run --cap-add DAC_READ_SEARCH)":                      {CanPtrace: true, OwnFilesOnly: true},
		"user 1000: namespaces and exit codes of all processes can be read":                                                                                           {CanPtrace: true, OwnFilesOnly: true, EUID: 1000},
	} {
		if got := rightsText(h, "sudo x"); got != want {
			t.Errorf("%+v: got %q, want %q", h, got, want)
		}
	}
}
