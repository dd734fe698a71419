package inspect

import (
	"testing"
	"time"
)

func TestCounted(t *testing.T) {
	for n, want := range map[int][2]string{
		0: {"0 zombies", "0 processes"}, 1: {"1 zombie", "1 process"}, 2999: {"2,999 zombies", "2,999 processes"},
	} {
		if got := [2]string{Counted(n, "zombie"), Counted(n, "process")}; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Numbers are written as people write them, also below zero.
func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 4194304: "4,194,304", -1234: "-1,234"} {
		if got := Count(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

// An event that happened once is not "1 times".
func TestTimes(t *testing.T) {
	for n, want := range map[int]string{0: "0 times", 1: "once", 2: "2 times", 1200: "1,200 times"} {
		if got := Times(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

// A time that lies in the future, because a clock was set, is "just now".
func TestAgo(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for since, want := range map[time.Duration]string{
		0: "less than a second ago", -time.Hour: "less than a second ago", time.Second: "1 second ago", time.Minute: "about a minute ago",
		4 * time.Minute: "4 minutes ago", time.Hour: "about an hour ago", 49 * time.Hour: "2 days ago",
	} {
		if got := Ago(now, now.Add(-since)); got != want {
			t.Errorf("%s: got %q, want %q", since, got, want)
		}
	}
}
