package explain_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/signal"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// running is what is said of a container that runs.
func running(ix *inspect.Index, c *inspect.Container) []explain.Statement {
	f := signal.ForecastOf(ix, c)
	return explain.Running(ix, &f)
}

// saidOf are the statements of one topic about the container demo, with how sure they
// are: "certain: ...".
func saidOf(t *testing.T, w *World, topic explain.Topic) []string {
	t.Helper()
	ix := w.Index()
	c, problem := ix.Resolve("demo")
	if problem != nil {
		t.Fatal(problem)
	}
	var list []string
	for _, s := range running(ix, c) {
		if s.Effect != explain.EffectNone || s.Other != nil || s.ExitCode.Held() {
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

// The main process is told with both its numbers, and what it is to its PID namespace.
func TestExplainProcess(t *testing.T) {
	const said = "certain: its main process, app, is an ordinary process of the host: 101 there, "
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"an init":             {Alone("app"), said + "1 inside: it is the init of the container's PID namespace"},
		"one that joined":     {joined(), said + "9 inside: it joined a PID namespace, and is not its init"},
		"one on the host":     {onHost(), said + "the same number inside, as it is in the host's PID namespace"},
		"of an engine inside": {Alone("app", In("a", 8, 3)), said + "3 inside: it joined a PID namespace, and is not its init"},
	} {
		if got := saidOf(t, test.world, explain.TopicProcess); !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

// The line of parents goes up to the host's first process as far as it was read; what a
// shim is to it, the kernel's own iterator knows better than documentation.
func TestExplainParent(t *testing.T) {
	const line = "certain: on the host it descends from containerd-shim (100) -> app (101)"
	const shim = "; the shim started the OCI runtime, which started it and exited, and the shim, "
	runs := func(runtime string) *World {
		return Alone("app").Declared("demo", func(c *inspect.Container) { c.Runtime = runtime })
	}
	const remains = ", which started it and exited, and the shim, a child subreaper (prctl(2), since Linux 3.4), is the parent that remains"
	below := Alone("app").Process(1, 0, "systemd").Process(90, 1, "containerd").Alter(100, Below(90))
	for name, test := range map[string]struct {
		world *World
		want  string
	}{
		"a shim":                     {Alone("app"), line + shim + "a child subreaper (prctl(2), since Linux 3.4), is the parent that remains"},
		"runc, as docker calls it":   {runs("runc"), line + "; the shim started runc" + remains},
		"runc, by its shim":          {runs("io.containerd.runc.v2"), line + "; the shim started runc" + remains},
		"another runtime":            {runs("crun"), line + "; the shim started the OCI runtime (crun)" + remains},
		"podman's":                   {runs("oci"), line + "; the shim started the OCI runtime" + remains},
		"a shim of which is known":   {Alone("app").Alter(100, Internal(IsSubreaper)), line + shim + "a child subreaper (" + inspect.FromKernel + "; prctl(2), since Linux 3.4), is the parent that remains"},
		"a shim that is none":        {Alone("app").Alter(100, Internal()), line + shim + "no child subreaper now (" + inspect.FromKernel + "), is the parent that remains"},
		"up to the first":            {below, "certain: on the host it descends from host PID 1 -> containerd (90) -> containerd-shim (100) -> app (101)" + shim + "a child subreaper (prctl(2), since Linux 3.4), is the parent that remains"},
		"another parent":             {Alone("app").Alter(100, Args("crun")), line},
		"a parent that was not read": {Alone("app").Without(100), "unknown: its parent is process 100, which could not be read"},
		"round in a circle":          {Alone("app").Alter(100, Below(101)), ""},
	} {
		got := saidOf(t, test.world, explain.TopicParent)
		if name == "round in a circle" { // two numbers that were used again between the readings
			if len(got) != 1 {
				t.Errorf("%s: got %q", name, got)
			}
			continue
		}
		if !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// Who adopts is certain by the kernel's rules, and whether that one waits is at most
// likely; where neither can be told, both are said so.
func TestExplainOrphans(t *testing.T) {
	const goes = "certain: a process whose parent ends before it goes to "
	const waits, doesNot, open = "likely: that one waits for them: ", "likely: that one does not wait for them, so they stay zombies and keep their PIDs: ", "unknown: whether that one waits for them cannot be told: "
	outside := Alone("app", In("a", 9)).Process(102, 1, "x", NS(7))
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"an init that reaps":       {Alone("app", Ignored(procfs.SIGCHLD)).Attend(101, Runs()), []string{goes + "PID 1 (app)", waits + "It ignores SIGCHLD, so the kernel reaps its children"}},
		"an init that does not":    {Alone("sleep").Attend(101), []string{goes + "PID 1 (sleep)", doesNot + "sleep uses no function that waits for children"}},
		"an init that is not told": {Alone("app").Attend(101, Denied), []string{goes + "PID 1 (app)", open + "Cannot be determined without the right to trace PID 1"}},
		"that of another":          {joined().Attend(201), []string{goes + "PID 1 of owner", doesNot + "init uses no function that waits for children"}},
		"that of nobody's":         {joined().Alter(201, func(p *procfs.Process) { p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: "/"}}) }).Alter(200, Args("x")).Declared("owner", func(c *inspect.Container) { c.HostPID = 0 }), []string{goes + "init (201)", open + "Cannot be determined without the right to trace PID 1"}},
		"one that is not seen":     {outside, []string{goes + "the init of its PID namespace, which cannot be told", open + "The init of its PID namespace is unknown"}},
		"the shim":                 {onHost(), []string{goes + "the shim, as it uses the host's PID namespace", waits + "In the host's PID namespace, orphaned processes are reparented to the shim, which reaps them"}},
	} {
		if got := saidOf(t, test.world, explain.TopicOrphans); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// What docker stop and kill -9 do is told, and whom a stop kills unheard.
func TestExplainStopAndKill(t *testing.T) {
	deaf := Alone("sleep").Attend(101)
	workers := Alone("sh", Caught(Term), Args("sh", "-c", "trap 'exit' TERM; worker & wait")).
		Process(102, 101, "worker", In("a", 2), NS(7), SID(101), Caught(Term), Ignored(procfs.SIGINT, procfs.SIGQUIT)).
		Attend(101, Runs(DashMarks...), Asleep(Sleeping("rt_sigsuspend"))).Attend(102, Runs())
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"a deaf one": {deaf, []string{"certain: docker stop (SIGTERM) will wait 10s, then kill (137): sleep is PID 1 and has no SIGTERM handler, so the kernel discards the signal"}},
		"unknown":    {Alone("sleep").Attend(101, Denied), []string{"unknown: What docker stop (SIGTERM) will do cannot be determined: SIGTERM has no handler. Whether a thread waits for it cannot be determined without the right to trace the process"}},
		"workers": {workers, []string{"likely: docker stop (SIGTERM) will stop it: SIGTERM has a handler; sh runs its trap for SIGTERM only between commands; It waits for no foreground child",
			"likely: worker (102) has a handler for SIGTERM and is killed before it receives it"}},
	} {
		if got := saidOf(t, test.world, explain.TopicStop); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
	if got, want := saidOf(t, deaf, explain.TopicKill), []string{
		"certain: sudo kill -9 101 on the host kills it, and demo is Exited (137)",
		"certain: docker exec demo kill -9 1 has no effect: the kernel protects PID 1 from its own PID namespace"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// neighbour has the containers of Neighbours with one of them called demo.
func neighbour(name string) *World {
	return Neighbours().Declared(name, func(c *inspect.Container) { c.Name = "demo" })
}

// unreadable keeps all namespaces of a process from the reader.
func unreadable(p *procfs.Process) {
	for t := range p.Namespaces {
		p.Namespaces[t] = procfs.None[uint64](procfs.Denied)
	}
}

// With whom a container shares what is certain where the kernel tells, and likely where
// docker alone does; that it shares nothing is no more than likely where others were not
// read.
func TestExplainSharing(t *testing.T) {
	const nothing = ": its pid, uts, ipc, net and mnt namespaces are its own, and no other container's"
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
		"an owner":                 {neighbour("vpn"), []string{"certain: its net namespace is its own, and web joined it"}},
		"one that joined":          {neighbour("web"), []string{"certain: its net namespace is that of vpn"}},
		"joined, by docker's word": {neighbour("web").Alter(201, unreadable), []string{"likely: its net namespace is that of vpn"}},
		"stale":                    {neighbour("qbit"), []string{"certain: it joined the net namespace of vpn, which was restarted since and has another: the two have no network in common"}},
		"gone":                     {neighbour("lost"), []string{"certain: it joined the net namespace of ffffffffffff, which was removed and took its interfaces with it; this container cannot start again: create it anew"}},
		"the host's": {neighbour("agent"), []string{
			"certain: its pid namespace is the host's (--pid=host: sees every process of the host, and may signal them as its user may)",
			"certain: its uts namespace is the host's (--uts=host: has the host's host and domain name)",
			"certain: its ipc namespace is the host's (--ipc=host: shares the host's shared memory segments, semaphores and message queues)"}},
		"the host's, by docker's word": {neighbour("agent").Alter(401, unreadable), []string{
			"likely: its pid namespace is the host's (--pid=host: sees every process of the host, and may signal them as its user may)",
			"likely: its uts namespace is the host's (--uts=host: has the host's host and domain name)",
			"likely: its ipc namespace is the host's (--ipc=host: shares the host's shared memory segments, semaphores and message queues)"}},
		"the host's, undeclared": {neighbour("vpn").Without(201).Alter(101, func(p *procfs.Process) { p.Namespaces[procfs.MountNamespace] = hostsInode(procfs.MountNamespace) }), []string{"certain: its main process is in the host's mnt namespace, which docker was not told"}},
		"that of a silent one, which may have been told": {neighbour("vpn").Without(201).Declared("demo", func(c *inspect.Container) { c.Silent = true }).
			Alter(101, func(p *procfs.Process) { p.Namespaces[procfs.MountNamespace] = hostsInode(procfs.MountNamespace) }), []string{"certain: its mnt namespace is the host's"}},
		"left": {neighbour("web").Alter(201, func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](777) }), []string{
			"certain: --network=container:vpn, but the two are in different net namespaces, and vpn was not restarted since: one of them has left it"}},
		"the engine's, which is not the host's": {alone().Declared("demo", func(c *inspect.Container) { c.UTSMode = "host" }).
			Process(100, 1, "containerd-shim", ShimOf("a"), func(p *procfs.Process) { p.Namespaces[procfs.UTSNamespace] = procfs.Some[uint64](77) }).
			Alter(101, Below(100), func(p *procfs.Process) { p.Namespaces[procfs.UTSNamespace] = procfs.Some[uint64](77) }), []string{
			"certain: --uts=host: uses the uts namespace of the engine, which is not the host's"}},
		"one nested inside": {alone().Process(102, 101, "box", In("a", 2, 1), NS(9)), []string{"certain" + nothing, "certain: a PID namespace nested inside: init is box (102, inside 2>1), 1 process"}},
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
