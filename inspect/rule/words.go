package rule

import (
	"strings"
	"time"

	"github.com/docker/go-units"

	"github.com/docker-pidns/docker-pidns/inspect"
)

func counted(n int, noun string) string { return inspect.Counted(n, noun) }

// span writes a duration in words.
func span(d time.Duration) string { return strings.ToLower(units.HumanDuration(d)) }

// between is the time between the two looks, in words.
func (l *Look) between() string {
	return max(l.Index.Capture.Snapshot.TakenAt.Sub(l.Before.Capture.Snapshot.TakenAt).Round(time.Second), time.Second).String()
}
