//go:build e2e && linux

package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// The host's own namespaces are those of its kernel threads, and those who use
// them are named.
func TestNSOfTheHost(t *testing.T) {
	t.Parallel()
	hostly, apart := run(t, "--uts", "host"), run(t)
	for _, r := range ask(t, "ns", "--host", "--format", "json").nsRows(t) {
		link, err := os.Readlink("/proc/2/ns/" + r.Type)
		if err != nil {
			t.Fatal(err)
		}
		if r.Inode == nil || link != fmt.Sprintf("%s:[%d]", r.Type, *r.Inode) {
			t.Errorf("%+v, the kernel says %s", r, link)
		}
		for _, b := range []*box{hostly, apart} {
			theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", b.pid(), r.Type))
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Contains(r.Members, b.name); got != (theirs == link) {
				t.Errorf("%s: %s is a member: %v, its own is %s", r.Type, b.name, got, theirs)
			}
		}
	}
	pidns(t, "ns", "--host", apart.name).wantStatus(t, 1).wantNothing(t).wantOneError(t, "--host is about the host")
}

// A main process that has left what it was told to share is neither as declared
// nor stale: nobody was restarted.
func TestNSThatWasLeft(t *testing.T) {
	t.Parallel()
	may := []string{"--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"}
	owner := runJoined(t)
	joiner := runJoined(t, append(may, "--network", "container:"+owner.name, "--", "unshare", "-n", "sleep", "infinity")...)
	hostly := runJoined(t, append(may, "--uts", "host", "--", "unshare", "-u", "sleep", "infinity")...)
	link := func(pid int, nsType string) string {
		found, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, nsType))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	eventually(t, "both to have left", func() bool {
		return link(joiner.pid(), "net") != link(owner.pid(), "net") && link(hostly.pid(), "uts") != link(2, "uts")
	})
	a := askNS(t, joiner, hostly).wantNoWordOf(t, "stale")
	a.wantCell(t, joiner.name, "NET", "LEFT ="+owner.name)
	a.wantCell(t, hostly.name, "UTS", "LEFT =host")
	a.wantRemark(t, joiner, owner.name+" was not restarted")
	a.wantRemark(t, hostly, "--uts=host", "has left the host's uts namespace")
	ask(t, "tree", joiner.name).want(t, "net not that of "+owner.name)
	ask(t, "tree", hostly.name).want(t, "uts not the host's")
	// A restart of the owner makes it stale all the same.
	docker(t, "restart", "-t", "0", owner.name)
	askNS(t, joiner).wantCell(t, joiner.name, "NET", "STALE ="+owner.name)
}

// Who joins a container that has the host's namespaces has them too, as the
// kernel's links say, and is told what that gives away.
func TestNSOfTheHostsByAJoin(t *testing.T) {
	t.Parallel()
	owner := runJoined(t, "--network", "host", "--pid", "host")
	joiner := runJoined(t, "--network", "container:"+owner.name, "--pid", "container:"+owner.name)
	for _, nsType := range []string{"net", "pid"} {
		theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", joiner.pid(), nsType))
		if hosts, errHosts := os.Readlink("/proc/2/ns/" + nsType); err != nil || errHosts != nil || theirs != hosts {
			t.Fatalf("the joiner has %s, the host %s: %v, %v", theirs, hosts, err, errHosts)
		}
	}
	a := askNS(t, joiner)
	a.wantCell(t, joiner.name, "PID", "host")
	a.wantCell(t, joiner.name, "NET", "host")
	a.wantRemark(t, joiner, "--pid=container:"+owner.name, "the host's", "sees every process of the host")
	a.wantRemark(t, joiner, "--network=container:"+owner.name, "the host's", "ports")
	ask(t, "tree", joiner.name).want(t, "pid namespace the host's; net the host's")
	call{through: append(nobody(t), "docker", "pidns")}.run(t, "tree", joiner.name).want(t, "pid namespace the host's")
}

// A process that has left a namespace of its container is marked, by the links
// that the kernel shows of it and of the main process.
func TestMarksWhoHasLeft(t *testing.T) {
	t.Parallel()
	b := run(t, "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--", "sh", "-c", "unshare -n sleep 4711 & sleep infinity")
	left := byArgs(t, b.eventuallyWith("sleep 4711"), "sleep 4711")
	mine, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", left.pid))
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", b.pid())); err != nil || theirs == mine {
		t.Fatalf("it has not left: %s and %s, %v", mine, theirs, err)
	}
	a := ask(t, "tree", b.name)
	for line := range strings.Lines(a.stdout) {
		if marked := strings.Contains(line, "(other net namespace)"); marked != strings.Contains(line, "sleep 4711") {
			t.Errorf("%q is marked: %v\n%s", line, marked, a)
		}
	}
	got := pidns(t, "tree", b.name, "--format", "{{.HostPID}} {{.LeftNamespaces}}").stdout
	if want := fmt.Sprintf("%d [net]\n", left.pid); !strings.Contains(got, want) || strings.Count(got, "[net]") != 1 {
		t.Errorf("got\n%swant %s", got, want)
	}
	inside := fmt.Sprint(left.inside[1])
	ask(t, "host-pid", b.name, "1", inside, "--format", "{{.HostPID}} {{.LeftNamespaces}}").want(t, fmt.Sprintf("%d []\n%d [net]\n", b.pid(), left.pid))
	for line := range strings.Lines(ask(t, "host-pid", b.name, "1", inside, "--format", "table").stdout) {
		if marked := strings.Contains(line, "(other net namespace)"); marked != strings.Contains(line, " sleep 4711") {
			t.Errorf("%q is marked: %v", line, marked)
		}
	}
	ask(t, "host-pid", b.name, inside).want(t, fmt.Sprintln(left.pid))
}

// A single thread can leave a namespace while its process stays: the kernel's
// links of that thread, and only those, say so.
func TestMarksTheThreadThatHasLeft(t *testing.T) {
	t.Parallel()
	b := run(t, "--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined", "--", "workload", "thread-leaves")
	var inside string
	eventually(t, "the thread to have left", func() bool {
		inside = docker(t, "logs", b.name)
		return inside != ""
	})
	main := b.pid()
	ofProcess, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", main))
	if err != nil {
		t.Fatal(err)
	}
	var apart []string
	for _, tid := range threadsOf(main) {
		if link, err := os.Readlink(fmt.Sprintf("/proc/%d/task/%d/ns/net", main, tid)); err == nil && link != ofProcess {
			apart = append(apart, fmt.Sprint(tid))
		}
	}
	if len(apart) != 1 {
		t.Fatalf("threads %v are apart, want one", apart)
	}
	ask(t, "tree", b.name).want(t, "(thread "+apart[0]+" in other net namespace)")
	ask(t, "host-pid", b.name, "--format", "table").want(t, "(thread "+apart[0]+" in other net namespace)")
	ask(t, "who", apart[0], "--format", "{{.Role}} {{.ThreadOf}} {{.ContainerPID}}").want(t, fmt.Sprintf("thread %d %s\n", main, inside))
	for _, which := range [][]string{{b.name}, {"--filter", "name=" + b.name}} {
		args := append([]string{"tree", "--format", "{{range .LeftThreads}}{{.HostTID}} {{.ContainerTIDs}} {{.Namespaces}}{{end}}"}, which...)
		ask(t, args...).want(t, apart[0]+" ["+inside+"] [net]\n")
	}
}

// The header names who shares the other namespaces, as docker was told and the
// kernel confirms.
func TestTreeHeaderNamesSharers(t *testing.T) {
	t.Parallel()
	owner := run(t, "--ipc", "shareable")
	joiner := runJoined(t, "--ipc", "container:"+owner.name, "--uts", "host", "--network", "container:"+owner.name)
	ask(t, "tree", owner.name).want(t, "ipc joined by "+joiner.name, "net joined by "+joiner.name)
	ask(t, "tree", joiner.name).want(t, "uts the host's", "ipc of "+owner.name, "net of "+owner.name)
	docker(t, "restart", "-t", "0", owner.name)
	ask(t, "tree", joiner.name).want(t, "net STALE, was that of "+owner.name, "ipc STALE, was that of "+owner.name)
	a := ask(t, "tree", owner.name)
	for _, word := range []string{"joined by", "STALE"} {
		if strings.Contains(a.stdout, word) {
			t.Errorf("nobody shares the new namespaces, but:\n%s", a)
		}
	}
	docker(t, "restart", "-t", "0", joiner.name)
	ask(t, "tree", joiner.name).want(t, "net of "+owner.name)
}
