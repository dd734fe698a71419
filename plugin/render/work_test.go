package render

import (
	"io"
	"runtime"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/zombie"
)

// The memory that is needed to write a host grows in proportion to what is on it, not with the
// square.
func TestRoomGrowsWithTheHost(t *testing.T) {
	for name, write := range map[string]func(ix *inspect.Index) error{
		"tree": func(ix *inspect.Index) error {
			chosen, _ := ix.Choose(nil, inspect.Filter{})
			return Screen{Out: io.Discard, Width: 80}.Tree([]TreeBlock{{Tree: ix.Tree(chosen[0])}}, ListOptions{})
		},
		"zombies": func(ix *inspect.Index) error {
			chosen, _ := ix.Choose(nil, inspect.Filter{})
			return Screen{Out: io.Discard, Width: 80}.Zombies(zombie.Find(ix, chosen), ZombieOptions{})
		},
		"zombies as json": func(ix *inspect.Index) error {
			chosen, _ := ix.Choose(nil, inspect.Filter{})
			return Screen{Out: io.Discard}.Zombies(zombie.Find(ix, chosen), ZombieOptions{ListOptions: ListOptions{Format: "json"}})
		},
	} {
		for _, host := range []string{"zombies of one parent", "zombies of as many parents", "a chain of parents", "children of one shell"} {
			few, many := room(t, host, 500, write), room(t, host, 4*500, write)
			if many > 10*few { // with the square it would be sixteen times as much
				t.Errorf("%s of %s: %d bytes of 500, %d of four times as many", name, host, few, many)
			}
		}
	}
}

// room is how many bytes are allocated to write a host with n of something.
func room(t *testing.T, host string, n int, write func(ix *inspect.Index) error) uint64 {
	t.Helper()
	ix := Huge[host](n).Index()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := write(ix); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
