package signal

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Inits returns the container's PID 1 and the program that it has started where
// both are inits that pass signals on; nil, nil elsewhere.
func Inits(ix *inspect.Index, c *inspect.Container) (outer, inner *procfs.Process) {
	main := ix.Main(c)
	if main == nil || !ix.IsNSInit(main) || programOf(ix, main).kind != kindInit {
		return nil, nil
	}
	children := ix.LivingChildren(main)
	if len(children) == 0 || programOf(ix, children[0]).kind != kindInit {
		return nil, nil
	}
	return main, children[0]
}

// MisplacedInit is a supervisor that is made to be PID 1 and that the container's
// init has started instead, or nil.
func MisplacedInit(ix *inspect.Index, c *inspect.Container) *procfs.Process {
	main := ix.Main(c)
	if main == nil {
		return nil
	}
	p := lastTold(ix, main)
	if what := programOf(ix, p); ix.IsNSInit(p) || !what.first {
		return nil
	}
	return p
}
