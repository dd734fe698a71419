package explain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// running is what is reported about a running container.
func running(ix *inspect.Index, c *inspect.Container) []explain.Statement {
	f := signal.ForecastOf(ix, c)
	return explain.Running(ix, &f)
}

// saidOf are the statements of one topic about the container demo, with their certainty:
// "certain: ...".
func saidOf(t *testing.T, w *World, topic explain.Topic) []string {
	t.Helper()
	ix := w.Index()
	c, problem := ix.Resolve("demo")
	if problem != nil {
		t.Fatal(problem)
	}
	var list []string
	for _, s := range running(ix, c) {
		if s.Topic != explain.TopicIfStopped && (s.Effect != explain.EffectNone || s.Other != nil || s.ExitCode.Held()) {
			t.Errorf("%q is about another container: %+v", s.Text, s)
		}
		if s.Topic == topic {
			list = append(list, fmt.Sprintf("%s: %s", s.Certainty, s.Text))
		}
	}
	return list
}

// joined is a container demo that joined the PID namespace of one called owner.
func joined(change ...Change) *World {
	return NewWorld().Container("owner", "b", 201).Container("demo", "a", 101, JoinedTo(ID("b"))).
		Process(1, 0, "systemd").
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "init", In("b", 1), NS(7)).
		Process(100, 1, "containerd-shim", ShimOf("a")).
		Process(101, 100, "app", append([]func(*procfs.Process){In("a", 9), NS(7)}, change...)...)
}

// onHost is a container demo with --pid=host.
func onHost() *World {
	return NewWorld().Container("demo", "a", 101, func(c *inspect.Container) { c.PIDMode = "host" }).
		Process(1, 0, "systemd").Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "app", In("a"))
}

// The main process is reported with both its PIDs, and its role in its PID namespace.
func TestExplainProcess(t *testing.T) {
	const said = "certain: The main process app is PID 101 on the host and "
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"an init":             {Alone("app"), said + "PID 1 in the container."},
		"one that joined":     {joined(), said + "PID 9 in the container. It joined a PID namespace and is not its init."},
		"one on the host":     {onHost(), said + "in the container, which uses the host's PID namespace."},
		"of an engine inside": {Alone("app", In("a", 8, 3)), said + "PID 3 in the container. It joined a PID namespace and is not its init."},
	} {
		if got := saidOf(t, test.world, explain.TopicProcess); !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The ancestors are reported up to the host's first process, as far as they were read. The
// kernel's iterator knows better than the documentation how a shim adopts.
func TestExplainParent(t *testing.T) {
	const line = "certain: Ancestors on the host: containerd-shim (100) -> app (101)."
	runs := func(runtime string) *World {
		return Alone("app").Declared("demo", func(c *inspect.Container) { c.Runtime = runtime })
	}
	started := func(runtime, how string) string {
		return "\ncertain: The shim started " + runtime + ", which started app and exited. The shim became the parent" + how + "."
	}
	const subreaper = " (child subreaper, prctl(2))"
	below := Alone("app").Process(1, 0, "systemd").Process(90, 1, "containerd").Alter(100, Below(90))
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"a shim":                     {Alone("app"), line + started("the OCI runtime", subreaper)},
		"runc, as docker calls it":   {runs("runc"), line + started("runc", subreaper)},
		"runc, by its shim":          {runs("io.containerd.runc.v2"), line + started("runc", subreaper)},
		"another runtime":            {runs("crun"), line + started("the OCI runtime (crun)", subreaper)},
		"podman's":                   {runs("oci"), line + started("the OCI runtime", subreaper)},
		"a shim of which is known":   {Alone("app").Alter(100, Internal(IsSubreaper)), line + started("the OCI runtime", " (child subreaper, prctl(2), "+signal.FromKernel+")")},
		"a shim that is none":        {Alone("app").Alter(100, Internal()), line + started("the OCI runtime", " and is not a child subreaper now ("+signal.FromKernel+")")},
		"up to the first":            {below, "certain: Ancestors on the host: host PID 1 -> containerd (90) -> containerd-shim (100) -> app (101)." + started("the OCI runtime", subreaper)},
		"another parent":             {Alone("app").Alter(100, Args("crun")), line},
		"a parent that was not read": {Alone("app").Without(100), "unknown: The parent, process 100, could not be read."},
		"round in a circle":          {Alone("app").Alter(100, Below(101)), ""},
	} {
		got := saidOf(t, test.world, explain.TopicParent)
		if name == "round in a circle" { // two PIDs that were reused between two reads
			if len(got) != 2 {
				t.Errorf("%s: got %q", name, got)
			}
			continue
		}
		if strings.Join(got, "\n") != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// What is asked most often is first: docker stop, then which containers that affects.
func TestExplainOrder(t *testing.T) {
	w := Alone("app").Container("joiner", "b", 201, JoinedTo("demo")).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "app", In("b", 9), NS(7))
	ix := w.Index()
	var topics []explain.Topic
	for _, s := range running(ix, ix.ContainerNamed("demo")) {
		topics = append(topics, s.Topic)
	}
	want := []explain.Topic{explain.TopicStop, explain.TopicIfStopped, explain.TopicSharing, explain.TopicOrphans, explain.TopicProcess, explain.TopicParent, explain.TopicKill}
	if got := slices.Compact(topics); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Which process adopts orphans is certain by the kernel's rules. Whether it reaps them is at
// most likely. If either cannot be determined, that is reported.
func TestExplainOrphans(t *testing.T) {
	const goes = "certain: Orphaned processes are reparented to "
	const stay = " Orphans that exit stay zombies and keep their PIDs."
	outside := Alone("app", In("a", 9)).Process(102, 1, "x", NS(7))
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"an init that reaps":       {Alone("app", Ignored(procfs.SIGCHLD)).Attend(101, Runs()), []string{goes + "PID 1 (app).", "likely: app reaps them. It ignores SIGCHLD, so the kernel reaps its children."}},
		"an init that does not":    {Alone("sleep").Attend(101), []string{goes + "PID 1 (sleep).", "likely: sleep does not reap them. sleep uses no function that waits for children." + stay}},
		"an init that is not told": {Alone("app").Attend(101, Denied), []string{goes + "PID 1 (app).", "unknown: Whether app reaps them cannot be determined. That needs the right to trace PID 1."}},
		"that of another":          {joined().Attend(201), []string{goes + "PID 1 of owner.", "likely: PID 1 of owner does not reap them. init uses no function that waits for children." + stay}},
		"that of nobody's":         {joined().Alter(201, func(p *procfs.Process) { p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/"}}) }).Alter(200, Args("x")).Declared("owner", func(c *inspect.Container) { c.HostPID = 0 }), []string{goes + "init (201).", "unknown: Whether init reaps them cannot be determined. That needs the right to trace PID 1."}},
		"one that is not seen":     {outside, []string{goes + "the init of the container's PID namespace, which could not be read.", "unknown: Whether that init reaps them cannot be determined. The init of its PID namespace is unknown."}},
		"the shim":                 {onHost(), []string{goes + "the shim, because the container uses the host's PID namespace.", "likely: The shim reaps them."}},
	} {
		if got := saidOf(t, test.world, explain.TopicOrphans); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// What docker stop and kill -9 do is reported, and which processes docker stop kills without a
// signal.
func TestExplainStopAndKill(t *testing.T) {
	deaf := Alone("sleep").Attend(101)
	workers := Alone("sh", Caught(Term), Args("sh", "-c", "trap 'exit' TERM; worker & wait")).
		Process(102, 101, "worker", In("a", 2), NS(7), SID(101), Caught(Term), Ignored(procfs.SIGINT, procfs.SIGQUIT)).
		Attend(101, Runs(DashMarks...), Asleep(Sleeping("rt_sigsuspend"))).Attend(102, Runs())
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"a deaf one": {deaf, []string{"certain: docker stop (SIGTERM) will wait 10s, then kill (137). sleep is PID 1 and has no SIGTERM handler, so the kernel discards the signal."}},
		"unknown":    {Alone("sleep").Attend(101, Denied), []string{"unknown: What docker stop (SIGTERM) will do cannot be determined. SIGTERM has no handler. Whether a thread waits for it cannot be determined without the right to trace the process."}},
		"workers": {workers, []string{"likely: docker stop (SIGTERM) will stop it. SIGTERM has a handler. sh runs its trap for SIGTERM only between commands. It does not wait for a foreground child.",
			"likely: worker (102) has a handler for SIGTERM and is killed before it receives it."}},
	} {
		if got := saidOf(t, test.world, explain.TopicStop); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
	if got, want := saidOf(t, deaf, explain.TopicKill), []string{
		"certain: sudo kill -9 101 on the host kills it, and demo is Exited (137).",
		"certain: docker exec demo kill -9 1 has no effect: the kernel protects PID 1 from its own PID namespace."}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// neighbour has the containers of Neighbours with one of them called demo.
func neighbour(name string) *World {
	return Neighbours().Declared(name, func(c *inspect.Container) { c.Name = "demo" })
}

// unreadable makes all namespaces of a process unreadable for the reader.
func unreadable(p *procfs.Process) {
	for t := range p.Namespaces {
		p.Namespaces[t] = procfs.None[uint64](procfs.Denied)
	}
}

// The containers with which it shares are certain by the kernel's facts, and likely by docker's
// configuration alone. That it shares nothing is at most likely if others were not read.
func TestExplainSharing(t *testing.T) {
	const nothing = ": Its pid, uts, ipc, net and mnt namespaces are its own. No other container uses them."
	alone := func() *World {
		w := neighbour("vpn").Without(201, 301, 401, 501)
		w.Containers = w.Containers[:1]
		return w
	}
	part := alone()
	part.OthersUnread = true
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"nothing":                  {alone(), []string{"certain" + nothing}},
		"others were not read":     {part, []string{"likely" + nothing}},
		"its own cannot be read":   {alone().Alter(101, unreadable), []string{"likely" + nothing}},
		"an owner":                 {neighbour("vpn"), []string{"certain: Its net namespace is its own. web joined it."}},
		"one that joined":          {neighbour("web"), []string{"certain: Its net namespace is that of vpn."}},
		"joined, by docker's word": {neighbour("web").Alter(201, unreadable), []string{"likely: Its net namespace is that of vpn."}},
		"stale":                    {neighbour("qbit"), []string{"certain: Still uses the old network of vpn. vpn was restarted and has a new one, so they cannot reach each other."}},
		"gone":                     {neighbour("lost"), []string{"certain: Still uses the network of ffffffffffff, which was removed. That network has lost its interfaces. This container cannot be started again once it stops. Recreate it."}},
		"the host's": {neighbour("agent"), []string{
			"certain: --pid=host: sees every process of the host and may signal them as its user may.",
			"certain: --uts=host: has the host name and domain name of the host.",
			"certain: --ipc=host: shares the host's shared memory segments, semaphores and message queues."}},
		"the host's, by docker's word": {neighbour("agent").Alter(401, unreadable), []string{
			"likely: --pid=host: sees every process of the host and may signal them as its user may.",
			"likely: --uts=host: has the host name and domain name of the host.",
			"likely: --ipc=host: shares the host's shared memory segments, semaphores and message queues."}},
		"the host's, undeclared": {neighbour("vpn").Without(201).Alter(101, func(p *procfs.Process) { p.Namespaces[procfs.MountNamespace] = hostsInode(procfs.MountNamespace) }), []string{"certain: The main process is in the host's mnt namespace. Docker's configuration does not say so."}},
		"that of a silent one, which may have been told": {neighbour("vpn").Without(201).Declared("demo", func(c *inspect.Container) { c.Silent = true }).
			Alter(101, func(p *procfs.Process) { p.Namespaces[procfs.MountNamespace] = hostsInode(procfs.MountNamespace) }), []string{"certain: Its mnt namespace is the host's."}},
		"left": {neighbour("web").Alter(201, func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](777) }), []string{
			"certain: Declared --network=container:vpn, but both main processes are in different net namespaces. vpn was not restarted, so one of them has left the namespace."}},
		"the engine's, which is not the host's": {alone().Declared("demo", func(c *inspect.Container) { c.UTSMode = "host" }).
			Process(100, 1, "containerd-shim", ShimOf("a"), func(p *procfs.Process) { p.Namespaces[procfs.UTSNamespace] = procfs.Some[uint64](77) }).
			Alter(101, Below(100), func(p *procfs.Process) { p.Namespaces[procfs.UTSNamespace] = procfs.Some[uint64](77) }), []string{
			"certain: --uts=host: uses the uts namespace of the engine, which is not the host's."}},
		"one nested inside": {alone().Process(102, 101, "box", In("a", 2, 1), NS(9)), []string{"certain" + nothing, "certain: Nested PID namespace: init box (host PID 102, container PID 2>1), 1 process."}},
	} {
		if got := saidOf(t, test.world, explain.TopicSharing); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// hostsInode is the namespace of this type that the host of Neighbours has.
func hostsInode(t procfs.NamespaceType) procfs.Opt[uint64] {
	return Neighbours().Host.Namespaces[t]
}
