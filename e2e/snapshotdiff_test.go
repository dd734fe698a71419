//go:build e2e && linux

package e2e

import (
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// What was done between two snapshots is what came and went.
func TestSnapshotDiff(t *testing.T) {
	t.Parallel()
	b, gone := run(t), run(t)
	session := b.start(nil, "sleep", "931")
	dir := t.TempDir()
	older, newer := filepath.Join(dir, "old.json"), filepath.Join(dir, "new.json")
	ask(t, "snapshot", "--settle", "100ms", "-o", older)

	b.leave("exit 7")
	zombie := onlyKey(t, b.zombies(1))
	if _, err := command("kill", "-9", strconv.Itoa(session)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the session to end", func() bool { _, alive := readProcess(session); return !alive })
	came := run(t)
	docker(t, "rm", "-f", gone.name)
	ask(t, "snapshot", "--settle", "100ms", "-o", newer)

	type change struct {
		Container, Change, Kind string
		HostPID                 *int
	}
	var got []string
	for _, c := range decoded[change](t, ask(t, "snapshot", "diff", "--format", "json", older, newer)) {
		if c.Kind != "finding" && slices.Contains([]string{b.name, gone.name, came.name}, c.Container) {
			words := c.Container + " " + c.Change + " " + c.Kind
			if c.Container == b.name {
				words += " " + strconv.Itoa(*c.HostPID)
			}
			got = append(got, words)
		}
	}
	want := []string{
		b.name + " went process " + strconv.Itoa(session), b.name + " came zombie " + strconv.Itoa(zombie),
		gone.name + " went container", gone.name + " went process", came.name + " came container", came.name + " came process",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	ask(t, "snapshot", "diff", newer, newer).wantLine(t, "Nothing came or went in 0s.")
	ask(t, "snapshot", "diff", older, newer).want(t, "zombies-unreaped: 1 zombie: PID 1 (sleep) does not reap what it adopted")
	pidns(t, "snapshot", "diff", older).wantStatus(t, 1).wantNothing(t)
	pidns(t, "snapshot", "diff", "-", "-").wantStatus(t, 1).wantNothing(t).wantOneError(t, "only one of the two")
}
