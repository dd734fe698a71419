package inspect

import "github.com/docker-pidns/docker-pidns/procfs"

// LeftThread is a thread that is in other namespaces than its container's main
// process.
type LeftThread struct {
	// HostTID is its number on the host. ContainerTIDs is the chain of its numbers from the
	// container's PID namespace inwards.
	HostTID       int
	ContainerTIDs []int
	// Left are the types of namespaces in which it differs from the container's main process.
	Left []procfs.NamespaceType
}

// leftNamespaces compares the namespaces of a process of the container with those of its main
// process. A zombie has only its pid and user namespaces left, which are compared. The result is
// absent if a namespace was not read or is denied.
func (ix *Index) leftNamespaces(c *Container, p *procfs.Process) procfs.Opt[[]procfs.NamespaceType] {
	main := ix.Main(c)
	if main == nil {
		return procfs.None[[]procfs.NamespaceType](procfs.Unread)
	}
	left := []procfs.NamespaceType{}
	for _, t := range procfs.NamespaceTypes {
		mine, theirs := p.Namespace(t), main.Namespace(t)
		for _, why := range []procfs.Absence{mine.Absence(), theirs.Absence()} {
			if why == procfs.Unread || why == procfs.Denied {
				return procfs.None[[]procfs.NamespaceType](why)
			}
		}
		if mine.Held() && theirs.Held() && mine != theirs {
			left = append(left, t)
		}
	}
	return procfs.Some(left)
}

// leftThreads are the threads of a process of the container that are in other namespaces than
// the container's main process.
func (ix *Index) leftThreads(c *Container, p *procfs.Process) []LeftThread {
	main := ix.Main(c)
	if main == nil {
		return nil
	}
	var list []LeftThread
	for _, thread := range p.Apart {
		var left []procfs.NamespaceType
		for _, t := range procfs.NamespaceTypes {
			mine, differs := thread.Namespaces[t]
			if theirs, ok := main.Namespace(t).Get(); differs && ok && mine != theirs {
				left = append(left, t)
			}
		}
		if len(left) > 0 {
			list = append(list, LeftThread{HostTID: thread.TID, ContainerTIDs: thread.NSPIDs[min(main.Depth(), len(thread.NSPIDs)):], Left: left})
		}
	}
	return list
}
