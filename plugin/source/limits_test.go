package source

import (
	"slices"
	"testing"

	. "github.com/docker-pidns/docker-pidns/inspect/inspecttest"
	"github.com/docker-pidns/docker-pidns/inspect/need"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// What decides over fork: the groups of the containers' living processes and all above
// them, each once, and the user namespaces around them, each asked for once, but for the
// host's own.
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
