//go:build e2e && linux

package e2e

import (
	"fmt"
	"slices"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// A process that entered a PID namespace is visible in the container's own /proc. If the
// container has no own one, all processes of the host are looked at.
func TestEnteredIsFoundWhateverProcSays(t *testing.T) {
	t.Parallel()
	free := []string{"--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"}
	const nested = "mkdir /old; mount -t proc proc /old; umount -l /proc; unshare -pf sh -c '%s; exec sleep 951' & sleep 1; exec sleep 953"
	for name, script := range map[string]string{
		"its own":                       "exec sleep 953",
		"none":                          "umount -l /proc; exec sleep 953",
		"a folder":                      "umount -l /proc; mkdir -p /proc/1; exec sleep 953",
		"a folder of its own":           "mount --bind /proc/1/task /proc; exec sleep 953",
		"a link":                        "mkdir /old; mount -t proc proc /old; umount -l /proc; rmdir /proc; ln -s old /proc; exec sleep 953",
		"of a namespace below":          fmt.Sprintf(nested, "mount -t proc proc /proc"),
		"of one below with its own PID": fmt.Sprintf(nested, "mount -t proc proc /proc; mount --bind /old/1 /proc/1"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := Run(t, append(slices.Clone(free), "--", "sh", "-c", script)...)
			Eventually(t, "its script to be over", func() bool {
				p, lives := ReadProcess(b.PID())
				return lives && p.Comm == "sleep"
			})
			_, entered := enter(t, b)
			rows := forecasts(t, Ask(t, "signals", "--format", "json", b.Name))
			if len(rows) != 1 || !slices.Contains(rows[0].Unheard, entered) {
				t.Errorf("process %d, which has entered, is not named: %+v", entered, rows)
			}
		})
	}
}
