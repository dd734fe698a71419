package namespace

import (
	"slices"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/manage"
)

// successorOf is the container that replaced a removed one which the member is configured
// to join. It has the same name, according to the engine's events, or belongs to the only
// service that the member's service depends on, and started later; nil for none.
func successorOf(ix *inspect.Index, ref string, member *inspect.Container) *inspect.Container {
	if name := removedName(ix.Capture.Events, ref); name != "" {
		if c := ix.ContainerNamed(name); c != nil {
			return c
		}
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

// removedName is the name of a container when it was removed, "" where the events do not
// have it.
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
