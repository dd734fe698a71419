package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/plugin/source"
)

// unread is a host that cannot be read.
type unread struct{ err error }

func (u unread) Capture(context.Context, need.Question) (*inspect.Capture, error) { return nil, u.err }

// If the exit status is the answer, it is the same if nothing could be read as if something
// could not: the question stays open. A usage error and an interrupt have their own status.
func TestStatusWhenNothingCouldBeRead(t *testing.T) {
	const at = "unix:///run/none.sock"
	for name, test := range map[string]struct {
		err          error
		status, gate int
		says         string
	}{
		"silent":           {fmt.Errorf("%w at %s in 5s", source.ErrSilent, at), 1, 4, "the engine did not answer at " + at + " in 5s (--timeout)"},
		"no socket":        {&source.UnreachableError{Endpoint: at, Obstacle: source.NoSocket}, 1, 4, "the socket does not exist; start it, or name another by --context or DOCKER_HOST"},
		"nobody listens":   {&source.UnreachableError{Endpoint: at, Obstacle: source.NobodyListens}, 1, 4, "no process listens there; start it"},
		"no more files":    {&source.UnreachableError{Endpoint: at, Obstacle: source.ProcessOutOfFiles}, 1, 4, "this process may not open more files; try: ulimit -n 1024"},
		"denied":           {&source.DeniedError{Endpoint: at}, 1, 4, "permission denied"},
		"too large":        {&source.TooLargeError{Endpoint: at, Bound: "more than 64 MiB"}, 1, 4, "is too large: more than 64 MiB"},
		"elsewhere":        {&source.ElsewhereError{Endpoint: at}, 1, 4, "elsewhere"},
		"anything":         {errors.New("EOF"), 1, 4, "EOF"},
		"interrupted":      {fmt.Errorf("list: %w", context.Canceled), 130, 130, ""},
		"collector denied": {&source.CollectorError{Reason: "no BTF"}, 1, 4, "no BTF"},
	} {
		for _, c := range []struct {
			args string
			want int
		}{
			{"zombies", test.status}, {"zombies --exit-code", test.gate}, {"zombies --exit-code demo", test.gate},
			{"doctor", test.status}, {"doctor --fail-on error", test.gate}, {"tree", test.status},
		} {
			if got := runOn(t, unread{test.err}, strings.Fields(c.args)...); got.status != c.want || !strings.Contains(got.err, test.says) || got.out != "" {
				t.Errorf("%s, %s: got %+v", name, c.args, got)
			}
		}
	}
}
