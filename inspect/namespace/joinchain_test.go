package namespace_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/namespace"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// link is a container of a chain of joins: the container whose network it was configured to
// join, the network that it has, and when it was started.
type link struct {
	name, joined string
	network      uint64
	started      int
}

// chain is a host with these containers, in the order of the letters.
func chain(links ...link) *World {
	w := NewWorld()
	for i, l := range links {
		letter, pid := string("abcdef"[i]), 101+100*i
		mode := "bridge"
		if l.joined != "" {
			mode = "container:" + l.joined
		}
		w.Container(l.name, letter, pid, func(c *inspect.Container) { c.NetworkMode = mode }).
			Process(pid, 1, l.name, In(letter, 1), StartedAt(l.started), EveryNamespace(uint64(pid), map[procfs.NamespaceType]uint64{procfs.NetNamespace: l.network}))
	}
	return w
}

// A container that shares, as declared, what its neighbour has kept of an owner that was
// restarted is as disconnected as that neighbour. They are fixed starting with the one nearest
// to the owner.
func TestStaleChain(t *testing.T) {
	tests := map[string]struct {
		world *World
		of    string
		want  string
	}{
		"over one": {
			chain(link{"vpn", "", 8, 900}, link{"web", "vpn", 7, 2}, link{"log", "web", 7, 3}), "log",
			"stale: Shares the network of web, which still is the old one of vpn. vpn was restarted and has a new one. | docker restart web && docker restart log | restart them in this order after every restart of vpn.",
		},
		"over two": {
			chain(link{"vpn", "", 8, 900}, link{"web", "vpn", 7, 2}, link{"log", "web", 7, 3}, link{"top", "log", 7, 4}), "top",
			"stale: Shares the network of web, which still is the old one of vpn. vpn was restarted and has a new one. | docker restart web && docker restart log && docker restart top | restart them in this order after every restart of vpn.",
		},
		"the nearest one itself": {
			chain(link{"vpn", "", 8, 900}, link{"web", "vpn", 7, 2}, link{"log", "web", 7, 3}), "web",
			"stale: Still uses the old network of vpn. vpn was restarted and has a new one, so they cannot reach each other. | docker restart web | ",
		},
		"the middle was restarted too": {
			chain(link{"vpn", "", 8, 900}, link{"web", "vpn", 8, 901}, link{"log", "web", 7, 3}), "log",
			"stale: Still uses the old network of web. web was restarted and has a new one, so they cannot reach each other. | docker restart log | ",
		},
		"it has left the middle": {
			chain(link{"vpn", "", 8, 900}, link{"web", "vpn", 7, 2}, link{"log", "web", 99, 3}), "log",
			"left: Declared --network=container:web, but both main processes are in different net namespaces. web was not restarted, so one of them has left the namespace. |  | ",
		},
		"all are sound":            {chain(link{"vpn", "", 8, 1}, link{"web", "vpn", 8, 2}, link{"log", "web", 8, 3}), "log", ""},
		"the owner has no concern": {chain(link{"vpn", "", 8, 900}, link{"web", "vpn", 7, 2}, link{"log", "web", 7, 3}), "vpn", ""},
		"round in a circle":        {chain(link{"one", "two", 7, 1}, link{"two", "one", 7, 2}), "one", ""},
		"with oneself":             {chain(link{"one", "one", 7, 1}), "one", ""},
		"the owner is gone": {
			chain(link{"web", "vpn", 7, 2}, link{"log", "web", 7, 3}), "log", "",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			ix := test.world.Index()
			var got []string
			for _, r := range namespace.Remarks(ix, ix.ContainerNamed(test.of)) {
				got = append(got, fmt.Sprintf("%s: %s | %s | %s", r.Kind, r.Text, r.Next, r.Cure))
				if r.Process != ix.Main(ix.ContainerNamed(test.of)) {
					t.Errorf("it is about %v", r.Process)
				}
			}
			if strings.Join(got, "\n") != test.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), test.want)
			}
		})
	}
}

// The order in which containers and processes are listed does not matter.
func TestStaleChainOfAnyOrder(t *testing.T) {
	want := ""
	for seed := range uint64(10) {
		w := chain(link{"vpn", "", 8, 900}, link{"web", "vpn", 7, 2}, link{"log", "web", 7, 3}, link{"top", "log", 7, 4}).Shuffled(seed)
		if seed%2 == 1 {
			w.Containers[0], w.Containers[3] = w.Containers[3], w.Containers[0]
		}
		ix, got := w.Index(), ""
		for _, c := range Choose(t, ix) {
			for _, r := range namespace.Remarks(ix, c) {
				got += c.Name + ": " + r.Text + r.Next + "\n"
			}
		}
		if seed == 0 {
			want = got
		}
		if got != want || strings.Count(got, "\n") != 3 {
			t.Fatalf("seed %d:\n%s\nwant\n%s", seed, got, want)
		}
	}
}
