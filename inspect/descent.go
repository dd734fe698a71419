package inspect

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// descent finds to which container processes belong by their ancestors. Each process of a chain
// of parents is looked at once.
type descent struct {
	ix *Index
	// from has the results, by the positions of the processes in the index.
	from []origin
}

// origin is what the ancestors of a process show.
type origin struct {
	found bool
	// owner is the owner of the nearest ancestor that has one, or the container of a shim that
	// is nearer.
	owner Owner
	// owned is the nearest ancestor that has an owner, or nil.
	owned *procfs.Process
}

// of is what the ancestors of the process at a position show. The index has only the owners that
// were read.
func (d *descent) of(at int) origin {
	if d.from == nil {
		d.from = make([]origin, len(d.ix.processes))
	}
	var way []int
	for i, there := at, true; there && !d.from[i].found; {
		d.from[i].found = true // a process that is its own ancestor has no other
		way = append(way, i)
		parent := d.ix.Parent(d.ix.processes[i])
		if parent == nil {
			break
		}
		i, there = d.ix.processes.Find(parent.PID)
	}
	for _, i := range slices.Backward(way) {
		d.from[i] = d.below(d.ix.processes[i])
	}
	return d.from[at]
}

// below is what the parent of the process shows. The parent has already been looked at.
func (d *descent) below(p *procfs.Process) origin {
	parent := d.ix.Parent(p)
	if parent == nil {
		return origin{found: true}
	}
	i, _ := d.ix.processes.Find(parent.PID)
	if owner := d.ix.owners[i]; owner.Container != nil {
		return origin{true, Owner{owner.Container, ViaAncestry}, parent}
	}
	o := d.from[i]
	if p.Depth() > parent.Depth() {
		if c := d.ix.servedBy(parent); c != nil {
			o.owner = Owner{c, ViaShim}
		}
	}
	return o
}
