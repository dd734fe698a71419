package signal

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Listeners are the processes whose signal handling matters, in this order: the main process,
// the init of its PID namespace, the processes below the main process, generation by
// generation, and other processes in that namespace, if it is not the host's.
func Listeners(ix *inspect.Index, c *inspect.Container) []*procfs.Process {
	main := ix.Main(c)
	if main == nil {
		return nil
	}
	list, seen := []*procfs.Process{main}, map[*procfs.Process]bool{main: true}
	if init := ix.InitOf(main); init != nil && init != main {
		list, seen[init] = append(list, init), true
	}
	for queue := []*procfs.Process{main}; len(queue) > 0; queue = queue[1:] {
		for _, child := range ix.LivingChildren(queue[0]) {
			if !seen[child] {
				seen[child] = true
				list, queue = append(list, child), append(queue, child)
			}
		}
	}
	if main.Depth() == 0 {
		return list
	}
	for _, p := range ix.Visible(c) {
		if !seen[p] && !p.IsZombie() {
			list = append(list, p)
		}
	}
	return list
}

// unheard are the processes in the PID namespace whose init is the subject, without the
// subject and without the program to which an init forwards signals.
func (s *subject) unheard(c *inspect.Container) []*procfs.Process {
	if !s.init {
		return nil
	}
	told := map[*procfs.Process]bool{s.process: true}
	for p := s.lastTold().process; p != nil && !told[p]; p = s.ix.Parent(p) {
		told[p] = true
	}
	var list []*procfs.Process
	for _, p := range s.ix.Visible(c) {
		if !told[p] && !p.IsZombie() {
			list = append(list, p)
		}
	}
	return list
}

// EnteredUnread is why it cannot be determined which processes entered the PID namespace of
// the container's main process from elsewhere (nsenter). It is "" if it can be. No process
// enters a namespace that holds all processes.
func EnteredUnread(ix *inspect.Index, c *inspect.Container) procfs.Absence {
	main := ix.Main(c)
	if main == nil || main.Depth() == 0 {
		return ""
	}
	return othersUnread(ix, main)
}

// othersUnread is why it cannot be determined which other processes are in the process's PID
// namespace. Its own files may be readable, and those of other users' processes that have
// entered it not.
func othersUnread(ix *inspect.Index, p *procfs.Process) procfs.Absence {
	if why := p.Namespace(procfs.PIDNamespace).Absence(); why != "" {
		return why
	}
	if !ix.Capture.Host.CanPtrace {
		return procfs.Denied
	}
	return ""
}
