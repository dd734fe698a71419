//go:build e2e && linux

package e2e

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// Of processes that are not shown little is read, and the answers are the same: those from a
// snapshot, which has everything, agree.
func TestLessIsReadAndTheSameIsSaid(t *testing.T) {
	t.Parallel()
	label := "e2e-less=" + Random()
	owner := Run(t, "--label", label, "-u", "4711", "--pids-limit", "50", "--", "sh", "-c", "trap '' TERM; sleep 0 & sleep 941 & exec sleep 942")
	joiner := Run(t, "--label", label, "--pid", "container:"+owner.Name)
	Run(t, "--label", label, "--pid", "host", "--", "sh", "-c", "sleep 943 & exec sleep 944")
	Run(t, "--label", label, "--init", "--ipc", "shareable")
	owner.Start(nil, "sleep", "945")
	joiner.Leave("sleep 946")
	owner.Zombies(1) // of no exec session, which the engine would soon forget
	settled(t, owner, 4)
	settled(t, joiner, 2)
	_, entered := enter(t, owner)
	strayed := stray(t, joiner, "948")
	Eventually(t, "its first second to be over", func() bool { return forecastOf(t, owner).Certainty == "certain" })

	path := takeSnapshot(t)
	for _, args := range [][]string{
		{"tree"}, {"zombies"}, {"signals"}, {"limits"}, {"doctor", "--notes"},
		{"zombies", owner.Name}, {"signals", owner.Name}, {"limits", owner.Name}, {"doctor", "--notes", owner.Name}, {"explain", owner.Name},
	} {
		if len(args) < 2 || args[len(args)-1] != owner.Name {
			args = append(args, "--filter", "label="+label)
		}
		args = append(args, "--format", "json")
		saved := lasting(t, nowhere.Run(t, append(args, "--from", path)...).WantStatus(t, 0))
		wantSame(t, lasting(t, Ask(t, args...)), saved)
		// With another mount the processes of control groups are not listed.
		elsewhere := Call{Through: []string{"unshare", "--mount", "sh", "-c", "mount --make-rprivate / && mount -t proc proc /mnt && exec \"$@\"", "sh", "docker", "pidns"}}
		wantSame(t, lasting(t, elsewhere.Run(t, append(args, "--proc", "/mnt")...).WantStatus(t, 0)), saved)
	}
	if rows := AskRows(t, "tree", "--filter", "name="+joiner.Name); !slices.ContainsFunc(rows, func(r Row) bool { return r.HostPID == strayed }) {
		t.Errorf("process %d is in one control group of %s only, and is not shown: %v", strayed, joiner.Name, rows)
	}
	for _, which := range [][]string{{"--filter", "name=" + owner.Name}, {owner.Name}, {owner.Name, "--collector", "bpf"}} {
		rows := forecasts(t, Ask(t, append([]string{"signals", "--format", "json"}, which...)...))
		if len(rows) != 1 || !slices.Contains(rows[0].Unheard, entered) || !slices.Contains(rows[0].Unheard, joiner.PID()) {
			t.Errorf("%v: processes %d, which has entered the PID namespace, and %d, which has joined it, hear nothing of docker stop: %+v", which, entered, joiner.PID(), rows)
		}
	}
	stranger, lives := ReadProcess(entered)
	if !lives {
		t.Fatalf("process %d has ended", entered)
	}
	inside := fmt.Sprint(stranger.Inside[1])
	Ask(t, "signals", "--process", inside, owner.Name).Want(t, fmt.Sprintf("(%d, inside %s): SIGTERM terminates it (certain)", entered, inside))
}

// stray starts a process that is in one control group of the container, and is not related to it
// in another way.
func stray(t *testing.T, b *Box, seconds string) int {
	t.Helper()
	cmd := exec.Command(Suite.Busybox, "sleep", seconds)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	root := "/sys/fs/cgroup/freezer"
	if _, err := os.Stat(root); err != nil {
		root = "/sys/fs/cgroup"
	}
	group := filepath.Join(root, groupIn(t, b.PID(), root))
	if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o644); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func wantSame(t *testing.T, live, saved []map[string]any) {
	t.Helper()
	if len(live) == 0 || len(live) != len(saved) {
		t.Errorf("%d rows, and %d of the snapshot", len(live), len(saved))
		return
	}
	for i := range live {
		if !reflect.DeepEqual(live[i], saved[i]) {
			t.Errorf("live  %v\nsaved %v", live[i], saved[i])
		}
	}
}

// lasting are the rows without what changes from look to look: times, and how many
// tasks the host, the engine's control group and root have. What to type now is not said of a saved host, and
// which namespaces were left only where a command shows it.
func lasting(t *testing.T, a Answer) []map[string]any {
	t.Helper()
	rows := Decoded[map[string]any](t, a)
	for _, r := range rows {
		for _, key := range []string{"ElapsedSeconds", "StartedAt", "SeenFirst", "SeenLast", "Absent", "Now", "LeftNamespaces", "LeftThreads"} {
			delete(r, key)
		}
		if r["State"] == "R" {
			r["State"] = "S" // docker-init wakes every second
		}
		if uid, user := r["HostUID"].(float64); r["Scope"] == "host" || r["Scope"] == "parent" || user && uid == 0 {
			for _, key := range []string{"Used", "Left", "Processes", "Threads", "Zombies", "HeldBy"} {
				delete(r, key)
			}
		}
		maps.DeleteFunc(r, func(_ string, value any) bool {
			text, is := value.(string)
			return is && strings.Contains(text, " ago")
		})
	}
	return rows
}
