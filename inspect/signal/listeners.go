package signal

import (
	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// Listeners are the processes of which it matters what they listen to, in this
// order: the main process, the init of its PID namespace, what lives below the main
// process, generation by generation, and who else is in that namespace, if it is not the
// host's.
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

// unheard are those that live in the PID namespace whose init is the subject, without
// itself and the program to which an init passes signals on.
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

// EnteredUnread is why it cannot be told who has entered the PID namespace of the
// container's main process from elsewhere (nsenter), "" if it can: where everybody is in
// it, nobody enters.
func EnteredUnread(ix *inspect.Index, c *inspect.Container) procfs.Absence {
	main := ix.Main(c)
	if main == nil || main.Depth() == 0 {
		return ""
	}
	return othersUnread(ix, main)
}

// othersUnread is why it cannot be told who else is in the process's PID namespace. Its
// own may be readable where those of other users' processes, which have entered it, are
// not.
func othersUnread(ix *inspect.Index, p *procfs.Process) procfs.Absence {
	if why := p.Namespace(procfs.PIDNamespace).Absence(); why != "" {
		return why
	}
	if !ix.Capture.Host.CanPtrace {
		return procfs.Denied
	}
	return ""
}
