package inspect

import (
	"fmt"
	"slices"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// IfStopped says what the end of a running container does to others: who dies
// with its PID namespace, and who is left in a namespace that it will not have
// any more when it starts again.
func (ix *Index) IfStopped(c *Container) []Statement {
	var list []Statement
	others := ix.runningOthers(c)
	for _, other := range others {
		if s, dies := ix.diesWith(c, other); dies {
			list = append(list, s)
		}
	}
	for _, other := range others {
		if !slices.ContainsFunc(list, func(s Statement) bool { return s.Other == other }) {
			list = append(list, ix.leftBehind(c, other)...)
		}
	}
	if len(list) > 0 {
		return list
	}
	certainty, text := Certain, "its end touches no other container: none uses its namespaces"
	if ix.Capture.OthersUnread || !ix.inodeOf(c, procfs.PIDNamespace).Held() {
		certainty, text = Likely, "its end touches no other container, as far as docker was told; who uses its namespaces could not be read"
	}
	return []Statement{state(TopicIfStopped, certainty, "%s", text)}
}

// runningOthers are the other containers with a process, by name.
func (ix *Index) runningOthers(c *Container) []*Container {
	var list []*Container
	for _, other := range ix.containers {
		if other != c && other.IsRunning() && ix.bindings[other.ID].Main != nil {
			list = append(list, other)
		}
	}
	sortByName(list)
	return list
}

// diesWith: the kernel kills every process of a PID namespace with its init.
func (ix *Index) diesWith(c, other *Container) (Statement, bool) {
	main, theirs := ix.bindings[c.ID].Main, ix.bindings[other.ID].Main
	if !ix.IsNSInit(main) || theirs.Depth() < main.Depth() {
		return Statement{}, false
	}
	certainty := Certain
	switch ix.sharesPIDs(c, other) {
	case No:
		return Statement{}, false
	case Unknown:
		if !ix.declaredTogether(c, other, procfs.PIDNamespace) {
			return Statement{}, false
		}
		certainty = Likely
	}
	s := state(TopicIfStopped, certainty, "%s dies with it: it is in its PID namespace, and the kernel kills all of that with its init (exit 137, OOMKilled false); %s", nameWithService(other), comesBack(other))
	s.Other, s.Effect, s.ExitCode = other, EffectKilled, procfs.Some(137)
	return s, true
}

// comesBack: a restart policy tries to join a container that does not run.
func comesBack(c *Container) string {
	switch c.RestartPolicy {
	case "", "no":
		return "it has no restart policy, and stays down"
	default:
		return fmt.Sprintf("its restart policy (%s) tries once, and gives up if the owner is not up again by then: docker start %s afterwards", c.RestartPolicy, c.Name)
	}
}

// leftBehind are the namespaces of this container that another one uses and
// keeps.
func (ix *Index) leftBehind(c, other *Container) []Statement {
	var list []Statement
	for _, t := range joinable {
		m := ix.membership(other, t)
		if m.Owner != c || m.Mode != ModeShared {
			continue
		}
		certainty := Certain
		if m.Verdict == SharingDeclared {
			certainty = Likely
		}
		s := state(TopicIfStopped, certainty, "%s goes on in its old %s namespace; when %s starts again it has a new one, and %s: docker restart %s then%s", nameWithService(other), t, c.Name, brokenWords(t), other.Name, ix.restartedFirst(m))
		s.Other, s.Effect = other, EffectStale
		list = append(list, s)
	}
	return list
}

// restartedFirst names whom a member of a chain of joins was told to join, where
// that is not the owner: restarted before it, it would join the old namespace.
func (ix *Index) restartedFirst(m Membership) string {
	if between := ix.containerNamed(joinedRef(m.Declared)); between != nil && between != m.Owner {
		return ", after " + between.Name
	}
	return ""
}

func brokenWords(t procfs.NamespaceType) string {
	if text, ok := broken[t]; ok {
		return text
	}
	return "the two no longer share it"
}

// nameWithService adds the compose service where it is not in the name.
func nameWithService(c *Container) string {
	if service := c.Labels[composeService]; service != "" && service != c.Name {
		return fmt.Sprintf("%s (service %s)", c.Name, service)
	}
	return c.Name
}
