package render_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/origin"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
	"github.com/docker-pidns/docker-pidns/plugin/render"
)

func treeOf(w *World) answer {
	ix, list := chosen(w)
	blocks := make([]render.TreeBlock, len(list))
	for i, c := range list {
		blocks[i] = render.TreeBlock{Tree: ix.Tree(c), Sharing: namespace.Joinable(ix, c)}
	}
	return func(s render.Screen, o render.ListOptions) error { return s.Tree(blocks, o) }
}

// The tree of every kind of container at every width and in every format. No line is wider than
// the screen except for a long note, which is never cut.
func TestTreeViews(t *testing.T) {
	p := &sheet{t: t, narrowest: 200, listed: []string{"Args"}}
	p.show("busy host", every("Container", "ContainerPID", "Role", "Exit", "Command"), treeOf(busy()))
	p.coloursRepeat("busy host", treeOf(busy()))
	p.show("neighbours", few(), treeOf(Neighbours()))
	p.show("two containers", few(), treeOf(TwoContainers()))
	p.show("denied", few(), treeOf(denied()))
	p.narrowest = 1000 // names and images are not cut in the line above a tree
	p.show("hostile", []view{wide(0), wide(40), wide(80), wide(80).from(evil), formatted("table").on(80), formatted("json"), formatted("{{.Command}}"), formatted("table {{.Container}}\t{{.Args}}")}, treeOf(hostile()))
	p.show("wide characters", []view{wide(0), wide(80), formatted("table").on(60)}, treeOf(named(wideCJK)))
	p.show("none", every("Container", "HostPID"), func(s render.Screen, o render.ListOptions) error { return s.Tree(nil, o) })
	p.golden("tree-views")
}

func zombiesOf(w *World, options render.ZombieOptions) answer {
	ix, list := chosen(w)
	report := zombie.Find(ix, list)
	return func(s render.Screen, o render.ListOptions) error {
		options.ListOptions = o
		return s.Zombies(report, options)
	}
}

// Zombies with their verdicts, folded and not, with ten culprits or all, and the three ways to
// report that there are none.
func TestZombieViews(t *testing.T) {
	p := &sheet{t: t, narrowest: 120, listed: []string{"Args"}}
	p.show("busy host", every("Container", "ContainerPID", "Parent", "Origin", "Cause", "Exit"), zombiesOf(busy(), render.ZombieOptions{}))
	p.coloursRepeat("busy host", zombiesOf(busy(), render.ZombieOptions{}))
	p.show("one", few(), zombiesOf(Demo(), render.ZombieOptions{}))
	p.show("30 containers", []view{wide(0), wide(80), wide(80).from("old.json")}, zombiesOf(many(30), render.ZombieOptions{}))
	p.show("30 containers, all", []view{wide(80)}, zombiesOf(many(30), render.ZombieOptions{All: true}))
	p.show("denied", few(), zombiesOf(denied(), render.ZombieOptions{Incomplete: true}))
	p.narrowest = 1000
	p.show("hostile", []view{wide(0), wide(40), wide(80), wide(80).from(evil), formatted("table").on(80), formatted("json"), formatted("{{.Parent}}"), formatted("table {{.Container}}\t{{.Parent}}")}, zombiesOf(hostile(), render.ZombieOptions{}))
	p.show("wide characters", []view{wide(0), wide(40), wide(80), wide(200)}, zombiesOf(named(wideCJK), render.ZombieOptions{}))
	for name, report := range map[string]zombie.Report{
		"nothing": {}, "none": {Containers: 1, Processes: 1}, "one passing": {Containers: 2, Processes: 30, Passing: 1}, "many passing": {Containers: 2000, Processes: 30000, Passing: 1200},
	} {
		for _, incomplete := range []bool{false, true} {
			said := p.ask(wide(40), func(s render.Screen, o render.ListOptions) error {
				return s.Zombies(report, render.ZombieOptions{ListOptions: o, Incomplete: incomplete})
			})
			want := map[string][2]string{
				"nothing":      {"", ""},
				"none":         {"No zombies in 1 container, 1 process.\n", "No zombies in 1 container, 1 process that could be read.\n"},
				"one passing":  {"No zombies in 2 containers, 30 processes (1 passing one was reaped).\n", "No zombies in 2 containers, 30 processes that could be read (1 passing one was reaped).\n"},
				"many passing": {"No zombies in 2,000 containers, 30,000 processes (1,200 passing ones were reaped).\n", "No zombies in 2,000 containers, 30,000 processes that could be read (1,200 passing ones were reaped).\n"},
			}[name]
			if at := map[bool]int{false: 0, true: 1}[incomplete]; said != want[at] {
				t.Errorf("%s, incomplete %t: got %q, want %q", name, incomplete, said, want[at])
			}
		}
	}
	p.golden("zombies-views")
}

// A zombie whose parent is not known, is outside of all containers, or is in another container
// is reported as such. Its keys are null if there is nothing to name.
func TestZombiesOfStrangeParents(t *testing.T) {
	ix, list := chosen(busy())
	report := zombie.Find(ix, list)
	z := report.Zombies[0]
	unknown, outside, foreign := z, z, z
	unknown.Parent, unknown.ParentContainer, unknown.ParentPID = nil, nil, 4711
	outside.Parent, outside.ParentContainer = ix.ProcessAt(1), nil
	foreign.ParentContainer, foreign.Inferred = list[len(list)-1], true
	likely := z
	likely.Origin = origin.Origin{Kind: origin.FromHealthCheck, Certainty: inspect.Likely}
	sure := z
	sure.Origin = origin.Origin{Kind: origin.FromExec, Certainty: inspect.Certain}
	report.Zombies, report.Culprits = []zombie.Zombie{unknown, outside, foreign, likely, sure}, nil
	p := &sheet{t: t, narrowest: 120, listed: []string{"Args"}}
	p.show("parents", []view{wide(0), wide(60), formatted("json")}, func(s render.Screen, o render.ListOptions) error {
		return s.Zombies(report, render.ZombieOptions{ListOptions: o})
	})
	p.golden("zombies-parents")
}
