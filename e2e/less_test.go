//go:build e2e && linux

package e2e

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Of processes that are not shown little is read, and nothing else is said for that: a
// snapshot, which holds everything, answers the same.
func TestLessIsReadAndTheSameIsSaid(t *testing.T) {
	t.Parallel()
	label := "e2e-less=" + random()
	owner := run(t, "--label", label, "-u", "4711", "--pids-limit", "50", "--", "sh", "-c", "trap '' TERM; sleep 941 & exec sleep 942")
	joiner := run(t, "--label", label, "--pid", "container:"+owner.name)
	run(t, "--label", label, "--pid", "host", "--", "sh", "-c", "sleep 943 & exec sleep 944")
	run(t, "--label", label, "--init", "--ipc", "shareable")
	owner.start(nil, "sleep", "945")
	owner.leave("exit 7")
	joiner.leave("sleep 946")
	joiner.leave("exit 5")
	owner.zombies(1)
	joiner.zombies(1)
	settled(t, owner, 4)
	settled(t, joiner, 3)
	_, entered := enter(t, owner)
	eventually(t, "its first second to be over", func() bool { return forecastOf(t, owner).Certainty == "certain" })

	path := takeSnapshot(t)
	for _, args := range [][]string{
		{"tree"}, {"zombies"}, {"signals"}, {"limits"}, {"doctor", "--notes"},
		{"limits", owner.name}, {"doctor", "--notes", owner.name}, {"explain", owner.name},
	} {
		if len(args) < 2 || args[len(args)-1] != owner.name {
			args = append(args, "--filter", "label="+label)
		}
		args = append(args, "--format", "json")
		live := lasting(t, ask(t, args...))
		saved := lasting(t, nowhere.run(t, append(args, "--from", path)...).wantStatus(t, 0))
		if len(live) == 0 || len(live) != len(saved) {
			t.Errorf("%q: %d rows, and %d of the snapshot", args, len(live), len(saved))
			continue
		}
		for i := range live {
			if !reflect.DeepEqual(live[i], saved[i]) {
				t.Errorf("%q\nlive  %v\nsaved %v", args, live[i], saved[i])
			}
		}
	}
	rows := forecasts(t, ask(t, "signals", "--format", "json", "--filter", "name="+owner.name))
	if len(rows) != 1 || !slices.Contains(rows[0].Unheard, entered) {
		t.Errorf("process %d has entered the PID namespace and hears nothing of docker stop: %+v", entered, rows)
	}
}

// lasting are the rows without what changes from look to look: times, and how many
// tasks the host, the engine's control group and root have. What to type now is not said of a saved host, and
// which namespaces were left only where a command shows it.
func lasting(t *testing.T, a answer) []map[string]any {
	t.Helper()
	rows := decoded[map[string]any](t, a)
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
