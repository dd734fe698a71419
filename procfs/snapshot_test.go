package procfs_test

import (
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
	"github.com/docker-pidns/docker-pidns/procfs/procfstest"
)

func TestStartedAtAndElapsed(t *testing.T) {
	taken := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := procfs.Snapshot{TakenAt: taken, Uptime: 1000 * time.Second}
	tests := []struct {
		ticks     uint64
		startedAt time.Time
		elapsed   time.Duration
	}{
		{0, taken.Add(-1000 * time.Second), 1000 * time.Second},
		{99_999, taken.Add(-10 * time.Millisecond), 10 * time.Millisecond},
		{100_000, taken, 0},
		// It was started while the snapshot was taken.
		{100_250, taken.Add(2500 * time.Millisecond), 0},
	}
	for _, test := range tests {
		if got := s.StartedAt(test.ticks); !got.Equal(test.startedAt) {
			t.Errorf("%d ticks: started at %v, want %v", test.ticks, got, test.startedAt)
		}
		if got := s.Elapsed(test.ticks); got != test.elapsed {
			t.Errorf("%d ticks: elapsed %v, want %v", test.ticks, got, test.elapsed)
		}
	}
}

func TestUnreadable(t *testing.T) {
	s := procfs.Snapshot{Missed: []procfs.Missed{{1, procfs.Gone, ""}, {2, procfs.Denied, "2"}, {3, procfs.Malformed, "3"}, {4, procfs.Gone, ""}}}
	procfstest.Equal(t, s.Unreadable(), []procfs.Missed{{2, procfs.Denied, "2"}, {3, procfs.Malformed, "3"}})
	s = procfs.Snapshot{Missed: []procfs.Missed{{1, procfs.Gone, ""}}}
	procfstest.Equal(t, s.Unreadable(), []procfs.Missed(nil))
}
