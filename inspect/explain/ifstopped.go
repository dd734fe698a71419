package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// IfStopped says what the end of a running container does: who of the others dies
// with its PID namespace, who is left in a namespace that it will not have any more
// when it starts again, who cannot be started again without it; and which of its own
// processes outlive it.
func IfStopped(ix *inspect.Index, c *inspect.Container) []Statement {
	var list []Statement
	others := runningOthers(ix, c)
	for _, other := range others {
		if s, dies := diesWith(ix, c, other); dies {
			list = append(list, s)
		}
	}
	for _, other := range others {
		if !slices.ContainsFunc(list, func(s Statement) bool { return s.Other == other }) {
			list = append(list, leftBehind(ix, c, other)...)
		}
	}
	if len(list) == 0 {
		list = append(list, touchesNobody(ix, c))
	}
	list = append(list, enteredDie(ix, c)...)
	return append(list, outlive(ix, c)...)
}

// enteredDie says which processes that belong to no container with this PID namespace die
// with its init.
func enteredDie(ix *inspect.Index, c *inspect.Container) []Statement {
	main := ix.Main(c)
	if !ix.IsNSInit(main) {
		return nil
	}
	var names []string
	for _, p := range ix.Visible(c) {
		owner := ix.OwnerOf(p).Container
		if !p.IsZombie() && owner != c && (owner == nil || ix.SharesPIDs(c, owner) == inspect.No) {
			names = append(names, fmt.Sprintf("%s (%d)", p.Comm, p.PID))
		}
	}
	if len(names) == 0 {
		return nil
	}
	subject, listed := "a process that has entered its PID namespace from outside dies", names
	if len(names) > 1 {
		subject = fmt.Sprintf("%d processes that have entered its PID namespace from outside die", len(names))
	}
	more := ""
	if len(names) > mostEntered {
		listed, more = names[:mostEntered], ", ..."
	}
	s := state(TopicIfStopped, inspect.Certain, "%s with it, as the kernel kills all of that with its init: %s%s", subject, strings.Join(listed, ", "), more)
	s.Effect = EffectKilled
	return []Statement{s}
}

// mostEntered is how many of them are named.
const mostEntered = 3

func touchesNobody(ix *inspect.Index, c *inspect.Container) Statement {
	certainty, text := inspect.Certain, "its end touches no other container: none uses its namespaces"
	if ix.Capture.OthersUnread || !ix.InodeOf(c, procfs.PIDNamespace).Held() {
		certainty, text = inspect.Likely, "its end touches no other container, as far as docker was told; who uses its namespaces could not be read"
	}
	return state(TopicIfStopped, certainty, "%s", text)
}

// runningOthers are the other containers with a process, by name.
func runningOthers(ix *inspect.Index, c *inspect.Container) []*inspect.Container {
	var list []*inspect.Container
	for other := range ix.Containers() {
		if other != c && other.IsRunning() && ix.Main(other) != nil {
			list = append(list, other)
		}
	}
	inspect.SortByName(list)
	return list
}

// diesWith: the kernel kills every process of a PID namespace with its init.
func diesWith(ix *inspect.Index, c, other *inspect.Container) (Statement, bool) {
	main, theirs := ix.Main(c), ix.Main(other)
	if !ix.IsNSInit(main) || theirs.Depth() < main.Depth() {
		return Statement{}, false
	}
	certainty := inspect.Certain
	switch ix.SharesPIDs(c, other) {
	case inspect.No:
		return Statement{}, false
	case inspect.Unknown:
		if !ix.DeclaredTogether(c, other, procfs.PIDNamespace) {
			return Statement{}, false
		}
		certainty = inspect.Likely
	}
	s := state(TopicIfStopped, certainty, "%s dies with it: it is in its PID namespace, and the kernel kills all of that with its init (exit 137, OOMKilled false); %s", nameWithService(other), comesBack(ix, c, other))
	s.Other, s.Effect, s.ExitCode = other, EffectKilled, procfs.Some(137)
	return s, true
}

// comesBack says what becomes of a container that dies with the owner of its PID namespace.
// A restart policy tries to join a container that does not run.
func comesBack(ix *inspect.Index, owner, c *inspect.Container) string {
	back := ix.ComebackOf(c, 128+procfs.SIGKILL)
	switch {
	case manage.Of(c).Replaces():
		return manage.Of(c).Title() + " decides what takes its place"
	case c.AutoRemove && manage.RunsAgain(c) != "":
		return "docker removes it then, with its logs and anonymous volumes (--rm): " + manage.RunsAgain(c)
	case c.AutoRemove:
		return "docker removes it then, with its logs and anonymous volumes (--rm)"
	case owner.AutoRemove:
		return fmt.Sprintf("it cannot be started again, as docker removes %s then (--rm): create both anew", owner.Name)
	case manage.RunsAgain(c) != "":
		return "it has no restart policy: " + manage.RunsAgain(c)
	case c.RestartPolicy == "" || c.RestartPolicy == "no":
		return "it has no restart policy, and stays down"
	case back.Cancelled != nil:
		return fmt.Sprintf("it stays down, as a docker kill (%s) has cancelled its restart policy (%s): docker start %s afterwards", nameOf(back.Cancelled.Signal), c.Policy(), c.Name)
	default:
		return fmt.Sprintf("its restart policy (%s) tries once, and gives up if the owner is not up again by then: docker start %s afterwards", c.RestartPolicy, c.Name)
	}
}

// leftBehind are the namespaces of this container that another one uses and
// keeps.
func leftBehind(ix *inspect.Index, c, other *inspect.Container) []Statement {
	var list []Statement
	for _, t := range append([]procfs.NamespaceType{procfs.PIDNamespace}, namespace.JoinableTypes...) {
		m := namespace.Of(ix, other, t)
		if m.Owner != c || m.Mode != namespace.ModeShared || t == procfs.PIDNamespace {
			list = append(list, needsToStart(ix, c, &m)...)
			continue
		}
		certainty := inspect.Certain
		if m.Verdict == namespace.DeclaredOnly {
			certainty = inspect.Likely
		}
		s := state(TopicIfStopped, certainty, "%s goes on in its old %s namespace; when %s starts again it has a new one, and %s: %s then%s%s", nameWithService(other), t, c.Name, namespace.Broken(t), manage.Restart(other), restartedFirst(ix, m), ifCreatedAnew(c, other))
		if c.AutoRemove {
			s = state(TopicIfStopped, certainty, "%s goes on in its old %s namespace, and cannot be started again after that: docker removes %s at its end (--rm). Create both anew", nameWithService(other), t, c.Name)
		}
		s.Other, s.Effect = other, EffectStale
		list = append(list, s)
	}
	return list
}

// ifCreatedAnew says what differs where the owner is not started again but created anew,
// which is what its manager does.
func ifCreatedAnew(owner, member *inspect.Container) string {
	switch recreate := manage.Recreate(member); {
	case !manage.Of(owner).MakesAnew():
		return ""
	case recreate == "":
		return fmt.Sprintf("; where %s is created anew instead, %s has to be too", owner.Name, member.Name)
	default:
		return fmt.Sprintf("; where %s is created anew instead: %s", owner.Name, recreate)
	}
}

// needsToStart: it was told to join this container, and is in the namespace of another
// one, by way of this one or from before a restart. It goes on, but docker looks for
// this one when it starts it again.
func needsToStart(ix *inspect.Index, c *inspect.Container, m *namespace.Membership) []Statement {
	if ix.ContainerNamed(inspect.JoinedRef(m.Declared)) != c {
		return nil
	}
	whose := "not this one's"
	switch {
	case m.Mode == namespace.ModeHost:
		whose = "the host's"
	case m.Owner != nil && m.Owner != m.Container:
		whose = "that of " + m.Owner.Name
	}
	until := "cannot be started again while that one does not run"
	if c.AutoRemove {
		until = "cannot be started again after that, as docker removes that one at its end (--rm)"
	}
	s := state(TopicIfStopped, inspect.Certain, "%s goes on: its %s namespace is %s; but it was told to join %s, and %s", nameWithService(m.Container), m.Type, whose, c.Name, until)
	if m.Verdict == namespace.DeclaredOnly {
		s.Certainty = inspect.Likely
	}
	s.Other, s.Effect = m.Container, EffectSurvives
	return []Statement{s}
}

// outlive says which processes of a container that is in another's PID namespace, or
// the host's, outlive its main process: the kernel kills none of them, and the runtime
// those in its control group.
func outlive(ix *inspect.Index, c *inspect.Container) []Statement {
	main := ix.Main(c)
	if ix.IsNSInit(main) || !inspect.InCgroupOf(main, c.ID) {
		return nil
	}
	var list []Statement
	killed := 0
	for _, p := range ix.ProcessesOf(c) {
		switch {
		case p == main || p.IsZombie():
		case inspect.InCgroupOf(p, c.ID):
			killed++
		default:
			s := state(TopicIfStopped, inspect.Likely, "its process %s (%d) goes on, and is docker's no more: it has left the control group by which the runtime finds whom to kill: %s", p.Comm, p.PID, ix.KillCommand(p, ""))
			s.Effect = EffectSurvives
			list = append(list, s)
		}
	}
	if killed > 0 {
		list = append(list, state(TopicIfStopped, inspect.Likely, "its other processes (%d) end with it: not by the kernel, as it has no PID namespace of its own, but by the runtime, which kills who is in its control group", killed))
	}
	return list
}

// restartedFirst names whom a member of a chain of joins was told to join, where
// that is not the owner: restarted before it, it would join the old namespace.
func restartedFirst(ix *inspect.Index, m namespace.Membership) string {
	if between := ix.ContainerNamed(inspect.JoinedRef(m.Declared)); between != nil && between != m.Owner {
		return ", after " + between.Name
	}
	return ""
}

// nameWithService adds the compose service where it is not in the name.
func nameWithService(c *inspect.Container) string {
	if service := c.ComposeService(); service != "" && service != c.Name {
		return fmt.Sprintf("%s (service %s)", c.Name, service)
	}
	return c.Name
}
