package rule

import (
	"fmt"
	"time"
)

// counted writes a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// between is the time between the two looks.
func (l *Look) between() string {
	return max(l.Index.Capture.Snapshot.TakenAt.Sub(l.Before.Capture.Snapshot.TakenAt).Round(time.Second), time.Second).String()
}
