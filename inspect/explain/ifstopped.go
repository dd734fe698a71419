package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// IfStopped says what the exit of a running container does. Some containers are killed with its
// PID namespace. Some keep a namespace that it no longer has when it starts again. Some cannot
// be started without it. It also says which of its own processes outlive it.
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
		list = append(list, affectsNobody(ix, c))
	}
	list = append(list, enteredDie(ix, c)...)
	return append(list, outlive(ix, c)...)
}

// enteredDie says which processes from outside are killed with the init of the container's
// PID namespace.
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
	subject, listed := "A process that entered its PID namespace from outside is", names
	if len(names) > 1 {
		subject = fmt.Sprintf("%d processes that entered its PID namespace from outside are", len(names))
	}
	more := ""
	if len(names) > mostEntered {
		listed, more = names[:mostEntered], ", ..."
	}
	s := state(TopicIfStopped, inspect.Certain, "%s killed with it: %s%s.", subject, strings.Join(listed, ", "), more)
	s.Effect = EffectKilled
	return []Statement{s}
}

// mostEntered is the maximum number of processes that are named.
const mostEntered = 3

func affectsNobody(ix *inspect.Index, c *inspect.Container) Statement {
	if c.Own {
		return state(TopicIfStopped, inspect.Uncertain, "Which other containers that affects cannot be determined from inside.")
	}
	if c.Silent && !ix.InodeOf(c, procfs.PIDNamespace).Held() {
		return state(TopicIfStopped, inspect.Uncertain, "Which other containers that affects cannot be determined: neither its namespaces nor how it was configured could be read.")
	}
	certainty, text := inspect.Certain, "Stopping it affects no other container."
	if ix.Capture.OthersUnread || !ix.InodeOf(c, procfs.PIDNamespace).Held() {
		certainty, text = inspect.Likely, "Stopping it affects no other container, according to Docker's configuration. Which processes use its namespaces could not be read."
	}
	return state(TopicIfStopped, certainty, "%s", text)
}

// runningOthers are the other containers with a process, sorted by name.
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

// diesWith reports whether the other container is killed when this one exits. The kernel kills
// every process of a PID namespace with its init.
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
	back, then := afterDeath(ix, c, other)
	s := state(TopicIfStopped, certainty, "%s is killed too (exit 137, OOMKilled false): it uses the PID namespace of %s. %s", nameWithService(other), c.Name, back)
	s.Other, s.Effect, s.ExitCode, s.Then = other, EffectKilled, procfs.Some(137), then
	return s, true
}

// afterDeath says what happens to a container that was killed with the owner of its PID
// namespace, and what to type then. A restart policy tries once, and fails if the owner does
// not run at that time.
func afterDeath(ix *inspect.Index, owner, c *inspect.Container) (text, then string) {
	back := ix.ComebackOf(c, 128+procfs.SIGKILL)
	switch {
	case manage.Of(c).Replaces():
		return sentence(manage.Of(c).Title() + " decides what replaces it"), ""
	case c.AutoRemove:
		return "Docker then removes it with its logs and anonymous volumes (--rm).", ""
	case owner.AutoRemove:
		return fmt.Sprintf("It cannot be started again, because Docker then removes %s (--rm). Create both again.", owner.Name), ""
	case c.RestartPolicy == "" || c.RestartPolicy == "no":
		return "It has no restart policy and stays stopped.", "docker start " + c.Name
	case back.Cancelled != nil:
		return fmt.Sprintf("It stays stopped: docker kill (%s) has cancelled its restart policy (%s).", nameOf(back.Cancelled.Signal), c.Policy()), "docker start " + c.Name
	default:
		return fmt.Sprintf("Its restart policy (%s) then tries once, and gives up if %s is not running by then.", c.RestartPolicy, owner.Name), "docker start " + c.Name
	}
}

// leftBehind are the namespaces of this container that another container uses, and still uses
// after its exit.
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
		s := state(TopicIfStopped, certainty, "%s keeps the old %s namespace. When %s starts again it has a new one, so %s.%s%s", nameWithService(other), t, c.Name, namespace.Broken(t), restartedFirst(ix, m), ifRecreated(c, other))
		s.Then = signal.Restart(ix, other)
		if c.AutoRemove {
			s = state(TopicIfStopped, certainty, "%s keeps the old %s namespace. It cannot be started again later, because Docker removes %s when it exits (--rm). Create both again.", nameWithService(other), t, c.Name)
		}
		s.Other, s.Effect = other, EffectStale
		list = append(list, s)
	}
	return list
}

// ifRecreated says what differs if the owner is recreated by its manager and not started again.
func ifRecreated(owner, member *inspect.Container) string {
	switch recreate := manage.Recreate(member); {
	case !manage.Of(owner).MakesAnew():
		return ""
	case recreate == "":
		return fmt.Sprintf(" If %s is recreated instead, recreate %s too.", owner.Name, member.Name)
	default:
		return fmt.Sprintf(" If %s is recreated instead: %s", owner.Name, recreate)
	}
}

// needsToStart is about a container that is configured to join this one, and is in another
// namespace. This one joined a third, or was restarted since. The other container keeps
// running, but docker needs this one to start it again.
func needsToStart(ix *inspect.Index, c *inspect.Container, m *namespace.Membership) []Statement {
	if ix.ContainerNamed(inspect.JoinedRef(m.Declared)) != c {
		return nil
	}
	whose := "not that of " + c.Name
	switch {
	case m.Mode == namespace.ModeHost:
		whose = "the host's"
	case m.Owner != nil && m.Owner != m.Container:
		whose = "that of " + m.Owner.Name
	}
	until := "cannot be started again while " + c.Name + " is stopped"
	if c.AutoRemove {
		until = "cannot be started again later, because Docker removes " + c.Name + " when it exits (--rm)"
	}
	s := state(TopicIfStopped, inspect.Certain, "%s keeps running: its %s namespace is %s. It is configured to join %s, so it %s.", nameWithService(m.Container), m.Type, whose, c.Name, until)
	if m.Verdict == namespace.DeclaredOnly {
		s.Certainty = inspect.Likely
	}
	s.Other, s.Effect = m.Container, EffectSurvives
	return []Statement{s}
}

// outlive says which processes of a container outlive its main process, if the container uses
// the PID namespace of another container or of the host. The kernel kills none of them. The
// runtime kills those in the container's control group.
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
			s := state(TopicIfStopped, inspect.Likely, "Process %s (%d) keeps running: it has left the control group that the runtime kills. Docker then no longer knows it.", p.Comm, p.PID)
			s.Effect, s.Then = EffectSurvives, ix.KillCommand(p, "")
			list = append(list, s)
		}
	}
	if killed > 0 {
		list = append(list, state(TopicIfStopped, inspect.Likely, "Its other processes (%d) are killed by the runtime, through the control group. The kernel does not kill them, because the container has no PID namespace of its own.", killed))
	}
	return list
}

// restartedFirst names the container that a member of a chain of joins is configured to join,
// if that is not the owner. A member that is restarted before that container joins the old
// namespace.
func restartedFirst(ix *inspect.Index, m namespace.Membership) string {
	if between := ix.ContainerNamed(inspect.JoinedRef(m.Declared)); between != nil && between != m.Owner {
		return " Restart " + between.Name + " first."
	}
	return ""
}

// nameWithService adds the compose service if it is not part of the name.
func nameWithService(c *inspect.Container) string {
	if service := c.ComposeService(); service != "" && service != c.Name {
		return fmt.Sprintf("%s (service %s)", c.Name, service)
	}
	return c.Name
}
