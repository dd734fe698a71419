package rule

import (
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
)

func counted(n int, noun string) string { return inspect.Counted(n, noun) }

// between is the time between the two looks.
func (l *Look) between() string {
	return max(l.Index.Capture.Snapshot.TakenAt.Sub(l.Before.Capture.Snapshot.TakenAt).Round(time.Second), time.Second).String()
}
