package namespace

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
)

// successorOf is the container that has replaced a removed container which the member was
// declared to join, nil for none. Either it has the name of that container, as the engine
// remembers it. Or it is of the service on which the member's service depends, and has started
// since.
func successorOf(ix *inspect.Index, ref string, member *inspect.Container) *inspect.Container {
	if name := removedName(ix.Capture.Events, ref); name != "" {
		return ix.ContainerNamed(name)
	}
	var found []*inspect.Container
	services, of := manage.DependsOn(member), manage.Of(member)
	for c := range ix.Containers() {
		if m := manage.Of(c); c != member && m.Kind == manage.ByCompose && m.Group == of.Group && slices.Contains(services, m.Name) && c.StartedAt.After(member.StartedAt) {
			found = append(found, c)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return nil
}

// removedName is the name that a container had when it was removed, "" if that is not in the
// log.
func removedName(log *inspect.EventLog, id string) string {
	if log == nil {
		return ""
	}
	for _, e := range log.Events {
		if e.ContainerID == id && e.Action == "destroy" {
			return e.Name
		}
	}
	return ""
}
