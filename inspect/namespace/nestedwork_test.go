package namespace_test

import (
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
)

// Each process of a chain of parents inside a nested namespace is looked at once.
func TestNestedBelowALongChain(t *testing.T) {
	const chain = 60_000
	w := Alone("box").Process(200, 101, "inner", In("a", 2, 1), NSDenied)
	for i := range chain {
		w.Process(201+i, 200+i, "link", In("a", 3+i, 2+i), NSDenied)
	}
	ix := w.Index()
	found := namespace.FindNested(ix, ix.ContainerNamed("demo"))
	if len(found) != 1 || found[0].Processes != chain+1 {
		t.Fatalf("got %+v", found)
	}
}
