package source

import (
	"context"
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect/shim"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// readAttention asks what the processes of the containers listen to, and what a
// shim does that may hang.
func (s *session) readAttention(ctx context.Context) {
	ix := s.indexed()
	programs := s.proc.Programs(signal.ProgramMarks()).WithScriptsOf(signal.RunsScripts)
	asked := map[procfs.Key]bool{}
	for _, id := range s.selected {
		c := ix.Container(id)
		if c == nil {
			continue
		}
		listeners := firstOf(signal.Listeners(ix, c), s.request.Attention)
		if shim := shim.Doubtful(ix, c); shim != nil {
			listeners = append(listeners, shim)
		}
		for _, p := range listeners {
			if asked[p.Key] || ctx.Err() != nil {
				continue
			}
			asked[p.Key] = true
			a, err := s.proc.Attention(p.PID, programs)
			if err != nil || a.Key != p.Key {
				a = procfs.Attention{Key: p.Key, Ended: true}
			}
			s.capture.Attention = append(s.capture.Attention, a)
		}
	}
	slices.SortFunc(s.capture.Attention, func(a, b procfs.Attention) int { return a.PID - b.PID })
}

func firstOf[T any](list []T, n int) []T { return list[:min(len(list), n)] }
