package explain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/inspect"
	"github.com/docker-pidns/docker-pidns/inspect/explain"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// A container that joined a network through another member must be restarted after that member.
// Before, it would join the old namespace again.
func TestIfStoppedSaysWhoIsRestartedFirst(t *testing.T) {
	inNet := func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](113) }
	joins := func(letter string) func(*inspect.Container) {
		return func(c *inspect.Container) { c.NetworkMode = "container:" + ID(letter) }
	}
	w := NewWorld().
		Container("owner", "a", 101).Container("direct", "b", 201, joins("a")).Container("by-way", "c", 301, joins("b")).
		Process(101, 1, "app", In("a", 1), NS(21), inNet).
		Process(201, 1, "app", In("b", 1), NS(22), inNet).
		Process(301, 1, "app", In("c", 1), NS(23), inNet)
	ix := w.Index()
	got := map[string]string{}
	for _, s := range explain.IfStopped(ix, ix.Container(ID("a"))) {
		if s.Other == nil || s.Effect != explain.EffectStale {
			t.Fatalf("got %+v", s)
		}
		got[s.Other.Name] = s.Text
	}
	for name, end := range map[string]string{"direct": "they cannot reach each other.", "by-way": "they cannot reach each other. Restart direct first."} {
		if !strings.HasSuffix(got[name], end) {
			t.Errorf("%s: got %q, want %q at its end", name, got[name], end)
		}
	}
}

// A container that joined through one that is not an owner continues when that one exits, and
// cannot be started again without it. The declared modes alone show the same.
func TestIfStoppedOfWhoIsBetween(t *testing.T) {
	for name, test := range map[string]struct {
		namespaces Change
		certainty  inspect.Certainty
	}{
		"seen":     {func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](113) }, inspect.Certain},
		"declared": {func(p *procfs.Process) { p.Namespaces = nil }, inspect.Likely},
	} {
		joins := func(letter string) func(*inspect.Container) {
			return func(c *inspect.Container) { c.NetworkMode = "container:" + ID(letter) }
		}
		w := NewWorld().
			Container("owner", "a", 101).Container("between", "b", 201, joins("a")).Container("last", "c", 301, joins("b")).
			Process(101, 1, "app", In("a", 1), NS(21), test.namespaces).
			Process(201, 1, "app", In("b", 1), NS(22), test.namespaces).
			Process(301, 1, "app", In("c", 1), NS(23), test.namespaces)
		ix := w.Index()
		got := explain.IfStopped(ix, ix.Container(ID("b")))
		if len(got) != 1 || got[0].Other.Name != "last" || got[0].Effect != explain.EffectSurvives || got[0].Certainty != test.certainty || !strings.Contains(got[0].Text, "that of owner") {
			t.Errorf("%s: got %+v", name, got)
		}
		if got := explain.IfStopped(ix, ix.Container(ID("a"))); len(got) != 2 || got[0].Effect != explain.EffectStale || got[1].Effect != explain.EffectStale || got[1].Certainty != test.certainty {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// A process that entered a PID namespace is killed with its init, whichever container it belongs
// to.
func TestIfStoppedKillsWhoEntered(t *testing.T) {
	foreign := func(p *procfs.Process) { p.NSPIDs = []int{p.PID, p.PID - 100} }
	w := NewWorld().Container("demo", "a", 101).Container("joiner", "b", 201, JoinedTo(ID("a"))).Container("other", "c", 301).
		Process(100, 1, "containerd-shim", ShimOf("a")).Process(101, 100, "app", In("a", 1), NS(7)).Process(102, 101, "job", In("a", 2), NS(7)).
		Process(200, 1, "containerd-shim", ShimOf("b")).Process(201, 200, "app", In("b", 3), NS(7)).
		Process(300, 1, "containerd-shim", ShimOf("c")).Process(301, 300, "app", In("c", 1), NS(8)).
		Process(302, 301, "nsenter", In("c", 2), NS(8)).Process(303, 302, "visitor", In("c", 9), NS(7))
	killed := func(ix *inspect.Index, name string) (texts []string) {
		for _, s := range explain.IfStopped(ix, ix.Container(ID(name))) {
			if s.Effect == explain.EffectKilled && s.Other == nil {
				texts = append(texts, s.Text)
			}
		}
		return texts
	}
	one := "A process that entered its PID namespace from outside is killed with it: visitor (303)."
	if got := killed(w.Index(), "a"); len(got) != 1 || got[0] != one {
		t.Errorf("got %q", got)
	}
	for _, name := range []string{"b", "c"} {
		if got := killed(w.Index(), name); len(got) > 0 {
			t.Errorf("%s: got %q", name, got)
		}
	}
	w.Process(399, 1, "ended", foreign, NS(7), Exited(0))
	for pid := 400; pid < 404; pid++ {
		w.Process(pid, 1, "shell", foreign, NS(7))
	}
	many := "5 processes that entered its PID namespace from outside are killed with it: visitor (303), shell (400), shell (401), ...."
	if got := killed(w.Index(), "a"); len(got) != 1 || got[0] != many {
		t.Errorf("got %q", got)
	}
}

// The runtime kills only what is in the control group of a container without a PID namespace of
// its own.
func TestIfStoppedOfItsOwnProcesses(t *testing.T) {
	left := func(p *procfs.Process) { p.NSPIDs = []int{p.PID} }
	with := func(mode string, group func(*procfs.Process)) []explain.Statement {
		w := NewWorld().Container("demo", "a", 101, func(c *inspect.Container) { c.PIDMode = mode }).
			Process(1, 0, "systemd").
			Process(101, 1, "app", In("a"), group).
			Process(102, 101, "inside", In("a"), group).
			Process(103, 101, "outside", group).
			Process(104, 101, "gone", In("a"), group, Exited(0))
		ix := w.Index()
		return explain.IfStopped(ix, ix.Container(ID("a")))
	}
	got := with("host", left)
	if len(got) != 3 || got[1].Effect != explain.EffectSurvives || !strings.Contains(got[1].Text, "outside (103) keeps running") || !strings.Contains(got[2].Text, "Its other processes (1) are killed by the runtime") {
		t.Errorf("--pid=host: got %+v", got)
	}
	own := with("", func(p *procfs.Process) {
		p.NSPIDs = []int{p.PID, p.PID - 100}
		p.Namespaces[procfs.PIDNamespace] = procfs.Some[uint64](7)
	})
	if len(own) != 1 || own[0].Effect != explain.EffectNone {
		t.Errorf("with a namespace of its own: got %+v", own)
	}
}

// ifStopped writes what the end of the container demo does: "killed joiner: ...".
func ifStopped(w *World) (list []string) {
	ix := w.Index()
	for _, s := range explain.IfStopped(ix, ix.ContainerNamed("demo")) {
		other := ""
		if s.Other != nil {
			other = " " + s.Other.Name
		}
		list = append(list, fmt.Sprintf("%s %s%s: %s", s.Certainty, s.Effect, other, s.Text))
	}
	return list
}

// Every process in its PID namespace is killed with it. That is certain by the kernel's facts,
// and likely by docker's configuration. The restart policy shows whether the container is
// restarted.
func TestIfStoppedKillsWhoJoined(t *testing.T) {
	shared := func(change func(*inspect.Container), theirs ...Change) *World {
		return Alone("app").Container("joiner", "b", 201, JoinedTo("demo"), change).
			Process(200, 1, "containerd-shim", ShimOf("b")).
			Process(201, 200, "app", append([]func(*procfs.Process){In("b", 9), NS(7)}, theirs...)...)
	}
	plain := func(*inspect.Container) {}
	policy := func(name string) func(*inspect.Container) {
		return func(c *inspect.Container) { c.RestartPolicy = name }
	}
	const dies = " is killed too (exit 137, OOMKilled false): it uses the PID namespace of demo. "
	const down, tries = "It has no restart policy and stays stopped.", "then tries once, and gives up if demo is not running by then."
	const nobody = "certain none: Stopping it affects no other container."
	const maybe = "likely none: Stopping it affects no other container, according to Docker's configuration. Which processes use its namespaces could not be read."
	part := Alone("app")
	part.OthersUnread = true
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"it has joined":              {shared(plain), []string{"certain killed joiner: joiner" + dies + down}},
		"the policy no":              {shared(policy("no")), []string{"certain killed joiner: joiner" + dies + down}},
		"the policy always":          {shared(policy("always")), []string{"certain killed joiner: joiner" + dies + "Its restart policy (always) " + tries}},
		"a service":                  {shared(func(c *inspect.Container) { c.Labels = map[string]string{"com.docker.compose.service": "web"} }), []string{"certain killed joiner: joiner (service web)" + dies + down}},
		"a service of the same name": {shared(func(c *inspect.Container) { c.Labels = map[string]string{"com.docker.compose.service": "joiner"} }), []string{"certain killed joiner: joiner" + dies + down}},
		"by docker's word":           {shared(plain, NSDenied), []string{"likely killed joiner: joiner" + dies + down}},
		"not by docker's word":       {shared(func(c *inspect.Container) { c.PIDMode = "" }, NSDenied, In("b", 1)), []string{nobody}},
		"it is in another":           {shared(plain, NS(8), In("b", 1)), []string{"certain survives joiner: joiner keeps running: its pid namespace is not that of demo. It is configured to join demo, so it cannot be started again while demo is stopped."}},
		"it is on the host":          {shared(func(c *inspect.Container) { c.PIDMode = "host" }, NS(1), func(p *procfs.Process) { p.NSPIDs = []int{201} }), []string{nobody}},
		"nobody has":                 {Alone("app"), []string{nobody}},
		"others were not read":       {part, []string{maybe}},
		"its own was not read":       {Alone("app", NSDenied), []string{maybe}},
	} {
		got := ifStopped(test.world)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
	ix := shared(plain).Index()
	if s := explain.IfStopped(ix, ix.ContainerNamed("demo"))[0]; s.ExitCode != procfs.Some(137) || s.Then != "docker start joiner" {
		t.Errorf("got %+v", s)
	}
	if got := explain.IfStopped(ix, ix.ContainerNamed("joiner")); len(got) != 1 || got[0].Effect != explain.EffectNone {
		t.Errorf("who joined takes nobody with it: got %+v", got)
	}
}

// A container with another namespace of it continues in the old one. What is then missing is
// reported for each. A container that was configured to join it and is elsewhere cannot be
// started again.
func TestIfStoppedLeavesBehind(t *testing.T) {
	stale := func(t, lack string) string {
		return "certain stale web: web keeps the old " + t + " namespace. When demo starts again it has a new one, so " + lack + "."
	}
	const cannot = ". It is configured to join demo, so it cannot be started again while demo is stopped."
	// web uses these namespaces of demo, as declared unless change changes it.
	using := func(change func(*inspect.Container), types map[procfs.NamespaceType]uint64) *World {
		w := Neighbours().Without(301, 401, 501).Declared("vpn", func(c *inspect.Container) { c.Name = "demo" })
		w.Containers = w.Containers[:2]
		return w.Declared("web", change).Alter(201, EveryNamespace(210, types))
	}
	both := func(c *inspect.Container) { c.NetworkMode, c.IPCMode = "container:demo", "container:demo" }
	only := func(c *inspect.Container) { c.NetworkMode = "container:demo" }
	for name, test := range map[string]struct {
		world *World
		want  []string
	}{
		"network": {using(only, map[procfs.NamespaceType]uint64{procfs.NetNamespace: inodeOfDemo(procfs.NetNamespace)}), []string{stale("net", "they cannot reach each other")}},
		"network and ipc": {using(both, map[procfs.NamespaceType]uint64{procfs.NetNamespace: inodeOfDemo(procfs.NetNamespace), procfs.IPCNamespace: inodeOfDemo(procfs.IPCNamespace)}), []string{
			stale("ipc", "they no longer share memory"), stale("net", "they cannot reach each other")}},
		"it kept the old one":   {using(only, nil), []string{"certain survives web: web keeps running: its net namespace is not that of demo" + cannot}},
		"it entered the host's": {using(only, map[procfs.NamespaceType]uint64{procfs.NetNamespace: hostsNumber(procfs.NetNamespace)}), []string{"certain survives web: web keeps running: its net namespace is the host's" + cannot}},
		"it uses none":          {using(func(c *inspect.Container) { c.NetworkMode = "bridge" }, nil), []string{"certain none: Stopping it affects no other container."}},
	} {
		if got := ifStopped(test.world); !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

// inodeOfDemo is the namespace of this type that the first container of Neighbours has.
func inodeOfDemo(t procfs.NamespaceType) uint64 {
	w := Neighbours()
	return w.Snapshot.Processes[0].Namespace(t).Or(0)
}

// hostsNumber is the inode of [hostsInode].
func hostsNumber(t procfs.NamespaceType) uint64 { return hostsInode(t).Or(0) }

// An owner that is removed when it exits (--rm) never starts again, and no container that was
// configured to join it does.
func TestIfStoppedOfAnOwnerThatIsRemoved(t *testing.T) {
	inNet := func(p *procfs.Process) { p.Namespaces[procfs.NetNamespace] = procfs.Some[uint64](113) }
	removed := func(c *inspect.Container) { c.AutoRemove = true }
	w := NewWorld().
		Container("owner", "a", 101, removed).
		Container("net", "b", 201, func(c *inspect.Container) { c.NetworkMode = "container:" + ID("a") }).
		Container("pid", "c", 301, JoinedTo(ID("a")), func(c *inspect.Container) { c.RestartPolicy = "always" }).
		Container("too", "d", 401, JoinedTo(ID("a")), removed).
		Process(101, 1, "app", In("a", 1), NS(21), inNet).
		Process(201, 1, "app", In("b", 1), NS(22), inNet).
		Process(301, 1, "app", In("c", 2), NS(21)).
		Process(401, 1, "app", In("d", 3), NS(21))
	ix := w.Index()
	got := map[string]string{}
	for _, s := range explain.IfStopped(ix, ix.Container(ID("a"))) {
		got[s.Other.Name] = s.Text
	}
	for name, want := range map[string]string{
		"net": "net keeps the old net namespace. It cannot be started again later, because Docker removes owner when it exits (--rm). Create both again.",
		"pid": " It cannot be started again, because Docker then removes owner (--rm). Create both again.",
		"too": " Docker then removes it with its logs and anonymous volumes (--rm).",
	} {
		if !strings.HasSuffix(got[name], want) || strings.Contains(got[name], "docker restart") || strings.Contains(got[name], "docker start") {
			t.Errorf("%s: got %q, want %q at its end", name, got[name], want)
		}
	}
}

// A cancelled policy does not try to start a container that was killed with its owner.
func TestIfStoppedOfACancelledPolicy(t *testing.T) {
	w := NewWorld().Container("owner", "a", 101).
		Container("pid", "c", 301, JoinedTo(ID("a")), func(c *inspect.Container) { c.RestartPolicy, c.StartedAt = "always", TakenAt.Add(-time.Hour) }).
		Process(101, 1, "app", In("a", 1), NS(21)).Process(301, 1, "app", In("c", 2), NS(21))
	w.Events = &inspect.EventLog{Product: "Engine", Oldest: Booted, Events: []inspect.Event{{At: TakenAt.Add(-time.Minute), ContainerID: ID("c"), Action: "kill", Signal: procfs.SIGHUP}}}
	ix := w.Index()
	got := explain.IfStopped(ix, ix.Container(ID("a")))
	if len(got) != 1 || !strings.HasSuffix(got[0].Text, "It stays stopped: docker kill (SIGHUP) has cancelled its restart policy (always).") || got[0].Then != "docker start pid" {
		t.Errorf("got %+v", got)
	}
}
