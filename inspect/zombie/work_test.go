package zombie_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// An init is looked at once, even if it has as many children with zombies as a host can have.
// With a number of steps that grows with the square, this test would not end.
func TestFindOfManyCulprits(t *testing.T) {
	const many = 20_000
	w := Huge["zombies of as many parents"](many)
	for _, name := range []string{"sh", "tini"} {
		w.Alter(101, func(p *procfs.Process) { p.Comm = name })
		ix := w.Index()
		chosen, _ := ix.Choose(nil, inspect.Filter{})
		if report := zombie.Find(ix, chosen); len(report.Zombies) != many || len(report.Culprits) != many {
			t.Errorf("%s: got %d zombies, %d culprits", name, len(report.Zombies), len(report.Culprits))
		}
	}
}
