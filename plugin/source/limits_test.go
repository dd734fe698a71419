package source

import (
	"slices"
	"testing"

	"github.com/docker-pidns/docker-pidns/inspect"
	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// The limits of fork: the groups of the containers' running processes and all groups above them,
// each once, and the user namespaces around them, each read once, except the host's own.
func TestLimits(t *testing.T) {
	user := func(inode uint64) Change {
		return func(p *procfs.Process) { p.Namespaces[procfs.UserNamespace] = procfs.Some(inode) }
	}
	group := func(path string) Change {
		return func(p *procfs.Process) { p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: path}}) }
	}
	w := runs(engineHost(), "demo", "a", 101).Alter(1, user(procfs.InitialUserNamespace)).Alter(dockerd, user(procfs.InitialUserNamespace)).
		Alter(100, user(procfs.InitialUserNamespace)).
		Alter(101, user(77)).
		Process(102, 101, "same", inside(2), user(77)).
		Process(103, 101, "below", inside(3), user(77), group("/docker/"+ID("a")+"/sub")).
		Process(104, 101, "zombie", inside(4), user(78), group("/docker/"+ID("a")+"/past"), Exited(0)).
		Process(60, 1, "cron", user(procfs.InitialUserNamespace), group("/cron")).
		Process(61, 1, "denied", func(p *procfs.Process) { p.Namespaces[procfs.UserNamespace] = procfs.None[uint64](procfs.Denied) })
	r := newRig(w)
	facts := r.record(t, need.Limits([]string{"demo"})).Limits
	var paths []string
	for _, g := range facts.Groups {
		paths = append(paths, g.Path)
	}
	if want := []string{"/docker/" + ID("a"), "/docker", "/", "/docker/" + ID("a") + "/sub"}; !slices.Equal(paths, want) {
		t.Errorf("groups %v, want %v", paths, want)
	}
	if _, ok := facts.UserNamespaces[77]; !ok || len(facts.UserNamespaces) != 2 || r.processes.times("UserNamespaces") != 2 {
		t.Errorf("user namespaces %v, asked %d times", facts.UserNamespaces, r.processes.times("UserNamespaces"))
	}
	host := w.Host.Namespaces
	if facts.ThreadsMax.Or(0) != 1000 || facts.ReaderUserNamespace != host[procfs.UserNamespace] || facts.ReaderCgroupNamespace != host[procfs.CgroupNamespace] {
		t.Errorf("got %+v", facts)
	}
	if got := newRig(w).record(t, need.Tree([]string{"demo"})).Limits; got != nil {
		t.Errorf("nobody asked for %v", got)
	}
}

// The groups in which the engine forks for containers are read too. The room for threads is read
// for a container's main process and those with the most threads. The limits of the host's own
// processes are read if a container has the same user ID.
func TestLimitsOfOthers(t *testing.T) {
	group := func(path string) Change {
		return func(p *procfs.Process) { p.Cgroups = procfs.Some([]procfs.Cgroup{{Path: path}}) }
	}
	threads := func(n int) Change { return func(p *procfs.Process) { p.Threads = n } }
	user := func(uid int) Change {
		return func(p *procfs.Process) { p.UIDs = procfs.UIDs{Real: uid} }
	}
	nproc := func(n int) Change { return func(p *procfs.Process) { p.MaxProcesses = procfs.Some(n) } }
	host := func() *World {
		w := runs(engineHost(), "demo", "a", 101).Alter(100, group("/shims")).Alter(dockerd, group("/engine")).Alter(101, user(1000)).
			Process(40, 1, "containerd", group("/runtime")).
			Process(60, 1, "bash", user(1000), nproc(70)).Process(61, 1, "cron", user(1), nproc(71)).
			Process(62, 1, "sshd", user(1000), Exited(0))
		for pid := 102; pid < 112; pid++ {
			w.Process(pid, 101, "job", inside(pid-100), threads(pid))
		}
		return w
	}
	r := newRig(host())
	capture := r.record(t, need.Limits([]string{"demo"}))
	var paths []string
	for _, g := range capture.Limits.Groups {
		paths = append(paths, g.Path)
	}
	if want := []string{"/docker/" + ID("a"), "/docker", "/", "/shims", "/engine", "/runtime"}; !slices.Equal(paths, want) {
		t.Errorf("groups %v, want %v", paths, want)
	}
	if want := []int{dockerd, 40}; !slices.Equal(capture.Limits.EnginePIDs, want) {
		t.Errorf("the engine's: %v, want %v", capture.Limits.EnginePIDs, want)
	}
	var asked []int
	for _, space := range capture.Limits.AddressSpaces {
		asked = append(asked, space.PID)
	}
	if want := []int{101, 111, 110, 109, 108, 107, 106, 105}; !slices.Equal(asked, want) {
		t.Errorf("address spaces of %v, want %v", asked, want)
	}
	for _, p := range capture.Snapshot.Processes {
		if want := p.PID == 60; !p.KernelThread && (p.PID == 60 || p.PID == 61 || p.PID == 62) && p.MaxProcesses.Held() != want {
			t.Errorf("%s (%d): %v", p.Comm, p.PID, p.MaxProcesses)
		}
	}
	// If there are two, it is unknown which one is this engine's.
	two := host().Process(41, 1, "containerd", group("/other"))
	if got := newRig(two).record(t, need.Limits([]string{"demo"})).Limits.EnginePIDs; !slices.Equal(got, []int{dockerd}) {
		t.Errorf("with two: %v", got)
	}
}

// The group for a container that could not be started is read, but not those of other containers
// that do not run.
func TestGroupsOfAFailedStart(t *testing.T) {
	w := runs(engineHost(), "demo", "a", 101).
		Container("new", "b", 0, func(c *inspect.Container) {
			c.Status, c.Error, c.CgroupParent = "created", "EOF", "/limited/batch"
		})
	paths := func() (list []string) {
		for _, g := range newRig(w).record(t, need.Explain("new")).Limits.Groups {
			list = append(list, g.Path)
		}
		return list
	}
	if got := paths(); !slices.Contains(got, "/limited/batch") || !slices.Contains(got, "/limited") {
		t.Errorf("got %q", got)
	}
	w.Declared("new", func(c *inspect.Container) { c.Error = "" })
	if got := paths(); slices.Contains(got, "/limited") {
		t.Errorf("without an error: %q", got)
	}
}
