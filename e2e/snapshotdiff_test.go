//go:build e2e && linux

package e2e

import (
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	. "github.com/docker-pidns/docker-pidns/e2e/internal/lab"
)

// What was done between two snapshots is what came and went.
func TestSnapshotDiff(t *testing.T) {
	t.Parallel()
	b, gone := Run(t), Run(t)
	session := b.Start(nil, "sleep", "931")
	dir := t.TempDir()
	older, newer := filepath.Join(dir, "old.json"), filepath.Join(dir, "new.json")
	Ask(t, "snapshot", "--settle", "100ms", "-o", older)

	b.Leave("exit 7")
	zombie := onlyKey(t, b.Zombies(1))
	if _, err := Command("kill", "-9", strconv.Itoa(session)); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "the session to end", func() bool { _, alive := ReadProcess(session); return !alive })
	came := Run(t)
	Docker(t, "rm", "-f", gone.Name)
	Ask(t, "snapshot", "--settle", "100ms", "-o", newer)

	type change struct {
		Container, Change, Kind string
		HostPID                 *int
	}
	var got []string
	for _, c := range Decoded[change](t, Ask(t, "snapshot", "diff", "--format", "json", older, newer)) {
		if c.Kind != "finding" && slices.Contains([]string{b.Name, gone.Name, came.Name}, c.Container) {
			words := c.Container + " " + c.Change + " " + c.Kind
			if c.Container == b.Name {
				words += " " + strconv.Itoa(*c.HostPID)
			}
			got = append(got, words)
		}
	}
	want := []string{
		b.Name + " went process " + strconv.Itoa(session), b.Name + " came zombie " + strconv.Itoa(zombie),
		gone.Name + " went container", gone.Name + " went process", came.Name + " came container", came.Name + " came process",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	Ask(t, "snapshot", "diff", newer, newer).WantLine(t, "Nothing came or went in 0s.")
	Ask(t, "snapshot", "diff", older, newer).Want(t, "zombies-unreaped: 1 zombie. PID 1 (sleep) does not reap orphaned processes")
	PIDNS(t, "snapshot", "diff", older).WantStatus(t, 125).WantNothing(t)
	PIDNS(t, "snapshot", "diff", "-", "-").WantStatus(t, 125).WantNothing(t).WantOneError(t, "only one of the files")
}
