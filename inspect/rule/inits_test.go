package rule

import (
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// running gives processes the programs that these marks show.
func running(c *inspect.Capture, programs map[int]string) *inspect.Capture {
	for i := range c.Attention {
		a := &c.Attention[i]
		if mark, ok := programs[a.PID]; ok {
			p := a.Program.Or(procfs.Program{})
			p.Marks, p.Waits = []string{mark}, procfs.Some([]string{"waitpid"})
			a.Program = procfs.Some(p)
		}
	}
	return c
}

// An init is recognised by its executable, never by its name, and its program is the first of
// its children.
func TestInits(t *testing.T) {
	const tini, s6, other = "tini version ", "s6-svscan", "nothing"
	named := func(comm string) func(*procfs.Process) { return func(p *procfs.Process) { p.Comm = comm } }
	family := func(more ...procfs.Process) *inspect.Capture { return host(process(101, 100, listens(term)), more...) }
	child := func(pid, parent int, comm string) procfs.Process {
		return process(pid, parent, listens(term), named(comm))
	}
	tests := map[string]struct {
		capture *inspect.Capture
		want    []string
	}{
		"tini under tini":                  {running(family(child(102, 101, "tini"), child(103, 102, "x")), map[int]string{101: tini, 102: tini}), []string{"note double-init"}},
		"tini over a program":              {running(family(child(102, 101, "x")), map[int]string{101: tini, 102: other}), nil},
		"a program that is called tini":    {running(family(child(102, 101, "tini")), map[int]string{101: tini, 102: other}), nil},
		"tini further down":                {running(family(child(102, 101, "sh"), child(103, 102, "tini")), map[int]string{101: tini, 102: other, 103: tini}), nil},
		"tini as a later child":            {running(family(child(102, 101, "x"), child(103, 101, "tini")), map[int]string{101: tini, 102: other, 103: tini}), nil},
		"s6-svscan as PID 1":               {running(family(child(102, 101, "s6-supervise")), map[int]string{101: s6}), nil},
		"s6-svscan below tini":             {running(family(child(102, 101, "s6-svscan")), map[int]string{101: tini, 102: s6}), []string{"note init-not-first"}},
		"s6-svscan below two inits":        {running(family(child(102, 101, "tini"), child(103, 102, "s6-svscan")), map[int]string{101: tini, 102: tini, 103: s6}), []string{"note double-init", "note init-not-first"}},
		"s6-svscan below a program":        {running(family(child(102, 101, "s6-svscan")), map[int]string{101: other, 102: s6}), nil},
		"what it is cannot be read":        {family(child(102, 101, "tini")), nil},
		"a supervisor that may be started": {running(family(child(102, 101, "runsvdir")), map[int]string{101: tini, 102: "runsvdir "}), nil},
	}
	for name, test := range tests {
		if got := check(t, test.capture, nil); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
