package source

import (
	"context"

	"github.com/docker-pidns/docker-pidns/inspect"
)

// mostLogs is how many containers' logs are read. On a host with more restart loops, the others
// are left out.
const mostLogs = 20

// askWords reads the last output of the containers whose last run was short.
func (r *recording) askWords(ctx context.Context) {
	if !r.question.Engine.Words || r.capture.Engine.Silent {
		return
	}
	var at []int
	for i := range r.capture.Containers {
		if c := &r.capture.Containers[i]; len(at) < mostLogs && c.EndsSoon(r.capture.Snapshot.TakenAt) {
			at = append(at, i)
		}
	}
	words := make([][]string, len(at))
	inParallel(len(at), func(i int) { words[i], _ = r.facts.LastWords(ctx, r.capture.Containers[at[i]].ID) })
	r.note(func(c *inspect.Capture) {
		for i := range at {
			c.Containers[at[i]].LastWords = words[i]
		}
	})
}
