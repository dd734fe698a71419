package signal

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Inits returns the container's PID 1 and the program that it has started, if both are inits
// that forward signals. Otherwise it returns nil, nil.
func Inits(ix *inspect.Index, c *inspect.Container) (outer, inner *procfs.Process) {
	main := ix.Main(c)
	if main == nil || !ix.IsNSInit(main) {
		return nil, nil
	}
	first := subjectOf(ix, main)
	if first.program.kind != kindInit {
		return nil, nil
	}
	children := first.children()
	if len(children) == 0 || children[0].program.kind != kindInit {
		return nil, nil
	}
	return main, children[0].process
}

// MisplacedInit is a supervisor that should be PID 1 and was started by the container's init
// instead. It is nil if there is none.
func MisplacedInit(ix *inspect.Index, c *inspect.Container) *procfs.Process {
	main := ix.Main(c)
	if main == nil {
		return nil
	}
	told := subjectOf(ix, main).lastTold()
	if told.init || !told.program.first {
		return nil
	}
	return told.process
}
