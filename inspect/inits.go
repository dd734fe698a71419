package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// Inits returns the container's PID 1 and the program that it has started where
// both are inits that pass signals on; nil, nil elsewhere.
func (ix *Index) Inits(c *Container) (outer, inner *procfs.Process) {
	main := ix.Main(c)
	if main == nil || !ix.IsNSInit(main) || ix.programOf(main).kind != kindInit {
		return nil, nil
	}
	children := ix.livingChildren(main)
	if len(children) == 0 || ix.programOf(children[0]).kind != kindInit {
		return nil, nil
	}
	return main, children[0]
}

// MisplacedInit is a supervisor that is made to be PID 1 and that the container's
// init has started instead, or nil.
func (ix *Index) MisplacedInit(c *Container) *procfs.Process {
	main := ix.Main(c)
	if main == nil {
		return nil
	}
	p := ix.lastTold(main)
	if what := ix.programOf(p); ix.IsNSInit(p) || !what.first {
		return nil
	}
	return p
}
