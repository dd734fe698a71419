package render_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// lastLines is what remains visible on a screen of 24 lines, with a prompt below it.
const lastLines = 23

// stays is the end of an answer that remains visible on a screen.
func stays(ask answer) answer {
	return func(s render.Screen, o render.ListOptions) error {
		var whole strings.Builder
		out := s.Out
		s.Out = &whole
		err := ask(s, o)
		lines := slices.Collect(strings.Lines(whole.String()))
		if len(lines) > lastLines {
			_, _ = fmt.Fprintf(out, "(%d lines above)\n", len(lines)-lastLines)
			lines = lines[len(lines)-lastLines:]
		}
		_, _ = io.WriteString(out, strings.Join(lines, ""))
		return err
	}
}

// With any number of containers, the verdict and the next command remain visible, with and
// without colours, on narrow and wide screens, and in ASCII.
func TestManyContainers(t *testing.T) {
	p := &sheet{t: t, narrowest: 80}
	views := []view{wide(80), wide(120), wide(0), wide(80).ascii(), wide(80).coloured()}
	for _, n := range []int{1, 22, 300} {
		w := many(n)
		for _, command := range []struct {
			name string
			ask  answer
		}{
			{"doctor", doctorOf(examined(w), render.DoctorOptions{Containers: n, Processes: 2 * n})},
			{"zombies", zombiesOf(w, render.ZombieOptions{})},
			{"signals", forecastsOf(w, render.SignalsOptions{})},
			{"ns", namespacesOf(w, render.NSOptions{})},
			{"limits", limitsOf(limits(n), render.LimitOptions{})},
		} {
			p.show(fmt.Sprintf("%s, %d containers", command.name, n), views, stays(command.ask))
		}
	}
	p.golden("many-views")
}
