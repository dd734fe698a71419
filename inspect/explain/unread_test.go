package explain_test

import (
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
)

// If neither the namespaces of a container nor its configuration could be read, nothing is said
// about what it shares and which containers its end affects.
func TestNeitherNamespacesNorConfiguration(t *testing.T) {
	ix := Alone("app").Declared("demo", func(c *inspect.Container) { c.Silent = true }).Index()
	c := ix.ContainerNamed("demo")
	ix.Main(c).Namespaces = nil
	f := signal.ForecastOf(ix, c)
	said := 0
	for _, s := range explain.Running(ix, &f) {
		if s.Topic != explain.TopicSharing && s.Topic != explain.TopicIfStopped {
			continue
		}
		if said++; s.Certainty != inspect.Uncertain {
			t.Errorf("%s: %s %s", s.Topic, s.Certainty, s.Text)
		}
	}
	if said != 2 {
		t.Errorf("%d statements, want one about sharing and one about its end", said)
	}
}
