package render_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// chosen are the running containers of a host, and its index.
func chosen(w *World) (*inspect.Index, []*inspect.Container) {
	ix := w.Index()
	list, _ := ix.Choose(nil, inspect.Filter{})
	return ix, list
}

func image(name string) func(*inspect.Container) {
	return func(c *inspect.Container) { c.Image = name }
}

func user(id int) Change {
	return func(p *procfs.Process) { p.UIDs = procfs.UIDs{Real: id, Effective: id, Saved: id, FS: id} }
}

func threads(n int) Change { return func(p *procfs.Process) { p.Threads = n } }

// busy is a host with every kind of process: equal siblings, an exec session and what it left,
// all ways to exit, a container in another one's PID namespace, one in the host's, a PID
// namespace inside, and a main thread that has exited.
func busy() *World {
	own := func(base uint64) Change {
		return EveryNamespace(base, map[procfs.NamespaceType]uint64{procfs.UserNamespace: 6, procfs.TimeNamespace: 8})
	}
	in := func(letter string, base uint64, chain ...int) Change {
		return func(p *procfs.Process) { In(letter, chain...)(p); own(base)(p) }
	}
	w := NewWorld()
	w.Host.BootID = procfs.Some("this-boot")
	w.Process(1, 0, "systemd").
		Container("api", "a", 101, image("shop/api:1.4")).
		Container("web", "b", 201, image("nginx"), JoinedTo(ID("a"))).
		Container("nest", "c", 301, image("docker:dind")).
		Container("watch", "d", 401, func(c *inspect.Container) { c.PIDMode, c.StopSignal, c.StopTimeout = "host", "SIGINT", -time.Second }).
		Container("still", "e", 501, func(c *inspect.Container) { c.Status = "paused" })
	w.Process(100, 1, "containerd-shim", ShimOf("a")).
		Process(101, 100, "node", in("a", 700, 1), StartedAt(10), Args("node", "server.js"), threads(11), user(1000)).
		Process(120, 100, "sh", in("a", 700, 40), StartedAt(900), Args("sh", "-c", "while :; do sleep 1; done")).
		Process(121, 120, "sleep", in("a", 700, 41), SID(120), StartedAt(999), Args("sleep", "1")).
		Process(130, 101, "curl", in("a", 700, 50), SID(129), Exited(procfs.SIGKILL)).
		Process(131, 101, "crash", in("a", 700, 51), SID(101), Exited(11|0x80)).
		Process(132, 120, "true", in("a", 700, 52), SID(120), Exited(0))
	for i := range 6 {
		w.Process(140+i, 101, "worker", in("a", 700, 60+i), SID(101), StartedAt(105-i), Args("worker", "--pool", "main"), user(1000), StateOf(procfs.State("SRSSSS"[i:i+1])))
		w.Process(150+i, 101, "probe", in("a", 700, 70+i), SID(129), StartedAt(505-i), Exited(7<<8))
	}
	w.Exec(strings.Repeat("4be1c0", 10)+"4be1", "a", 120, true).Exec(strings.Repeat("9f", 32), "a", 129, false)
	w.Process(200, 1, "containerd-shim", ShimOf("b")).
		Process(201, 200, "nginx", in("b", 700, 80), StartedAt(20), Args("nginx", "-g", "daemon off;")).
		Process(202, 101, "nginx", in("b", 700, 81), StartedAt(21), Args("nginx: worker process")).
		Process(203, 201, "nginx", in("b", 700, 82), StartedAt(22), Exited(0))
	w.Process(300, 1, "containerd-shim", ShimOf("c")).
		Process(301, 300, "dockerd", in("c", 720, 1), StartedAt(30), StateOf(procfs.StateZombie), threads(4)).
		Process(302, 301, "sh", In("c", 5, 1), EveryNamespace(740, nil), StartedAt(31), user(4242)).
		Process(303, 302, "sleep", In("c", 6, 2), EveryNamespace(740, nil), StartedAt(32)).
		Process(304, 301, "helper", in("c", 720, 9), StartedAt(33), threads(3), func(p *procfs.Process) {
			p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](999)
			p.Apart = []procfs.ApartThread{{TID: 305, NSPIDs: []int{305, 10}, Namespaces: map[procfs.NamespaceType]uint64{procfs.UTSNamespace: 998}}}
		}).
		Process(306, 301, "pair", in("c", 720, 11), threads(3), func(p *procfs.Process) {
			p.Apart = []procfs.ApartThread{
				{TID: 307, NSPIDs: []int{307, 12}, Namespaces: map[procfs.NamespaceType]uint64{procfs.UTSNamespace: 998}},
				{TID: 308, NSPIDs: []int{308, 13}, Namespaces: map[procfs.NamespaceType]uint64{procfs.MountNamespace: 997}},
			}
		})
	w.Process(400, 1, "containerd-shim", ShimOf("d")).
		Process(401, 400, "watch", In("d"), EveryNamespace(1, nil), StartedAt(40), Internal(IsSubreaper))
	w.Process(500, 1, "containerd-shim", ShimOf("e")).
		Process(501, 500, "sleep", in("e", 760, 1), StateOf(procfs.StateUninterruptible), StartedAt(1000))
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
	for i, t := range procfs.NamespaceTypes {
		w.Host.Namespaces[t] = procfs.Some(uint64(i + 1))
	}
	return w.Again()
}

// These are texts that a process or a user can choose to mislead the reader.
const (
	evil    = "a\x1b[31mb\x1b]0;owned\a\nc\td\re\u202efdp.exe\u2066\xff\xfe"
	wideCJK = "東京大阪名古屋札幌福岡神戸京都横浜"
)

// hostile is a host on which every text is chosen to mislead, to break a line, or to move what
// is important off the screen.
func hostile() *World {
	return named(evil, strings.Repeat("sixty-", 10), strings.Repeat("long", 50), "-rf")
}

// named is a host with a container for each of these texts, which is also its image, its command
// and everything else that can be chosen.
func named(texts ...string) *World {
	w := NewWorld().Process(1, 0, "systemd")
	for i, text := range texts {
		letter, pid := string("abcdef"[i]), 100*(i+1)
		w.Container(text, letter, pid+1, image(text), func(c *inspect.Container) {
			c.Labels = map[string]string{"note": text}
			c.Path, c.Args = text, []string{text}
			c.PIDMode, c.NetworkMode = []string{"", "host", ""}[i%3], "container:"+text
		}).
			Process(pid, 1, "containerd-shim", ShimOf(letter)).
			Process(pid+1, pid, text, In(letter, 1), EveryNamespace(uint64(1000*pid), nil), Args(text, text)).
			Process(pid+2, pid+1, text, In(letter, 2), EveryNamespace(uint64(1000*pid), nil), SID(pid+1), Exited(0)).
			Process(pid+3, pid+1, text, In(letter, 3), EveryNamespace(uint64(1000*pid), nil), SID(pid+1), Args("sh", "-c", text))
		w.Attend(pid+1, Runs(DashMarks...), Script(text))
	}
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{procfs.PIDNamespace: procfs.Some[uint64](1)}
	return w.Again()
}

// idOf is the ID of one of many containers.
func idOf(n int) string { return fmt.Sprintf("%064x", n+1) }

// many is a host with n replicas of one service, each with a zombie that its PID 1 does not
// reap. The last one has a longer name.
func many(n int) *World {
	w := NewWorld().Process(1, 0, "systemd")
	for i := range n {
		pid := 1000 + 10*i
		inside := func(chain ...int) Change {
			return func(p *procfs.Process) {
				In("a", chain...)(p)
				p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/docker/" + idOf(i)}})
				EveryNamespace(uint64(100*pid), map[procfs.NamespaceType]uint64{procfs.UserNamespace: 6, procfs.TimeNamespace: 8})(p)
			}
		}
		w.Container(fmt.Sprintf("shop-api-%02d", i), "a", pid+1, image("shop/api"), func(c *inspect.Container) { c.ID, c.Path = idOf(i), "sleep" }).
			Process(pid, 1, "containerd-shim", Args("/usr/bin/containerd-shim-runc-v2", "-namespace", "moby", "-id", idOf(i), "-address", "/run/containerd.sock")).
			Process(pid+1, pid, "sleep", inside(1), Args("sleep", "infinity")).
			Process(pid+2, pid+1, "sh", inside(2), SID(pid+8), Exited(0)).
			Attend(pid + 1)
	}
	w.Host.Namespaces = map[procfs.NamespaceType]procfs.Opt[uint64]{}
	for i, t := range procfs.NamespaceTypes {
		w.Host.Namespaces[t] = procfs.Some(uint64(i + 1))
	}
	return w.Again()
}

// denied is what an ordinary user sees of the busy host.
func denied() *World {
	w := busy()
	for i := range w.Snapshot.Processes {
		p := &w.Snapshot.Processes[i]
		for _, t := range procfs.NamespaceTypes {
			p.Namespaces[t] = procfs.None[uint64](procfs.Denied)
		}
		p.UIDMap, p.Internals = procfs.None[[]procfs.IDMapping](procfs.Denied), procfs.None[procfs.Internals](procfs.Denied)
		if p.IsZombie() {
			p.WaitStatus = procfs.None[procfs.WaitStatus](procfs.Denied)
		}
	}
	for t := range w.Host.Namespaces {
		w.Host.Namespaces[t] = procfs.None[uint64](procfs.Denied)
	}
	w.SecondLook, w.OthersUnread = nil, true
	return w
}
