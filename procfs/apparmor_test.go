package procfs_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Only an enforced profile denies something. SELinux writes its context into the same file.
func TestEnforcedProfile(t *testing.T) {
	for current, want := range map[string]string{
		"docker-default (enforce)\n": "docker-default", "docker-default (enforce)": "docker-default", "a b (kill)": "a b",
		"unconfined\n": "", "docker-default (complain)\n": "", "system_u:system_r:container_t:s0:c1,c2\x00": "", "": "",
	} {
		if got := procfs.EnforcedProfile(current); got != want {
			t.Errorf("%q: got %q, want %q", current, got, want)
		}
	}
}
